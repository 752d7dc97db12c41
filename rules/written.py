"""Reads a case in writing: what it says becomes facts, what it is silent about is neutral."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from zoneinfo import ZoneInfo

from models.contact import Direction, Outcome, Party, Purpose
from models.law import (
    AGES_AGO,
    CONTACTS,
    NEUTRAL,
    NEVER_STALE,
    UNKNOWN,
    Act,
    CaseRefusedError,
    ContactRecord,
    Inconvenient,
    LegalFacts,
)
from rules.holiday import validation_period_end
from rules.place import EU, regions_of
from rules.zones import UnknownZoneError, zone

_TOP = {
    "id", "jurisdiction", "sub", "tz", "now", "channel", "facts", "contact_log", "case_state",
    "expect", "why", "confidence",
}  # fmt: skip
_OTHER_PLACES = {
    "US": {"NYC", "AS", "MP"}, "CA": {"NT", "NU"}, "GB": {"ENG", "WLS", "SCT", "NIR"}, "EU": set(EU),
}  # fmt: skip
"""Parts of a jurisdiction that are no region of an address."""

_SAME: dict[str, dict[str, str]] = {
    "sub": {"NYS": "NY", "NY-NYC": "NYC", "EL": "GR", "WAL": "WLS", "NI": "NIR"},
    "channel": {
        "voicemail": "phone", "call": "phone", "text": "sms", "im": "sms", "mail": "letter",
        "post": "letter", "letter_hand": "letter", "e-mail": "email", "lawsuit": "legal_filing",
        "suit": "legal_filing", "credit_reporting": "credit_report", "social_post": "social",
        "social_media": "social", "social_public": "social", "whatsapp": "sms", "wechat": "sms",
        "chat": "sms", "home_visit": "visit", "robocall": "phone", "voice": "phone",
        "calls": "phone", "texts": "sms", "emails": "email", "letters": "letter",
        "visits": "visit",
    },
    "outcome": {
        "out_of_service": "not_in_service", "invalid_number": "not_in_service",
        "no_pickup": "no_answer", "rang_out": "no_answer", "voicemail": "voicemail_msg",
        "voicemail_left": "voicemail_msg", "limited_content": "voicemail_msg",
        "limited_content_voicemail": "voicemail_msg", "lcm": "voicemail_msg",
        "voicemail_no_message": "voicemail_no_msg", "dropped": "answered_dropped",
        "hung_up": "answered_dropped", "talk": "conversation", "connected": "conversation",
        "answered": "conversation", "ai_conversation": "conversation",
        "robot_conversation": "conversation", "met_debtor": "met", "not_home": "not_met",
        "mailed": "sent", "posted": "sent", "read": "delivered", "opened": "delivered",
        "undelivered": "bounced", "reply": "received", "pending": "unknown",
        "ringing": "no_answer", "rang": "no_answer", "unanswered": "no_answer",
        "declined": "no_answer", "rejected": "no_answer", "engaged": "busy",
        "not_connected": "busy", "machine": "voicemail_no_msg", "left_message": "voicemail_msg",
        "message_left": "voicemail_msg", "hang_up": "answered_dropped",
        "call_blocked": "not_in_service", "invalid": "not_in_service",
        "wrong_number": "wrong_party", "wrong_person": "wrong_party", "nobody_home": "not_met",
        "promise": "conversation", "promise_to_pay": "conversation",
        "callback_requested": "conversation", "replied": "received", "queued": "unknown",
        "failed": "unknown", "sending": "unknown", "reserved": "unknown",
    },
    "party": {
        "personal_representative": "executor", "successor": "executor",
        "codebtor": "co_debtor", "cosigner": "co_debtor", "co_signer": "co_debtor",
        "joint_debtor": "co_debtor", "co_borrower": "co_debtor", "lawyer": "attorney",
        "mother": "parent", "father": "parent", "household_member": "third_party",
        "roommate": "third_party", "flatmate": "third_party", "landlord": "third_party",
        "minor_child": "third_party", "adult_child": "third_party", "son": "third_party",
        "daughter": "third_party", "other": "third_party", "unknown_person": "third_party",
        "representative": "attorney", "relative": "third_party", "family": "third_party",
        "friend": "third_party", "neighbor": "third_party", "neighbour": "third_party",
        "colleague": "contact_person", "coworker": "contact_person", "sibling": "third_party",
        "brother": "third_party", "sister": "third_party", "child": "third_party",
        "unknown": "third_party",
    },
    "purpose": {
        "notice": "assignment_notice", "notice_of_assignment": "assignment_notice",
        "validation_notice": "validation", "reminder": "plan_reminder",
        "agreed_reminder": "plan_reminder", "answer": "reply", "query_reply": "reply",
        "answer_query": "reply", "response": "reply", "complaint_reply": "reply",
        "complaint_response": "reply", "opt_out_confirmation": "optout_confirmation",
        "dispute_reply": "verification", "dispute_response": "verification",
        "thanks": "receipt", "court_papers": "statutory_notice",
        "legal_notice": "statutory_notice", "location": "location_info",
        "confirm_employment": "location_info", "employment_confirmation": "location_info",
        "employment_verification": "location_info", "art10": "assignment_notice",
        "art10_notice": "assignment_notice", "art10_communication": "assignment_notice",
        "transfer_notice": "assignment_notice", "reply_to_debtor": "reply",
        "complaint": "reply", "court_document": "statutory_notice",
        "opt_out_receipt": "optout_confirmation", "payment_receipt": "receipt",
        "demand": "collection",
    },
    "voice": {
        "artificial": "ai", "robot": "ai", "bot": "ai", "live": "human", "recorded": "prerecorded",
    },
    "key": {
        "wrong_number": "wrong_party", "wrong_person": "wrong_party",
        "identity_theft": "identity_theft_claim", "not_my_debt": "identity_theft_claim",
        "prescribed": "time_barred", "statute_barred": "time_barred", "debt_buyer": "acquired_debt",
        "documents_held": "buyer_documents", "letter_bounced": "letter_returned",
        "undelivered": "letter_returned", "spoken": "talked", "spoke_with_consumer": "talked",
        "location_requested": "location_doubt", "earlier_answer_wrong": "location_doubt",
        "joint_family_debt": "liable", "family_debt": "liable", "joint_debt": "liable",
        "inheritance_renounced": "heir_renounced", "phone_source": "number_source",
        "illegal": "debt_unlawful", "debt_illegal": "debt_unlawful",
        "gambling_debt": "debt_unlawful", "contact_person_refused": "contact_refused",
        "only_number": "sole_number", "overdue_days": "days_overdue",
        "days_past_due": "days_overdue", "due_date": "overdue_since", "complaint": "fos_complaint",
        "notice_method": "notice_medium", "agency_notice": "agency_notice_sent",
        "lpr": "lpr_at_contract", "number_type": "number", "number_kind": "number",
        "work_oral_request": "work_request", "public_posting": "posting",
        "posted_in_public": "posting", "pipl_basis": "transfer_basis", "hold": "held",
        "moratorium": "breathing_space", "registered": "licence", "licensed": "licence",
    },
}  # fmt: skip
"""Other words that people use for the same thing."""

_EARLIEST, _LATEST = 1900, 2200
"""Years between which a case can play."""

_WEEKDAYS = {name: at for at, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}

Reader = Callable[[Any, str, ZoneInfo], Any]


def read_case(case: Mapping[str, Any]) -> tuple[LegalFacts, tuple[ContactRecord, ...], datetime]:
    """Facts, contact log and instant of a written case; ``CaseRefusedError`` says what is wrong."""
    _no_others(case, _TOP, "")
    for key in ("jurisdiction", "tz", "now", "channel"):
        if key not in case:
            raise CaseRefusedError(key, "is missing")
    jurisdiction = _word(case["jurisdiction"], "jurisdiction", None)
    jurisdiction = "GB" if jurisdiction == "UK" else jurisdiction
    place = None if case["tz"] is None else _zone(case["tz"], "tz")
    here = ZoneInfo(place or "UTC")
    now = _moment(case["now"], "now", here)
    if len(case["now"]) <= len("2026-11-10"):
        raise CaseRefusedError("now", f"is a day without its time and offset: {case['now']!r}")
    if not isinstance(case.get("id"), str | int | None):
        raise CaseRefusedError("id", "must be text or a number")
    channel = _one_of(Act, "channel")(case["channel"], "channel", here)
    said: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "sub": _sub(case.get("sub"), jurisdiction),
        "zones": (place,) if place else (),
        "channel": channel,
    }
    state = {} if case.get("case_state") is None else case["case_state"]
    _mapping(state, "case_state")
    said.update(_state(state, "case_state", here, {**said, "now": now}))
    logged = case.get("contact_log")
    log = tuple(
        _record(row, f"contact_log[{at}]", here)
        for at, row in enumerate(_list([] if logged is None else logged, "contact_log"))
    )
    if not said.get("debt"):
        debts = said.pop("debts", ())
        said["debt"] = debts[0] if debts else _only_debt(log)
    said.pop("debts", None)
    if any(_not_theirs(record, said) for record in log):
        said["wrong_party"] = True
    if said.get("age") is not None:
        said.setdefault("minor", said["age"] < MAJORITY)
    return LegalFacts(**{**NEUTRAL, **said}), log, now


def _not_theirs(record: ContactRecord, said: Mapping[str, Any]) -> bool:
    """Somebody said on this number or address that it is not the debtor's."""
    return (
        record.outcome == Outcome.WRONG_PARTY
        and record.channel == said["channel"]
        and record.number == said.get("number")
    )


MAJORITY = 18
"""Years of age at which no law of ours protects a minor any more."""


def _sub(value: Any, jurisdiction: str) -> str | None:
    """The part of a jurisdiction; where its parts are known, one of them."""
    if value is None or value == "":
        return None
    name = _word(value, "sub", None)
    name = name.removeprefix(f"{jurisdiction}-")
    name = _SAME["sub"].get(name, name)
    known = regions_of(jurisdiction) | _OTHER_PLACES.get(jurisdiction, set())
    if known and name not in known:
        raise CaseRefusedError(
            "sub", f"{name!r} is no part of {jurisdiction}; it has {', '.join(sorted(known))}"
        )
    return name


def place_of_law(jurisdiction: str, sub: str | None) -> tuple[str, str | None]:
    """A place as written; ``CaseRefusedError`` if the country has no such part."""
    return jurisdiction, _sub(sub, jurisdiction)


def _only_debt(log: tuple[ContactRecord, ...]) -> str:
    """The debt of a case that names none: the first of its log, which is D1 in every case."""
    return next((record.debts[0] for record in log if record.debts), "D1")


def _record(row: Any, path: str, here: ZoneInfo) -> ContactRecord:
    _mapping(row, path)
    known = {
        "at", "channel", "direction", "outcome", "debt", "debts", "to", "number", "caller",
        "agent", "consented", "purpose", "id", "note", "voice", "duration_s", "initiated_by",
    }  # fmt: skip
    _no_others(row, known, path)
    for key in ("at", "channel"):
        if key not in row:
            raise CaseRefusedError(f"{path}.{key}", "is missing")
    channel = _one_of(Act, "channel")(row["channel"], f"{path}.channel", here)
    outcome = row.get("outcome")
    if outcome is None and row["channel"] == "voicemail":
        outcome = Outcome.VOICEMAIL_MSG
    return ContactRecord(
        at=_moment(row["at"], f"{path}.at", here),
        channel=channel,
        direction=_choice(Direction)(
            row.get("direction", "in" if row.get("initiated_by") == "debtor" else "out"),
            f"{path}.direction",
            here,
        ),
        outcome=_optional(_one_of(Outcome, "outcome"))(outcome, f"{path}.outcome", here),
        debts=_debts(row, path, here),
        party=_party(row.get("to") or "debtor", f"{path}.to", here),
        number=_optional(_word)(row.get("number"), f"{path}.number", here),
        caller=_word(row.get("caller") or "assignee", f"{path}.caller", here),
        agent=_one_of(_VOICES, "voice")(
            row.get("agent") or row.get("voice") or "human", f"{path}.agent", here
        ),
        consented=_yes(row.get("consented") or False, f"{path}.consented", here),
        purpose=_optional(_one_of(Purpose, "purpose"))(row.get("purpose"), f"{path}.purpose", here),
    )


def _debts(row: Mapping[str, Any], path: str, here: ZoneInfo) -> tuple[str, ...]:
    """Debts as a comma list or a list; none means that it may have been about any."""
    said = row.get("debts", row.get("debt"))
    if said is None:
        return ()
    if isinstance(said, list):
        return _words(cast("list[Any]", said), f"{path}.debts", here)
    text = _word(said, f"{path}.debt", here)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _state(
    state: Mapping[str, Any], path: str, here: ZoneInfo, said: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts that ``case_state`` states."""
    found: dict[str, Any] = {}
    for said_as, stated in state.items():
        where = f"{path}.{said_as}"
        key = _SAME["key"].get(said_as, said_as)
        if key != said_as and key in state:
            raise CaseRefusedError(where, f"says again what {path}.{key} says; which one is meant?")
        value = _so_far(key, stated, where, here, said["now"])
        if key in _CAN_BE_UNKNOWN and _says_unknown(value):
            found[_CAN_BE_UNKNOWN[key]] = UNKNOWN
        elif key in _SIMPLE:
            name, reader = _SIMPLE[key]
            read = reader(value, where, here)
            if name:
                found[name] = read
        elif key in _GROUPS:
            if value is None:
                continue
            found.update(_group(key, value, where, here))
        elif key in _SPECIAL:
            found.update(_SPECIAL[key](value, where, here, said))
        else:
            near = difflib.get_close_matches(key, [*_SIMPLE, *_GROUPS, *_SPECIAL], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise CaseRefusedError(where, f"is not a fact that a case can state{hint}")
    if found.get("party") == Party.GUARANTOR and "guarantor_notice" in found:
        found["notice_reached_at"] = found["guarantor_notice"]
    found.pop("guarantor_notice", None)
    if "answered_by" in found:
        found["party"] = found.pop("answered_by")
    if found.get("party") == _PARENT:
        young = found.get("minor") or found.get("age", MAJORITY) < MAJORITY
        found["party"] = Party.GUARDIAN if young else Party.THIRD_PARTY
    if on := found.pop("acknowledged_on", None):
        found["last_payment"] = max(on, found.get("last_payment") or on)
    if wishes := found.pop("wishes", ()):
        found["inconvenient"] = (*found.get("inconvenient", ()), *wishes)
    if "zones" not in found and "source_zones" in found:
        found["zones"] = tuple(dict.fromkeys([*said["zones"], *found["source_zones"]]))
    found.pop("source_zones", None)
    return found


def _so_far(key: str, value: Any, path: str, here: ZoneInfo, now: datetime) -> Any:
    """What a fact says at ``now``: a proof with a later date permits nothing yet."""
    if key in _PROOFS and _to_come(value, path, here, now):
        return None
    parts = _PROVING.get(key)
    if parts is None or not isinstance(value, Mapping):
        return value
    said = cast("Mapping[str, Any]", value)
    if key == "consents":
        return {
            name: None if _given_later(given, f"{path}.{name}", here, now) else given
            for name, given in said.items()
        }
    late = {name for name in parts if _to_come(said.get(name), f"{path}.{name}", here, now)}
    if key == "email_basis" and late:
        return None
    return {name: None if name in late else part for name, part in said.items()}


def _given_later(given: Any, path: str, here: ZoneInfo, now: datetime) -> bool:
    return isinstance(given, Mapping) and any(
        _to_come(given.get(name), f"{path}.{name}", here, now) for name in ("given_at", "at")
    )


def _to_come(value: Any, path: str, here: ZoneInfo, now: datetime) -> bool:
    """Whether a value is a day or an instant after ``now``; a day that has begun is not."""
    return isinstance(value, str) and value[:2] in {"19", "20"} and _moment(value, path, here) > now


_ANSWERED = ("verified_sent", "verified", "resolved", "investigated", "answered")

_PROOFS = frozenset(
    {
        "acknowledged", "buyer_documents", "chain_ok", "contact_in_limitation_period",
        "forbearance_considered", "reassigned_check", "talked", "tcpa_consent", "venue_ok",
    }
)  # fmt: skip
"""Facts that permit something once they are there, and bear their date."""

_PROVING: dict[str, frozenset[str]] = {
    "breathing_space": frozenset({"cancelled", "ended"}),
    "consents": frozenset(),
    "dispute": frozenset(_ANSWERED),
    "email_basis": frozenset({"at"}),
    "original_creditor_request": frozenset({"answered"}),
    "reassigned_check": frozenset({"at"}),
    "text_basis": frozenset({"at"}),
    "validation": frozenset({"provided_at"}),
}
"""The same within tables: dates of what ends a stop or is the ground of a contact."""


def _group(key: str, value: Any, path: str, here: ZoneInfo) -> dict[str, Any]:
    """The facts of a table; of a request not to be called at work the day alone is enough."""
    said: Any = {"at": value} if key == "work_request" and isinstance(value, str) else value
    _mapping(said, path)
    _no_others(said, _GROUPS[key].keys(), path)
    found: dict[str, Any] = {}
    for part, (name, reader) in _GROUPS[key].items():
        if part in said:
            read = reader(said[part], f"{path}.{part}", here)
            found |= {name: read} if name else {}
    return found


# Readers of one value


def _says_unknown(value: Any) -> bool:
    return value == "unknown"


def _party(value: Any, path: str, here: Any) -> str:
    """Whom the contact is with; a parent answers for a child that is not of age, and for no other."""
    known = _one_of((*Party, _PARENT), "party")(value, path, here)
    return Party.THIRD_PARTY if known == _PARENT and path.startswith("contact_log") else known


_PARENT = "parent"
_VOICES = ("human", "ai", "prerecorded")


def _yes(value: Any, path: str, _here: object) -> bool:
    if not isinstance(value, bool):
        raise CaseRefusedError(path, f"must be true or false, not {_shown(value)}")
    return value


def _yes_or_day(value: Any, path: str, here: ZoneInfo) -> bool:
    """True, the day on which it happened, or null for what has not."""
    if value is None:
        return False
    if isinstance(value, str) and value[:2] in {"19", "20"}:
        return bool(_day(value, path, here))
    return _yes(value, path, here)


def _word(value: Any, path: str, _here: object) -> str:
    if not isinstance(value, str):
        raise CaseRefusedError(path, f"must be text, not {_shown(value)}")
    return value


def _count(value: Any, path: str, _here: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CaseRefusedError(path, f"must be a whole number, not {_shown(value)}")
    return value


def _number(value: Any, path: str, _here: object) -> Decimal:
    try:
        number = Decimal("nan" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        raise CaseRefusedError(path, f"must be a number, not {_shown(value)}") from None
    if not number.is_finite() or number < 0:
        raise CaseRefusedError(path, f"must be a number of zero or more, not {_shown(value)}")
    return number


def _moment(value: Any, path: str, here: ZoneInfo) -> datetime:
    """An instant. A bare date is the start of that local day, as in the cases."""
    text = _word(value, path, here)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        example = "2026-11-10T10:00:00-05:00"
        raise CaseRefusedError(path, f"must be a time like {example}, not {text!r}") from None
    if not _EARLIEST <= moment.year < _LATEST:
        raise CaseRefusedError(path, f"lies outside {_EARLIEST} to {_LATEST}: {text!r}")
    if moment.tzinfo is None:
        if len(text) > len("2026-11-10"):
            raise CaseRefusedError(path, f"lacks its offset from UTC: {text!r}")
        return moment.replace(tzinfo=here)
    return moment


def _day(value: Any, path: str, here: ZoneInfo) -> date:
    return _moment(value, path, here).astimezone(here).date()


def _zone(value: Any, path: str, _here: object = None) -> str:
    name = _word(value, path, None)
    try:
        return zone(name).name
    except UnknownZoneError as error:
        raise CaseRefusedError(path, str(error)) from error


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise CaseRefusedError(path, f"must be a list, not {_shown(value)}")
    return value


def _words(value: Any, path: str, here: object) -> tuple[str, ...]:
    return tuple(_word(item, f"{path}[{at}]", here) for at, item in enumerate(_list(value, path)))


def _choice(words: Any, *more: str) -> Reader:
    choices = (*words, *more)

    def read(value: Any, path: str, _here: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise CaseRefusedError(
                path, f"must be one of {', '.join(choices)}, not {_shown(value)}"
            )
        return str(value)

    return read


def _one_of(words: Iterable[str], kind: str) -> Reader:
    """A word of ours, or another that people use for it."""
    read_ours = _choice(words)

    def read(value: Any, path: str, here: Any) -> str:
        return read_ours(
            _SAME[kind].get(value, value) if isinstance(value, str) else value, path, here
        )

    return read


def _optional(reader: Reader) -> Reader:
    return lambda value, path, here: None if value is None else reader(value, path, here)


def _shown(value: Any) -> str:
    """A value as its writer wrote it: JSON knows no None and no True."""
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else repr(value)


def _mapping(value: Any, path: str) -> None:
    if not isinstance(value, Mapping):
        raise CaseRefusedError(path, f"must be a table, not {_shown(value)}")


def _no_others(value: Mapping[str, Any], known: Any, path: str) -> None:
    for key in value:
        if key not in known:
            raise CaseRefusedError(f"{path}.{key}" if path else key, "is not known")


def _any(_value: Any, _path: str, _here: object) -> None:
    """Read and not used: it explains the case to people."""


# Facts that need more than one value


def _dispute(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        value = {"written": _choice(("written", "oral"))(value, path, here) == "written"}
    if isinstance(value, bool):
        value = {"open": value}
    _mapping(value, path)
    known: dict[str, Reader] = {
        "written": _yes, "submitted": _day, "received": _day, "submitted_at": _day,
        "received_at": _day, "verified_sent": _done, "open": _yes,
        "verified": _done, "resolved": _done, "valid_grounds": _yes, "suggests_court": _yes,
        "at": _day, "reason": _any, "part": _any, "amount": _any, "duplicative": _yes,
        "partial": _any, "oral": _yes, "investigated": _done, "answered": _done,
    }  # fmt: skip
    _no_others(value, known, path)
    read = {
        key: None if value[key] is None else reader(value[key], f"{path}.{key}", here)
        for key, reader in known.items()
        if key in value
    }
    if read.get("open") is False:
        return {"dispute": None}
    received = next((read[k] for k in ("received", "received_at", "at") if read.get(k)), None)
    return {
        "dispute": "written" if read.get("written", not read.get("oral")) else "oral",
        "dispute_submitted": read.get("submitted") or read.get("submitted_at"),
        "dispute_received": received,
        "dispute_verified_sent": next((read[key] for key in _ANSWERED if read.get(key)), None),
        "dispute_baseless": read.get("valid_grounds") is False,
        "dispute_suggests_court": bool(read.get("suggests_court")),
    }


def _cease(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    """A request to stop takes effect when it is received (12 CFR 1006.6(c))."""
    if value is None or value is False:
        return {}
    given: Any = {} if value is True else value
    return _cease_stated(given, path, here, said["now"])


def _cease_stated(value: Any, path: str, here: ZoneInfo, now: datetime) -> dict[str, Any]:
    _mapping(value, path)
    known = {"written", "oral", "received_at", "received", "sent_at", "medium", "withdrawn_at"}
    _no_others(value, known, path)
    oral = _yes(value.get("oral") or False, f"{path}.oral", here)
    written = _yes(value.get("written", not oral), f"{path}.written", here)
    received = now
    for key in ("received", "received_at"):
        if key in value:
            received = _optional(_moment)(value[key], f"{path}.{key}", here)
    withdrawn = _optional(_moment)(value.get("withdrawn_at"), f"{path}.withdrawn_at", here)
    if received is None or received > now or (withdrawn and withdrawn <= now):
        return {"cease": None}
    return {"cease": "written" if written else "oral"}


def _done(value: Any, path: str, here: ZoneInfo) -> date | None:
    """A day on which something was done; true is some day long past, false and null none."""
    if isinstance(value, bool):
        return AGES_AGO if value else None
    return _optional(_day)(value, path, here)


def _origcred(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"written", "submitted", "received", "answered", "same_creditor"}, path)
    day = _optional(_day)
    return {
        "origcred_request": _yes(value.get("written", True), f"{path}.written", here),
        "origcred_submitted": day(
            value.get("submitted", value.get("received")), f"{path}.submitted", here
        ),
        "origcred_answered": _done(value.get("answered"), f"{path}.answered", here),
    }


def _message(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """``has_X`` and ``X_complete`` false say that the required part X is lacking."""
    if value is None:
        return {}
    _mapping(value, path)
    plain: dict[str, tuple[str, Reader]] = {
        "misleading_legal": ("misleading_legal", _yes),
        "threatens_suit": ("threatens_suit", _yes),
        "threat": ("threat", _yes),
        "threatens": ("threat", _yes),
        "deadline_days": ("deadline_days", _optional(_count)),
        "gdpr14_attached": ("gdpr14_attached", _yes),
        "discloses_debt": ("discloses_debt", _yes),
        "amount_correct": ("amount_correct", _yes),
        "fees_authorised": ("amount_correct", _yes),
        "fees_authorized": ("amount_correct", _yes),
        "bills_assignment_cost": ("bills_assignment", _yes),
        "callback_premium": ("premium_number", _yes),
        "premium_number": ("premium_number", _yes),
        "misleading": ("misleading_legal", _yes),
        "debt_info": ("discloses_debt", _yes),
        "contains_debt": ("discloses_debt", _yes),
        "reveals_debt": ("discloses_debt", _yes),
        "overshadows": ("deadline_days", lambda v, p, h: 0 if _yes(v, p, h) else None),
        "text": ("", _word),
        "template": ("", _word),
        "language": ("", _word),
        "type": ("", _word),
    }
    found: dict[str, Any] = {}
    lacks: set[str] = set()
    for key, item in value.items():
        where = f"{path}.{key}"
        part = key.removeprefix("has_").removesuffix("_complete")
        part = _SAME_PART.get(part, part)
        if key in plain:
            name, reader = plain[key]
            read = reader(item, where, here)
            if name:
                found[name] = read
        elif part in PARTS:
            if not _yes(item, where, here):
                lacks.add(part)
        elif key in {"linter", "lint", "categories"}:
            found.update(_linted(item, where, here))
        else:
            raise CaseRefusedError(where, "is not a fact that a message can have")
    return {**found, "lacks": frozenset(lacks)}


_SAME_PART = {
    "optout": "optout_notice", "optout_line": "optout_notice", "opt_out": "optout_notice",
    "sender_identified": "identity", "miranda": "mini_miranda", "time_barred": "time_barred_notice",
    "timebarred_notice": "time_barred_notice", "timebarred_disclosure": "time_barred_notice",
    "time_barred_disclosure": "time_barred_notice", "validation": "validation_information",
    "contact_reference_point": "contact_point",
}  # fmt: skip


def _linted(value: Any, path: str, here: ZoneInfo) -> dict[str, Any]:
    """Categories of the wording guard, L01 to L20: false claims and everything worse."""
    found: dict[str, Any] = {}
    for code in _words([] if value in (None, "clean") else value, path, here):
        if code not in {f"L{n:02}" for n in range(1, 21)}:
            raise CaseRefusedError(path, f"there is no category {code!r}; they are L01 to L20")
        false = code in {"L03", "L05", "L06", "L10", "L13", "L14", "L15", "L20"}
        found["misleading_legal" if false else "threat"] = True
    return found


PARTS = frozenset(
    {
        "card69",
        "contact_point",
        "lcm",
        "optout_notice",
        "mini_miranda",
        "validation_information",
        "time_barred_notice",
        "rdg13a",
        "art10",
        "identity",
        "recording_notice",
        "agent_name",
    }
)
"""Names of the parts that rules can require of a message."""


def _number_token(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """``work``, ``cell`` and their like, another name, or both with what is known of it."""
    if isinstance(value, Mapping):
        said = cast("Mapping[str, Any]", value)
        _no_others(said, {"id", "kind", "type", "sole", "source", "premium"}, path)
        kind = said.get("kind", said.get("type"))
        found: dict[str, Any] = {
            "number": _optional(_word)(said.get("id", kind), f"{path}.id", here),
            "number_kind": _kind_of(_optional(_word)(kind, f"{path}.kind", here)),
        }
        if "sole" in said:
            found["number_sole"] = _yes(said["sole"], f"{path}.sole", here)
        if "source" in said:
            found["number_source"] = _source(said["source"], f"{path}.source", here)
        if "premium" in said:
            found["premium_number"] = _yes(said["premium"], f"{path}.premium", here)
        return found
    token = _optional(_word)(value, path, here)
    if token in {"premium", "premium_rate"}:
        return {"number": token, "premium_number": True}
    return {"number": token, "number_kind": _kind_of(token)}


def _kind_of(token: str | None) -> str | None:
    known = {
        "work": "work", "office": "work", "employer": "work", "workplace": "work", "cell": "cell", "mobile": "cell",
        "home": "home", "landline": "home", "other": "other",
    }  # fmt: skip
    return known.get(token or "")


def _source(value: Any, path: str, here: ZoneInfo) -> str | None:
    """Where a number came from, in our words for the six lawful ways; others stand as they are."""
    same = {
        "reserved_info": "reserved", "debtor_authorisation": "authorised",
        "authorisation": "authorised", "authorization": "authorised",
        "lawful_public": "public", "public_source": "public", "reserved_contact": "contact_person",
        "bureau": "credit_bureau", "credit_bureau_query": "credit_bureau",
    }  # fmt: skip
    word = _optional(_word)(value, path, here)
    return None if word is None else same.get(word, word)


def _licence(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    if value is None or isinstance(value, bool):
        return {"licensed": bool(value)}
    _mapping(value, path)
    words = {"exempt": True, "held": True, "valid": True, "class": True, "none": False, None: False}
    held = {
        key: _yes(
            words.get(one, one) if isinstance(one, str | None) else one, f"{path}.{key}", here
        )
        for key, one in value.items()
    }
    country, sub = said["jurisdiction"], said["sub"]
    return {"licensed": all(held.get(place, True) for place in (sub, country, f"{country}-{sub}"))}


def _consents(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    found: dict[str, Any] = {}
    for key, given in value.items():
        where = f"{path}.{key}"
        match key:
            case "recording":
                found["recording"] = _yes(given, where, here)
            case "voice" | "ai_voice" | "tcpa":
                found["voice_consent"] = _yes(given, where, here)
            case "enter_home" | "visit":
                found["visit_consent"] = _yes(given, where, here)
            case "sms" | "text":
                found.update(_basis_of_consent("text", given, where, here))
            case "email":
                found.update(_basis_of_consent("email", given, where, here))
            case (
                "callback" | "call" | "calls" | "phone" | "direct_prior" | "direct_prior_consent"
                | "prior_consent" | "hours" | "contact" | "after_hours" | "late_call"
                | "direct_contact"
            ):  # fmt: skip
                if given is not None and given is not False:
                    agreed = _agreed_call(given, where, here, said["now"])
                    if said["channel"] == Act.PHONE or key not in _CALLS:
                        found.update(agreed)
            case "work_email":
                found.update(_basis_of_consent("email", given, where, here))
            case _:
                raise CaseRefusedError(where, "is not a consent that a case can state")
    return found


_CALLS = frozenset({"callback", "call", "calls", "phone", "late_call"})
"""Agreements to be called, which open the night to no other channel."""


def _agreed_call(given: Any, path: str, here: ZoneInfo, now: datetime) -> dict[str, Any]:
    """An agreement to be contacted: when it was given, for what time, and its proof.

    True alone says that one is in force now.
    """
    if given is True:
        return {"callback_given_at": now}
    _mapping(given, path)
    known = {"given_at", "at", "for", "evidence", "withdrawn_at", "note", "days", "valid_until"}
    _no_others(given, known, path)
    moment = _optional(_moment)
    withdrawn = moment(given.get("withdrawn_at"), f"{path}.withdrawn_at", here)
    said_at = moment(given.get("given_at", given.get("at")), f"{path}.given_at", here)
    said_for = moment(given.get("for"), f"{path}.for", here)
    proof: Any = given.get("evidence")
    if isinstance(proof, bool):
        proof = "stated" if proof else None
    if withdrawn is not None:
        return {}
    return {
        "callback_given_at": said_at,
        "callback_for": said_for,
        "callback_evidence": _optional(_word)(proof, f"{path}.evidence", here),
    }


def _basis_of_consent(way: str, given: Any, path: str, here: ZoneInfo) -> dict[str, Any]:
    """Consent to texts or e-mails, true or with its instant; false or withdrawn is none."""
    if isinstance(given, bool) or given is None:
        return {f"{way}_basis": "consent" if given else None}
    _mapping(given, path)
    _no_others(given, {"given_at", "at", "evidence", "withdrawn_at"}, path)
    at = _optional(_moment)(given.get("given_at", given.get("at")), f"{path}.given_at", here)
    if _optional(_moment)(given.get("withdrawn_at"), f"{path}.withdrawn_at", here):
        return {f"{way}_basis": None}
    found: dict[str, Any] = {f"{way}_basis": "consent"}
    if way == "text" and at is not None:
        found["text_basis_at"] = at
    return found


def _inconvenient(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    items = _list([value] if isinstance(value, Mapping) else value or [], path)
    found: dict[str, Any] = {}
    wishes: list[Inconvenient] = []
    for at, item in enumerate(items):
        where = f"{path}[{at}]"
        if item == "work" or (isinstance(item, Mapping) and item.get("place") == "work"):
            found["work_prohibited"] = True
        else:
            wishes += _stretches(item, where, here)
    return {"inconvenient": tuple(wishes), **found}


def _stretches(item: Any, path: str, here: ZoneInfo) -> list[Inconvenient]:
    """The times that a wish closes; a night is two stretches, the second of the next day."""
    said: Mapping[str, Any] = _spelt_out(item, path) if isinstance(item, str) else item
    _mapping(said, path)
    known = {
        "from", "to", "start", "end", "after", "before", "window", "hours", "days", "weekdays",
        "channels", "channel", "source", "told_at", "note", "place", "time", "times", "between",
        "until", "day", "weekday", "reason",
    }  # fmt: skip
    _no_others(said, known, path)
    if span := next((said[key] for key in _SPANS if said.get(key)), None):
        opens, closes = _span(span, f"{path}.window")
    else:
        opens = next((said[key] for key in ("from", "start", "after") if said.get(key)), None)
        closes = next((said[k] for k in ("to", "end", "before", "until") if said.get(k)), None)
    starts = time(0) if opens is None else _clock(opens, f"{path}.from")
    ends = None if closes is None or closes == "24:00" else _clock(closes, f"{path}.to")
    named_days = (said[key] for key in ("days", "weekdays", "day", "weekday") if key in said)
    days = _weekdays(next(named_days, None), f"{path}.days")
    named = said.get("channels") or ([said["channel"]] if said.get("channel") else None)
    channels = CONTACTS if named is None else _channels(named, f"{path}.channels", here)
    if ends is None or starts < ends:
        return [Inconvenient(starts, ends, days, channels)]
    if starts == ends:
        raise CaseRefusedError(path, "ends when it begins")
    after = frozenset((day + 1) % 7 for day in days)
    return [
        Inconvenient(starts, None, days, channels),
        *([Inconvenient(time(0), ends, after, channels)] if ends > time(0) else []),
    ]


_SPANS = ("window", "hours", "time", "times", "between")


def _spelt_out(text: str, path: str) -> Mapping[str, Any]:
    """``09:00-12:00``, ``mon-fri 09:00-17:00``, ``sat,sun`` or ``weekends after 18:00``."""
    said: dict[str, Any] = {}
    words = text.replace(" - ", "-").split()
    while words:
        word = words.pop(0)
        if word in {"after", "before"} and words:
            said[word] = words.pop(0)
        elif word.count("-") == 1 and ":" in word:
            said["window"] = word
        elif word[0].isalpha():
            said["days"] = [word]
        else:
            raise CaseRefusedError(path, f"cannot read the time {text!r}")
    if not said:
        raise CaseRefusedError(path, "names no time")
    return said


def _span(value: Any, path: str) -> tuple[Any, Any]:
    """``09:00-12:00``, a pair, or a table with from and to."""
    match value:
        case str() if value.count("-") == 1:
            opens, _, closes = value.partition("-")
            return opens.strip(), closes.strip()
        case [opens, closes]:
            return opens, closes
        case {"from": opens, "to": closes}:
            return opens, closes
        case _:
            raise CaseRefusedError(path, f"must be times like 09:00-12:00, not {_shown(value)}")


def _channels(value: Any, path: str, here: ZoneInfo) -> frozenset[str]:
    read = _one_of(CHANNELS, "channel")
    return frozenset(
        read(item, f"{path}[{at}]", here)
        for at, item in enumerate(_list([value] if isinstance(value, str) else value, path))
    )


CHANNELS = tuple(sorted(CONTACTS))
"""Acts that reach a person, as a wish can name them."""


def _clock(value: Any, path: str) -> time:
    try:
        return time.fromisoformat(_word(value, path, None))
    except ValueError:
        raise CaseRefusedError(path, f"must be a time like 09:00, not {_shown(value)}") from None


def _weekdays(value: Any, path: str) -> frozenset[int]:
    """Names, ranges like mon-fri, weekdays, weekends or all."""
    if value is None:
        return frozenset(range(7))
    found: set[int] = set()
    for name in _words([value] if isinstance(value, str) else value, path, None):
        for part in name.lower().split(","):
            first, _, last = part.strip().partition("-")
            if first in _SETS and not last:
                found |= _SETS[first]
                continue
            ends = [end[:3] for end in (first, last or first)]
            for end in ends:
                if end not in _WEEKDAYS:
                    raise CaseRefusedError(path, f"there is no weekday {end!r}")
            start, stop = (_WEEKDAYS[end] for end in ends)
            found |= {(start + n) % 7 for n in range((stop - start) % 7 + 1)}
    return frozenset(found)


_SETS = {
    "all": frozenset(range(7)), "daily": frozenset(range(7)), "weekdays": frozenset(range(5)),
    "weekday": frozenset(range(5)), "weekends": frozenset({5, 6}), "weekend": frozenset({5, 6}),
}  # fmt: skip


_WANTED_TIMES = ("hours", "window", "times", "contact_window", "preferred_time", "preferred_hours")
_WANTED_CHANNELS = ("channels", "channel", "only", "only_channel", "preferred_channel")
_AFTER = (
    "not_before",
    "earliest",
    "after",
    "call_after",
    "no_calls_before",
    "no_contact_before",
    "only_after",
)
_BEFORE = ("not_after", "latest", "before", "call_before", "no_calls_after", "no_contact_after")


def _preferences(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """Wishes on channels and hours; hours outside the wish are inconvenient."""
    if value is None:
        return {}
    _mapping(value, path)
    known = {
        "language", "days", "shift_worker", "shift_work", "shift", "note", "reason", "no_channels",
        *_WANTED_TIMES, *_WANTED_CHANNELS, *_AFTER, *_BEFORE,
    }  # fmt: skip
    _no_others(value, known, path)
    wishes: list[Inconvenient] = []
    opens = next((value[key] for key in _AFTER if value.get(key)), None)
    closes = next((value[key] for key in _BEFORE if value.get(key)), None)
    for key in _WANTED_TIMES:
        if value.get(key):
            opens, closes = _span(value[key], f"{path}.{key}")
    if opens is not None:
        wishes.append(Inconvenient(closes=_clock(opens, f"{path}.not_before")))
    if closes is not None and closes != "24:00":
        wishes.append(Inconvenient(opens=_clock(closes, f"{path}.not_after")))
    if value.get("days"):
        others = frozenset(range(7)) - _weekdays(value["days"], f"{path}.days")
        wishes.append(Inconvenient(weekdays=others))
    found: dict[str, Any] = {"wishes": tuple(w for w in wishes if w.closes != time(0))}
    named = next((value[key] for key in _WANTED_CHANNELS if value.get(key)), None)
    if named:
        found["allowed_channels"] = _channels(named, f"{path}.channels", here)
    if value.get("no_channels"):
        shut = _channels(value["no_channels"], f"{path}.no_channels", here)
        found["allowed_channels"] = found.get("allowed_channels", frozenset(CHANNELS)) - shut
    return found


def _zones(value: Any, path: str, _here: ZoneInfo, _said: object) -> dict[str, Any]:
    names = _words(value, path, None)
    if not names:
        return {}
    return {"zones": tuple(_zone(name, f"{path}[{at}]") for at, name in enumerate(names))}


def _aliases(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    _mapping(value, path)
    return {"aliases": {key: _word(item, f"{path}.{key}", here) for key, item in value.items()}}


def _bankrupt(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None or value is False:
        return {}
    if value is True:
        return {"bankrupt": "pending"}
    _mapping(value, path)
    dates = (
        "filed",
        "accepted",
        "date",
        "filed_at",
        "accepted_at",
        "discharged_at",
        "discharged_on",
    )
    _no_others(value, {*dates, "status", "chapter", "type", "place", "case"}, path)
    for key in dates:
        if key in value:
            _optional(_day)(value[key], f"{path}.{key}", here)
    same = {"open": "pending", "filed": "pending", "accepted": "pending", "closed": "dismissed"}
    status: Any = value.get("status", "pending")
    status = same.get(status, status) if isinstance(status, str) else status
    if status in (None, "none"):
        return {"bankrupt": None}
    return {
        "bankrupt": _choice(("pending", "discharged", "dismissed"))(status, f"{path}.status", here),
        "bankrupt_place": _optional(_word)(value.get("place"), f"{path}.place", here),
    }


def _answered_by(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """Who took the call is whom the contact is with."""
    if value is None or value == "voicemail":
        return {}
    return {"answered_by": _party(value, path, here)}


def _deceased(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        said = cast("Mapping[str, Any]", value)
        _no_others(said, {"on", "date", "at"}, path)
        for key in said:
            _optional(_day)(said[key], f"{path}.{key}", here)
        return {"deceased": True}
    return {"deceased": _yes(value, path, here)}


def _lost(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """``{reason: …}``, or the reason alone."""
    if isinstance(value, Mapping):
        said = cast("Mapping[str, Any]", value)
        _no_others(said, {"reason", "since"}, path)
        if "since" in said:
            _optional(_day)(said["since"], f"{path}.since", here)
        return _lost(said.get("reason"), f"{path}.reason", here, _said)
    if value is None or value is False:
        return {"lost_contact": None}
    if value is True:
        return {"lost_contact": "three_days"}
    same = {
        "3_consecutive_days": "three_days", "three_consecutive_days": "three_days",
        "number_invalid": "invalid", "3_consecutive_calls": "three_days",
    }  # fmt: skip
    reasons = ("invalid", "three_days", "death", "incapacity")
    word: Any = same.get(value, value) if isinstance(value, str) else value
    return {"lost_contact": _choice(reasons)(word, path, here)}


def _optouts(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """Channels and numbers that the person closed, by name or as a table; ``all`` is every one."""
    closed: set[str] = set()
    if isinstance(value, Mapping):
        ways = cast("Mapping[str, Any]", value)
        value = [way for way in ways if _yes(ways[way], f"{path}.{way}", here)]
    for at, item in enumerate(_list([] if value is None else value, path)):
        where = f"{path}[{at}]"
        name: Any = item
        if isinstance(item, Mapping):
            said = cast("Mapping[str, Any]", item)
            _no_others(said, {"channel", "number", "address", "at", "withdrawn_at"}, where)
            if _optional(_moment)(said.get("withdrawn_at"), f"{where}.withdrawn_at", here):
                continue
            name = next((said[k] for k in ("number", "address", "channel") if said.get(k)), None)
        word = _word(name, where, here)
        closed |= set(CONTACTS) if word == "all" else {_SAME["channel"].get(word, word)}
    return {"optouts": frozenset(closed)}


def _breathing(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """A moratorium: it starts the day after registration and its sixty days include the first.

    SI 2020/1311 regs 7 and 26. One for a mental health crisis ends 30 days after the treatment.
    """
    if value is None or value is False:
        return {}
    said: Mapping[str, Any] = {} if value is True else value
    _mapping(said, path)
    known = {
        "type", "registered", "start", "last_protected_day", "last_day", "end", "treatment_end",
        "treatment_ends", "treatment_ended", "included", "debt_included", "cancelled", "ended",
        "treatment_ongoing",
    }  # fmt: skip
    _no_others(said, known, path)
    yes = {
        key: _yes(said[key], f"{path}.{key}", here)
        for key in ("included", "debt_included", "treatment_ongoing")
        if key in said
    }
    day = {
        key: _optional(_day)(said[key], f"{path}.{key}", here)
        for key in known - {"type", *yes}
        if key in said
    }
    if not all((yes.get("included", True), yes.get("debt_included", True))):
        return {"breathing": None}
    if day.get("cancelled") or day.get("ended"):
        return {"breathing": None}
    same = {"mental_health_crisis": "mental_health", "mh": "mental_health", "sct": "scottish"}
    kind: Any = said.get("type") or "standard"
    kind = same.get(kind, kind) if isinstance(kind, str) else kind
    kind = _choice(("standard", "mental_health", "scottish"))(kind, f"{path}.type", here)
    start, registered = day.get("start"), day.get("registered")
    if start is None and registered is not None:
        start = registered + timedelta(days=1)
    last = day.get("last_protected_day") or day.get("last_day") or day.get("end")
    treated = next(
        (day[k] for k in ("treatment_end", "treatment_ends", "treatment_ended") if day.get(k)), None
    )
    if last is None and treated is not None:
        last = treated + timedelta(days=30)
    return {"breathing": kind, "breathing_start": start, "breathing_last_day": last}


def _validation(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    """The period to dispute; its end is computed where the case does not state it.

    12 CFR 1006.34(b)(5): 30 calendar days after receipt, which is taken to be five days after
    sending without Saturdays, Sundays and federal holidays. Returned mail is no notice.
    """
    if value is None:
        return {}
    _mapping(value, path)
    known = {"provided_at", "end_date", "assumed_receipt", "received", "method", "returned"}
    _no_others(value, known, path)
    day = {
        key: _optional(_day)(value[key], f"{path}.{key}", here)
        for key in known - {"method", "returned"}
        if key in value
    }
    if "method" in value:
        _optional(_word)(value["method"], f"{path}.method", here)
    if _yes(value.get("returned") or False, f"{path}.returned", here):
        return {"validation_provided_at": None, "validation_end": None}
    sent, end = day.get("provided_at"), day.get("end_date")
    receipt = day.get("assumed_receipt") or day.get("received")
    if end is None and receipt is not None:
        end = receipt + timedelta(days=30)
    if end is None and sent is not None and said["jurisdiction"] == "US":
        end = validation_period_end(sent)
    found: dict[str, Any] = {"validation_end": end}
    if "provided_at" in day:
        found["validation_provided_at"] = sent
    return found


def _attorney(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None or isinstance(value, bool):
        return {"attorney": bool(value)}
    _mapping(value, path)
    known = {
        "known", "responsive", "type", "consents", "consents_direct", "name", "firm", "since",
        "written_to", "last_contact", "letters_unanswered", "silent_days", "silent_since",
    }  # fmt: skip
    _no_others(value, known, path)
    agreed = value.get("consents") or value.get("consents_direct") or False
    return {
        "attorney": _yes(value.get("known", True), f"{path}.known", here),
        "attorney_responsive": _optional(_yes)(value.get("responsive"), f"{path}.responsive", here),
        "attorney_type": _optional(_word)(value.get("type"), f"{path}.type", here),
        "attorney_consents": _yes(agreed, f"{path}.consents", here),
    }


def _guarantor(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"notice_reached_at", "consented", "bans_assignment"}, path)
    found: dict[str, Any] = {}
    if "notice_reached_at" in value:
        found["guarantor_notice"] = _optional(_moment)(
            value["notice_reached_at"], f"{path}.notice_reached_at", here
        )
    bans = _yes(value.get("bans_assignment", "consented" in value), f"{path}.bans_assignment", here)
    agreed = _yes(value.get("consented") or False, f"{path}.consented", here)
    return {**found, "guarantor_bound": agreed or not bans}


def _portfolio(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        said = cast("Mapping[str, Any]", value)
        _no_others(said, {"kind", "type", "resale_allowed"}, path)
        kind = _optional(_word)(said.get("kind", said.get("type")), f"{path}.kind", here)
        if _optional(_yes)(said.get("resale_allowed"), f"{path}.resale_allowed", here) is False:
            kind = "bulk_personal_npl"
        return {"portfolio_kind": kind}
    return {"portfolio_kind": _optional(_word)(value, path, here)}


def _status(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    same = {
        "active": "open", "charged_off": "open", "overdue": "open", "closed": "settled",
        "paid_in_full": "paid", "settled_in_full": "settled",
    }  # fmt: skip
    if value in ("payment_pending", "pending_payment", "payment_pending_posting", "pending"):
        return {"payment_pending": True}
    word: Any = same.get(value, value) if isinstance(value, str) else value
    read = _choice(("open", "paid", "settled", "discharged"))
    return {"status": _optional(read)(word, path, here)}


def _vulnerable(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None or isinstance(value, bool):
        return {"vulnerable": "reported" if value else None}
    word = _word(value, path, here)
    risky = {"suicide", "suicidal", "suicide_risk", "self_harm", "selfharm"}
    return {"vulnerable": "self_harm_risk" if word in risky else word}


def _acknowledged(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """True, or the day of it, from which the time runs anew."""
    if isinstance(value, bool) or value is None:
        return {"acknowledged": bool(value)}
    return {"acknowledged_on": _day(value, path, here)}


def _overdue(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    days = _optional(_count)(value, path, here)
    if days is None:
        return {}
    if days > 36_500:
        raise CaseRefusedError(path, f"{days} days are more than a life")
    return {"overdue_since": said["now"].astimezone(here).date() - timedelta(days=days)}


def _basis(way: str, **parts: tuple[str, Reader]) -> Callable[..., dict[str, Any]]:
    """What allows e-mails or texts: the word alone, or a table."""
    same = {
        "creditor": "creditor_notice", "prior": "prior_collector", "used": "consumer_used",
        "consumer_texted": "consumer_used", "express_consent": "consent", "none": None,
        "used_by_consumer": "consumer_used", "consumer_consent": "consent",
        "prior_collector_used": "prior_collector",
    }  # fmt: skip
    words = ("consumer_used", "consent", "creditor_notice", "prior_collector")

    def kind(value: Any, path: str, here: ZoneInfo) -> str | None:
        word: Any = same.get(value, value) if isinstance(value, str) else value
        return _optional(_choice(words))(word, path, here)

    def read(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
        if value is None or isinstance(value, str):
            return {f"{way}_basis": kind(value, path, here)}
        _mapping(value, path)
        _no_others(value, {"type", "domain", "last_used", "opted_out", *parts}, path)
        found: dict[str, Any] = {}
        if _yes(value.get("opted_out") or False, f"{path}.opted_out", here):
            return {f"{way}_basis": None}
        if "type" in value:
            found[f"{way}_basis"] = kind(value["type"], f"{path}.type", here)
        for key, (name, reader) in parts.items():
            if key in value:
                said = reader(value[key], f"{path}.{key}", here)
                found |= {name: said} if name else {}
        return found

    return read


def _reassigned(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """A look into the database of reassigned numbers: when, and whether the number changed hands."""
    if isinstance(value, bool):
        return {"reassigned_check_at": NEVER_STALE if value else None}
    if not isinstance(value, Mapping):
        return {"reassigned_check_at": _optional(_moment)(value, path, here)}
    said = cast("Mapping[str, Any]", value)
    _no_others(said, {"at", "reassigned", "result"}, path)
    found: dict[str, Any] = {
        "reassigned_check_at": _optional(_moment)(said.get("at"), f"{path}.at", here)
    }
    if said.get("reassigned") or said.get("result") in ("reassigned", "yes"):
        found["wrong_party"] = True
    return found


def _line(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    said: Mapping[str, Any] = {"type": value}
    if isinstance(value, Mapping):
        said = cast("Mapping[str, Any]", value)
        _no_others(said, {"type", "principal_consent"}, path)
    same = {
        "company": "recorded_trunk", "trunk": "recorded_trunk", "corporate_im": "corp_im",
        "company_line": "recorded_trunk", "office_phone": "recorded_trunk",
        "private_phone": "private_mobile", "personal_mobile": "private_mobile",
        "personal_phone": "private_mobile", "personal_wechat": "private_wechat",
    }  # fmt: skip
    word: Any = said.get("type")
    word = same.get(word, word) if isinstance(word, str) else word
    known = (
        "recorded_trunk", "corp_im", "private", "private_mobile", "private_im", "private_wechat",
        "private_social",
    )  # fmt: skip
    return {
        "line": _optional(_choice(known))(word, f"{path}.type", here),
        "line_agreed": _yes(
            said.get("principal_consent") or False, f"{path}.principal_consent", here
        ),
    }


def _personal_data(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    _mapping(value, path)
    _no_others(value, {"basis", "transfer_basis"}, path)
    if "basis" in value:
        _optional(_word)(value["basis"], f"{path}.basis", here)
    if "transfer_basis" not in value:
        return {}
    bases = ("separate_consent", "contract_necessity", "regulatory_exemption")
    return {
        "transfer_basis": _optional(_choice(bases))(
            value["transfer_basis"], f"{path}.transfer_basis", here
        )
    }


def _fees(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    _mapping(value, path)
    _no_others(value, {"assignment", "authorised", "authorized"}, path)
    found: dict[str, Any] = {}
    if "assignment" in value:
        found["bills_assignment"] = _number(value["assignment"], f"{path}.assignment", here) > 0
    for key in ("authorised", "authorized"):
        if key in value:
            found["amount_correct"] = _yes(value[key], f"{path}.{key}", here)
    return found


def _tz_sources(value: Any, path: str, _here: ZoneInfo, _said: object) -> dict[str, Any]:
    """What points to which zone; candidates where the case lists none."""
    if value is None:
        return {}
    _mapping(value, path)
    named = [
        _zone(name, f"{path}.{key}")
        for key, names in value.items()
        for name in (cast("list[Any]", names) if isinstance(names, list) else [names])
        if name is not None
    ]
    return {"source_zones": tuple(named)}


def _assignment(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """The notice of assignment; returned mail has not reached anybody."""
    if value is None:
        return {"notice_sent_at": None, "notice_reached_at": None}
    _mapping(value, path)
    known = {
        "sent_at", "mailed_at", "reached_at", "by", "proof", "contract_allows_sms", "medium",
        "method", "channel", "returned", "evidence", "suit_served_at",
    }  # fmt: skip
    _no_others(value, known, path)
    found: dict[str, Any] = {}
    for key, name in (
        ("suit_served_at", "notice_reached_at"),
        ("mailed_at", "notice_sent_at"), ("sent_at", "notice_sent_at"),
        ("reached_at", "notice_reached_at"),
    ):  # fmt: skip
        if key in value and (value[key] is not None or not found.get(name)):
            found[name] = _optional(_moment)(value[key], f"{path}.{key}", here)
    if "by" in value:
        by: Any = "joint" if value["by"] == "both" else value["by"]
        found["notice_by"] = _choice(("assignor", "assignee", "joint"))(by, f"{path}.by", here)
    if "proof" in value:
        found["notice_proof"] = _yes(value["proof"] or False, f"{path}.proof", here)
    way = next((value[key] for key in ("medium", "method", "channel") if key in value), None)
    medium = _optional(_word)(way, f"{path}.medium", here)
    if medium is not None:
        same = {"mail": "letter", "post": "letter", "ems": "letter", "text": "sms", "call": "phone"}
        found["notice_medium"] = same.get(medium, medium)
    if "contract_allows_sms" in value:
        agreed = _yes(value["contract_allows_sms"], f"{path}.contract_allows_sms", here)
        found["notice_sms_agreed"] = agreed
        found.setdefault("notice_medium", "sms")
    returned = _yes(value.get("returned") or False, f"{path}.returned", here)
    if returned or ("evidence" in value and value["evidence"] in _NO_EVIDENCE):
        found["notice_reached_at"] = None
    return found


def _done_with(status: str) -> Callable[..., dict[str, Any]]:
    """``paid`` or ``settled`` as a fact of its own."""

    def read(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
        return {"status": status} if _yes_or_day(value, path, here) else {}

    return read


def _held(value: Any, path: str, _here: ZoneInfo, _said: object) -> dict[str, Any]:
    """A hold: its kind, several kinds, or only that there is one."""
    if value is None or isinstance(value, bool):
        return {"held": ("hold",) if value else ()}
    return {"held": _words([value] if isinstance(value, str) else value, path, None)}


def _litigation(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    return {"held": ("litigation",)} if _yes_or_day(value, path, here) else {}


_NO_EVIDENCE = (None, False, "none", "import", "bulk_import")
"""What proves no arrival: mailing is none, and an import that says so of everybody is none."""


_SPECIAL: dict[str, Callable[[Any, str, ZoneInfo, Mapping[str, Any]], dict[str, Any]]] = {
    "dispute": _dispute,
    "cease": _cease,
    "original_creditor_request": _origcred,
    "message": _message,
    "number": _number_token,
    "licence": _licence,
    "consents": _consents,
    "inconvenient": _inconvenient,
    "preferences": _preferences,
    "debtor_tzs": _zones,
    "debt_alias": _aliases,
    "bankrupt": _bankrupt,
    "lost_contact": _lost,
    "answered_by": _answered_by,
    "deceased": _deceased,
    "tz_sources": _tz_sources,
    "assignment_notice": _assignment,
    "notice": _assignment,
    "validation": _validation,
    "attorney": _attorney,
    "breathing_space": _breathing,
    "guarantor": _guarantor,
    "portfolio": _portfolio,
    "paid": _done_with("paid"),
    "settled": _done_with("settled"),
    "held": _held,
    "litigation_hold": _litigation,
    "status": _status,
    "vulnerable": _vulnerable,
    "acknowledged": _acknowledged,
    "days_overdue": _overdue,
    "optouts": _optouts,
    "email_basis": _basis(
        "email",
        sent=("email_basis_sent", _optional(_day)),
        optout_by=("email_basis_optout_by", _optional(_day)),
        at=("", _optional(_day)),
    ),
    "text_basis": _basis("text", at=("text_basis_at", _optional(_moment))),
    "reassigned_check": _reassigned,
    "line": _line,
    "pi": _personal_data,
    "fees": _fees,
}


def _age(value: Any, path: str, here: object) -> int:
    if (years := _count(value, path, here)) > OLDEST:
        raise CaseRefusedError(
            path, f"nobody is {years if years < 10_000 else 'so many'} years old"
        )
    return years


OLDEST = 130


def _complaint(value: Any, path: str, here: ZoneInfo) -> str | None:
    if isinstance(value, bool):
        return "open" if value else None
    return _optional(_word)(value, path, here)


_PLAIN_YES = (
    "identity_theft_claim", "wrong_party", "capacity_concern", "minor", "own_income",
    "contact_refused", "location_unknown", "location_doubt", "acquired_debt", "regf_applies",
    "email_is_work", "work_prohibited", "time_barred", "said_wont_pay_barred", "debt_unlawful",
    "first_demand", "remedy_intended", "chain_ok", "payment_pending", "letter_returned", "talked",
    "liable", "buyer_documents", "recording", "discloses_debt", "assignable", "debt_unlawful",
    "heir_renounced", "venue_ok", "forbearance_considered",
)  # fmt: skip

_EXPLAINS = (
    "accessories", "obligors", "limitation", "suspensions", "interruptions", "allocation",
    "recording_required", "plan", "agency", "human_override", "pia_id", "delivery", "defences",
    "product", "executor_known", "first_after_expiry",
)  # fmt: skip
"""Facts that other parts of the house keep: read, and without weight for the gate."""

_SIMPLE: dict[str, tuple[str, Reader]] = {
    **{name: (name, _yes_or_day) for name in _PLAIN_YES},
    "contact_in_limitation_period": ("contact_in_limitation", _yes_or_day),
    "tcpa_consent": ("voice_consent", _yes_or_day),
    "debt": ("debt", _word),
    "debts": ("debts", _words),
    "to": ("party", _party),
    "purpose": ("purpose", _one_of(Purpose, "purpose")),
    "caller": ("caller", _word),
    "renounced": ("heir_renounced", _yes),
    "illegal_debt": ("debt_unlawful", _yes),
    "default_notice_served": ("default_notice_at", _optional(_moment)),
    "default_notice": ("default_notice_at", _optional(_moment)),
    "sole_number": ("number_sole", _yes),
    "premium_rate": ("premium_number", _yes),
    "age": ("age", _optional(_age)),
    "script": ("script", _optional(_word)),
    "voice": ("voice", _one_of(_VOICES, "voice")),
    "agent": ("voice", _one_of(_VOICES, "voice")),
    **dict.fromkeys(_EXPLAINS, ("", _any)),
    "creditor_type": ("creditor_type", _optional(_word)),
    "rate": ("rate", _optional(_number)),
    "lpr_at_contract": ("lpr_at_contract", _optional(_number)),
    "fos_complaint": ("complaint", _complaint),
    "posting": ("visit_posting", _yes_or_day),
    "transfer_basis": ("transfer_basis", _optional(_word)),
    "last_payment": ("last_payment", _optional(_day)),
    "letter_mailed": ("letter_mailed", _optional(_moment)),
    "notice_mailed": ("notice_mailed", _optional(_moment)),
    "notice_medium": ("notice_medium", _optional(_word)),
    "art10_sent": ("art10_sent", _optional(_moment)),
    "gdpr14_sent": ("gdpr14_sent", _optional(_moment)),
    "s129_delivered": ("s129_delivered", _optional(_moment)),
    "agency_notice_sent": ("agency_notice_sent", _optional(_moment)),
    "overdue_since": ("overdue_since", _optional(_day)),
    "number_source": ("number_source", _source),
    "debt_legality": ("debt_unlawful", lambda value, path, here: not _lawful(value, path, here)),
}


def _lawful(value: Any, path: str, here: ZoneInfo) -> bool:
    return _choice(("lawful", "legal", "unlawful", "illegal", "usury"))(value, path, here) in {
        "lawful", "legal",
    }  # fmt: skip


def _plan_status(value: Any, path: str, here: Any) -> str:
    same = {"active": "current", "kept": "current", "on_track": "current", "defaulted": "broken"}
    word = same.get(value, value) if isinstance(value, str) else value
    return _choice(("current", "missed", "broken", "completed"))(word, path, here)


_GROUPS: dict[str, dict[str, tuple[str, Reader]]] = {
    "payment_plan": {
        "status": ("plan_status", _plan_status),
        "missed": ("", _any),
        "next_due": ("", _any),
        "missed_instalments": ("", _any),
        "instalments": ("", _any),
        "agreed": ("", _any),
    },
    "work_request": {
        "at": ("work_request_at", _optional(_moment)),
        "oral_at": ("work_request_at", _optional(_moment)),
        "confirmed": ("work_request_confirmed", _yes),
        "written_confirmation": ("work_request_confirmed", _yes_or_day),
    },
    "phone": {
        "source": ("number_source", _source),
    },
    "contact": {
        "refused": ("contact_refused", _yes),
    },
    "creditor": {
        "type": ("creditor_type", _optional(_word)),
        "name": ("", _any),
    },
    "visit": {
        "staff": ("visit_staff", _count),
        "recording": ("visit_recording", _yes),
        "recorded": ("visit_recording", _yes),
        "id_shown": ("visit_id_shown", _yes),
        "enter_home": ("visit_enter_home", _yes),
        "entered_home": ("visit_enter_home", _yes),
        "enter_office": ("visit_enter_home", _yes),
        "consent": ("visit_consent", _yes),
        "entry_consent": ("visit_consent", _yes),
        "appointment": ("visit_notice", _yes),
        "announced": ("visit_notice", _yes),
        "notice": ("visit_notice", _yes),
        "notice_given": ("visit_notice", _yes),
        "adequate_notice": ("visit_notice", _yes),
        "posting": ("visit_posting", _yes),
        "public_posting": ("visit_posting", _yes),
        "asked_to_leave": ("visit_sent_away", _yes),
        "inappropriate_place": ("visit_unfit", _yes),
        "at_home": ("visit_at_home", _yes),
        "other_place_offered": ("visit_elsewhere", _yes),
        "alternative_offered": ("visit_elsewhere", _yes),
    },
    "heir": {
        "renounced": ("heir_renounced", _yes),
    },
}
"""Facts in a table of their own: each to its name here, or to none if it only explains."""


def _fact_of(key: str) -> str | None:
    """The fact for which a key alone answers; it can be stated as unknown, and then it blocks."""
    name = _SIMPLE[key][0] if key in _SIMPLE else key
    return name if name in NEUTRAL else None


_CAN_BE_UNKNOWN: dict[str, str] = {
    **{key: name for key in (*_SIMPLE, *_SPECIAL) if (name := _fact_of(key))},
    "assignment_notice": "notice_reached_at",
    "breathing_space": "breathing",
    "email_basis": "email_basis",
    "licence": "licensed",
    "payment_plan": "plan_status",
    "portfolio": "portfolio_kind",
    "reassigned_check": "reassigned_check_at",
}
"""Keys of a case with the fact that is not known when the case says so: "unknown"."""
