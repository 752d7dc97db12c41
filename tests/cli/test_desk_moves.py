"""A move within the country changes the law too, not the clock alone."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import select

from activities.legal import judge
from models.case import Contact, TaskKind
from models.contact import Channel, Purpose
from models.tables import Act, Debt, Debtor, DebtParty, Decision, Stop
from store.standing import stand


def moved(here, call, *words):
    assert here("desk", "take", call).exit_code == 0
    return here("desk", "done", call, "--outcome", "conversation", "--result", "moved", *words)


def review(here, *words):
    item = here.open("US-0004", TaskKind.RELOCATION_REVIEW)
    assert here("desk", "take", item).exit_code == 0
    return here("desk", "done", item, "--result", "resolved", *words)


def test_until_it_is_confirmed_the_law_of_both_states_binds_and_explain_says_so(here, call):
    done = moved(here, call, "--country", "US-MA")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "the law of US-MA binds besides until the move is confirmed" in said
    with here.office.store.reading() as session:
        told = session.exec(select(Stop).where(Stop.kind == "relocation")).one().facts
    assert told == {"zone": None, "abroad": False, "country": "US-MA"}
    again = here.open("US-0004", TaskKind.CALL, step="phone.2")
    refused = here("desk", "take", again)
    assert refused.exit_code == 1
    with here.office.store.reading() as session:
        decision = session.exec(
            select(Decision).where(Decision.step == "phone.2").order_by(Decision.at)
        ).first()
    assert {"US-FL", "US-MA"} <= set(decision.packs)
    assert "also_under_US-MA" in decision.flags
    reasons = here.json("case", "explain", "US-0004")["reasons"]
    assert any("until a person confirms it" in r["why"] and "US-MA" in r["why"] for r in reasons)


def test_once_confirmed_the_new_state_s_law_holds_alone_and_the_notice_stands(here, call):
    sent = here.debt("US-0004").notice_sent_at
    moved(here, call, "--country", "US-MA")
    done = review(here)
    assert done.exit_code == 0, done.output
    assert "the law of US-MA holds now, in America/New_York" in done.stdout
    with here.office.store.reading() as session:
        debt = session.exec(select(Debt).where(Debt.account_ref == "US-0004")).one()
        person = session.get_one(Debtor, debt.debtor_id)
        act = session.exec(select(Act).where(Act.what == "case.law_changed")).one()
    assert (debt.jurisdiction, debt.sub, person.sub) == ("US", "MA", "MA")
    assert (debt.notice_sent_at, debt.law_since, debt.contract_law) == (sent, None, "US")
    assert "US-MA" in debt.facts["packs"]
    assert (act.actor, act.facts["to"], act.facts["notice"]) == ("anna", "US-MA", "stands")


def test_a_zone_of_many_states_does_not_say_whose_law_holds(here, call):
    moved(here, call, "--zone", "America/Los_Angeles")
    done = review(here)
    assert done.exit_code == 1
    assert "the law differs within US" in " ".join(done.stderr.split())
    done = review(here, "--country", "US-CA")
    assert "the law of US-CA holds now, in America/Los_Angeles" in done.stdout


def test_one_who_moved_within_the_state_is_left_under_its_law_once_that_is_said(here, call):
    home = here.debt("US-0004").sub
    moved(here, call, "--zone", "America/New_York")
    assert review(here).exit_code != 0
    done = review(here, "--country", f"US-{home}")
    assert "America/New_York counts alone now" in done.stdout
    assert here.debt("US-0004").sub == home


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--country", "US-ZZ"), "US has no part ZZ"),
        (("--zone", "Europe/Berlin"), "lies in another country"),
        (("--country", "California"), "two letters"),
        ((), "--zone must be an IANA time zone"),
    ],
)
def test_a_place_that_nobody_can_tell_is_refused_and_changes_nothing(here, call, words, said):
    done = moved(here, call, *words)
    assert done.exit_code != 0
    assert said in done.stderr
    with here.office.store.reading() as session:
        assert session.exec(select(Stop).where(Stop.kind == "relocation")).first() is None


def test_a_co_debtor_who_moved_is_met_by_both_laws_and_the_debtor_as_before(here, call):
    other = here.debt("US-0003").debtor_id
    debt = here.debt("US-0004")
    with here.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="co_debtor"))
    refused = moved(here, call, "--country", "DE", "--party", "2")
    assert refused.exit_code == 1
    assert "--party 2: 1 other persons are liable" in refused.stderr
    done = here(
        "desk", "done", call, "--outcome", "conversation", "--result", "moved",
        "--country", "DE", "--party", "1",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "the law of DE binds besides for person 1" in " ".join(done.stdout.split())
    with here.office.store.reading() as session:
        person, row = session.get_one(Debtor, other), session.get_one(Debt, debt.id)
        assert not session.exec(select(Stop).where(Stop.kind == "relocation")).all()
    assert "Europe/Berlin" in person.zones
    assert row.facts["party_facts"][str(other)]["law"] == ["EU", "DE"]
    assert row.sub == debt.sub


def test_nobody_contacts_a_co_debtor_where_no_law_is_held(here, call):
    other = here.debt("US-0003").debtor_id
    debt = here.debt("US-0004")
    with here.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="co_debtor"))
    done = moved(here, call, "--country", "JP", "--party", "1")
    assert done.exit_code == 0, done.output
    assert "no law of JP is held here" in done.stdout
    asked = Contact(
        step="s", channel=Channel.LETTER, purpose=Purpose.COLLECTION, template="reminder",
        debtor=other,
    )  # fmt: skip
    with here.office.store.reading() as session:
        standing = stand(session, debt.id, here.clock.now(), debtor_id=other)
        judged = judge(session, here.office, standing, asked, here.clock.now(), besides=uuid4())
    assert {failure.rule for failure in judged.decision.failures} == {"HOUSE-OTHER-LAW"}
