"""What the store knows reaches the gate truthfully, and nothing gets around it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from activities.legal import Said, is_premium, judge, legal_facts
from activities.message import UnfitMessageError, write
from activities.office import Practice
from activities.preparation import change_law, prepare_debt
from activities.standing import usable
from models.case import Contact
from models.contact import Channel, ContactState, Mode, Outcome, Purpose
from models.law import UNKNOWN, Verdict
from models.stop import Scope, StopKind
from models.tables import ContactPoint, ContactRow, Debt, Debtor, DebtParty
from rules.gate import decide
from rules.place import moved_to
from runtime.settings import load
from store import case as records
from store import debt as debts
from store import stop as stops
from store.schema import upgrade
from store.standing import stand
from tests.workflows.conftest import COLLECTOR, NEW_YORK, SHANGHAI, store_debt
from worker.office import make_office

NOON = datetime(2026, 3, 18, 16, tzinfo=UTC)
"""A Wednesday: noon in New York."""

MORNING = datetime(2026, 3, 18, 2, tzinfo=UTC)
"""The same Wednesday, ten o'clock in Shanghai."""

DAY = timedelta(days=1)


class Desk:
    """Asks the legal check about rows of a store, as any caller would."""

    def __init__(self, office):
        self.office = office

    def debt(self, given, **changes) -> Debt:
        account = uuid4().hex
        with self.office.store.writing() as session:
            debt = store_debt(
                session, self.office.store.keys, {**given, **changes}, account, MORNING - 30 * DAY
            )
            ident = debt.id
        prepare_debt(self.office, ident, 1, MORNING - 30 * DAY, timedelta(0))
        with self.office.store.writing() as session:
            debt = debts.get(session, ident)
            debt.notice_reached_at = debt.notice_sent_at = MORNING - 20 * DAY
            session.add(debt)
        return debt

    def change(self, debt, **fields):
        with self.office.store.writing() as session:
            row = debts.get(session, debt.id)
            for name, value in fields.items():
                setattr(row, name, value)
            session.add(row)

    def stop(self, debt, which, at=MORNING - DAY, /, **facts):
        with self.office.store.writing() as session:
            stops.enter(
                session,
                which,
                Scope.DEBTOR,
                now=at,
                observed_at=at,
                reason="test",
                actor="test",
                source="test",
                external_id=uuid4().hex,
                debtor_id=debt.debtor_id,
                facts=facts,
            )

    def sent(self, debt, channel, purpose, at, **fields):
        with self.office.store.writing() as session:
            row = ContactRow(
                id=uuid4(),
                debtor_id=fields.pop("debtor_id", debt.debtor_id),
                debt_id=debt.id,
                channel=channel,
                purpose=purpose,
                state=ContactState.SENT,
                at=at,
                **fields,
            )
            session.add(row)

    def ask(self, debt, channel=Channel.PHONE, now=NOON, said=None, **contact):
        asked = Contact(
            **{
                "step": "phone",
                "channel": channel,
                "purpose": Purpose.COLLECTION,
                "template": "call",
                **contact,
            }
        )
        with self.office.store.reading() as session:
            standing = stand(session, debt.id, now, debtor_id=asked.debtor)
            judged = judge(session, self.office, standing, asked, now, besides=uuid4(), said=said)
        return judged.decision

    def rules(self, *asked, **more):
        return {failure.rule for failure in self.ask(*asked, **more).failures}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One store for all: each test has debts and people of its own."""
    var = tmp_path_factory.mktemp("legal")
    url = f"sqlite:///{var}/cession.db"
    upgrade(url)
    office = make_office(load({}, var=var, database_url=url, **COLLECTOR))
    yield office
    office.threads.shutdown()
    office.store.close()


@pytest.fixture
def desk(office):
    return Desk(office)


def test_a_prepared_shadow_debt_may_be_called_at_noon(desk):
    assert desk.ask(desk.debt(NEW_YORK)).kind == Verdict.ALLOW
    assert desk.ask(desk.debt(SHANGHAI), now=MORNING).kind == Verdict.ALLOW


# A milder stop that comes later hides nothing


@pytest.mark.parametrize(
    ("kind", "grave", "mild", "rule"),
    [
        (StopKind.VULNERABILITY, {"kind": "self_harm_risk"}, {"kind": "health"}, "GEN-SELFHARM"),
        (StopKind.CEASE, {"written": True}, {"written": False}, "US-FED-CEASE"),
        (StopKind.DISPUTE, {"written": True}, {"written": False}, "US-FED-DISPUTE"),
        (StopKind.BANKRUPTCY, {"status": "pending"}, {"status": "dismissed"}, "GEN-BANKRUPT"),
    ],
)
def test_the_gravest_stop_of_a_whichdecides_in_whatever_order_they_came(
    desk, kind, grave, mild, rule
):
    for order in ((grave, mild), (mild, grave)):
        debt = desk.debt(NEW_YORK)
        for ago, facts in zip((3, 2), order, strict=True):
            desk.stop(debt, kind, NOON - ago * DAY, **facts)
        assert rule in desk.rules(debt)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (StopKind.DISPUTE, {"written": False}),
        (StopKind.CEASE, {"written": False}),
        (StopKind.VULNERABILITY, {"kind": "health"}),
        (StopKind.MORATORIUM, {}),
        (StopKind.RELOCATION, {"abroad": True, "country": "DE", "zone": "Europe/Berlin"}),
    ],
)
def test_what_no_law_of_the_place_forbids_still_rests_until_a_person_has_looked(desk, kind, facts):
    debt = desk.debt(NEW_YORK)
    desk.stop(debt, kind, **facts)
    assert "HOUSE-PAUSE" in desk.rules(debt)


def test_a_receipt_of_a_disputed_debt_is_still_owed(desk):
    debt = desk.debt(NEW_YORK)
    desk.stop(debt, StopKind.DISPUTE, written=False)
    kind = desk.ask(debt, Channel.EMAIL, purpose=Purpose.DISPUTE_RECEIPT).kind
    assert kind == Verdict.ALLOW


# Dates are the debtor's


def test_a_dispute_on_the_last_evening_is_in_time_though_london_has_the_next_day(desk):
    debt = desk.debt(NEW_YORK)
    desk.sent(debt, Channel.LETTER, Purpose.VALIDATION, datetime(2026, 2, 2, 17, tzinfo=UTC))
    last = datetime(2026, 3, 11, 23, 30, tzinfo=UTC) + timedelta(hours=2)  # 21:30 on March 11
    desk.stop(debt, StopKind.DISPUTE, last, written=True, received=last.isoformat())
    assert "US-FED-DISPUTE" in desk.rules(debt)


def test_a_dispute_a_day_late_rests_by_house_rule_and_not_by_law(desk):
    debt = desk.debt(NEW_YORK)
    desk.sent(debt, Channel.LETTER, Purpose.VALIDATION, datetime(2026, 2, 2, 17, tzinfo=UTC))
    late = datetime(2026, 3, 12, 14, tzinfo=UTC)
    desk.stop(debt, StopKind.DISPUTE, late, written=True, received=late.isoformat())
    assert desk.rules(debt) == {"HOUSE-PAUSE"}


def test_a_validation_notice_that_came_back_began_no_period(desk):
    debt = desk.debt(NEW_YORK)
    desk.sent(
        debt,
        Channel.LETTER,
        Purpose.VALIDATION,
        datetime(2026, 2, 2, 17, tzinfo=UTC),
        outcome=Outcome.RETURNED,
    )
    late = datetime(2026, 3, 12, 14, tzinfo=UTC)
    desk.stop(debt, StopKind.DISPUTE, late, written=True, received=late.isoformat())
    assert "US-FED-DISPUTE" in desk.rules(debt)


# Each liable person has a notice of their own; an outsider has nothing


@pytest.fixture
def other(desk):
    """A person of another debt, whose own row holds a number."""
    return desk.debt(SHANGHAI, phone="+8619900000002").debtor_id


def test_the_debtors_notice_says_nothing_about_the_guarantor(desk, other):
    debt = desk.debt(SHANGHAI)
    with desk.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=other, role="guarantor"))
    assert "CN-ASSIGN-546" in desk.rules(debt, now=MORNING, debtor=other)
    with desk.office.store.writing() as session:
        party = session.get_one(DebtParty, (debt.id, other))
        party.notice_reached_at = MORNING - DAY
        session.add(party)
    assert desk.ask(debt, now=MORNING, debtor=other).kind == Verdict.ALLOW


@pytest.mark.parametrize(
    ("given", "rule"), [(SHANGHAI, "CN-HEIR-1161"), (NEW_YORK, "HOUSE-HEIR-RENOUNCED")]
)
def test_an_heir_who_renounced_is_asked_for_nothing(desk, given, rule):
    other = desk.debt(given, phone="+12125550102" if given is NEW_YORK else "+8619900000002")
    debt = desk.debt(given)
    with desk.office.store.writing() as session:
        session.add(
            DebtParty(
                debt_id=debt.id, debtor_id=other.debtor_id, role="heir",
                notice_reached_at=MORNING - DAY,
            )
        )  # fmt: skip
    assert not {rule, "HOUSE-HEIR-RENOUNCED"} & desk.rules(debt, debtor=other.debtor_id)
    with desk.office.store.writing() as session:
        row = session.get_one(Debt, debt.id)
        own = {str(other.debtor_id): {"heir_renounced": True}}
        row.facts = {**row.facts, "party_facts": own}
        session.add(row)
    assert rule in desk.rules(debt, debtor=other.debtor_id)
    assert "HOUSE-HEIR-RENOUNCED" in desk.rules(debt, debtor=other.debtor_id)
    answered = desk.rules(debt, Channel.LETTER, purpose=Purpose.RECEIPT, debtor=other.debtor_id)
    assert "HOUSE-HEIR-RENOUNCED" not in answered


def test_a_guarantor_who_renounced_an_inheritance_owes_as_guarantor(desk, other):
    debt = desk.debt(
        SHANGHAI,
        facts={**SHANGHAI["facts"], "party_facts": {str(other): {"heir_renounced": True}}},
    )
    with desk.office.store.writing() as session:
        session.add(
            DebtParty(
                debt_id=debt.id, debtor_id=other, role="guarantor", notice_reached_at=MORNING - DAY
            )
        )
    assert desk.ask(debt, now=MORNING, debtor=other).kind == Verdict.ALLOW


def test_a_guarantee_that_bans_assignment_binds_only_who_agreed(desk, other):
    for agreed in (False, True):
        facts = {"guarantee_bans_assignment": True, "guarantor_consented": agreed}
        debt = desk.debt(SHANGHAI, facts={**SHANGHAI["facts"], **facts})
        with desk.office.store.writing() as session:
            session.add(
                DebtParty(
                    debt_id=debt.id,
                    debtor_id=other,
                    role="guarantor",
                    notice_reached_at=MORNING - DAY,
                )
            )
        barred = "CN-ASSIGN-696" in desk.rules(debt, now=MORNING, debtor=other)
        assert barred is not agreed


def test_a_number_that_costs_more_to_call_back_is_known_by_its_range():
    assert is_premium("+44 909 879 0123", "GB")
    assert not is_premium("020 7946 0018", "GB")
    assert not is_premium("", "GB")


@pytest.mark.parametrize("given", [SHANGHAI, NEW_YORK])
def test_nobody_who_is_no_party_hears_of_the_debt_for_whatever_purpose(desk, other, given):
    debt = desk.debt(given)
    for purpose in Purpose:
        assert "ETHICS-OUTSIDER" in desk.rules(debt, now=MORNING, debtor=other, purpose=purpose)


def test_a_notice_by_the_assignee_alone_needs_proof_and_silence_is_none(desk):
    debt = desk.debt(SHANGHAI, facts={**SHANGHAI["facts"], "assignment_notice": {"by": "assignee"}})
    assert "CN-ASSIGN-546" in desk.rules(debt, now=MORNING)
    silent = desk.debt(SHANGHAI, facts={**SHANGHAI["facts"], "assignment_notice": {}})
    assert "CN-ASSIGN-546" in desk.rules(silent, now=MORNING)


def test_a_debt_whose_title_nobody_checked_is_not_collected(desk):
    debt = desk.debt(NEW_YORK)
    desk.change(debt, readiness={})
    assert "GEN-CHAIN" in desk.rules(debt)


def test_california_asks_for_papers_and_a_list_of_none_is_no_paper(desk):
    facts = NEW_YORK["facts"]
    place = {"sub": "CA", "zone": "America/Los_Angeles"}
    later = NOON + timedelta(hours=3)
    silent = desk.debt(NEW_YORK, **place)
    papers = [{"type": "contract", "ref": "D-1"}]
    held = desk.debt(NEW_YORK, **place, facts={**facts, "documents": papers})
    assert "US-CA-DEBTBUYER" in desk.rules(silent, Channel.LETTER, later)
    assert "US-CA-DEBTBUYER" not in desk.rules(held, Channel.LETTER, later)


# What the message says


def test_a_text_without_its_opt_out_or_with_an_old_amount_does_not_leave(desk):
    debt = desk.debt(NEW_YORK)
    whole = frozenset({"opt_out_sms", "miranda", "collector"})
    told = {name: Said(whole - {name}, 117000) for name in whole}
    assert "US-FED-OPTOUT-NOTICE" in desk.rules(debt, Channel.SMS, said=told["opt_out_sms"])
    assert "US-FED-MINIMIRANDA" in desk.rules(debt, Channel.SMS, said=told["miranda"])
    assert "GEN-AMOUNT" in desk.rules(debt, Channel.SMS, said=Said(whole, 116999))


def test_an_offer_may_not_end_before_the_time_to_dispute_does(desk):
    debt = desk.debt(NEW_YORK)
    desk.sent(debt, Channel.LETTER, Purpose.VALIDATION, datetime(2026, 3, 2, 17, tzinfo=UTC))
    whole = frozenset({"miranda", "collector"})
    soon = Said(whole, 117000, datetime(2026, 3, 30, tzinfo=UTC).date())
    late = Said(whole, 117000, datetime(2026, 5, 30, tzinfo=UTC).date())
    assert "US-FED-OVERSHADOW" in desk.rules(debt, Channel.LETTER, said=soon)
    assert "US-FED-OVERSHADOW" not in desk.rules(debt, Channel.LETTER, said=late)


def test_a_caller_without_a_name_is_refused_when_written_and_at_the_gate(desk):
    debt = desk.debt(NEW_YORK)
    nameless = desk.office.collector.model_copy(update={"legal_name": ""})
    hidden = replace(desk.office, collector=nameless)
    asked = Contact(
        step="sms", channel=Channel.SMS, purpose=Purpose.COLLECTION, template="first_contact"
    )
    with hidden.store.reading() as session:
        standing = stand(session, debt.id, NOON)
        with pytest.raises(UnfitMessageError):
            write(session, hidden, standing, asked, uuid4(), NOON)
    china = desk.debt(SHANGHAI)
    assert "CN-IDENT" in desk.rules(china, Channel.SMS, MORNING, Said(frozenset(), 117000))


@pytest.mark.parametrize(
    ("before", "days", "outcome", "whole"),
    [
        (None, 0, None, True),
        # The letter of the same minute comes days after this e-mail.
        (Channel.LETTER, 0, None, True),
        (Channel.LETTER, 3, Outcome.DELIVERED, False),
        (Channel.LETTER, 6, None, True),
        (Channel.LETTER, 7, None, False),
        (Channel.LETTER, 9, Outcome.RETURNED, True),
        (Channel.EMAIL, 0, Outcome.SENT, False),
        (Channel.EMAIL, 1, Outcome.BOUNCED, True),
        # 15 U.S.C. 1692e(11): after a talk the first writing says it again.
        (Channel.PHONE, 1, Outcome.CONVERSATION, True),
    ],
)
def test_the_first_message_that_can_be_there_says_what_it_is_for(
    desk, before, days, outcome, whole
):
    debt = desk.debt(NEW_YORK)
    if before:
        desk.sent(debt, before, Purpose.VALIDATION, NOON - days * DAY, outcome=outcome)
    asked = Contact(
        step="first_email",
        channel=Channel.EMAIL,
        purpose=Purpose.COLLECTION,
        template="first_contact",
    )
    with desk.office.store.reading() as session:
        standing = stand(session, debt.id, NOON)
        body = write(session, desk.office, standing, asked, uuid4(), NOON).message.body
    assert ("This is an attempt to collect a debt" in body) is whole


def test_what_is_written_carries_what_the_law_asks_for(desk):
    for given, now in ((NEW_YORK, NOON), (SHANGHAI, MORNING)):
        debt = desk.debt(given)
        asked = Contact(
            step="sms", channel=Channel.SMS, purpose=Purpose.COLLECTION, template="first_contact"
        )
        with desk.office.store.reading() as session:
            standing = stand(session, debt.id, now)
            said = write(session, desk.office, standing, asked, uuid4(), now).said
        assert desk.ask(debt, Channel.SMS, now, said).kind == Verdict.ALLOW


# Live and shadow


@pytest.fixture
def live(desk):
    """An installation that may reach people under a signed law, and says how it works."""
    practice = Practice(licensed_in=frozenset({"US", "CN"}), calls_recorded=True)
    desk.office = replace(desk.office, live=True, practice=practice)
    for place, sub in (("US", "NY"), ("CN", None)):
        pack = desk.office.law.merged(place, sub)
        with desk.office.store.writing() as session:
            records.sign(
                session,
                pack=place,
                sha256=pack.sha256,
                approver="counsel",
                note="read",
                at=MORNING - 40 * DAY,
                test_only=True,
            )
    sign_words(desk.office, MORNING - 40 * DAY)
    return desk


def sign_words(office, at):
    """Counsel read every wording pack."""
    with office.store.writing() as session:
        for locale in office.wordings.locales:
            sha = office.wordings.pack(locale).sha256
            records.sign(session, pack=f"wording {locale}", sha256=sha, approver="counsel",
                         note="read", at=at, test_only=True)  # fmt: skip


def test_a_live_case_is_spoken_to_in_signed_words_only(live):
    debt = live.debt(NEW_YORK)
    assert live.ask(debt).kind == Verdict.ALLOW
    with live.office.store.writing() as session:
        sha = live.office.wordings.pack("en-US").sha256
        records.withdraw(session, sha256=sha, actor="counsel", note="a word is off", at=NOON)
    assert live.rules(debt) == {"HOUSE-UNSIGNED-WORDING"}
    live.change(debt, mode=Mode.SHADOW)
    assert live.ask(debt).kind == Verdict.ALLOW


def test_a_live_case_is_judged_by_the_signed_law_only(live):
    debt = live.debt(NEW_YORK)
    assert debt.id
    assert live.ask(debt).kind == Verdict.ALLOW
    with live.office.store.writing() as session:
        for signed in records.signoffs(session, live.office.law.merged("US", "NY").sha256):
            signed.withdrawn_at = NOON - DAY
            session.add(signed)
    assert live.rules(debt) == {"HOUSE-UNSIGNED"}


def test_without_signed_words_a_case_is_prepared_for_the_outbox(live):
    debt = live.debt(NEW_YORK)
    for epoch, signed in ((2, True), (3, False)):
        if not signed:
            with live.office.store.writing() as session:
                sha = live.office.wordings.pack("en-US").sha256
                records.withdraw(session, sha256=sha, actor="counsel", note="off", at=MORNING)
        live.change(debt, status="reopening", opened_at=None, epoch=epoch)
        prepare_debt(live.office, debt.id, epoch, MORNING, timedelta(0))
        with live.office.store.reading() as session:
            assert debts.get(session, debt.id).mode == (Mode.LIVE if signed else Mode.SHADOW)


def test_a_live_case_rests_where_the_installation_is_in_shadow(live):
    debt = live.debt(NEW_YORK)
    live.office = replace(live.office, live=False)
    assert live.rules(debt) == {"HOUSE-NOT-LIVE"}


def test_a_live_call_needs_a_licence_and_in_china_a_recording_that_somebody_vouches_for(live):
    debt = live.debt(SHANGHAI)
    assert live.ask(debt, now=MORNING).kind == Verdict.ALLOW
    live.office = replace(live.office, practice=Practice())
    assert {"GEN-LICENCE", "CN-RECORD", "CN-PRIVATE-PHONE"} <= live.rules(debt, now=MORNING)


def test_what_a_trial_wrote_counts_for_no_live_case(live):
    debt = live.debt(NEW_YORK)
    for n in range(7):
        live.sent(
            debt,
            Channel.PHONE,
            Purpose.COLLECTION,
            NOON - timedelta(days=1, minutes=n),
            mode=Mode.SHADOW,
            outcome=Outcome.NO_ANSWER,
        )
    assert live.ask(debt).kind == Verdict.ALLOW
    live.change(debt, mode=Mode.SHADOW)
    assert "US-FED-7IN7" in live.rules(debt)


def test_a_debt_that_reopens_live_brings_no_notice_from_its_life_in_shadow(desk):
    debt = desk.debt(SHANGHAI)
    office = replace(desk.office, live=True)
    with office.store.writing() as session:
        records.sign(
            session,
            pack="CN",
            sha256=office.law.merged("CN", None).sha256,
            approver="counsel",
            note="read",
            at=MORNING,
            test_only=True,
        )
    desk.change(debt, status="reopening", opened_at=None, epoch=2)
    prepare_debt(office, debt.id, 2, MORNING, timedelta(0))
    with office.store.reading() as session:
        again = debts.get(session, debt.id)
        assert again.mode == Mode.LIVE
        assert (again.notice_sent_at, again.notice_reached_at) == (None, None)


# Places and persons


def test_one_who_moved_twice_is_called_when_it_suits_all_places(desk):
    debt = desk.debt(NEW_YORK)
    desk.stop(debt, StopKind.RELOCATION, NOON - 2 * DAY, zone="Pacific/Honolulu", abroad=False)
    desk.stop(debt, StopKind.RELOCATION, NOON - DAY, zone="America/Chicago", abroad=False)
    decided = desk.ask(debt)
    assert decided.kind == Verdict.DEFER
    assert decided.until == datetime(2026, 3, 18, 18, tzinfo=UTC)


def test_a_person_of_another_country_is_not_judged_by_the_law_of_the_debt(desk):
    debt, german = desk.debt(NEW_YORK), desk.debt(NEW_YORK).debtor_id
    with desk.office.store.writing() as session:
        session.add(DebtParty(debt_id=debt.id, debtor_id=german, role="co_debtor"))
    assert "HOUSE-OTHER-LAW" not in desk.rules(debt, debtor=german)
    with desk.office.store.writing() as session:
        person = session.get_one(Debtor, german)
        person.jurisdiction, person.sub = moved_to("DE")
    assert desk.rules(debt, debtor=german) == {"HOUSE-OTHER-LAW"}
    assert desk.ask(debt).kind == Verdict.ALLOW


def test_a_debt_that_begins_again_after_a_move_abroad_begins_under_the_new_law(desk):
    debt = desk.debt(NEW_YORK)
    desk.change(debt, status="reopening", opened_at=None, epoch=2)
    with desk.office.store.writing() as session:
        person = session.get_one(Debtor, debt.debtor_id)
        person.jurisdiction, person.sub = moved_to("DE")
    prepare_debt(desk.office, debt.id, 2, MORNING, timedelta(0))
    with desk.office.store.reading() as session:
        again = debts.get(session, debt.id)
        assert (again.jurisdiction, again.sub) == moved_to("DE")
        assert (again.contract_law, again.law_since) == ("US", MORNING)
        assert again.facts["packs"]["sha256"] == desk.office.law.merged(*moved_to("DE")).sha256
        assert (again.notice_sent_at, again.notice_reached_at) == (None, None)


def test_a_stop_of_a_person_holds_for_all_their_debts_and_sellers(desk):
    first = desk.debt(NEW_YORK)
    second = desk.debt(NEW_YORK, seller="s2", debtor=first.debtor_id)
    desk.stop(first, StopKind.CEASE, written=True)
    assert "US-FED-CEASE" in desk.rules(second)


def test_a_minor_is_not_called(desk):
    debt = desk.debt(NEW_YORK)
    with desk.office.store.writing() as session:
        person = session.get_one(Debtor, debt.debtor_id)
        person.minor_at_origination = True
        session.add(person)
    assert "GEN-MINOR" in desk.rules(debt)


@pytest.mark.parametrize(
    ("mode", "minor", "kind", "blocks"),
    [
        (Mode.LIVE, None, "person", True),
        (Mode.LIVE, False, "person", False),
        (Mode.LIVE, None, "company", False),
        (Mode.LIVE, True, "person", True),
        (Mode.SHADOW, None, "person", False),
    ],
)
def test_an_age_that_nobody_stated_is_no_adult_s_in_a_live_case(desk, mode, minor, kind, blocks):
    debt = desk.debt(NEW_YORK)
    with desk.office.store.writing() as session:
        person = session.get_one(Debtor, debt.debtor_id)
        person.minor_at_origination, person.kind = minor, kind
        session.add(person)
        session.get_one(Debt, debt.id).mode = mode
    with desk.office.store.reading() as session:
        standing = stand(session, debt.id, NOON)
        pack = desk.office.law.merged("US", "NY")
        contact = Contact(step="s", channel=Channel.LETTER, template="reminder")
        facts = legal_facts(desk.office, standing, contact, standing.points[0], NOON, None, pack)
        failing = decide(facts, [], NOON, pack).failures
    assert ("GEN-MINOR" in [failure.rule for failure in failing]) is blocks


def test_of_two_numbers_the_one_whose_owner_agreed_last_is_written_to(desk):
    debt = desk.debt(NEW_YORK, consents={"sms": {"consent": "no", "at": "2026-03-01"}})
    with desk.office.store.writing() as session:
        seller_first = session.exec(
            select(ContactPoint).where(
                col(ContactPoint.debtor_id) == debt.debtor_id, col(ContactPoint.kind) == "phone"
            )
        ).one()
        for n, said in enumerate(
            ({"consent": "yes", "at": "2025-01-01"}, {"consent": "yes", "at": "2026-03-01"}), 1
        ):
            session.add(
                ContactPoint(
                    id=uuid4(),
                    debtor_id=debt.debtor_id,
                    kind="phone",
                    token=f"other-{n}",
                    rank=n,
                    sealed=b"",
                    line="mobile",
                    zones=[],
                    source="contract",
                    consents={"sms": said},
                    created_at=MORNING,
                )
            )
    with desk.office.store.reading() as session:
        points = stand(session, debt.id, NOON).points
        assert usable(points, Channel.SMS).token == "other-2"
        assert usable(points, Channel.PHONE).id == seller_first.id


# Moves within a country


def _move(desk, debt, at=NOON - DAY, **facts):
    desk.stop(debt, StopKind.RELOCATION, at, **{"zone": None, "abroad": False, **facts})


def test_until_a_move_to_another_state_is_confirmed_the_law_of_both_binds(desk):
    debt = desk.debt(NEW_YORK)
    _move(desk, debt, country="US-MA")
    for day in (9, 10):
        at = datetime(2026, 3, day + 7, 15, tzinfo=UTC)
        desk.sent(debt, Channel.PHONE, Purpose.COLLECTION, at, outcome=Outcome.NO_ANSWER)
    decided = desk.ask(debt)
    assert decided.kind == Verdict.DEFER
    assert [failure.rule for failure in decided.failures] == ["US-MA-2IN7"]
    assert {"US-NY", "US-MA", "US-FED"} <= set(decided.pack_versions)
    assert "also_under_US-MA" in decided.flags


def test_a_zone_alone_brings_the_law_of_every_state_in_it(desk):
    debt = desk.debt(NEW_YORK)
    _move(desk, debt, zone="America/Los_Angeles")
    allowed = desk.ask(debt, now=NOON + timedelta(hours=3))
    assert {"US-CA", "US-WA", "US-NY"} <= set(allowed.pack_versions)
    assert "US-MA" not in allowed.pack_versions


def test_a_move_to_where_no_law_is_held_silences_even_answers(desk):
    debt = desk.debt(NEW_YORK)
    _move(desk, debt, country="JP", abroad=True)
    assert desk.rules(debt, Channel.LETTER, purpose=Purpose.RECEIPT) == {"HOUSE-OTHER-LAW"}


def test_an_unconfirmed_move_needs_the_law_of_the_new_place_signed_in_a_live_case(live):
    debt = live.debt(NEW_YORK)
    _move(live, debt, country="US-MA")
    assert live.rules(debt) == {"HOUSE-UNSIGNED"}


@pytest.mark.parametrize(
    ("channel", "anew"), [(Channel.LETTER, False), (Channel.EMAIL, True), (None, True)]
)
def test_a_move_to_ontario_keeps_only_a_notice_that_went_by_post(desk, channel, anew):
    debt = desk.debt(NEW_YORK)
    desk.change(debt, jurisdiction="CA", sub="QC", notice_sent_at=NOON - 20 * DAY)
    if channel:
        desk.sent(debt, channel, Purpose.ASSIGNMENT_NOTICE, NOON - 20 * DAY)
    with desk.office.store.writing() as session:
        row = debts.get(session, debt.id)
        _, told = change_law(session, desk.office, row, ("CA", "ON"), "agent", NOON)
        assert told is anew
        assert (row.law_since is not None) is anew
        assert (row.notice_reached_at is None) is anew
        assert row.law_at(NOON - DAY) == ("CA", "QC")


def test_a_move_within_the_union_is_one_to_another_country(desk):
    debt = desk.debt(NEW_YORK)
    desk.change(debt, jurisdiction="EU", sub="DE")
    with desk.office.store.writing() as session:
        row = debts.get(session, debt.id)
        _, anew = change_law(session, desk.office, row, ("EU", "GR"), "agent", NOON)
        assert anew


# What nobody said about the limitation period


@pytest.mark.parametrize(
    ("place", "ends", "rule"),
    [
        (("EU", "DE"), None, None),
        (("GB", "SCT"), None, "UK-LIM-SCT"),
        (("GB", "ENG"), None, "UK-CONC-7.15.4"),
        (("GB", "ENG"), date(2030, 1, 1), None),
        (("GB", "SCT"), date(2030, 1, 1), None),
        (("ZA", None), None, "ZA-NCA-126B"),
        (("BR", "SP"), None, "BR-CC290"),
        (("AU", "NSW"), None, "AU-LIM"),
        (("AU", "VIC"), None, None),
    ],
)
def test_a_limitation_day_that_nobody_gave_is_neither_past_nor_to_come(desk, place, ends, rule):
    debt, old = desk.debt(NEW_YORK), {"last_payment_date": "1999-01-31"}
    desk.change(debt, jurisdiction=place[0], sub=place[1], limitation_date=ends, facts=old)
    with desk.office.store.reading() as session:
        standing = stand(session, debt.id, NOON)
        pack = desk.office.law.merged(*place)
        asked = Contact(step="s", channel=Channel.LETTER, template="reminder")
        facts = legal_facts(desk.office, standing, asked, standing.points[0], NOON, None, pack)
        failing = decide(facts, [], NOON, pack).failures
    named = [each.rule for each in failing if each.rule == rule or "time_barred" in each.unknown]
    assert (rule in named) if rule else named == []


@pytest.mark.parametrize(
    ("place", "paid", "barred"),
    [
        (("GB", "ENG"), "2020-03-18", False),
        (("GB", "ENG"), "2020-03-17", UNKNOWN),
        (("GB", "SCT"), "2021-03-18", False),
        (("GB", "SCT"), "2021-03-17", UNKNOWN),
        (("US", "NY"), "2025-10-20", False),
        (("US", "OH"), "2025-10-20", UNKNOWN),
        (("AU", "NSW"), "2023-03-18", False),
        (("AU", "NSW"), "2023-03-17", UNKNOWN),
    ],
)
def test_a_debt_is_not_barred_while_the_shortest_period_from_its_first_day_runs(
    desk, place, paid, barred
):
    debt = desk.debt(NEW_YORK)
    facts = {"last_payment_date": paid, "charge_off_date": "2025-01-31"}
    desk.change(debt, jurisdiction=place[0], sub=place[1], limitation_date=None, facts=facts)
    with desk.office.store.reading() as session:
        standing = stand(session, debt.id, NOON)
        pack = desk.office.law.merged(*place)
        asked = Contact(step="s", channel=Channel.LETTER, template="reminder")
        found = legal_facts(desk.office, standing, asked, standing.points[0], NOON, None, pack)
    assert found.time_barred is barred


def test_where_the_state_wants_it_told_a_letter_on_a_debt_of_unknown_age_tells_it(desk):
    asked = Contact(
        step="reminder", channel=Channel.LETTER, purpose=Purpose.COLLECTION, template="reminder"
    )
    told = {}
    dated = ("due_date", "delinquency_date", "last_payment_date")
    for sub in ("NY", "OH"):
        debt = desk.debt(NEW_YORK)
        aged = {name: fact for name, fact in debt.facts.items() if name not in dated}
        desk.change(debt, sub=sub, limitation_date=None, facts=aged)
        with desk.office.store.reading() as session:
            standing = stand(session, debt.id, NOON)
            made = write(session, desk.office, standing, asked, uuid4(), NOON)
            told[sub] = "how long you can be sued" in made.message.body
    assert told == {"NY": True, "OH": False}


@pytest.mark.parametrize(("days", "blocks"), [(10, True), (29, True), (30, False), (45, False)])
def test_a_deadline_overshadows_the_time_to_dispute_live_as_in_a_written_case(desk, days, blocks):
    debt = desk.debt(NEW_YORK)
    desk.sent(debt, Channel.LETTER, Purpose.VALIDATION, NOON - 30 * DAY)
    said = Said(carries=frozenset(), owed=0, deadline=(NOON + days * DAY).date())
    assert ("US-FED-OVERSHADOW" in desk.rules(debt, Channel.LETTER, said=said)) is blocks
