"""The live path to the gate: what the store knows, in the words of the law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from activities.office import Office
from activities.standing import balances, usable, zone_name
from models.case import Contact
from models.contact import (
    BY_PERSON,
    COUNTING,
    Channel,
    ContactState,
    Direction,
    Outcome,
    Party,
    Purpose,
)
from models.law import (
    ContactRecord,
    Decision,
    Failure,
    Inconvenient,
    LegalFacts,
    Order,
    Verdict,
)
from models.stop import Scope, StopKind
from models.tables import ContactPoint, ContactRow, Stop
from rules.gate import decide
from rules.holiday import validation_period_end
from rules.packs import MergedPack
from store.standing import Standing

_OWN_FACT = frozenset(
    {
        StopKind.DISPUTE,
        StopKind.ORIGINAL_CREDITOR_REQUEST,
        StopKind.CEASE,
        StopKind.OPT_OUT,
        StopKind.ATTORNEY,
        StopKind.BANKRUPTCY,
        StopKind.MORATORIUM,
        StopKind.DECEASED,
        StopKind.MINOR,
        StopKind.IDENTITY_THEFT,
        StopKind.WRONG_PARTY,
        StopKind.VULNERABILITY,
        StopKind.RELOCATION,
        StopKind.UNVERIFIED_PAYMENT,
        StopKind.LEGAL_REVIEW,
    }
)
"""Stops that the gate knows by facts of their own; every other kind simply holds."""

_BASES = {"yes": "consent", "used": "consumer_used", "notice": "creditor_notice"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision and what it was about."""

    decision: Decision
    at: datetime
    party: Party
    point_id: UUID | None
    number: str | None

    @classmethod
    def refused(cls, pack: MergedPack, rule: str, why: str, now: datetime) -> Judgement:
        """A contact that we refuse ourselves, before or beside any law; a person may mend it.

        ``pack`` is the law in whose presence it was refused, for the record.
        """
        failure = Failure(
            rule=rule, decision=Verdict.BLOCK, why=why, source="house", order=Order.CONTENT
        )
        decision = Decision(
            kind=Verdict.BLOCK,
            failures=(failure,),
            flags=("human_review",),
            pack_versions=pack.versions,
            pack_sha=pack.sha256,
        )
        return cls(decision, now, Party.DEBTOR, None, None)


def judge(
    office: Office, standing: Standing, contact: Contact, now: datetime, *, besides: UUID
) -> Judgement:
    """Ask the gate about one contact. ``besides`` is the contact's own id: it never counts itself."""
    pack = office.law.merged(standing.debt.jurisdiction, standing.debt.sub)
    point = usable(standing.points, contact.channel)
    if point is None:
        return Judgement.refused(
            pack,
            "HOUSE-NO-POINT",
            f"no usable number or address for {contact.channel}",
            now,
        )
    facts = legal_facts(standing, contact, point, now)
    records = list(contact_records(standing.log, besides))
    return Judgement(
        decision=decide(facts, records, now, pack),
        at=now,
        party=Party(facts.party),
        point_id=point.id,
        number=point.token,
    )


def contact_records(log: Iterable[ContactRow], besides: UUID) -> Iterable[ContactRecord]:
    """The contact log as caps count it: what was reserved, sent or in doubt, and what came in."""
    for row in log:
        if row.id == besides:
            continue
        if row.direction == Direction.OUT and ContactState(row.state) not in COUNTING:
            continue
        yield ContactRecord(
            at=row.at,
            channel=row.channel,
            direction=row.direction,
            outcome=row.outcome or _assumed(row),
            debts=tuple(row.debts) or (str(row.debt_id),),
            party=row.party,
            number=row.number,
            caller=row.caller,
            agent="ai" if row.agent == "ai" else "human",
            consented=row.consented,
            purpose=row.purpose,
        )


def _assumed(row: ContactRow) -> str | None:
    """A written message that left counts as sent; a call without outcome as unknown."""
    written = Channel(row.channel) not in BY_PERSON
    return Outcome.SENT if written and row.state == ContactState.SENT else None


def legal_facts(
    standing: Standing, contact: Contact, point: ContactPoint, now: datetime
) -> LegalFacts:
    """State every fact that the store has; what it has not stays unknown and blocks."""
    debt, debtor, facts = standing.debt, standing.debtor, standing.debt.facts
    zone = ZoneInfo(zone_name(standing))
    today = now.astimezone(zone).date()
    stops = {StopKind(stop.kind): stop for stop in standing.stops if _open(stop, now)}
    folded = balances(standing)
    zones = [debtor.declared_zone] if debtor.declared_zone else list(debtor.zones)
    if not debtor.declared_zone and contact.channel in (Channel.PHONE, Channel.SMS):
        zones += [name for name in point.zones if name not in zones]
    if relocation := stops.get(StopKind.RELOCATION):
        zones += [z for z in (relocation.facts.get("zone"),) if z and z not in zones]
    barred = debt.limitation_date is not None and debt.limitation_date < today
    holding = [
        stop
        for stop in standing.stops
        if _open(stop, now) and StopKind(stop.kind) not in _OWN_FACT
        and _applies(stop, contact.channel)
    ]  # fmt: skip
    return LegalFacts(
        jurisdiction=debt.jurisdiction,
        sub=debt.sub,
        zones=tuple(zones),
        channel=contact.channel,
        purpose=contact.purpose,
        party=Party.CO_DEBTOR if contact.debtor else Party.DEBTOR,
        debt=str(debt.id),
        number=point.token,
        # Kill switches
        status="paid" if folded.outstanding <= 0 < folded.charged else "open",
        payment_pending=standing.unposted > 0 or StopKind.UNVERIFIED_PAYMENT in stops,
        plan_status=facts.get("payment_plan"),
        wrong_party=StopKind.WRONG_PARTY in stops,
        identity_theft_claim=StopKind.IDENTITY_THEFT in stops,
        vulnerable=_fact(stops.get(StopKind.VULNERABILITY), "kind", "reported"),
        held=tuple(stop.kind for stop in holding),
        held_until=_all_end(holding),
        # Authority
        licensed=bool(facts.get("licensed", True)),
        acquired_debt=True,
        chain_ok=_gap_free(debt.readiness),
        regf_applies=bool(facts.get("regf_applies", True)),
        notice_sent_at=debt.notice_sent_at,
        notice_reached_at=debt.notice_reached_at,
        notice_by=facts.get("assignment_notice", {}).get("by", "assignor"),
        notice_proof=bool(facts.get("assignment_notice", {}).get("proof", True)),
        notice_mailed=debt.notice_sent_at,
        notice_medium="letter",
        art10_sent=debt.notice_sent_at,
        gdpr14_sent=debt.notice_sent_at,
        agency_notice_sent=debt.notice_sent_at,
        s129_delivered=None,
        letter_mailed=debt.notice_sent_at,
        letter_returned=debt.notice_returned_at is not None,
        talked=any(row.outcome in (Outcome.CONVERSATION, Outcome.MET) for row in standing.log),
        portfolio_kind=facts.get("portfolio_kind"),
        buyer_documents=bool(facts.get("buyer_documents", True)),
        # Stays
        bankrupt=_fact(stops.get(StopKind.BANKRUPTCY), "status", "pending"),
        breathing=_fact(stops.get(StopKind.MORATORIUM), "type", "standard"),
        breathing_start=_day(stops.get(StopKind.MORATORIUM), "start"),
        breathing_last_day=_day(stops.get(StopKind.MORATORIUM), "last_protected_day"),
        capacity_concern=_fact(stops.get(StopKind.VULNERABILITY), "kind", "") == "capacity",
        **_dispute(stops.get(StopKind.DISPUTE), zone),
        **_validation(standing, zone),
        **_origcred(stops.get(StopKind.ORIGINAL_CREDITOR_REQUEST)),
        cease=_written(stops.get(StopKind.CEASE)),
        attorney=StopKind.ATTORNEY in stops,
        attorney_responsive=_fact(stops.get(StopKind.ATTORNEY), "responsive", True),
        attorney_type=_fact(stops.get(StopKind.ATTORNEY), "type", "attorney"),
        complaint=facts.get("complaint"),
        # Person
        deceased=StopKind.DECEASED in stops,
        minor=StopKind.MINOR in stops or bool(debtor.minor_at_origination),
        age=_fact(stops.get(StopKind.MINOR), "age", None),
        own_income=bool(_fact(stops.get(StopKind.MINOR), "own_income", False)),
        liable=contact.debtor is not None,
        contact_refused=False,
        lost_contact=None,
        location_unknown=point.kind == "address" and point.dead_since is not None,
        location_doubt=False,
        script="no_debt_info",
        # Permission of the channel
        optouts=_optouts(standing, contact.channel, now),
        allowed_channels=_allowed(debtor.preferences),
        email_is_work=point.kind == "email" and point.line == "work",
        **_bases(point),
        number_kind={"mobile": "cell", "landline": "home"}.get(point.line, point.line),
        number_source=point.source,
        work_prohibited=bool(facts.get("work_prohibited", False)),
        work_request_at=None,
        work_request_confirmed=False,
        voice="human",
        voice_consent=False,
        line="recorded_trunk",
        recording=True,
        **_callback(debtor.preferences, contact.channel),
        inconvenient=_inconvenient(debtor.preferences),
        # Content: the message is judged again, as rendered, before it is sent
        lacks=frozenset(),
        threat=False,
        discloses_debt=False,
        misleading_legal=False,
        threatens_suit=False,
        remedy_intended=False,
        deadline_days=None,
        amount_correct=True,
        first_demand=contact.purpose == Purpose.COLLECTION and not _demanded(standing),
        gdpr14_attached=contact.purpose in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION),
        time_barred=barred,
        contact_in_limitation=bool(facts.get("contact_in_limitation", True)),
        said_wont_pay_barred=bool(facts.get("said_wont_pay_barred", False)),
        last_payment=_date(facts.get("last_payment_date")),
        acknowledged=bool(facts.get("acknowledged", False)),
        creditor_type=facts.get("creditor_type"),
        rate=Decimal(str(facts["annual_rate"])) if facts.get("annual_rate") else None,
        lpr_at_contract=_decimal(facts.get("lpr_at_contract")),
        days_overdue=_overdue(facts, today),
        # Visits
        visit_staff=2,
        visit_recording=True,
        visit_id_shown=True,
        visit_enter_home=False,
        visit_consent=False,
        visit_notice=True,
        visit_posting=False,
    )


def _open(stop: Stop, now: datetime) -> bool:
    """Whether a stop holds: only holds and kill switches end by themselves at their date."""
    if stop.ended_at is not None:
        return False
    timed = stop.kind in (StopKind.HOLD, StopKind.KILL_SWITCH)
    return not timed or stop.until is None or stop.until > now


def _applies(stop: Stop, channel: Channel) -> bool:
    return stop.channel is None or stop.channel == channel


def _all_end(stops: list[Stop]) -> datetime | None:
    ends = [stop.until for stop in stops]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _fact(stop: Stop | None, key: str, default: Any) -> Any:
    return None if stop is None else stop.facts.get(key, default)


def _day(stop: Stop | None, key: str) -> date | None:
    return _date(_fact(stop, key, None))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _decimal(text: Any) -> Decimal | None:
    return None if text in (None, "") else Decimal(str(text))


def _written(stop: Stop | None) -> str | None:
    if stop is None:
        return None
    return "written" if stop.facts.get("written", True) else "oral"


def _dispute(stop: Stop | None, zone: ZoneInfo) -> dict[str, Any]:
    received = None if stop is None else stop.entered_at.astimezone(zone).date()
    return {
        "dispute": _written(stop),
        "dispute_submitted": _day(stop, "submitted") or received,
        "dispute_received": _day(stop, "received") or received,
        "dispute_verified_sent": _day(stop, "verified_sent"),
        "dispute_baseless": bool(_fact(stop, "baseless", False)),
        "dispute_suggests_court": bool(_fact(stop, "suggests_court", False)),
    }


def _origcred(stop: Stop | None) -> dict[str, Any]:
    return {
        "origcred_request": stop is not None,
        "origcred_submitted": _day(stop, "submitted"),
        "origcred_answered": _day(stop, "answered"),
    }


def _validation(standing: Standing, zone: ZoneInfo) -> dict[str, Any]:
    """The validation period runs from the first validation notice of the same mode that left."""
    sent = next(
        (
            row.at.astimezone(zone).date()
            for row in standing.log
            if row.purpose == Purpose.VALIDATION
            and row.debt_id == standing.debt.id
            and row.mode == standing.debt.mode
            and row.state in (ContactState.SENT, ContactState.UNKNOWN)
        ),
        None,
    )
    return {
        "validation_provided_at": sent,
        "validation_end": validation_period_end(sent) if sent else None,
    }


def _optouts(standing: Standing, channel: Channel, now: datetime) -> frozenset[str]:
    """Channels and numbers that the person closed, for all debts.

    A number from which texts were refused is closed for texts; calls need a word of their own.
    """
    closed: set[str] = set()
    for stop in standing.stops:
        if stop.kind != StopKind.OPT_OUT or not _open(stop, now):
            continue
        if stop.point_token and stop.channel in (None, channel):
            closed.add(stop.point_token)
        if stop.scope == Scope.CHANNEL and stop.channel:
            closed.add(stop.channel)
        if stop.channel is None and stop.point_token is None:
            closed |= set(Channel)
    return frozenset(closed)


def _allowed(preferences: dict[str, Any]) -> frozenset[str] | None:
    wanted = preferences.get("channels")
    return frozenset(wanted) if wanted else None


def _bases(point: ContactPoint) -> dict[str, Any]:
    """What allows an e-mail or a text to this address; None is no basis, not an unknown one."""
    mail, text = point.consents.get("email", {}), point.consents.get("sms", {})
    given = text.get("at")
    return {
        "email_basis": mail.get("basis") or _BASES.get(mail.get("consent", "")),
        "email_basis_sent": _date(mail.get("sent")),
        "email_basis_optout_by": _date(mail.get("optout_by")),
        "text_basis": text.get("basis") or _BASES.get(text.get("consent", "")),
        "text_basis_at": _instant(given),
        "reassigned_check_at": _instant(text.get("reassigned_check")),
    }


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else datetime.combine(at.date(), time(), UTC)


def _callback(preferences: dict[str, Any], channel: Channel) -> dict[str, Any]:
    agreed: dict[str, Any] = preferences.get("callback", {}) if channel is Channel.PHONE else {}
    return {
        "callback_given_at": _instant(agreed.get("given_at")),
        "callback_for": _instant(agreed.get("for")),
        "callback_evidence": agreed.get("evidence"),
    }


def _inconvenient(preferences: dict[str, Any]) -> tuple[Inconvenient, ...]:
    told = [
        Inconvenient(
            opens=time.fromisoformat(said["from"]),
            closes=time.fromisoformat(said["to"]) if said.get("to") else None,
            weekdays=frozenset(said.get("weekdays", range(7))),
        )
        for said in preferences.get("inconvenient", [])
    ]
    if hours := preferences.get("hours"):
        opens, closes = (time.fromisoformat(part) for part in str(hours).split("-"))
        told += [Inconvenient(closes=opens)] if opens > time() else []
        told += [Inconvenient(opens=closes)]
    return tuple(told)


def _gap_free(readiness: dict[str, Any]) -> bool:
    return not any(gap["code"].startswith("title_") for gap in readiness.get("gaps", []))


def _demanded(standing: Standing) -> bool:
    return any(
        row.purpose == Purpose.COLLECTION
        and row.debt_id == standing.debt.id
        and row.state == ContactState.SENT
        for row in standing.log
    )


def _overdue(facts: dict[str, Any], today: date) -> int | None:
    since = _date(facts.get("delinquency_date")) or _date(facts.get("due_date"))
    return (today - since).days if since else None
