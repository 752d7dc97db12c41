"""How long each kind of record is kept, and its destruction when that is over.

A kind has a clock of its own. What lies under a person's key goes after the last activity of collection
(``activities.person``); a recording of a conversation goes so long after that conversation, by the law of the
debt's place, and at once if the person refused to be recorded; the raw body of a notice that was never matched to a debt goes after the house's years. What a
litigation hold covers stays, whatever its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from activities import desk, person, regard
from activities.office import Office
from activities.person import HOUSE_SOURCE, HOUSE_YEARS, UUID_LENGTH, Due, KeptError
from models.base import Value
from models.tables import Act, ContactRow, Debt, Debtor, InboxItem, WorkItem
from rules.desk import refused_at
from rules.packs import PackLibrary
from store import case as records
from store import debtor as debtors
from store.engine import Store
from store.keys import PersonErasedError

AT_ONCE = 500
"""Contacts that are looked up in one query: file names are read from a directory of any size."""


class Kind(StrEnum):
    PERSON = "person"
    RECORDING = "recording"
    NOTICE = "notice"


UNMATCHED = ("ignored", "failed")
"""Ends of a notice that belongs to nobody; what waits for a person or a case is never destroyed."""

REFUSED = "refused"
REFUSED_SOURCE = "the person refused to be recorded"

EMPTIED = "emptied"
"""Fact of a notice whose raw body was destroyed."""


class Record(Value):
    """A record of another kind than what lies under a person's key, and when it goes."""

    kind: Kind
    record: UUID
    """The contact whose conversation was recorded, or the notice in the inbox."""
    debtor: UUID | None
    key: str
    place: str
    on: datetime
    source: str
    held: str = ""
    reason: str = "retention"
    """Why it goes, on record: its time is over, or the person ``refused`` to be recorded."""

    @property
    def refused(self) -> bool:
        return self.reason == REFUSED


@dataclass(slots=True)
class Destroyed:
    """What a round destroyed."""

    people: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    recordings: int = 0
    notices: int = 0

    @property
    def count(self) -> int:
        return len(self.people) + self.recordings + self.notices


@dataclass(frozen=True, slots=True)
class Places:
    """Where files of contacts lie: messages, and recordings by the contact's id."""

    messages: Sequence[Path] = ()
    recordings: Path | None = None

    @property
    def all(self) -> tuple[Path, ...]:
        return (*self.messages, *((self.recordings,) if self.recordings else ()))


def plan(store: Store, law: PackLibrary, places: Places, upto: datetime) -> list[Due | Record]:
    """Answer all that is due by an instant, people first; changes nothing."""
    with store.reading() as session:
        found: list[Due | Record] = list(person.plan(session, law, store.keys, upto))
        found += sorted(_recordings(session, law, places, upto), key=lambda one: one.on)
        found += _notices(session, upto)
    return found


def destroy(  # noqa: PLR0917
    store: Store,
    law: PackLibrary,
    places: Places,
    due: Iterable[Due | Record],
    now: datetime,
    actor: str,
    beat: Callable[[int], object] = lambda _done: None,
) -> Destroyed:
    """Destroy what is due, one record a transaction, each on record; what is held meanwhile stays."""
    gone = Destroyed()
    for one in due:
        beat(gone.count)
        match one:
            case Due():
                _erase(store, law, places, one, now, actor, gone)
            case Record(kind=Kind.RECORDING):
                gone.recordings += _unlink(store, places, one, now, actor)
            case _:
                gone.notices += _empty(store, one, now, actor)
    return gone


def _erase(  # noqa: PLR0917
    store: Store,
    law: PackLibrary,
    places: Places,
    due: Due,
    now: datetime,
    actor: str,
    gone: Destroyed,
) -> None:
    try:
        with store.writing() as session:
            erased = person.erase(
                session, store.keys, law, due.debtor, now, reason="retention", actor=actor
            )
    except (KeptError, PersonErasedError):
        return
    files = person.discard(places.all, erased.contacts)
    gone.people.append({"debtor": erased.debtor, "bodies": erased.bodies, "files": files})


def _recordings(
    session: Session, law: PackLibrary, places: Places, upto: datetime
) -> Iterator[Record]:
    """Recordings by the contact's id that are older than the law of their debt's place lets them be."""
    named = list({ident for ident, _ in _files(places.recordings)})
    for start in range(0, len(named), AT_ONCE):
        asked = (
            select(ContactRow, Debt, Debtor)
            .join(Debt, col(Debt.id) == col(ContactRow.debt_id))
            .join(Debtor, col(Debtor.id) == col(ContactRow.debtor_id))
            .where(col(ContactRow.id).in_(named[start : start + AT_ONCE]))
        )
        rows = session.exec(asked).all()
        answers = _answers(session, {debtor.id for _, _, debtor in rows})
        for contact, debt, debtor in rows:
            kept = person.kept(law, debt)
            years, source = (
                (kept.recordings_years or kept.records_years, kept.source)
                if kept
                else (HOUSE_YEARS, HOUSE_SOURCE)
            )
            on, reason = person.years_on(contact.at, years), "retention"
            said = answers.get(debtor.id, ())
            if (against := refused_at(str(contact.id), contact.at, said)) and against < on:
                on, source, reason = against, REFUSED_SOURCE, REFUSED
            if on <= upto:
                yield Record(
                    kind=Kind.RECORDING,
                    record=contact.id,
                    debtor=debtor.id,
                    key=debtor.key,
                    place=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
                    on=on,
                    source=source,
                    held="litigation_hold" if person.holds(session, debtor.id) else "",
                    reason=reason,
                )


def _answers(
    session: Session, people: set[UUID]
) -> dict[UUID, list[tuple[datetime, bool, str | None]]]:
    """Answer what people said to being recorded, oldest first."""
    asked = select(Act).where(
        col(Act.debtor_id).in_(people), col(Act.what).in_((regard.REFUSED, regard.AGREED))
    )
    found: dict[UUID, list[tuple[datetime, bool, str | None]]] = {}
    for act in session.exec(asked.order_by(col(Act.at), col(Act.id))):
        assert act.debtor_id is not None
        said = (act.at, act.what == regard.AGREED, act.facts.get("contact"))
        found.setdefault(act.debtor_id, []).append(said)
    return found


def refuse(  # noqa: PLR0917
    session: Session, office: Office, places: Places, item: WorkItem, agent: str, now: datetime
) -> tuple[str | None, int]:
    """Keep that a person refuses to be recorded, and destroy what was recorded of this conversation.

    Answers the rule by which the conversation must end now, None if it may go on, and how many
    recordings were destroyed. What a litigation hold covers stays; what the telephone system puts
    there later goes in the daily round of retention.
    """
    regard.unrecorded(session, item, agent, now)
    session.flush()
    rule = desk.still_lawful(session, office, item, now)
    if item.contact_id is None or person.holds(session, item.debtor_id):
        return rule, 0
    begun = [path for ident, path in _files(places.recordings) if ident == item.contact_id]
    if begun:
        _destroyed(session, item.contact_id, REFUSED, REFUSED_SOURCE, agent, now)
        session.flush()
        for path in begun:
            path.unlink(missing_ok=True)
    return rule, len(begun)


def _destroyed(  # noqa: PLR0917
    session: Session, contact_id: UUID, reason: str, source: str, actor: str, now: datetime
) -> None:
    contact = session.get_one(ContactRow, contact_id)
    records.act(
        session, at=now, debtor_id=contact.debtor_id, debt_id=contact.debt_id,
        what="recording.destroyed", reason=reason, actor=actor,
        facts={"contact": str(contact_id), "source": source},
    )  # fmt: skip


def _notices(session: Session, upto: datetime) -> Iterator[Record]:
    """Bodies of notices that nobody's debt was found for, older than the house keeps them."""
    asked = select(InboxItem).where(
        col(InboxItem.debt_id).is_(None),
        col(InboxItem.debtor_id).is_(None),
        col(InboxItem.status).in_(UNMATCHED),
        col(InboxItem.received_at) <= person.years_on(upto, -HOUSE_YEARS),
    )
    for item in session.exec(asked.order_by(col(InboxItem.received_at))):
        if EMPTIED in item.facts:
            continue
        yield Record(
            kind=Kind.NOTICE,
            record=item.id,
            debtor=None,
            key="",
            place="",
            on=person.years_on(item.received_at, HOUSE_YEARS),
            source=HOUSE_SOURCE,
        )


def _unlink(store: Store, places: Places, one: Record, now: datetime, actor: str) -> int:
    """Delete the recording of a contact; the hold is asked again under the person's lock."""
    assert one.debtor is not None
    with store.writing() as session:
        debtors.lock(session, one.debtor)
        if person.holds(session, one.debtor):
            return 0
        _destroyed(session, one.record, one.reason, one.source, actor, now)
        # Within the transaction: what is on record as destroyed is gone.
        for ident, path in _files(places.recordings):
            if ident == one.record:
                path.unlink(missing_ok=True)
    return 1


def _empty(store: Store, one: Record, now: datetime, actor: str) -> int:
    """Put nothing in the place of a notice's raw body; that it came, and when, stays on record."""
    with store.writing() as session:
        item = session.get_one(InboxItem, one.record)
        if item.debt_id or item.debtor_id or item.status not in UNMATCHED:
            return 0
        item.sealed = store.keys.seal_store(person.ERASED.encode())
        item.facts = {**item.facts, EMPTIED: now.isoformat()}
        session.add(item)
        records.act(
            session, at=now, what="notice.destroyed", reason="retention", actor=actor,
            facts={"item": str(item.id)},
        )  # fmt: skip
    return 1


def _files(directory: Path | None) -> Iterator[tuple[UUID, Path]]:
    """Recordings in a directory: files whose name begins with the contact's id."""
    for path in directory.rglob("*") if directory and directory.is_dir() else ():
        try:
            ident = UUID(path.name[:UUID_LENGTH])
        except ValueError:
            continue
        if path.is_file():
            yield ident, path
