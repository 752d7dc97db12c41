"""Senders change their secret without a notice being refused in between."""

from __future__ import annotations

import stat

from runtime.secrets import payment_secrets
from runtime.settings import load


def believed(code: str) -> list[str]:
    return [secret.get_secret_value() for secret in payment_secrets(load(), code)]


def test_both_secrets_hold_until_the_former_is_retired(here):
    (line,) = here.json("secret", "list")
    code = line["code"]
    (old,) = believed(code)
    done = here.json("secret", "rotate", "payments", code)
    new, kept = believed(code)
    assert (kept, new != old) == (old, True)
    assert stat.S_IMODE((here.var / "keys" / f"payments-{code}.secret").stat().st_mode) == 0o600
    assert done["secrets"] == 2
    again = here("secret", "rotate", "payments", code)
    assert (again.exit_code, "two secrets already" in again.stderr) == (1, True)
    here.json("secret", "retire", "payments", code)
    assert believed(code) == [new]
    assert here("secret", "retire", "payments", code).exit_code == 1
    for done in (here("secret", "list"), here("audit", "show", "--what", "secret.")):
        assert new not in done.stdout
    assert [act["what"] for act in here.json("audit", "show", "--what", "secret.")] == [
        "secret.retired", "secret.rotated",
    ]  # fmt: skip


def test_an_unknown_sender_and_one_of_the_settings_are_said_plainly(here, monkeypatch):
    assert "no secret of 'nobody'" in here("secret", "rotate", "payments", "nobody").stderr
    assert "no secret of '../x'" in here("secret", "rotate", "payments", "../x").stderr
    monkeypatch.setenv("CESSION_PAYMENT_SECRETS", '{"s1": ["x"]}')
    assert "payment_secrets" in here("secret", "rotate", "payments", "s1").stderr
