"""Who works here: everybody is known by a token, and what is not theirs is refused and recorded."""

from __future__ import annotations

import inspect
import stat
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from sqlmodel import col, select
from typer.core import TyperArgument, TyperGroup
from typer.testing import CliRunner

from cli.main import COMMANDS, app, load
from cli.rights import EVERYBODY, FREE, RIGHTS, needed
from models.operator import Role
from models.tables import Act, OperatorRow

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"


def leaves(command, path: str):
    """Every command that can be given, with the words that give it."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from leaves(below, f"{path} {name}")
    else:
        yield path, command


ALL = {path: command for name in COMMANDS for path, command in leaves(load(name), name)}


def acts(here, what: str) -> list[Act]:
    with here.office.store.reading() as session:
        return list(session.exec(select(Act).where(Act.what == what).order_by(col(Act.id))))


def words(path: str) -> list[str]:
    """A command with something in each place that must be filled."""
    given = path.split()
    hints = get_type_hints(inspect.unwrap(ALL[path].callback))
    for parameter in ALL[path].params:
        if parameter.required:
            kind = next(iter(get_args(hints[parameter.name])), hints[parameter.name])
            word = next(iter(kind)) if issubclass(kind, Enum) else "1"
            given += [word] if isinstance(parameter, TyperArgument) else [parameter.opts[0], word]
    return given


def test_every_command_stands_in_the_table_of_rights():
    assert [path for path in ALL if needed(path) == frozenset()] == []


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_refused_every_command_that_is_not_its_own(here, role):
    other = replace(here, token=here.hire(f"only-{role}", role))
    refused = [path for path in ALL if (roles := needed(path)) is not FREE and role not in roles]
    assert refused
    for path in refused:
        done = other(*words(path))
        assert done.exit_code == 2, (path, done.output)
        assert f"cession {path} is for" in done.stderr, (path, done.stderr)
        assert "Traceback" not in done.output
    on_record = acts(here, "command.refused")
    assert [act.facts["command"] for act in on_record] == refused
    assert {(act.actor, act.reason) for act in on_record} == {(f"only-{role}", "role")}


def test_without_a_token_no_command_runs_but_the_free_ones(here):
    nobody = replace(here, token="")
    for file in ("admin.token", "login.token"):
        (nobody.var / file).unlink(missing_ok=True)
    for path in ALL:
        if needed(path) is FREE:
            continue
        done = nobody(*words(path))
        assert done.exit_code == 2, path
        assert "needs to know who you are" in done.stderr
    assert {act.actor for act in acts(here, "command.refused")} == {"nobody"}
    assert nobody("portfolio", "check", SAMPLES / "portfolio.csv").exit_code == 0


def test_a_wrong_token_is_refused_and_recorded_and_stands_nowhere(here, caplog):
    done = replace(here, token="ces_guessed")("case", "list")
    assert done.exit_code == 2
    assert "not valid here" in done.stderr
    assert "guessed" not in done.stderr
    assert [act.actor for act in acts(here, "command.refused")] == ["unknown"]
    assert "guessed" not in caplog.text


def test_the_actor_of_an_order_is_whose_token_it_was(here):
    bo = replace(here, token=here.hire("bo", Role.OPERATIONS))
    bo.json("case", "hold", "US-0001", "--until", "7d", "--reason", "call")
    assert [act.actor for act in acts(here, "stop.entered")][-1] == "bo"


def test_nobody_acts_in_anothers_name(here):
    done = here("case", "hold", "US-0001", "--until", "7d", "--reason", "call", "--as", "bo")
    assert done.exit_code == 2
    assert "comes from your token" in done.stderr


def test_a_new_installation_makes_one_administrator_whose_token_only_its_owner_reads(here):
    file = here.var / "admin.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = replace(here, token="")
    assert first.json("whoami")["operator"] == "admin"
    assert set(first.json("whoami")["roles"]) == set(Role)
    assert "administrator" not in first("db", "upgrade").stdout
    with here.office.store.reading() as session:
        rows = session.exec(select(OperatorRow)).all()
    assert file.read_text().strip() not in str([row.model_dump() for row in rows])


def test_login_is_kept_for_its_owner_alone_and_wins_until_logout(here):
    token = here.hire("bo", Role.AGENT)
    plain = replace(here, token="")
    done = CliRunner().invoke(app, ["login"], input=token + "\n")
    assert done.exit_code == 0, done.output
    assert token not in done.output
    kept = here.var / "login.token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert plain.json("whoami")["operator"] == "bo"
    assert plain("portfolio", "list").exit_code == 2
    kept.chmod(0o644)
    assert "chmod 600" in plain("whoami").stderr
    kept.chmod(0o600)
    assert plain.json("logout")["logged_out"]
    assert plain.json("whoami")["operator"] == "admin"


def test_a_wrong_token_does_not_log_anybody_out(here):
    CliRunner().invoke(app, ["login"], input=here.hire("bo", Role.AGENT) + "\n")
    done = CliRunner().invoke(app, ["login"], input="ces_wrong\n")
    assert done.exit_code == 2
    assert replace(here, token="").json("whoami")["operator"] == "bo"


def test_a_disabled_operator_and_a_replaced_token_let_nobody_in(here):
    bo = replace(here, token=here.json("operator", "add", "bo", "--role", "agent")["token"])
    assert bo.json("whoami")["roles"] == ["agent"]
    here.json("operator", "disable", "bo")
    assert "not valid here" in bo("whoami").stderr
    here.json("operator", "enable", "bo")
    assert bo("whoami").exit_code == 0
    token = here.json("operator", "token", "bo")["token"]
    assert bo("whoami").exit_code == 2
    assert replace(here, token=token)("whoami").exit_code == 0
    assert [act.actor for act in acts(here, "operator.disabled")] == ["anna"]


def test_the_roles_of_an_operator_change_at_the_next_command(here):
    bo = replace(here, token=here.hire("bo", Role.AGENT))
    assert bo("portfolio", "list").exit_code == 2
    here.json("operator", "role", "bo", "--role", "operations", "--role", "agent")
    assert bo("portfolio", "list").exit_code == 0


def test_the_last_administrator_cannot_be_locked_out(here):
    here.json("operator", "disable", "admin")
    for order in (("disable", "anna"), ("role", "anna", "--role", "agent")):
        done = here("operator", *order)
        assert done.exit_code == 1
        assert "only administrator" in done.stderr
    assert here.json("whoami")["operator"] == "anna"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (("add", "Anna Brown", "--role", "agent"), "lower-case"),
        (("add", "anna", "--role", "agent"), "taken"),
        (("add", "machine", "--role", "agent"), "taken"),
        (("add", "bo"), "--role"),
        (("add", "bo", "--role", "king"), "king"),
        (("disable", "bo"), "nobody is known"),
        (("enable", "anna"), "not disabled"),
        (("token", "bo"), "nobody is known"),
        (("recover", "bo"), "nobody is known"),
    ],
)
def test_a_refused_order_about_operators_says_why(here, order, said):
    before = here.json("operator", "list")
    done = here("operator", *order)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert here.json("operator", "list") == before


def test_the_owner_of_the_machine_gets_in_again_and_leaves_a_trace(here):
    nobody = replace(here, token="")
    (here.var / "admin.token").unlink()
    assert nobody("whoami").exit_code == 2
    assert nobody("operator", "recover").exit_code == 0
    assert nobody.json("whoami")["operator"] == "admin"
    assert [act.actor for act in acts(here, "operator.recovered")] == ["machine"]
    agent = here.hire("bo", Role.AGENT)
    assert agent
    assert "no administrator" in nobody("operator", "recover", "bo").stderr


def test_the_table_of_rights_gives_everybody_what_everybody_needs():
    assert RIGHTS["whoami"] == EVERYBODY
    assert all(roles is None or roles <= EVERYBODY for roles in RIGHTS.values())
