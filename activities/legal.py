"""The live path to the gate: what the store knows, in the words of the law."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from sqlmodel import Session

from activities import register
from activities.feed import AGAIN, stale
from activities.office import Office
from activities.standing import (
    ANSWERS,
    BASES,
    PERMITS,
    balances,
    owed,
    time_barred,
    usable,
    zone_name,
)
from models.case import Contact
from models.contact import (
    BY_PERSON,
    COUNTING,
    DEMANDS,
    Channel,
    ContactState,
    Direction,
    Mode,
    Outcome,
    Party,
    Purpose,
)
from models.law import (
    UNKNOWN,
    ContactRecord,
    Decision,
    Failure,
    Inconvenient,
    Known,
    LegalFacts,
    Order,
    Verdict,
)
from models.stop import Scope, StopKind
from models.tables import ContactPoint, ContactRow, Debt, Debtor, Stop
from models.transfer import ROLES
from rules.desk import not_recorded
from rules.gate import decide_everywhere
from rules.holiday import validation_period_end
from rules.packs import MergedPack, NoPackError, PackLibrary
from rules.place import laws_of_move, zones_of_move
from store import case as records
from store.standing import Logged, Standing

T = TypeVar("T")

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

_PARTS: dict[str, frozenset[str]] = {
    "optout_notice": frozenset({"opt_out_sms", "opt_out_email"}),
    "mini_miranda": frozenset({"miranda"}),
    "validation_information": frozenset({"dispute_in_writing"}),
    "identity": frozenset({"collector"}),
    "time_barred_notice": frozenset({"time_barred"}),
}
"""Parts that packs require, and the sentences of a wording pack any of which is that part."""

_RETURNED = frozenset({Outcome.BOUNCED, Outcome.RETURNED})


@dataclass(frozen=True, slots=True)
class Said:
    """What a rendered message says, as the rules on content read it."""

    carries: frozenset[str]
    """Names of the wording pack's sentences that stand in it, and ``collector`` if it is named."""
    owed: int
    deadline: date | None = None
    """The last day of an offer."""


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
        decision = Decision(
            kind=Verdict.BLOCK,
            failures=(_house(rule, why),),
            flags=("human_review",),
            pack_versions=pack.versions,
            pack_sha=pack.sha256,
        )
        return cls(decision, now, Party.DEBTOR, None, None)


def judge(
    session: Session,
    office: Office,
    standing: Standing,
    contact: Contact,
    now: datetime,
    *,
    besides: UUID,
    said: Said | None = None,
) -> Judgement:
    """Ask the gate about one contact. ``besides`` is the contact's own id: it never counts itself.

    Without ``said`` nothing is written yet, and rules on content wait for the second question,
    right before sending, where it is the message as rendered.
    """
    packs = laws(office.law, standing, now)
    pack = packs[0]
    problem = (
        next(filter(None, (_not_live(session, office, standing.debt, law) for law in packs)), None)
        or _unread(session, office, standing)
        or _elsewhere(standing)
        or _lawless(standing, now)
    )
    if problem:
        return Judgement.refused(pack, *problem, now)
    point = usable(standing.points, contact.channel)
    if point is None:
        why = f"no usable number or address for {contact.channel}"
        return Judgement.refused(pack, "HOUSE-NO-POINT", why, now)
    judged: list[tuple[LegalFacts, MergedPack]] = []
    ages: dict[str, None] = {}
    for law in packs:
        asked = register.known(session, office, standing, contact, point, law, now)
        facts = legal_facts(office, standing, contact, point, now, said, law)
        judged.append((register.as_facts(facts, asked), law))
        ages |= dict.fromkeys(asked.ages)
    facts = judged[0][0]
    log = list(contact_records(_counted(standing), besides))
    decision = decide_everywhere(judged, log, now)
    if more := (*ages, *(f"also_under_{place_name(law)}" for law in packs[1:])):
        decision = replace(decision, flags=(*decision.flags, *more))
    decision = _paused(decision, standing, contact, now)
    if _renounced(standing) and contact.purpose not in ANSWERS:
        decision = _refused(decision, "HOUSE-HEIR-RENOUNCED", "this heir renounced the inheritance")
    return Judgement(
        decision=_unless_stale(decision, session, office, standing, contact, now),
        at=now,
        party=Party(facts.party),
        point_id=point.id,
        number=point.token,
    )


def laws(library: PackLibrary, standing: Standing, at: datetime) -> list[MergedPack]:
    """Every law under which a person may be contacted: the debt's first, then those of moves.

    Until a person has confirmed a move, the law of where it may have led binds as much as the one
    that held before. Two places without a pack of their own are under one law.
    """
    debt = standing.debt
    home = debt.law_at(at)
    places = [home]
    if given := law_given(debt, standing.debtor.id):
        places.append(given)
    for stop in _moves(standing, at):
        places += laws_of_move(home, stop.facts.get("country"), stop.facts.get("zone")) or ()
    found: dict[tuple[str, ...], MergedPack] = {}
    for place in dict.fromkeys(places):
        with suppress(NoPackError):
            pack = library.merged(*place)
            found.setdefault(tuple(pack.versions), pack)
    return list(found.values())


def law_given(debt: Debt, person: UUID) -> tuple[str, str | None] | None:
    """The law that a person said binds besides for somebody else who is liable."""
    given = person_facts(debt, person).get("law") if person != debt.debtor_id else None
    return None if given is None else (given[0], given[1])


_OF_PERSON = frozenset(
    {"art10_sent", "gdpr14_sent", "agency_notice_sent", "said_wont_pay_barred", "heir_renounced"}
)
"""Facts of the debt's file that are about the debtor alone."""


def person_facts(debt: Debt, person: UUID) -> dict[str, Any]:
    """What is known of a debt as it concerns one person: what was sent to another says nothing."""
    if person == debt.debtor_id:
        return debt.facts
    own: dict[str, Any] = debt.facts.get("party_facts", {}).get(str(person), {})
    return {**{k: v for k, v in debt.facts.items() if k not in _OF_PERSON}, **own}


def place_name(pack: MergedPack) -> str:
    """Write a law's place as ``US-CA``."""
    return f"{pack.jurisdiction}-{pack.sub}" if pack.sub else pack.jurisdiction


def _moves(standing: Standing, at: datetime) -> list[Stop]:
    """Moves that were told and nobody has confirmed."""
    return [stop for stop in standing.stops if stop.kind == StopKind.RELOCATION and _open(stop, at)]


def _lawless(standing: Standing, now: datetime) -> tuple[str, str] | None:
    """Say why a person who may have moved to where no law is held may hear nothing at all."""
    for stop in _moves(standing, now):
        country = stop.facts.get("country")
        if laws_of_move(standing.debt.law_at(now), country, stop.facts.get("zone")) is None:
            return (
                "HOUSE-OTHER-LAW",
                f"this person may live in {country}, whose law is not held here",
            )
    return None


def _house(rule: str, why: str) -> Failure:
    return Failure(rule=rule, decision=Verdict.BLOCK, why=why, source="house", order=Order.CONTENT)


def _not_live(
    session: Session, office: Office, debt: Debt, pack: MergedPack
) -> tuple[str, str] | None:
    """Say why a live case may reach nobody now.

    The mode of a case is fixed, its law is not: a pack that changed since it was signed off rests
    every live case until a person signs the new one. Making a shadow of the case would make its
    evidence worthless.
    """
    if debt.mode != Mode.LIVE:
        return None
    if not office.live:
        return "HOUSE-NOT-LIVE", "this installation runs in shadow; the case is live"
    if not records.signoffs(session, pack.sha256):
        return "HOUSE-UNSIGNED", "the law of this place changed and nobody has signed it off yet"
    return None


def words_signed(session: Session, office: Office, language: str | None) -> bool:
    """Whether a person signed the words in which somebody is spoken to, as they are now.

    A language without a pack has no words that could be signed; readiness says so.
    """
    if language not in office.wordings.locales:
        return True
    return bool(records.signoffs(session, office.wordings.pack(language).sha256))


def _unread(session: Session, office: Office, standing: Standing) -> tuple[str, str] | None:
    """Say why a live case may not speak: its words changed since somebody signed them."""
    if standing.debt.mode != Mode.LIVE or words_signed(session, office, standing.debtor.language):
        return None
    return "HOUSE-UNSIGNED-WORDING", "the wording of this language changed and nobody signed it yet"


def _elsewhere(standing: Standing) -> tuple[str, str] | None:
    """Say why a person may not be judged by the law of the debt: they live under another.

    Nobody is contacted under the wrong law: of a debtor who moved the debt follows; of somebody
    else who is liable a person says by whose law they are met besides (``cession case fact … law``).
    Outsiders hear nothing under any law.
    """
    debt, person = standing.debt, standing.debtor
    liable = standing.party is not None or person.id == debt.debtor_id
    place = (person.jurisdiction, person.sub)
    if not liable or place in ((debt.jurisdiction, debt.sub), law_given(debt, person.id)):
        return None
    return "HOUSE-OTHER-LAW", "this person lives under another law than that of the debt"


def _paused(decision: Decision, standing: Standing, contact: Contact, now: datetime) -> Decision:
    """Refuse what a stop pauses though no rule of the place speaks against it.

    An oral or late dispute, an oral wish to be left alone, vulnerability: the law may allow
    contact, the house waits for the person who reviews it. The next move waits too; this holds
    whoever asks, the desk included.
    """
    pausing = dict.fromkeys(
        stop.kind
        for stop in standing.stops
        if _open(stop, now) and _pauses(stop) and contact.purpose not in _permitted(stop)
    )
    if decision.kind == Verdict.BLOCK:
        # What the law of the other country lacks is asked for once somebody has confirmed the move.
        pausing = {kind: None for kind in pausing if kind == StopKind.RELOCATION}
    if not pausing:
        return decision
    for kind in reversed(pausing):
        why = f"the case rests until a person has looked: {kind}"
        decision = _refused(decision, "HOUSE-PAUSE", why)
    return decision


def _refused(decision: Decision, rule: str, why: str) -> Decision:
    """Add a refusal of the house, which no clock ends."""
    failures = (_house(rule, why), *decision.failures)
    return replace(decision, kind=Verdict.BLOCK, failures=failures, until=None, valid_until=None)


def _renounced(standing: Standing) -> bool:
    """Whether this person inherits nothing; what they owe as guarantor or co-debtor stands."""
    if standing.party is None or standing.party.role != Party.HEIR:
        return False
    return bool(person_facts(standing.debt, standing.debtor.id).get("heir_renounced"))


def _unless_stale(  # noqa: PLR0917
    decision: Decision,
    session: Session,
    office: Office,
    standing: Standing,
    contact: Contact,
    now: datetime,
) -> Decision:
    """Let what is said to people who have not paid wait while nobody here would know if they had."""
    if decision.kind == Verdict.BLOCK or contact.purpose not in DEMANDS:
        return decision
    silent = stale(session, office.feeds, standing.debt, now)
    if silent is None:
        return decision
    until = max(filter(None, (decision.until, now + AGAIN)))
    why = f"the latest news of payments by {silent.plain} is older than it may be: import it"
    failure = replace(_house("HOUSE-FEED-STALE", why), decision=Verdict.DEFER, until=until)
    return replace(
        decision,
        kind=Verdict.DEFER,
        failures=(failure, *decision.failures),
        until=until,
        valid_until=None,
    )


def _pauses(stop: Stop) -> bool:
    if stop.kind == StopKind.RELOCATION:
        told = stop.facts
        return bool(told["abroad"] if "abroad" in told else told.get("country"))
    return (
        stop.kind in _OWN_FACT
        and stop.kind != StopKind.OPT_OUT
        and stop.channel is None
        and stop.scope not in (Scope.CHANNEL, Scope.CONTACT_POINT)
    )


def _permitted(stop: Stop) -> frozenset[Purpose]:
    return PERMITS.get(StopKind(stop.kind), frozenset())


def _counted(standing: Standing) -> list[ContactRow | Logged]:
    """The contacts that count: of a live case never what a trial wrote into its outbox."""
    live = standing.debt.mode == Mode.LIVE
    return [row for row in standing.log if not (live and row.mode == Mode.SHADOW)]


def contact_records(log: Iterable[ContactRow | Logged], besides: UUID) -> Iterable[ContactRecord]:
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
            # Who speaks is an agent of one and the same collector, whatever their name.
            caller="assignee",
            agent="ai" if row.agent == "ai" else "human",
            consented=row.consented,
            purpose=row.purpose,
        )


def _assumed(row: ContactRow | Logged) -> str | None:
    """A written message that left counts as sent; a call without outcome as unknown."""
    written = Channel(row.channel) not in BY_PERSON
    return Outcome.SENT if written and row.state == ContactState.SENT else None


def legal_facts(  # noqa: PLR0917
    office: Office,
    standing: Standing,
    contact: Contact,
    point: ContactPoint,
    now: datetime,
    said: Said | None,
    pack: MergedPack,
) -> LegalFacts:
    """State every fact that somebody supplied; what nobody did stays unknown and blocks.

    How the house works (licence, recording, who visits) comes from the settings. A shadow case
    reaches nobody and is judged as if they were in order, so that a trial shows the law of the
    debt and not the gaps of an unfinished installation. Constants are left only where they are
    our own refusals (no home is entered, nothing is posted, no machine speaks) or the stricter
    reading (Regulation F binds every assignee; each message names the debt, so that none may go
    to an outsider).
    """
    debt, debtor = standing.debt, standing.debtor
    facts = person_facts(debt, debtor.id)
    zone = ZoneInfo(zone_name(standing))
    today = now.astimezone(zone).date()
    shadow = debt.mode == Mode.SHADOW
    stops = _gravest(standing.stops, now)
    folded = balances(standing)
    zones = [debtor.declared_zone] if debtor.declared_zone else list(debtor.zones)
    if not debtor.declared_zone and contact.channel in (Channel.PHONE, Channel.SMS):
        zones += [name for name in point.zones if name not in zones]
    for move in _moves(standing, now):
        possible = zones_of_move(move.facts.get("country"), move.facts.get("zone"))
        zones += [to for to in possible if to not in zones]
    log = _counted(standing)
    barred = time_barred(debt, today, pack.limitation)
    holding = [
        stop
        for stop in standing.stops
        if _open(stop, now) and StopKind(stop.kind) not in _OWN_FACT
        and _applies(stop, contact.channel)
    ]  # fmt: skip
    return LegalFacts(
        jurisdiction=pack.jurisdiction,
        sub=pack.sub,
        zones=tuple(zones),
        channel=contact.channel,
        purpose=contact.purpose,
        party=_party(standing, contact),
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
        assignable=facts.get("assignable") is not False,
        guarantor_bound=not facts.get("guarantee_bans_assignment")
        or bool(facts.get("guarantor_consented")),
        transfer_basis=facts.get("transfer_basis") or "stated",
        debt_unlawful=bool(facts.get("debt_unlawful", False)),
        licensed=shadow or _licensed(office, pack),
        acquired_debt=True,
        chain_ok=_gap_free(debt),
        regf_applies=True,
        **_notice(standing, contact, log),
        art10_sent=_stated(facts, "art10_sent", _instant),
        gdpr14_sent=_stated(facts, "gdpr14_sent", _instant),
        agency_notice_sent=_stated(facts, "agency_notice_sent", _instant),
        s129_delivered=None,
        letter_mailed=debt.notice_sent_at,
        letter_returned=debt.notice_returned_at is not None,
        talked=any(row.outcome in (Outcome.CONVERSATION, Outcome.MET) for row in log),
        portfolio_kind=facts.get("portfolio_kind"),
        buyer_documents=_documents(debt),
        # Stays; what registers say comes in besides
        register_gaps=(),
        bankrupt=_fact(stops.get(StopKind.BANKRUPTCY), "status", "pending"),
        bankrupt_place=_fact(stops.get(StopKind.BANKRUPTCY), "place", None),
        breathing=_fact(stops.get(StopKind.MORATORIUM), "type", "standard"),
        breathing_start=_day(stops.get(StopKind.MORATORIUM), "start", zone),
        breathing_last_day=_day(stops.get(StopKind.MORATORIUM), "last_protected_day", zone),
        capacity_concern=_fact(stops.get(StopKind.VULNERABILITY), "kind", "") == "capacity",
        **_dispute(stops.get(StopKind.DISPUTE), zone),
        **_validation(standing, log, zone),
        **_origcred(stops.get(StopKind.ORIGINAL_CREDITOR_REQUEST), zone),
        cease=_written(stops.get(StopKind.CEASE)),
        attorney=StopKind.ATTORNEY in stops,
        attorney_responsive=_fact(stops.get(StopKind.ATTORNEY), "responsive", True),
        attorney_consents=bool(_fact(stops.get(StopKind.ATTORNEY), "consents", False)),
        attorney_type=_fact(stops.get(StopKind.ATTORNEY), "type", "attorney"),
        complaint=facts.get("complaint"),
        # Person
        deceased=StopKind.DECEASED in stops,
        minor=StopKind.MINOR in stops or _under_age(debtor, shadow=shadow),
        age=_fact(stops.get(StopKind.MINOR), "age", None),
        own_income=bool(_fact(stops.get(StopKind.MINOR), "own_income", False)),
        liable=standing.party is not None,
        heir_renounced=_renounced(standing),
        contact_refused=False,
        lost_contact=None,
        location_unknown=point.kind == "address" and point.dead_since is not None,
        location_doubt=False,
        script=None,
        # Permission of the channel
        optouts=_optouts(standing, contact.channel, now),
        allowed_channels=_allowed(debtor.preferences),
        email_is_work=point.kind == "email" and point.line == "work",
        **_bases(point),
        number_kind={"mobile": "cell", "landline": "home"}.get(point.line, point.line),
        number_source=point.source,
        number_sole=sum(other.kind == point.kind for other in standing.points) == 1,
        premium_number=is_premium(office.collector.phone, pack.jurisdiction),
        work_prohibited=facts.get("work_prohibited", UNKNOWN),
        work_request_at=None,
        work_request_confirmed=False,
        voice="human",
        voice_consent=False,
        line=_line(office, contact.channel, shadow=shadow),
        line_agreed=False,
        recording=_recorded(debtor.preferences, shadow or _told(office.practice.calls_recorded)),
        **_callback(debtor.preferences, contact.channel),
        inconvenient=_inconvenient(debtor.preferences),
        # Content: compose() refuses threats and false claims; the rest is read from the text
        lacks=_lacks(said, contact, pack),
        threat=False,
        discloses_debt=True,
        misleading_legal=False,
        threatens_suit=False,
        remedy_intended=False,
        deadline_days=(said.deadline - today).days if said and said.deadline else None,
        amount_correct=said is None or said.owed == owed(standing),
        first_demand=contact.purpose == Purpose.COLLECTION and not _demanded(debt, log),
        gdpr14_attached="personal_data" in said.carries
        if said
        else contact.purpose in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION),
        time_barred=barred,
        contact_in_limitation=_told(facts.get("contact_in_limitation")),
        said_wont_pay_barred=bool(facts.get("said_wont_pay_barred", False)),
        last_payment=_date(facts.get("last_payment_date")) or UNKNOWN,
        acknowledged=bool(facts.get("acknowledged", False)),
        creditor_type=facts.get("creditor_type"),
        rate=Decimal(str(facts["annual_rate"])) if facts.get("annual_rate") else None,
        lpr_at_contract=_decimal(facts.get("lpr_at_contract")),
        overdue_since=_date(facts.get("delinquency_date")) or _date(facts.get("due_date")),
        bills_assignment=False,
        # Visits
        visit_staff=2 if shadow else _told(office.practice.visit_staff),
        visit_recording=_recorded(
            debtor.preferences, shadow or _told(office.practice.visits_recorded)
        ),
        visit_id_shown=shadow or _told(office.practice.visitors_show_id),
        visit_enter_home=False,
        visit_consent=False,
        visit_notice=shadow or _told(office.practice.visits_announced),
        visit_posting=False,
        visit_sent_away=False,
        visit_unfit=False,
        visit_at_home=True,
        visit_elsewhere=False,
    )


@cache
def is_premium(phone: str, country: str) -> bool:
    """Whether calling our number back costs more than a call (FCA CONC 7.9.5R)."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE


def _told(value: T | None) -> Known[T]:
    return UNKNOWN if value is None else value


def _stated(facts: dict[str, Any], name: str, read: Callable[[Any], T]) -> Known[T]:
    return read(facts[name]) if facts.get(name) is not None else UNKNOWN


def _under_age(debtor: Debtor, *, shadow: bool) -> Known[bool]:
    """Whether the person was under age when the debt began: an age that nobody stated is no adult's.

    A trial reaches nobody and shows the law of the debt; the report of preparation names the gap.
    """
    if debtor.kind == "company":
        return False
    if debtor.minor_at_origination is None and not shadow:
        return UNKNOWN
    return bool(debtor.minor_at_origination)


def _licensed(office: Office, law: MergedPack) -> Known[bool]:
    """A licence for the whole country or the very state, as the settings name them."""
    places = {law.jurisdiction, place_name(law)}
    return True if places & office.practice.licensed_in else UNKNOWN


def _line(office: Office, channel: Channel, *, shadow: bool) -> Known[str | None]:
    """Texts leave through the provider's line; of calls the settings must say."""
    if shadow or channel is not Channel.PHONE or office.practice.calls_recorded:
        return "recorded_trunk"
    return UNKNOWN


def _party(standing: Standing, contact: Contact) -> Party:
    """Who is contacted; somebody who is no party to the debt is an outsider."""
    if contact.debtor is None or contact.debtor == standing.debt.debtor_id:
        return Party.DEBTOR
    if standing.party is None:
        return Party.THIRD_PARTY
    return Party(standing.party.role) if standing.party.role in ROLES else Party.CO_DEBTOR


def _notice(
    standing: Standing, contact: Contact, log: Sequence[ContactRow | Logged]
) -> dict[str, Any]:
    """The notice of assignment to this very person (Civil Code 546, 696): each liable party has
    one of their own, and one that reached another says nothing.
    """
    debt = standing.debt
    told: dict[str, Any] = debt.facts.get("assignment_notice") or {}
    by = told.get("by")
    letter = next(
        (
            row
            for row in log
            if row.debt_id == debt.id
            and row.purpose in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION)
            and row.state == ContactState.SENT
            and (debt.law_since is None or row.at >= debt.law_since)
        ),
        None,
    )
    sent, reached = debt.notice_sent_at, debt.notice_reached_at
    if _party(standing, contact) is not Party.DEBTOR:
        sent = letter.at if letter else None
        reached = standing.party.notice_reached_at if standing.party else None
    return {
        "notice_sent_at": sent,
        "notice_reached_at": reached,
        "notice_by": _told("joint" if by == "both" else by),
        "notice_proof": _told(told.get("proof")),
        "notice_mailed": sent,
        "notice_medium": letter.channel if letter else UNKNOWN,
        "notice_sms_agreed": letter is None
        or letter.channel != Channel.SMS
        or told.get("contract_allows_sms") is True,
    }


def notice_to_debtor(standing: Standing) -> dict[str, Any]:
    """The notice to the debtor in the words of the law: when it left, arrived, and how."""
    asked = Contact(step="notice", channel=Channel.LETTER, template="notice")
    return _notice(standing, asked, _counted(standing))


def _documents(debt: Debt) -> Known[bool]:
    """The chain of title and the contract (Cal. Civ. Code 1788.52); no list of papers, no answer."""
    papers = debt.facts.get("documents")
    if papers is None:
        return UNKNOWN
    return _gap_free(debt) is True and any(paper.get("type") == "contract" for paper in papers)


def _lacks(said: Said | None, contact: Contact, pack: MergedPack) -> frozenset[str]:
    if said is None:
        return frozenset()
    needed = pack.required_parts(contact.channel, contact.purpose)
    return frozenset(part for part in needed if not _PARTS.get(part, frozenset()) & said.carries)


def _gravest(stops: Sequence[Stop], now: datetime) -> dict[StopKind, Stop]:
    """Of each kind the open stop that forbids most: a milder one that came later hides nothing."""
    found: dict[StopKind, Stop] = {}
    for stop in stops:
        kind = StopKind(stop.kind)
        if _open(stop, now) and (kind not in found or _gravity(stop) > _gravity(found[kind])):
            found[kind] = stop
    return found


def _gravity(stop: Stop) -> tuple[int, float]:
    """The greater the graver; of equals the one that was there first."""
    told = stop.facts
    match StopKind(stop.kind):
        case StopKind.VULNERABILITY:
            rank = {"self_harm_risk": 2, "capacity": 1}.get(told.get("kind", ""), 0)
        case StopKind.DISPUTE:
            rank = 2 * bool(told.get("written", True)) - bool(told.get("verified_sent"))
        case StopKind.CEASE:
            rank = int(bool(told.get("written", True)))
        case StopKind.ORIGINAL_CREDITOR_REQUEST:
            rank = int(not told.get("answered"))
        case StopKind.BANKRUPTCY:
            rank = int(told.get("status", "pending") != "dismissed")
        case StopKind.ATTORNEY:
            rank = int(bool(told.get("responsive", True)))
        case StopKind.MINOR:
            rank = int(not told.get("own_income"))
        case StopKind.MORATORIUM:
            rank = int(told.get("type") == "mental_health")
        case _:
            rank = 0
    return rank, -stop.entered_at.timestamp()


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


def _day(stop: Stop | None, key: str, zone: ZoneInfo) -> date | None:
    """A day of the debtor's calendar: an instant is read on the debtor's clock."""
    told = _fact(stop, key, None)
    if told and len(told) > len("2026-01-01"):
        return datetime.fromisoformat(told).astimezone(zone).date()
    return _date(told)


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
        "dispute_submitted": _day(stop, "submitted", zone) or received,
        "dispute_received": _day(stop, "received", zone) or received,
        "dispute_verified_sent": _day(stop, "verified_sent", zone),
        "dispute_baseless": bool(_fact(stop, "baseless", False)),
        "dispute_suggests_court": bool(_fact(stop, "suggests_court", False)),
    }


def _origcred(stop: Stop | None, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "origcred_request": stop is not None,
        "origcred_submitted": _day(stop, "submitted", zone),
        "origcred_answered": _day(stop, "answered", zone),
    }


def _validation(
    standing: Standing, log: Sequence[ContactRow | Logged], zone: ZoneInfo
) -> dict[str, Any]:
    """The validation period runs from the first validation notice of the same mode that left and
    did not come back: returned mail needs a new notice and a new period (12 CFR 1006.34(b)(5)).
    """
    sent = next(
        (
            row.at.astimezone(zone).date()
            for row in log
            if row.purpose == Purpose.VALIDATION
            and row.debt_id == standing.debt.id
            and row.mode == standing.debt.mode
            and row.state in (ContactState.SENT, ContactState.UNKNOWN)
            and row.outcome not in _RETURNED
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


def _recorded(preferences: dict[str, Any], practice: Known[bool]) -> Known[bool]:
    """Whether a conversation would be recorded: never against the person's will, where that is known."""
    return False if not_recorded(preferences) else practice


def _bases(point: ContactPoint) -> dict[str, Any]:
    """What allows an e-mail or a text to this address; None is no basis, not an unknown one."""
    mail, text = point.consents.get("email", {}), point.consents.get("sms", {})
    given = text.get("at")
    return {
        "email_basis": mail.get("basis") or BASES.get(mail.get("consent", "")),
        "email_basis_sent": _date(mail.get("sent")),
        "email_basis_optout_by": _date(mail.get("optout_by")),
        "text_basis": text.get("basis") or BASES.get(text.get("consent", "")),
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


def _gap_free(debt: Debt) -> Known[bool]:
    """Whether the chain of title is whole; before preparation looked nobody knows."""
    if not debt.readiness:
        return UNKNOWN
    codes = {gap["code"] for gap in debt.readiness.get("gaps", [])}
    return not any(code.startswith("title_") or code == "owner_mismatch" for code in codes)


def _demanded(debt: Debt, log: Sequence[ContactRow | Logged]) -> bool:
    return any(
        row.purpose == Purpose.COLLECTION
        and row.debt_id == debt.id
        and row.state == ContactState.SENT
        for row in log
    )
