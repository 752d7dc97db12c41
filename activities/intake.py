"""Taking over a portfolio: its rows into the store, then its cases into the engine."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from pydantic import Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel
from temporalio import activity
from temporalio.client import Client

from activities.ledger import IMPORTED, fold_closed
from activities.start import Ready, ready, start
from models.base import Value
from models.intake import Page, PageDone
from models.ledger import EntryKind
from models.stop import Scope
from models.tables import (
    Act,
    ContactPoint,
    DataKey,
    Debt,
    Debtor,
    DebtParty,
    LedgerEntry,
    OwnershipLink,
    Portfolio,
    Seller,
)
from models.tables.base import values
from models.transfer import Flag, Manifest, Person, Problem, Row, Severity
from rules.intake import Reading, latest_date
from rules.ledger import policy_for
from rules.place import all_zones
from rules.sheet import Sheet
from store import debt as debts
from store import debtor as debtors
from store import stop as stops
from store.engine import Store, insert_all
from store.keys import PersonKey

CHUNK = 250
"""Rows in one transaction: others wait for the store no longer than a fraction of a second."""

AT_ONCE = 32
"""Starts in flight; more does not make the server faster."""

SOURCE = IMPORTED
"""Of ledger entries and stops that the seller's file brought."""

WRITTEN = (
    DataKey,
    Debtor,
    Debt,
    DebtParty,
    OwnershipLink,
    ContactPoint,
    LedgerEntry,
    Act,
)
"""Each after what its rows refer to."""

LEARNT = ("zones", "language", "minor_at_origination")
"""What a later file may add about a person whom the store knows."""

KNOWN = ("id", "jurisdiction", "sub", "sealed", *LEARNT)
"""What a row needs to know of somebody whom the store knows."""


class Stored(Value):
    """What became of a file in the store."""

    portfolio: UUID
    seller: str
    """Its opaque code."""
    new: int = 0
    known: int = 0
    refused: int = 0
    codes: Mapping[str, int] = {}
    """How often each finding was made."""
    problems: tuple[Problem, ...] = Field(default=())
    """Empty when somebody was told of them one by one."""


class RefusedPortfolioError(Exception):
    """The store knows seller or portfolio otherwise; nothing was written. Text is for people."""


# Storing


def store_portfolio(
    store: Store,
    manifest: Manifest,
    sheet: Sheet,
    *,
    now: datetime,
    observed_at: datetime,
    actor: str,
    tell: Callable[[Problem], object] | None = None,
    beat: Callable[[int], object] | None = None,
) -> Stored:
    """Store the rows of a surveyed file; the same file again writes nothing.

    One transaction per chunk, and no row is held longer: killed in between, it is run again and
    goes on. Money of a debt that is known already is never changed. ``now`` is business time, UTC.
    ``tell`` is given what the store finds, in the order of the rows; ``beat`` is told after each
    chunk up to which row the file is done. Raises ``RefusedPortfolioError``.
    """
    clerk = _Clerk(store, manifest, now, observed_at, actor)
    with store.writing() as session:
        portfolio = clerk.enrol(session)
    problems: list[Problem] = []
    counts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    reading = Reading(manifest, sheet, latest_date(now))
    for rows in _chunks((item for item in reading if isinstance(item, Row)), CHUNK):
        done = clerk.take(portfolio, rows)
        counts.update(new=done.new, known=done.known, refused=done.refused)
        for problem in sorted(done.problems, key=lambda each: each.row or 0):
            codes[problem.code] += 1
            (tell or problems.append)(problem)
        if beat:
            beat(reading.rows)
    if beat:
        beat(reading.rows)
    return Stored(
        portfolio=portfolio.id,
        seller=clerk.code,
        codes=dict(sorted(codes.items())),
        problems=tuple(problems),
        **counts,
    )


def _chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, size)):
        yield chunk


@dataclass
class _Clerk:
    """Knows the file, the seller and the day; finds seller and portfolio and hands out chunks."""

    store: Store
    manifest: Manifest
    now: datetime
    observed_at: datetime
    actor: str
    code: str = ""

    # Seller and portfolio

    def enrol(self, session: Session) -> Portfolio:
        """Find or store the seller and the portfolio. Raises ``RefusedPortfolioError``."""
        seller = self._seller(session)
        self.code = seller.code
        manifest = self.manifest
        known = debts.portfolio(session, manifest.portfolio_id, seller.code)
        if known is not None:
            if known.buyer_legal_name != manifest.buyer_legal_name:
                raise RefusedPortfolioError(
                    f"portfolio {manifest.portfolio_id} was sold to another buyer according to an "
                    "earlier file; ask the seller which one is right"
                )
            if back := debts.recalled(session, known.id):
                raise RefusedPortfolioError(
                    f"portfolio {known.ref} was recalled on {back.entered_at:%Y-%m-%d} by "
                    f"{back.actor}: its debts are the seller's again; what is sold anew needs a "
                    "portfolio_id of its own"
                )
            self._note_file(session, known)
            return known
        portfolio = Portfolio(
            id=uuid4(),
            ref=manifest.portfolio_id,
            seller_id=seller.id,
            buyer_legal_name=manifest.buyer_legal_name,
            agreement_ref=manifest.agreement_ref,
            agreement_date=manifest.agreement_date,
            cut_off_date=manifest.cut_off_date,
            transfer_effective_date=manifest.transfer_effective_date,
            currencies=list(manifest.currencies),
            row_count=manifest.row_count,
            control_total_minor=sum(manifest.control_total_minor.values()),
            sha256=manifest.sha256,
            recourse_until=manifest.recourse_until,
            resale_allowed=manifest.resale_allowed,
            facts={
                "control_total_minor": dict(manifest.control_total_minor),
                "purchase_price_minor": dict(manifest.purchase_price_minor),
                "forward_flow": manifest.forward_flow,
                "document_set_ref": manifest.document_set_ref,
                "files": [manifest.sha256],
            },
            imported_at=self.now,
            imported_by=self.actor,
        )
        debts.add_portfolio(session, portfolio)
        return portfolio

    def _note_file(self, session: Session, portfolio: Portfolio) -> None:
        files = portfolio.facts.get("files", [])
        if self.manifest.sha256 not in files:
            portfolio.facts = {**portfolio.facts, "files": [*files, self.manifest.sha256]}
            session.add(portfolio)

    def _seller(self, session: Session) -> Seller:
        name = self.manifest.seller_legal_name
        keys = self.store.keys
        code = self.manifest.seller_code or f"s-{keys.token('seller', name)[:10]}"
        seller = debts.seller_by_name(session, name)
        if seller is not None:
            if self.manifest.seller_code not in (None, seller.code):
                raise RefusedPortfolioError(
                    f"seller {name} is known under the code {seller.code}; write that in the "
                    "manifest, because the ids of its cases are made of it"
                )
            return seller
        if debts.seller_by_code(session, code) is not None:
            raise RefusedPortfolioError(
                f"the seller code {code} belongs to another seller; choose another one"
            )
        reached = {
            "registration": self.manifest.seller_registration,
            "address": self.manifest.seller_address,
            "phone": self.manifest.seller_phone,
            "email": self.manifest.seller_email,
            "contact": self.manifest.seller_contact,
        }
        seller = Seller(
            id=uuid4(),
            code=code,
            legal_name=name,
            contact={word: value for word, value in reached.items() if value},
            created_at=self.now,
        )
        debts.add_seller(session, seller)
        return seller

    def take(self, portfolio: Portfolio, rows: Sequence[Row]) -> _Done:
        """Store those rows that are new; say where a known one differs.

        Who writes nothing takes no turn to write: a file that is known already holds nobody up.
        """
        with self.store.reading() as session:
            chunk = _Chunk(self, session, portfolio)
            if chunk.only_known(rows):
                return chunk.done
        for last in (False, True):
            try:
                with self.store.writing() as session:
                    chunk = _Chunk(self, session, portfolio)
                    chunk.take(rows)
            except IntegrityError:
                # Another seller's import stored one of these people meanwhile: now they are known.
                if last:
                    raise
            else:
                return chunk.done
        raise AssertionError


@dataclass
class _Done:
    """What became of a chunk."""

    new: int = 0
    known: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Met:
    """A person of this chunk: what is written of them, the key to seal with, the known points."""

    columns: dict[str, Any]
    key: PersonKey
    tokens: set[tuple[str, str]]
    row: Debtor | None = None
    """Of somebody whom the store knew."""

    def born(self) -> str | None:
        """The birth date on record, as ISO 8601."""
        return self.key.open_json(self.columns["sealed"]).get("dob")


@dataclass
class _Chunk:
    """The rows of one transaction, written table by table and not row by row."""

    clerk: _Clerk
    session: Session
    portfolio: Portfolio
    done: _Done = field(default_factory=_Done)
    met: dict[str, _Met] = field(default_factory=dict)
    """By identity."""
    erased: set[str] = field(default_factory=set)
    made: dict[type[SQLModel], list[dict[str, Any]]] = field(
        default_factory=lambda: {table: [] for table in WRITTEN}
    )
    flags: list[tuple[UUID, UUID, PersonKey, Flag]] = field(default_factory=list)
    """Each with its debt and its debtor."""

    def only_known(self, rows: Sequence[Row]) -> bool:
        """Compare the rows with what is stored if all of them are; say whether they were."""
        known = self._amounts(rows)
        if len(known) < len(rows):
            return False
        for row in rows:
            self._compare(row, *known[row.account_ref])
        return True

    def take(self, rows: Sequence[Row]) -> None:
        debts.lock_seller(self.session, self.portfolio.seller_id)
        known = self._amounts(rows)
        fresh = [
            (row, [(self._identity(each), each) for each in _people(row)])
            for row in rows
            if row.account_ref not in known
        ]
        self._recall({identity for _, people in fresh for identity, _ in people})
        for row, people in fresh:
            self._add(row, people)
        for row in rows:
            if amount := known.get(row.account_ref):
                self._compare(row, *amount)
        self.session.flush()
        for table, made in self.made.items():
            insert_all(self.session, table, made)
        for flag in self.flags:
            self._stop(*flag)

    def _amounts(self, rows: Sequence[Row]) -> dict[str, tuple[str, int | None]]:
        refs = [row.account_ref for row in rows]
        return debts.amounts(self.session, self.portfolio.seller_id, refs)

    def _compare(self, row: Row, currency: str, total: int | None) -> None:
        self.done.known += 1
        if (currency, total) != (row.currency, row.total):
            self._note(
                row,
                "balance_not_changed",
                Severity.WARNING,
                "total",
                "the debt is known with another amount; an import never changes money, book the "
                "difference as a transaction",
            )

    def _add(self, row: Row, people: Sequence[tuple[str, Person]]) -> None:
        for identity, person in people:
            if problem := self._conflict(identity, person):
                self.done.refused += 1
                self._note(row, *problem)
                return
        first, *others = [self._meet(identity, person) for identity, person in people]
        debtor = first.columns
        token = self.clerk.store.keys.token(self.clerk.code, row.account_ref)
        debt, debtor_id = uuid4(), debtor["id"]
        self._write(
            Debt,
            id=debt,
            portfolio_id=self.portfolio.id,
            seller_id=self.portfolio.seller_id,
            account_ref=row.account_ref,
            debtor_id=debtor_id,
            workflow_id=f"case-{token}",
            jurisdiction=debtor["jurisdiction"],
            sub=debtor["sub"],
            currency=row.currency,
            product_type=row.product_type,
            facts=dict(row.facts),
            sealed=first.key.seal(dict(row.private)),
            limitation_date=row.limitation_date,
            created_at=self.clerk.now,
        )
        self._write(DebtParty, debt_id=debt, debtor_id=debtor_id)
        for liable, met in zip(row.liable, others, strict=True):
            self._write(DebtParty, debt_id=debt, debtor_id=met.columns["id"], role=liable.role)
        for n, link in enumerate(row.chain):
            self._write(OwnershipLink, debt_id=debt, n=n, **dict(link))
        self._charge(debt, debtor["jurisdiction"], row)
        self.flags += [(debt, debtor_id, first.key, flag) for flag in row.flags]
        self._write(
            Act,
            at=self.clerk.now,
            observed_at=self.clerk.observed_at,
            debt_id=debt,
            debtor_id=debtor_id,
            what="debt.imported",
            reason=self.portfolio.ref,
            actor=self.clerk.actor,
            facts={"sha256": self.clerk.manifest.sha256, "row": row.row},
        )
        self.done.new += 1

    def _write(self, table: type[SQLModel], **told: Any) -> None:
        self.made[table].append(values(table, **told))

    def _charge(self, debt: UUID, jurisdiction: str, row: Row) -> None:
        """Book what was owed on the cut-off date, one entry for each part of the balance."""
        policy = policy_for(jurisdiction).ref
        for seq, (bucket, minor) in enumerate(row.buckets.items(), 1):
            self._write(
                LedgerEntry,
                id=uuid4(),
                debt_id=debt,
                seq=seq,
                kind=EntryKind.CHARGE,
                minor=minor,
                currency=row.currency,
                bucket=bucket,
                value_date=self.clerk.manifest.cut_off_date,
                booked_at=self.clerk.now,
                observed_at=self.clerk.observed_at,
                source=SOURCE,
                external_id=f"{debt}:{bucket}",
                policy=policy,
                actor=self.clerk.actor,
                reason="opening_balance",
            )

    def _stop(self, debt: UUID, debtor: UUID, key: PersonKey, flag: Flag) -> None:
        of_person = flag.scope in (Scope.DEBTOR, Scope.CHANNEL)
        stop, _ = stops.enter(
            self.session,
            flag.kind,
            flag.scope,
            now=self.clerk.now,
            observed_at=self.clerk.observed_at,
            reason=flag.reason,
            actor=self.clerk.actor,
            source=SOURCE,
            external_id=":".join(
                part for part in (str(debt), flag.kind, flag.reason, flag.channel) if part
            ),
            debt_id=None if of_person else debt,
            debtor_id=debtor if of_person else None,
            channel=flag.channel,
            effective_from=_midnight(flag.effective_from),
            until=_midnight(flag.until, after=True),
            facts=dict(flag.facts),
            sealed=key.seal(dict(flag.private)) if flag.private else None,
        )
        fold_closed(self.session, stop, self.clerk.now)

    # People

    def _identity(self, person: Person) -> str:
        """Recognise a person over sellers by the hash of an id number, else within the seller."""
        keys = self.clerk.store.keys
        if person.id_number_hash:
            return keys.token("id", person.id_number_type or "", person.id_number_hash)
        return keys.token("customer", self.clerk.code, person.customer_ref)

    def _recall(self, identities: Iterable[str]) -> None:
        """Find those of these people whom the store knows, and hold them until the commit."""
        known = debtors.lock_known(self.session, identities)
        if not known:
            return
        people = [found.id for found in known.values()]
        keys = self.clerk.store.keys.person_keys(self.session, people)
        tokens = debtors.tokens(self.session, people)
        for identity, found in known.items():
            if (key := keys.get(found.id)) is None:
                self.erased.add(identity)
                continue
            columns = {name: getattr(found, name) for name in KNOWN}
            self.met[identity] = _Met(columns, key, tokens.get(found.id, set()), found)

    def _conflict(self, identity: str, person: Person) -> tuple[str, Severity, str, str] | None:
        """Say why a known person cannot be the one of the row."""
        if identity in self.erased:
            return (
                "person_erased",
                Severity.REFUSED,
                "customer_ref",
                "this person's data was erased on request; compliance must decide",
            )
        met = self.met.get(identity)
        if met is None or person.dob is None:
            return None
        if met.born() in (None, person.dob.isoformat()):
            return None
        return (
            "person_conflict",
            Severity.REFUSED,
            "dob",
            "the person is known with another birth date; two people must not become one",
        )

    def _meet(self, identity: str, person: Person) -> _Met:
        """Introduce a person, or add what is new about a known one."""
        met = self.met.get(identity)
        if met is None:
            met = self.met[identity] = self._introduce(person, identity)
        else:
            columns = met.columns
            columns["zones"] = list(all_zones([columns["zones"], person.zones]))
            columns["language"] = columns["language"] or person.language
            if columns["minor_at_origination"] is None:
                columns["minor_at_origination"] = person.minor_at_origination
            if met.row is not None:
                for name in LEARNT:
                    setattr(met.row, name, columns[name])
        self._add_points(met, person)
        return met

    def _introduce(self, person: Person, identity: str) -> _Met:
        ident = uuid4()
        key, wrapped = self.clerk.store.keys.fresh_key(ident, self.clerk.now)
        self.made[DataKey].append(wrapped)
        columns = values(
            Debtor,
            id=ident,
            key=_short(),
            identity=identity,
            kind=person.kind,
            jurisdiction=person.jurisdiction,
            sub=person.sub,
            language=person.language,
            zones=list(person.zones),
            declared_zone=person.declared_zone,
            minor_at_origination=person.minor_at_origination,
            sealed=key.seal(_private(person)),
            preferences={"hours": person.preferred_hours} if person.preferred_hours else {},
            created_at=self.clerk.now,
        )
        self.made[Debtor].append(columns)
        return _Met(columns, key, set())

    def _add_points(self, met: _Met, person: Person) -> None:
        """Write those numbers and addresses that are not known yet."""
        for rank, point in enumerate(person.points):
            self._add_point(
                met,
                point.kind,
                point.value,
                point.value,
                line=point.line,
                zones=list(point.zones),
                rank=rank,
                source=point.source or "seller",
                as_of=point.as_of,
                consents={channel: dict(said) for channel, said in point.consents.items()},
            )
        address = person.address
        if address.line1 and address.city:
            words = address.model_dump(mode="json", exclude={"as_of"}, exclude_none=True)
            self._add_point(
                met,
                "address",
                " ".join(words.values()),
                words,
                zones=list(person.zones),
                rank=len(person.points),
                source="seller",
                as_of=address.as_of,
            )

    def _add_point(
        self, met: _Met, kind: str, text: str, content: str | dict[str, Any], **told: Any
    ) -> None:
        token = debtors.point_token(self.clerk.store.keys, kind, text)
        if (kind, token) in met.tokens:
            return
        met.tokens.add((kind, token))
        self._write(
            ContactPoint,
            id=uuid4(),
            debtor_id=met.columns["id"],
            kind=kind,
            token=token,
            sealed=met.key.seal(content),
            created_at=self.clerk.now,
            **told,
        )

    def _note(self, row: Row, code: str, severity: Severity, name: str, message: str) -> None:
        self.done.problems.append(
            Problem(
                code=code,
                severity=severity,
                message=message,
                row=row.row,
                account_ref=row.account_ref,
                field=name,
            )
        )


def _people(row: Row) -> list[Person]:
    return [row.debtor, *(liable.person for liable in row.liable)]


def _private(person: Person) -> dict[str, Any]:
    """What only letters, calls and identity checks need to know about a person."""
    return {
        **person.names,
        "dob": person.dob.isoformat() if person.dob else None,
        "id_number_type": person.id_number_type,
        "customer_ref": person.customer_ref,
        "address": person.address.model_dump(mode="json", exclude_none=True),
        "finances": dict(person.finances),
    }


def _midnight(day: date | None, *, after: bool = False) -> datetime | None:
    """Answer where a day begins, or ends, in UTC."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1 if after else 0), time.min, UTC)


def _short() -> str:
    """Make an opaque name of a person: random, so that nothing can be learnt from it."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]


# Starting


class IntakeActivities:
    """Collaborators are handed in, so that tests hand in others."""

    def __init__(self, store: Store, client: Client, threads: Executor) -> None:
        self.store = store
        self.client = client
        self.threads = threads

    @activity.defn
    async def open_page(self, page: Page) -> PageDone:
        """Start the next cases of a portfolio that the store says may start; safe to repeat."""
        loop = asyncio.get_running_loop()
        ready, after = await loop.run_in_executor(self.threads, self._ready, page)
        started, refused = await start_cases(self.client, ready, beat=activity.heartbeat)
        return PageDone(after=after, started=started, refused=refused, last=len(ready) < page.size)

    def _ready(self, page: Page) -> tuple[list[Ready], str]:
        with self.store.reading() as session:
            ready = list(ready_cases(session, page))
        return ready, ready[-1].workflow_id if ready else page.after


def ready_cases(session: Session, page: Page) -> Iterator[Ready]:
    """Answer a page of the cases that the store says may start."""
    for debt, key, seller, ref in debts.to_start(session, page.portfolio, page.after, page.size):
        yield ready(debt, key, seller, ref, page.shift)


async def start_cases(
    client: Client, ready: Iterable[Ready], *, beat: Callable[[], object] | None = None
) -> tuple[int, int]:
    """Start cases side by side; answer how many run now and how many had ended before.

    A case that runs already is left alone and counts as running. ``beat`` is called after each.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: Ready) -> bool:
        async with places:
            running = await start(client, each)
        if beat:
            beat()
        return running

    running = await asyncio.gather(*(one(each) for each in ready))
    return sum(running), len(running) - sum(running)
