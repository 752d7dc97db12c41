from __future__ import annotations

import pytest

from models.contact import Mode
from runtime.clock import SharedClock, WallClock
from runtime.settings import SettingsError, load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_has_a_safe_default(elsewhere):
    settings = load({})
    assert settings.mode is Mode.SHADOW
    assert settings.gateway_host == "127.0.0.1"
    assert settings.var == elsewhere / "var"
    assert settings.database == f"sqlite:///{elsewhere}/var/cession.db"
    assert settings.outbox_directory == elsewhere / "var" / "outbox"
    assert isinstance(settings.clock(), WallClock)


def test_the_environment_wins_over_the_file_and_a_given_value_over_both(elsewhere):
    (elsewhere / "cession.toml").write_text('gateway_port = 1\n[smtp]\nhost = "a"\nport = 2\n')
    settings = load({"CESSION_SMTP_PORT": "3"}, gateway_port=4)
    assert (settings.smtp_host, settings.smtp_port, settings.gateway_port) == ("a", 3, 4)


def test_a_misspelt_variable_is_refused_with_the_nearest_known_name():
    with pytest.raises(SettingsError, match=r"CESSION_GATEWY_PORT \(did you mean CESSION_GATEWAY_"):
        load({"CESSION_GATEWY_PORT": "1"})


def test_a_misspelt_key_of_the_file_is_refused_with_the_file_named(elsewhere):
    (elsewhere / "cession.toml").write_text("[smtp]\nhots = 'a'\n")
    with pytest.raises(SettingsError, match=r"(?s)cession.toml.*smtp_hots.*smtp_host"):
        load({})


def test_every_wrong_value_is_named_at_once_and_none_is_repeated():
    with pytest.raises(SettingsError) as caught:
        load({"CESSION_GATEWAY_PORT": "secret", "CESSION_SENDS_PER_SECOND": "0"})
    text = str(caught.value)
    assert "gateway_port" in text
    assert "sends_per_second" in text
    assert "secret" not in text


def test_a_secret_comes_from_a_file_and_is_not_shown(elsewhere):
    (elsewhere / "password").write_text("hunter2\n")
    settings = load({"CESSION_SMTP_PASSWORD_FILE": str(elsewhere / "password")})
    assert settings.smtp_password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"CESSION_SMTP_PASSWORD_FILE": "/nowhere"}, "CESSION_SMTP_PASSWORD_FILE: /nowhere: No"),
        (
            {"CESSION_SMTP_PASSWORD_FILE": "/a", "CESSION_SMTP_PASSWORD": "b"},
            "set CESSION_SMTP_PASSWORD_FILE or CESSION_SMTP_PASSWORD, not both",
        ),
        ({"CESSION_CONFIG": "nowhere.toml"}, "nowhere.toml named by CESSION_CONFIG does not exist"),
        ({"CESSION_STRIPE_SECRETS": "whsec_x"}, "CESSION_STRIPE_SECRETS is not JSON"),
    ],
)
def test_settings_that_cannot_be_read_say_what_to_do(environ, said):
    with pytest.raises(SettingsError, match=said.replace(".", r"\.")):
        load(environ)


def test_several_secrets_are_valid_while_one_is_replaced():
    settings = load({"CESSION_PAYMENT_SECRETS": '{"acme": ["old", "new"]}'})
    assert [s.get_secret_value() for s in settings.payment_secrets["acme"]] == ["old", "new"]


def test_a_table_of_secrets_in_the_file_keeps_its_own_keys(elsewhere):
    (elsewhere / "cession.toml").write_text('[payment_secrets]\nacme = ["one"]\n')
    assert list(load({}).payment_secrets) == ["acme"]


def test_a_broken_file_is_named(elsewhere):
    (elsewhere / "cession.toml").write_text("a = \n")
    with pytest.raises(SettingsError, match=r"cession\.toml is not valid TOML"):
        load({})


def test_simulated_time_is_a_setting_of_the_whole_installation():
    assert isinstance(load({}, simulation=True).clock(), SharedClock)
