"""The kill switch at the command line: in force at the next check, lifted without a burst."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from activities.contact import check, contact_id
from models.case import CheckAsk, Contact
from models.contact import Channel
from models.operator import Role
from models.tables import Decision, Stop


def ask(here, account: str, ordinal: int = 1):
    """Ask the legal check for a letter, as the case would."""
    debt = here.debt(account)
    contact = Contact(step=f"try_{ordinal}", channel=Channel.LETTER, template="reminder")
    asked = CheckAsk(debt=debt.id, epoch=1, now=here.clock.now(), ordinal=ordinal, contact=contact)
    with here.office.store.writing() as session:
        check(session, here.office, asked, contact, "check")
    with here.office.store.reading() as session:
        return session.exec(
            select(Decision).where(Decision.contact_id == contact_id(debt.id, 1, ordinal))
        ).one()


def rules(decision) -> set[str]:
    return {failure["rule"] for failure in decision.failures}


SWITCHES = [
    ("all",),
    ("portfolio", "HL-2026-02"),
    ("seller", "harbour-lantern"),
    ("channel", "letter"),
    ("jurisdiction", "US"),
]


@pytest.mark.parametrize("words", SWITCHES, ids=lambda words: words[0])
def test_a_switch_binds_the_next_check_and_no_longer_than_it_is_on(here, words):
    here.prepare("US-0001")
    before = rules(ask(here, "US-0001", 1))
    on = here.json("stop", *words, "--reason", "wrong_amounts")
    assert rules(ask(here, "US-0001", 2)) - before == {"GEN-HOLD"}
    assert on["debts"] > 0
    assert [line["covers"] for line in here.json("stop", "list")] == [on["covers"]]
    done = here.json("stop", "lift", str(on["stop"])[:8], "--reason", "mended")
    assert done["woken"] is None
    assert rules(ask(here, "US-0001", 3)) == before
    assert here.json("stop", "list") == []
    (kept,) = here.json("stop", "list", "--ended")
    assert (kept["by"], kept["ended_by"]) == ("anna", "anna")


def test_a_switch_elsewhere_leaves_others_alone(here):
    here.prepare("US-0001")
    before = rules(ask(here, "US-0001", 1))
    here.json("stop", "jurisdiction", "CN", "--reason", "new_rule")
    here.json("stop", "channel", "sms", "--reason", "provider")
    assert rules(ask(here, "US-0001", 2)) == before


def test_a_switch_with_an_end_ends_by_itself(here):
    here.prepare("US-0001")
    before = rules(ask(here, "US-0001", 1))
    here.json("stop", "all", "--reason", "drill", "--until", "2h")
    assert "GEN-HOLD" in rules(ask(here, "US-0001", 2))
    here.clock.set(here.clock.now() + timedelta(hours=2, minutes=1))
    assert rules(ask(here, "US-0001", 3)) == before
    assert here.json("stop", "list") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("portfolio", "nothing", "--reason", "x"), 2, "no portfolio nothing"),
        (("seller", "nobody", "--reason", "x"), 2, "no seller nobody"),
        (("channel", "pigeon", "--reason", "x"), 2, "pigeon"),
        (("jurisdiction", "america", "--reason", "x"), 2, "is no place"),
        (("all",), 2, "--reason"),
        (("all", "--reason", "Because I say so"), 2, "code of lower-case"),
        (("all", "--reason", "x", "--until", "2020-01-01"), 2, "has passed"),
        (("all", "--reason", "x", "--until", "9999-12-31T23:00-10:00"), 2, "within ten years"),
        (("all", "--reason", "x", "--until", "9999w"), 2, "within ten years"),
        (("lift", "abcdef12", "--reason", "x"), 2, "no kill switch"),
        (("lift", "a", "--reason", "x"), 2, "at least six digits"),
    ],
)
def test_what_cannot_be_switched_is_said_in_plain_words(here, words, code, said):
    done = here("stop", *words)
    assert done.exit_code == code
    assert said in done.stderr
    with here.office.store.reading() as session:
        assert session.exec(select(Stop).where(Stop.kind == "kill_switch")).all() == []


def test_the_same_switch_twice_is_named_and_not_stacked(here):
    here.json("stop", "all", "--reason", "drill")
    done = here("stop", "all", "--reason", "again")
    assert done.exit_code == 1
    assert "stopped already" in done.stderr
    assert len(here.json("stop", "list")) == 1


def test_who_may_stop_may_not_always_lift(here):
    operations = replace(here, token=here.hire("bo", Role.OPERATIONS))
    on = operations.json("stop", "all", "--reason", "drill")
    assert operations("stop", "lift", on["stop"], "--reason", "x").exit_code == 2
    lead = replace(here, token=here.hire("cy", Role.COMPLIANCE))
    lead.json("stop", "lift", on["stop"], "--reason", "checked")
    again = lead("stop", "lift", on["stop"], "--reason", "checked")
    assert (again.exit_code, "already" in again.stderr) == (1, True)
