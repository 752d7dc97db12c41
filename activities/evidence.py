"""The evidence of a case: all that stands about it, opened, chained and printed."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from json import loads
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, select

from activities.arrangement import of_debt
from activities.document import SENT, documents, page_id
from activities.standing import zone_name
from connectors.letter import BUNDLE_LAYOUT, typeset_bundle
from models.evidence import Manifest, Record
from models.letter import BundleContent, BundleEntry, BundlePart
from models.money import Money
from models.tables import (
    ContactPoint,
    Debt,
    Debtor,
    DebtParty,
    Document,
    InboxItem,
    LedgerEntry,
    MediaRequest,
    Portfolio,
    Promise,
    Seller,
    Signoff,
    Stop,
)
from rules.evidence import NOTICE, chained, listed, sealed, sha256, written
from rules.money import format_money
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import work
from store.keys import Keys, PersonErasedError, PersonKey
from store.standing import stand
from store.stop import TOUCHING, touched

ERASED = "erased: the person's key was destroyed on request or at the end of keeping"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: two files and what is told about them."""

    pdf_name: str
    pdf: bytes
    json_name: str
    json: bytes
    seal: str
    records: int


_Told = tuple[str, str, dict[str, Any]]


def bundle(  # noqa: PLR0917
    session: Session, keys: Keys, debt: Debt, actor: str, now: datetime, observed_at: datetime
) -> Bundle:
    """Gather all that stands about a case, print it, and put on record who took it and its seal.

    It holds personal data in clear, of whom it was not erased. ``now`` is business time.
    """
    told = list(_Teller(session, keys, debt, now).all())
    chain = chained(told)
    stem = f"evidence-{debt.workflow_id}-{now:%Y%m%dT%H%M%SZ}"
    zone = zone_name(stand(session, debt.id, now))
    page = typeset_bundle(_printed(debt, chain, actor, now, zone))
    manifest = sealed(
        Manifest(
            case=debt.workflow_id,
            account=debt.account_ref,
            made_at=now.isoformat(),
            made_by=actor,
            head=chain[-1].hash,
            records=listed(chain),
            pdf=f"{stem}.pdf",
            pdf_sha256=sha256(page),
            pdf_bytes=len(page),
            layout=BUNDLE_LAYOUT,
        )
    )
    records.act(
        session,
        at=now,
        observed_at=observed_at,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="evidence.made",
        reason="asked",
        actor=actor,
        facts={"seal": manifest.seal, "records": len(chain), "pdf": manifest.pdf_sha256},
    )
    return Bundle(
        pdf_name=manifest.pdf,
        pdf=page,
        json_name=f"{stem}.json",
        json=written(chain, manifest),
        seal=manifest.seal,
        records=len(chain),
    )


class _Teller:
    """Reads a case out of the store, record by record."""

    def __init__(self, session: Session, keys: Keys, debt: Debt, now: datetime) -> None:
        self.session, self.keys, self.debt, self.now = session, keys, debt, now
        self._opened: dict[UUID, PersonKey | None] = {}

    def all(self) -> Iterable[_Told]:
        yield from self._parties()
        yield self._debt()
        yield from self._title()
        yield from self._decisions()
        yield from self._messages()
        yield from self._money()
        yield from self._stops()
        yield from self._work()
        yield from self._documents()
        yield from self._asked()
        yield from self._acts()
        yield from self._signoffs()

    def _key(self, person: UUID) -> PersonKey | None:
        if person not in self._opened:
            try:
                self._opened[person] = self.keys.person_key(self.session, person)
            except PersonErasedError:
                self._opened[person] = None
        return self._opened[person]

    def _json(self, person: UUID, sealed: bytes | None) -> Any:
        key = self._key(person)
        if sealed is None:
            return None
        return key.open_json(sealed) if key else ERASED

    def _text(self, person: UUID, sealed: bytes | None) -> str | None:
        key = self._key(person)
        if sealed is None:
            return None
        return key.open_text(sealed) if key else ERASED

    def _page(self, row: Document) -> dict[str, Any]:
        key = self._key(row.debtor_id)
        page = key.open(row.sealed) if key else None
        return {
            "template": row.template,
            "template_version": row.template_version,
            "made_at": _plain(row.created_at),
            "sha256": row.sha256,
            **({"base64": b64encode(page).decode()} if page is not None else {"page": ERASED}),
        }

    # In the order in which they are told

    def _parties(self) -> Iterable[_Told]:
        rows = self.session.exec(
            select(DebtParty)
            .where(col(DebtParty.debt_id) == self.debt.id)
            .order_by(col(DebtParty.role).desc(), col(DebtParty.debtor_id))
        ).all()
        known = [(row.debtor_id, row.role, row.notice_reached_at) for row in rows]
        if self.debt.debtor_id not in {person for person, _, _ in known}:
            known.insert(0, (self.debt.debtor_id, "debtor", self.debt.notice_reached_at))
        for person, role, reached in known:
            debtor = self.session.get_one(Debtor, person)
            points = self.session.exec(
                select(ContactPoint)
                .where(col(ContactPoint.debtor_id) == person)
                .order_by(col(ContactPoint.kind), col(ContactPoint.rank), col(ContactPoint.id))
            ).all()
            told = _row(debtor, "sealed", "identity")
            yield (
                "party",
                f"party: {role} {debtor.key}",
                {
                    "role": role,
                    "notice_reached_at": _plain(reached),
                    **told,
                    "person": self._json(person, debtor.sealed),
                    "points": [
                        {
                            **_row(point, "sealed", "token"),
                            "value": self._text(person, point.sealed),
                        }
                        for point in points
                    ],
                },
            )

    def _debt(self) -> _Told:
        debt = self.debt
        portfolio = self.session.get_one(Portfolio, debt.portfolio_id)
        seller = self.session.get_one(Seller, debt.seller_id)
        return (
            "debt",
            f"debt: account {debt.account_ref}",
            {
                **_row(debt, "sealed"),
                "contract": self._json(debt.debtor_id, debt.sealed),
                "portfolio": _row(portfolio),
                "seller": _row(seller),
            },
        )

    def _title(self) -> Iterable[_Told]:
        for link in debts.links(self.session, self.debt.id):
            since = link.assigned_on or "from the start"
            yield "title", f"title: owner {link.n}, {since}", _row(link)

    def _decisions(self) -> Iterable[_Told]:
        for row in records.decisions(self.session, self.debt.id):
            name = f"decision: {_at(row.at)} {row.channel} {row.step or row.purpose}, {row.kind}"
            yield "decision", name, _row(row)

    def _messages(self) -> Iterable[_Told]:
        letters = {row.id: row for row in documents(self.session, self.debt.id)}
        for row in contacts.of_debt(self.session, self.debt.id):
            opened = self._json(row.debtor_id, row.sealed)
            point = self.session.get(ContactPoint, row.point_id) if row.point_id else None
            page = letters.get(page_id(row.id))
            words = {"words": opened} if opened is not None else {}
            yield (
                "message",
                f"message: {_at(row.at)} {row.channel} {row.direction}, {row.state} {row.id}",
                {
                    **_row(row, "sealed", "number"),
                    "to": self._text(point.debtor_id, point.sealed) if point else None,
                    **words,
                    **({"pdf": self._page(page)} if page else {}),
                    "events": [_row(event) for event in contacts.events(self.session, row.id)],
                },
            )

    def _money(self) -> Iterable[_Told]:
        for row in self.session.exec(
            select(LedgerEntry)
            .where(col(LedgerEntry.debt_id) == self.debt.id)
            .order_by(col(LedgerEntry.seq))
        ):
            amount = Money(row.minor, row.currency)
            name = f"money: entry {row.seq}, {row.kind} {amount}, value {row.value_date}"
            yield "money", name, _row(row)
        for row in self.session.exec(
            select(InboxItem)
            .where(col(InboxItem.debt_id) == self.debt.id)
            .order_by(col(InboxItem.received_at), col(InboxItem.id))
        ):
            name = (
                f"notice: {_at(row.received_at)} {row.provider} {row.kind}, {row.status} {row.id}"
            )
            told = _row(row, "sealed")
            yield "notice", name, {**told, "raw_sealed_sha256": sha256(row.sealed)}
        for row in self.session.exec(
            select(Promise)
            .where(col(Promise.debt_id) == self.debt.id)
            .order_by(col(Promise.made_at), col(Promise.id))
        ):
            yield "promise", f"promise: due {row.due_on}, {row.status} {row.id}", _row(row)
        for row in of_debt(self.session, self.debt.id):
            told = {**_row(row, "sealed"), "form": self._json(row.debtor_id, row.sealed)}
            name = f"arrangement: {_at(row.proposed_at)} {row.kind}, {row.status} {row.id}"
            yield "arrangement", name, told

    def _stops(self) -> Iterable[_Told]:
        for row in self.session.exec(
            select(Stop)
            .where(TOUCHING)
            .params(**touched(self.debt, self.debt.debtor_id))
            .order_by(col(Stop.entered_at), col(Stop.id))
        ):
            ended = f"ended {_at(row.ended_at)}" if row.ended_at else "open"
            told = {
                **_row(row, "sealed", "point_token"),
                "private": self._json(row.debtor_id or self.debt.debtor_id, row.sealed),
            }
            yield "stop", f"stop: {_at(row.entered_at)} {row.kind}, {ended} {row.id}", told

    def _work(self) -> Iterable[_Told]:
        for row in sorted(
            work.of_debt(self.session, self.debt.id), key=lambda it: (it.opened_at, it.id)
        ):
            told = {**_row(row, "sealed"), "notes": self._text(row.debtor_id, row.sealed)}
            yield "work", f"work: {_at(row.opened_at)} {row.kind}, {row.status} {row.id}", told

    def _documents(self) -> Iterable[_Told]:
        for row in documents(self.session, self.debt.id):
            if row.kind != SENT:
                name = f"document: {_at(row.created_at)} {row.template} {row.id}"
                yield "document", name, {**_row(row, "sealed"), "pdf": self._page(row)}

    def _asked(self) -> Iterable[_Told]:
        for row in self.session.exec(
            select(MediaRequest)
            .where(col(MediaRequest.debt_id) == self.debt.id)
            .order_by(col(MediaRequest.asked_at), col(MediaRequest.id))
        ):
            name = f"asked of the seller: {_at(row.asked_at)} {row.kind}, {row.status} {row.id}"
            yield "asked", name, _row(row)

    def _acts(self) -> Iterable[_Told]:
        for row in records.acts(self.session, self.debt.id):
            yield "act", f"act: {_at(row.at)} {row.what} {row.id}", _row(row)

    def _signoffs(self) -> Iterable[_Told]:
        used = {
            sha
            for row in records.decisions(self.session, self.debt.id)
            for sha in row.pack_sha.split("+")
        }
        for row in self.session.exec(
            select(Signoff).where(col(Signoff.sha256).in_(used)).order_by(col(Signoff.at))
        ):
            yield "signoff", f"signoff: {_at(row.at)} {row.pack} {row.id}", _row(row)


# What is printed

_PARTS = {
    "party": "Parties",
    "debt": "The debt",
    "title": "Chain of title",
    "decision": "Decisions: every legal check, with rules, sources and versions",
    "message": "Messages, as they were sent and received",
    "money": "Ledger",
    "notice": "Notices of payment that came in",
    "promise": "Promises",
    "arrangement": "Plans, settlements, waivers and refunds",
    "stop": "Holds and stops",
    "work": "Work of people",
    "document": "Documents on file",
    "asked": "Documents asked of the seller",
    "act": "What was done, by whom and why",
    "signoff": "Sign-off of the law that decided",
}
"""Titles of the parts, in the order in which they are told."""

_LONG = ("words", "base64", "failures", "events", "points")
"""Laid out apart, or only in the JSON."""

_BESIDE = frozenset(
    {
        "id", "debt_id", "debtor_id", "contact_id", "decision_id", "point_id", "portfolio_id",
        "seller_id", "seq", "currency", "control_total_minor", "shift_seconds", "observed_at", "next_action_at",
        "move", "advice",
    }
)  # fmt: skip
"""Columns that the JSON holds and the page need not repeat."""


def _printed(
    debt: Debt, chain: Sequence[Record], actor: str, now: datetime, zone: str
) -> BundleContent:
    chinese = debt.jurisdiction == "CN"
    locale = "zh-CN" if chinese else "en-GB"
    return BundleContent(
        locale=locale,
        title=f"{'案件证据' if chinese else 'Evidence of case'} {debt.workflow_id}",
        notice=NOTICE,
        facts=(
            ("Account", debt.account_ref),
            ("Law", f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction),
            ("Made", f"{_at(now)}，{actor}" if chinese else f"{_at(now)} by {actor}"),
            (
                "Times",
                f"UTC，旁注 {zone} 当地时间"
                if chinese
                else f"UTC, and beside them those of {zone}",
            ),
            ("Records", str(len(chain))),
            ("Head of the chain", chain[-1].hash),
        ),
        how="Each record carries the SHA-256 of its content and of the record before it; the last "
        "one is the head of the chain. The JSON beside this file holds every record whole, with the "
        "letters themselves. Check both, on any machine and without login: "
        "cession evidence verify FOLDER",
        parts=tuple(
            BundlePart(
                title=title,
                entries=tuple(_entry(record, zone, debt.currency, locale) for record in found),
            )
            for kind, title in _PARTS.items()
            if (found := [record for record in chain if record.kind == kind])
        ),
    )


def _entry(record: Record, zone: str, currency: str, locale: str) -> BundleEntry:
    content = record.content
    words = content.get("words")
    text = ""
    if isinstance(words, dict):
        text = "\n".join(
            str(words[name]) for name in ("from", "subject", "body", "text") if words.get(name)
        )
    elif words:
        text = str(words)
    told = _in_money(content, str(content.get("currency") or currency), locale)
    rows = [*_flat({key: value for key, value in told.items() if key not in _LONG})]
    for failure in content.get("failures") or ():
        until = f", until {_shown(failure['until'])}" if failure.get("until") else ""
        rows.append((failure["rule"], f"{failure['why']}{until} [{failure.get('source') or ''}]"))
    for event in content.get("events") or ():
        why = f": {event['reason']}" if event.get("reason") else ""
        rows.append((event["kind"], f"{_shown(event['at'])} by {event['actor']}{why}"))
    rows += [
        (point["kind"], f"{_address(point['value'])} ({point['line']})")
        for point in content.get("points") or ()
    ]
    at = next(
        (
            content[name]
            for name in ("at", "entered_at", "booked_at", "created_at", "proposed_at", "asked_at")
            if content.get(name)
        ),
        "",
    )
    return BundleEntry(
        name=f"{record.n}. {record.name}",
        there=_there(datetime.fromisoformat(at).astimezone(ZoneInfo(zone)), zone, locale)
        if at
        else "",
        hash=record.hash,
        rows=tuple(rows),
        text=text,
    )


def _there(at: datetime, zone: str, locale: str) -> str:
    day = f"周{'一二三四五六日'[at.weekday()]}" if locale.startswith("zh") else f"{at:%a}"
    return f"{day} {at:%Y-%m-%d %H:%M} {zone}"


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|\+00:00)")


def _shown(value: Any) -> str:
    """Write a value for people: yes and no, and instants to the second. The JSON has them whole."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return _at(datetime.fromisoformat(text)) if _INSTANT.fullmatch(text) else text


def _address(value: str) -> str:
    """Write a postal address, which is kept as JSON, on one line."""
    try:
        read: dict[str, str] = loads(value)
    except ValueError:
        return value
    return ", ".join(filter(None, map(str, read.values())))


_AMOUNTS = frozenset({"total", "waives", "owed", "paid", "waived", "credit", "affordable"})
"""Counts of minor units that do not say so in their name."""


def _in_money(content: dict[str, Any], currency: str, locale: str) -> dict[str, Any]:
    """Answer a record with its amounts written out in their currency, as the reader writes them."""

    def written(key: str, value: Any, of: str) -> tuple[str, Any]:
        if isinstance(value, dict):
            return key, _in_money(value, of, locale)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(value, list):
            return key, [written("", item, of)[1] for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if not isinstance(value, int) or isinstance(value, bool):
            return key, value
        if key == "minor" or key.endswith("_minor"):
            return key.removesuffix("minor").strip("_") or "amount", format_money(
                Money(value, of), locale
            )
        return key, format_money(Money(value, of), locale) if key in _AMOUNTS else value

    told: dict[str, Any] = {}
    for key, value in content.items():
        if key.endswith("_minor") and isinstance(value, dict):  # by currency
            by = {of: format_money(Money(minor, of), locale) for of, minor in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            told[key.removesuffix("_minor")] = by
        elif key not in _BESIDE or key == "minor":
            told.update([written(key, value, str(content.get("currency") or currency))])
    return told


def _flat(content: dict[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    """Lay out what a record holds as labels and values; what is empty is not printed."""
    for key, value in content.items():
        label = f"{above} {key}".strip().replace("_", " ")
        if value in (None, "", [], {}) or key in _BESIDE:
            continue
        match value:
            case dict():
                yield from _flat({k: v for k, v in value.items() if k not in _LONG}, label)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            case list() if any(isinstance(item, dict) for item in value):  # pyright: ignore[reportUnknownVariableType]
                for n, item in enumerate(value, start=1):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                    yield from _flat({str(n): item}, label)
            case list():
                yield label, ", ".join(map(_shown, value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            case _:
                yield label, _address(value) if label == "to" else _shown(value)


def _row(row: SQLModel, *without: str) -> dict[str, Any]:
    """Answer the columns of a row as JSON, but for those that are told otherwise."""
    names = [name for name in type(row).model_fields if name not in without]
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case None | str() | bool() | int():
            return value
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return str(value)


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
