"""Reads a case in writing: what it says becomes facts, what it is silent about is neutral."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from models.contact import Direction, Outcome, Party, Purpose
from models.law import (
    CONTACTS,
    NEUTRAL,
    Act,
    CaseRefusedError,
    ContactRecord,
    Inconvenient,
    LegalFacts,
)
from rules.zones import UnknownZoneError, zone

_TOP = {
    "id", "jurisdiction", "sub", "tz", "now", "channel", "facts", "contact_log", "case_state",
    "expect", "why", "confidence",
}  # fmt: skip
_WEEKDAYS = {name: at for at, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}

Reader = Callable[[Any, str, ZoneInfo], Any]


def read_case(case: Mapping[str, Any]) -> tuple[LegalFacts, tuple[ContactRecord, ...], datetime]:
    """Facts, contact log and instant of a written case; ``CaseRefusedError`` says what is wrong."""
    _no_others(case, _TOP, "")
    for key in ("jurisdiction", "tz", "now", "channel"):
        if key not in case:
            raise CaseRefusedError(key, "is missing")
    jurisdiction = _word(case["jurisdiction"], "jurisdiction", None)
    place = _zone(case["tz"], "tz")
    here = ZoneInfo(place)
    now = _moment(case["now"], "now", here)
    channel = _choice(Act)(case["channel"], "channel", here)
    said: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "sub": None if case.get("sub") is None else _word(case["sub"], "sub", None),
        "zones": (place,),
        "channel": channel,
    }
    state = case.get("case_state") or {}
    _mapping(state, "case_state")
    said.update(_state(state, "case_state", here, said))
    log = tuple(
        _record(row, f"contact_log[{at}]", here)
        for at, row in enumerate(_list(case.get("contact_log") or [], "contact_log"))
    )
    if not said.get("debt"):
        debts = said.pop("debts", ())
        said["debt"] = debts[0] if debts else _only_debt(log)
    said.pop("debts", None)
    return LegalFacts(**{**NEUTRAL, **said}), log, now


def _only_debt(log: tuple[ContactRecord, ...]) -> str:
    """The debt of a case that names none: the first of its log, which is D1 in every case."""
    return next((record.debts[0] for record in log if record.debts), "D1")


def _record(row: Any, path: str, here: ZoneInfo) -> ContactRecord:
    _mapping(row, path)
    known = {
        "at", "channel", "direction", "outcome", "debt", "to", "number", "caller", "agent",
        "consented", "purpose",
    }  # fmt: skip
    _no_others(row, known, path)
    for key in ("at", "channel"):
        if key not in row:
            raise CaseRefusedError(f"{path}.{key}", "is missing")
    debts = _word(row.get("debt", ""), f"{path}.debt", here)
    return ContactRecord(
        at=_moment(row["at"], f"{path}.at", here),
        channel=_choice(Act)(row["channel"], f"{path}.channel", here),
        direction=_choice(Direction)(row.get("direction", "out"), f"{path}.direction", here),
        outcome=None
        if row.get("outcome") is None
        else _choice(Outcome)(row["outcome"], f"{path}.outcome", here),
        debts=tuple(part.strip() for part in debts.split(",") if part.strip()),
        party=_choice(Party)(row.get("to", "debtor"), f"{path}.to", here),
        number=_optional(_word)(row.get("number"), f"{path}.number", here),
        caller=_word(row.get("caller", "assignee"), f"{path}.caller", here),
        agent=_word(row.get("agent", "human"), f"{path}.agent", here),
        consented=_yes(row.get("consented", False), f"{path}.consented", here),
        purpose=_optional(_choice(Purpose))(row.get("purpose"), f"{path}.purpose", here),
    )


def _state(
    state: Mapping[str, Any], path: str, here: ZoneInfo, said: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts that ``case_state`` states."""
    found: dict[str, Any] = {}
    for key, value in state.items():
        where = f"{path}.{key}"
        if key in _SIMPLE:
            name, reader = _SIMPLE[key]
            found[name] = reader(value, where, here)
        elif key in _GROUPS:
            if value is None:
                continue
            _mapping(value, where)
            _no_others(value, _GROUPS[key].keys(), where)
            for part, (name, reader) in _GROUPS[key].items():
                if part in value and name:
                    found[name] = reader(value[part], f"{where}.{part}", here)
                elif part in value:
                    reader(value[part], f"{where}.{part}", here)
            if key == "breathing_space":
                found.setdefault("breathing", "standard")
        elif key in _SPECIAL:
            found.update(_SPECIAL[key](value, where, here, said))
        else:
            raise CaseRefusedError(where, "is not a fact that a case can state")
    return found


# Readers of one value


def _yes(value: Any, path: str, _here: object) -> bool:
    if not isinstance(value, bool):
        raise CaseRefusedError(path, f"must be true or false, not {value!r}")
    return value


def _word(value: Any, path: str, _here: object) -> str:
    if not isinstance(value, str):
        raise CaseRefusedError(path, f"must be text, not {value!r}")
    return value


def _count(value: Any, path: str, _here: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CaseRefusedError(path, f"must be a whole number, not {value!r}")
    return value


def _number(value: Any, path: str, _here: object) -> Decimal:
    try:
        number = Decimal("nan" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        raise CaseRefusedError(path, f"must be a number, not {value!r}") from None
    if not number.is_finite() or number < 0:
        raise CaseRefusedError(path, f"must be a number of zero or more, not {value!r}")
    return number


def _moment(value: Any, path: str, here: ZoneInfo) -> datetime:
    """An instant. A bare date is the start of that local day, as in the cases."""
    text = _word(value, path, here)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        example = "2026-11-10T10:00:00-05:00"
        raise CaseRefusedError(path, f"must be a time like {example}, not {text!r}") from None
    if moment.tzinfo is None:
        if len(text) > len("2026-11-10"):
            raise CaseRefusedError(path, f"lacks its offset from UTC: {text!r}")
        return moment.replace(tzinfo=here)
    return moment


def _day(value: Any, path: str, here: ZoneInfo) -> date:
    return _moment(value, path, here).astimezone(here).date()


def _zone(value: Any, path: str) -> str:
    name = _word(value, path, None)
    try:
        return zone(name).name
    except UnknownZoneError as error:
        raise CaseRefusedError(path, str(error)) from error


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise CaseRefusedError(path, f"must be a list, not {value!r}")
    return value


def _words(value: Any, path: str, here: object) -> tuple[str, ...]:
    return tuple(_word(item, f"{path}[{at}]", here) for at, item in enumerate(_list(value, path)))


def _choice(words: Any, *more: str) -> Reader:
    choices = (*words, *more)

    def read(value: Any, path: str, _here: object) -> str:
        if value not in choices:
            raise CaseRefusedError(path, f"must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    return read


def _optional(reader: Reader) -> Reader:
    return lambda value, path, here: None if value is None else reader(value, path, here)


def _mapping(value: Any, path: str) -> None:
    if not isinstance(value, Mapping):
        raise CaseRefusedError(path, f"must be a table, not {value!r}")


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
    _mapping(value, path)
    known = {
        "written": _yes, "submitted": _day, "received": _day, "verified_sent": _day,
        "valid_grounds": _yes, "suggests_court": _yes, "at": _day, "reason": _any, "part": _any,
    }  # fmt: skip
    _no_others(value, known, path)
    read = {
        key: None if value[key] is None else reader(value[key], f"{path}.{key}", here)
        for key, reader in known.items()
        if key in value
    }
    received = read.get("received", read.get("at"))
    return {
        "dispute": "written" if read.get("written", True) else "oral",
        "dispute_submitted": read.get("submitted"),
        "dispute_received": received,
        "dispute_verified_sent": read.get("verified_sent"),
        "dispute_baseless": read.get("valid_grounds") is False,
        "dispute_suggests_court": bool(read.get("suggests_court")),
    }


def _cease(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"written", "received_at", "medium"}, path)
    written = _yes(value.get("written", True), f"{path}.written", here)
    if "received_at" in value:
        _optional(_moment)(value["received_at"], f"{path}.received_at", here)
    return {"cease": "written" if written else "oral"}


def _origcred(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"written", "submitted", "received", "answered"}, path)
    day = _optional(_day)
    return {
        "origcred_request": _yes(value.get("written", True), f"{path}.written", here),
        "origcred_submitted": day(
            value.get("submitted", value.get("received")), f"{path}.submitted", here
        ),
        "origcred_answered": day(value.get("answered"), f"{path}.answered", here),
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
        "text": ("", _word),
        "template": ("", _word),
    }
    found: dict[str, Any] = {}
    lacks: set[str] = set()
    for key, item in value.items():
        where = f"{path}.{key}"
        part = key.removeprefix("has_").removesuffix("_complete")
        if key in plain:
            name, reader = plain[key]
            read = reader(item, where, here)
            if name:
                found[name] = read
        elif part in PARTS:
            if not _yes(item, where, here):
                lacks.add(part)
        else:
            raise CaseRefusedError(where, "is not a fact that a message can have")
    return {**found, "lacks": frozenset(lacks)}


PARTS = frozenset(
    {
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
    token = _optional(_word)(value, path, here)
    kinds = {"work", "home", "cell", "landline"}
    return {"number": token, "number_kind": token if token in kinds else None}


def _licence(value: Any, path: str, here: ZoneInfo, said: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"licensed": value}
    _mapping(value, path)
    for key in value:
        _yes(value[key], f"{path}.{key}", here)
    places = (said["sub"], said["jurisdiction"])
    return {"licensed": all(value.get(place, True) for place in places)}


def _consents(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"callback", "call", "direct_prior", "recording"}, path)
    found: dict[str, Any] = {}
    for key, given in value.items():
        where = f"{path}.{key}"
        if key == "recording":
            found["recording"] = _yes(given, where, here)
            continue
        _mapping(given, where)
        _no_others(given, {"given_at", "for", "evidence"}, where)
        found["callback_given_at"] = _optional(_moment)(
            given.get("given_at"), f"{where}.given_at", here
        )
        found["callback_for"] = _optional(_moment)(given.get("for"), f"{where}.for", here)
        found["callback_evidence"] = _optional(_word)(
            given.get("evidence"), f"{where}.evidence", here
        )
    return found


def _inconvenient(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    wishes = [
        _wish(item, f"{path}[{at}]", here) for at, item in enumerate(_list(value or [], path))
    ]
    return {"inconvenient": tuple(wishes)}


def _wish(item: Any, path: str, here: ZoneInfo) -> Inconvenient:
    said: Mapping[str, Any] = item
    if isinstance(item, str) and item.count("-") == 1:
        opens, _, closes = item.partition("-")
        said = {"from": opens, "to": closes}
    _mapping(said, path)
    _no_others(said, {"from", "to", "days", "channels", "channel", "source", "told_at"}, path)
    channels = said.get("channels") or ([said["channel"]] if said.get("channel") else None)
    opens, closes = said.get("from"), said.get("to")
    wish = Inconvenient(
        opens=time(0) if opens is None else _clock(opens, f"{path}.from"),
        closes=None if closes in {None, "24:00"} else _clock(closes, f"{path}.to"),
        weekdays=_weekdays(said.get("days"), f"{path}.days"),
        channels=CONTACTS if channels is None else frozenset(_words(channels, path, here)),
    )
    if wish.closes is not None and wish.closes <= wish.opens:
        raise CaseRefusedError(path, "must end after it begins; write a night as two stretches")
    return wish


def _clock(value: Any, path: str) -> time:
    try:
        return time.fromisoformat(_word(value, path, None))
    except ValueError:
        raise CaseRefusedError(path, f"must be a time like 09:00, not {value!r}") from None


def _weekdays(value: Any, path: str) -> frozenset[int]:
    if value is None:
        return frozenset(range(7))
    names = [name.lower()[:3] for name in _words(value, path, None)]
    for name in names:
        if name not in _WEEKDAYS:
            raise CaseRefusedError(path, f"there is no weekday {name!r}")
    return frozenset(_WEEKDAYS[name] for name in names)


def _preferences(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """Wishes on channels and hours; hours outside the wish are inconvenient."""
    if value is None:
        return {}
    _mapping(value, path)
    _no_others(value, {"channels", "channel", "not_before", "not_after", "language"}, path)
    channels = value.get("channels") or ([value["channel"]] if value.get("channel") else None)
    wishes: list[Inconvenient] = []
    if value.get("not_before"):
        wishes.append(Inconvenient(closes=_clock(value["not_before"], f"{path}.not_before")))
    if value.get("not_after"):
        wishes.append(Inconvenient(opens=_clock(value["not_after"], f"{path}.not_after")))
    found: dict[str, Any] = {"inconvenient": tuple(wishes)} if wishes else {}
    if channels is not None:
        found["allowed_channels"] = frozenset(_words(channels, f"{path}.channels", here))
    return found


def _zones(value: Any, path: str, _here: ZoneInfo, _said: object) -> dict[str, Any]:
    names = _words(value, path, None)
    if not names:
        raise CaseRefusedError(path, "names no zone")
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
    _no_others(value, {"filed", "status", "chapter", "type", "place", "case"}, path)
    if "filed" in value:
        _optional(_day)(value["filed"], f"{path}.filed", here)
    status = value.get("status", "pending")
    return {
        "bankrupt": _choice(("pending", "discharged", "dismissed"))(status, f"{path}.status", here)
    }


def _answered_by(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """Who took the call is whom the contact is with."""
    return {} if value is None else {"party": _choice(Party)(value, path, here)}


def _deceased(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        _no_others(value, {"on"}, path)
        _optional(_day)(value.get("on"), f"{path}.on", here)
        return {"deceased": True}
    return {"deceased": _yes(value, path, here)}


def _lost(value: Any, path: str, here: ZoneInfo, _said: object) -> dict[str, Any]:
    """``{reason: …}``, or the reason alone."""
    if isinstance(value, Mapping):
        _no_others(value, {"reason", "since"}, path)
        return _lost(value.get("reason"), f"{path}.reason", here, _said)
    return {"lost_contact": _optional(_word)(value, path, here)}


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
    "tz_sources": lambda value, path, _here, _said: (_mapping(value, path), {})[1],
}

_PLAIN_YES = (
    "identity_theft_claim", "wrong_party", "capacity_concern", "minor", "own_income",
    "contact_refused", "location_unknown", "location_doubt", "acquired_debt", "regf_applies",
    "email_is_work", "work_prohibited", "time_barred", "said_wont_pay_barred", "acknowledged",
    "first_demand", "remedy_intended", "chain_ok", "payment_pending", "letter_returned", "talked",
    "liable", "buyer_documents", "recording", "discloses_debt",
)  # fmt: skip

_SIMPLE: dict[str, tuple[str, Reader]] = {
    **{name: (name, _yes) for name in _PLAIN_YES},
    "contact_in_limitation_period": ("contact_in_limitation", _yes),
    "tcpa_consent": ("voice_consent", _yes),
    "debt": ("debt", _word),
    "debts": ("debts", _words),
    "to": ("party", _choice(Party)),
    "purpose": ("purpose", _choice(Purpose)),
    "optouts": ("optouts", lambda value, path, here: frozenset(_words(value, path, here))),
    "status": ("status", _optional(_word)),
    "vulnerable": ("vulnerable", _optional(_word)),
    "age": ("age", _optional(_count)),
    "script": ("script", _optional(_word)),
    "line": ("line", _optional(_word)),
    "voice": ("voice", _choice(("human", "ai", "prerecorded"))),
    "creditor_type": ("creditor_type", _optional(_word)),
    "rate": ("rate", _optional(_number)),
    "lpr_at_contract": ("lpr_at_contract", _optional(_number)),
    "portfolio": ("portfolio_kind", _optional(_word)),
    "fos_complaint": ("complaint", _optional(_word)),
    "last_payment": ("last_payment", _optional(_day)),
    "letter_mailed": ("letter_mailed", _optional(_moment)),
    "notice_mailed": ("notice_mailed", _optional(_moment)),
    "notice_medium": ("notice_medium", _optional(_word)),
    "art10_sent": ("art10_sent", _optional(_moment)),
    "gdpr14_sent": ("gdpr14_sent", _optional(_moment)),
    "s129_delivered": ("s129_delivered", _optional(_moment)),
    "agency_notice_sent": ("agency_notice_sent", _optional(_moment)),
    "reassigned_check": ("reassigned_check_at", _optional(_moment)),
    "days_overdue": ("days_overdue", _optional(_count)),
    "number_source": ("number_source", _optional(_word)),
}

_GROUPS: dict[str, dict[str, tuple[str, Reader]]] = {
    "assignment_notice": {
        "sent_at": ("notice_sent_at", _optional(_moment)),
        "reached_at": ("notice_reached_at", _optional(_moment)),
        "by": ("notice_by", _choice(("assignor", "assignee", "joint"))),
        "proof": ("notice_proof", _yes),
        "contract_allows_sms": ("", _yes),
        "medium": ("notice_medium", _word),
    },
    "validation": {
        "provided_at": ("validation_provided_at", _optional(_day)),
        "end_date": ("validation_end", _optional(_day)),
        "assumed_receipt": ("", _optional(_day)),
        "method": ("", _word),
    },
    "attorney": {
        "known": ("attorney", _yes),
        "responsive": ("attorney_responsive", _optional(_yes)),
        "type": ("attorney_type", _optional(_word)),
    },
    "email_basis": {
        "type": ("email_basis", _optional(_word)),
        "sent": ("email_basis_sent", _optional(_day)),
        "optout_by": ("email_basis_optout_by", _optional(_day)),
    },
    "text_basis": {
        "type": ("text_basis", _optional(_word)),
        "at": ("text_basis_at", _optional(_moment)),
    },
    "breathing_space": {
        "type": ("breathing", _choice(("standard", "mental_health"))),
        "start": ("breathing_start", _optional(_day)),
        "last_protected_day": ("breathing_last_day", _optional(_day)),
        "registered": ("", _optional(_day)),
    },
    "payment_plan": {
        "status": ("plan_status", _choice(("current", "missed", "broken", "completed"))),
    },
    "work_request": {
        "at": ("work_request_at", _optional(_moment)),
        "confirmed": ("work_request_confirmed", _yes),
    },
    "visit": {
        "staff": ("visit_staff", _count),
        "recording": ("visit_recording", _yes),
        "id_shown": ("visit_id_shown", _yes),
        "enter_home": ("visit_enter_home", _yes),
        "consent": ("visit_consent", _yes),
        "appointment": ("visit_notice", _yes),
        "posting": ("visit_posting", _yes),
    },
}
