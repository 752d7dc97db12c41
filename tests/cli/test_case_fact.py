"""Facts that no file gave: a person states them, with evidence, and the law reads them."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from sqlmodel import select

from activities.legal import judge
from models.case import Contact
from models.contact import Channel, Purpose
from models.tables import Act, Debt, Debtor, DebtParty
from store.standing import stand


def rules(here, account, person=None, channel=Channel.LETTER, purpose=Purpose.COLLECTION):
    debt = here.debt(account)
    asked = Contact(step="s", channel=channel, purpose=purpose, template="reminder", debtor=person)
    with here.office.store.reading() as session:
        standing = stand(session, debt.id, here.clock.now(), debtor_id=person)
        judged = judge(session, here.office, standing, asked, here.clock.now(), besides=uuid4())
    return {failure.rule for failure in judged.decision.failures}


def say(here, account, *words):
    return here("case", "fact", account, *words, "--evidence", "LTR-7")


@pytest.mark.parametrize(
    ("account", "name", "value", "rule"),
    [
        ("CN-0001", "assignable", "no", "CN-ASSIGN-545"),
        ("CN-0001", "debt_unlawful", "yes", "CN-CRIM-293-1"),
    ],
)
def test_a_fact_that_was_stated_binds_and_goes_when_it_is_taken_back(
    here, account, name, value, rule
):
    here.prepare(account)
    assert rule not in rules(here, account)
    done = say(here, account, name, value)
    assert done.exit_code == 0, done.output
    assert rule in rules(here, account)
    with here.office.store.reading() as session:
        act = session.exec(select(Act).where(Act.what == "fact.stated")).one()
    assert (act.actor, act.reason, act.facts["evidence"]) == ("anna", name, "LTR-7")
    assert say(here, account, name, "unknown").exit_code == 0
    assert rule not in rules(here, account)


def test_one_who_will_not_pay_a_barred_debt_in_britain_hears_no_further_demand(here):
    here.prepare("GB-0001")
    say(here, "GB-0001", "limitation_date", "2024-01-01")
    assert "UK-CONC-7.15.4" in rules(here, "GB-0001")
    say(here, "GB-0001", "contact_in_limitation", "yes")
    assert not rules(here, "GB-0001") & {"UK-CONC-7.15.4", "UK-CONC-7.15.8"}
    say(here, "GB-0001", "said_wont_pay_barred", "yes")
    assert "UK-CONC-7.15.8" in rules(here, "GB-0001")
    assert "UK-CONC-7.15.8" not in rules(here, "GB-0001", purpose=Purpose.RECEIPT)


def test_the_limitation_day_and_a_birth_date_are_given_and_the_birth_date_is_kept_sealed(here):
    debt = here.prepare("US-0004")
    assert say(here, "US-0004", "limitation_date", "2030-01-01").exit_code == 0
    assert say(here, "US-0004", "birth_date", "1990-05-17").exit_code == 0
    with here.office.store.reading() as session:
        row = session.get_one(Debt, debt.id)
        person = session.get_one(Debtor, debt.debtor_id)
        acts = session.exec(select(Act).where(Act.what == "fact.stated")).all()
    assert str(row.limitation_date) == "2030-01-01"
    assert person.minor_at_origination is False
    assert "1990-05-17" not in json.dumps([act.facts for act in acts])
    said = say(here, "US-0004", "birth_date", "2015-05-17")
    assert said.exit_code == 0
    assert "GEN-MINOR" in rules(here, "US-0004")


def test_somebody_else_who_is_liable_elsewhere_is_met_by_their_law_too_once_it_is_given(here):
    debt, other = here.prepare("US-0004"), here.debt("US-0003").debtor_id
    with here.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="co_debtor"))
        person = session.get_one(Debtor, other)
        person.jurisdiction, person.sub = "EU", "DE"
        session.add(person)
    assert rules(here, "US-0004", other) == {"HOUSE-OTHER-LAW"}
    assert say(here, "US-0004", "law", "DE").exit_code == 2
    assert say(here, "US-0004", "law", "US", "--party", "1").exit_code == 2
    done = say(here, "US-0004", "law", "DE", "--party", "1")
    assert done.exit_code == 0, done.output
    found = rules(here, "US-0004", other)
    assert "HOUSE-OTHER-LAW" not in found
    assert "EU-2167-ART10-2" in found
    for name in ("art10_sent", "gdpr14_sent", "notice_reached"):
        assert say(here, "US-0004", name, "2026-02-01", "--party", "1").exit_code == 0
    assert not rules(here, "US-0004", other) & {"EU-2167-ART10-2", "EU-GDPR-14"}
    listed = here.json("case", "fact", "US-0004")
    assert listed[1]["facts"]["law"] == "EU-DE"
    say(here, "US-0004", "law", "unknown", "--party", "1")
    assert rules(here, "US-0004", other) == {"HOUSE-OTHER-LAW"}


def test_an_heir_renounces_and_takes_it_back(here):
    debt, other = here.prepare("US-0004"), here.debt("US-0003").debtor_id
    with here.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="heir"))
        person = session.get_one(Debtor, other)
        person.jurisdiction, person.sub = debt.jurisdiction, debt.sub
        session.add(person)
    refused = say(here, "US-0004", "heir_renounced", "yes")
    assert refused.exit_code == 2
    assert "only an heir can renounce" in refused.stderr
    done = say(here, "US-0004", "heir_renounced", "yes", "--party", "1")
    assert done.exit_code == 0, done.output
    assert "HOUSE-HEIR-RENOUNCED" in rules(here, "US-0004", other)
    assert here.json("case", "fact", "US-0004")[1]["facts"]["heir_renounced"] is True
    say(here, "US-0004", "heir_renounced", "unknown", "--party", "1")
    assert "HOUSE-HEIR-RENOUNCED" not in rules(here, "US-0004", other)


def test_nobody_else_renounces(here):
    debt, other = here.prepare("US-0004"), here.debt("US-0003").debtor_id
    with here.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="guarantor"))
    assert say(here, "US-0004", "heir_renounced", "yes", "--party", "1").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("colour", "yes"), "there is no fact"),
        (("assignable", "maybe"), "write yes or no"),
        (("limitation_date", "tomorrow"), "write a day"),
        (("assignable", "no", "--party", "1"), "other persons are liable"),
        (("lpr_at_contract", "12"), "as a fraction"),
    ],
)
def test_what_nobody_can_read_is_refused_and_changes_nothing(here, words, said):
    here.prepare("US-0004")
    done = say(here, "US-0004", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    with here.office.store.reading() as session:
        assert session.exec(select(Act).where(Act.what == "fact.stated")).first() is None


def test_a_fact_without_evidence_is_refused(here):
    here.prepare("US-0004")
    done = here("case", "fact", "US-0004", "assignable", "no")
    assert done.exit_code == 2
    assert "--evidence" in done.stderr


def test_at_the_desk_somebody_says_that_they_will_not_pay_a_debt_too_old_for_court(here, call):
    here("desk", "take", call)
    done = here("desk", "done", call, "--outcome", "conversation", "--result", "wont_pay_barred")
    assert done.exit_code == 0, done.output
    assert here.debt("US-0004").facts["said_wont_pay_barred"] is True
