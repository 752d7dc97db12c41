"""A whole installation on simulated time, and debts to put into it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import dropwhile
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlmodel import col, select
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.contact import ContactActivities
from activities.office import Office
from activities.start import ready_case, start
from models.case import Answer, SendAsk
from models.contact import Channel
from models.tables import (
    ContactPoint,
    ContactRow,
    Debt,
    Debtor,
    DebtParty,
    OwnershipLink,
    Portfolio,
    Seller,
)
from models.visibility import SA
from rules.packs import load_packs
from runtime.settings import PACKS, load
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from worker import host
from worker.simulation import Simulation, simulated

DAY = timedelta(days=1)

CANCELLED = "workflow_execution_cancel_requested_event_attributes"

COLLECTOR = {
    "collector_name": "Northlake Recovery LLC",
    "collector_address": "100 Example Street\nSpringfield, NY 10001",
    "collector_phone": "+1 202-555-0100",
    "collector_email": "help@northlake.example.com",
    "collector_pay_site": "https://pay.northlake.example.com/",
    "collector_account": "000123456",
    "collector_bank": "Example Bank, Springfield",
    "collector_licence": "L-0001",
    "collector_registration": "91310000EXAMPLE001",
    "collector_envelope_name": "Northlake",
    "collector_hours": "Mon-Fri 9-17",
    "collector_privacy": "privacy@northlake.example.com",
}

NEW_YORK = {
    "jurisdiction": "US",
    "sub": "NY",
    "zone": "America/New_York",
    "language": "en-US",
    "currency": "USD",
    "buckets": {"fees": 5000, "interest": 12000, "principal": 100000},
    "facts": {
        "due_date": "2025-11-01",
        "delinquency_date": "2025-11-02",
        "last_payment_date": "2025-10-20",
        "origination_date": "2023-05-01",
        "annual_rate": "0.12",
        "itemization": {
            "type": "charge_off",
            "date": "2026-04-30",
            "balance": 115000,
            "interest": 2000,
            "fees": 0,
            "payments": 0,
            "credits": 0,
        },
    },
    "phone": "+12025550123",
    "consents": {"sms": {"consent": "yes", "at": "2026-06-10T12:00:00+00:00"}},
}

SHANGHAI = {
    "jurisdiction": "CN",
    "sub": None,
    "zone": "Asia/Shanghai",
    "language": "zh-CN",
    "currency": "CNY",
    "buckets": {"fees": 5000, "interest": 12000, "principal": 100000},
    "facts": {
        "due_date": "2025-11-01",
        "delinquency_date": "2025-11-02",
        "last_payment_date": "2025-10-20",
        "origination_date": "2023-05-01",
        "annual_rate": "0.12",
        "assignment_notice": {"by": "joint"},
    },
    "phone": "+8619900000001",
    "consents": {"sms": {"consent": "yes", "at": "2026-02-20T04:00:00+00:00"}},
}


@dataclass
class World:
    """The installation with shortcuts that read as sentences."""

    sim: Simulation

    @property
    def office(self):
        return self.sim.office

    async def open(self, given: dict[str, Any], *, account: str = "A-1", **changes: Any) -> Debt:
        """Store one debt and start its case, as an import would."""
        return await self.begin(self.store(given, account=account, **changes))

    def store(self, given: dict[str, Any], *, account: str = "A-1", **changes: Any) -> Debt:
        """Store one debt whose case has not begun."""
        row = {**given, **changes}
        with self.office.store.writing() as session:
            return store_debt(session, self.office.store.keys, row, account, self.sim.now)

    async def begin(self, debt: Debt) -> Debt:
        with self.office.store.reading() as session:
            ready = ready_case(session, debt, self.sim.lockstep.shift)
        await start(self.sim.client, ready)
        self.sim.adopt(debt, ready.case.shift)
        await self.sim.settle(debt.account_ref)
        return debt

    def debt(self, account: str = "A-1") -> Debt:
        with self.office.store.reading() as session:
            return debts.by_ref(session, account)[0]

    def contacts(self, account: str = "A-1") -> list[ContactRow]:
        """Everything that left, or may have left, oldest first."""
        with self.office.store.reading() as session:
            return list(
                session.exec(
                    select(ContactRow)
                    .where(
                        col(ContactRow.debt_id) == self.debt(account).id,
                        col(ContactRow.state).in_(("sent", "unknown", "sending")),
                        col(ContactRow.direction) == "out",
                    )
                    .order_by(col(ContactRow.at))
                ).all()
            )

    async def ask_past(self, instant: datetime, account: str = "A-1") -> None:
        """Have a case look again now, and let the store answer only after ``instant``."""
        await self.sim.bring(account)
        await self.busy((instant - self.sim.now).total_seconds() + 0.5, account)

    async def busy(self, seconds: float, account: str = "A-1") -> None:
        """Have a case look again now, and let the store answer only after so much real time."""
        over = time.monotonic() + seconds
        with self.office.store.writing():
            await self.sim.tell(self.debt(account).workflow_id, "nothing")
            while time.monotonic() < over:
                await asyncio.sleep(0.01)

    async def cancel_unanswered(self, account: str = "A-1") -> None:
        """Cancel a case that has asked the store and gets no answer, until it has read of that."""
        handle = self.handle(account)
        with self.office.store.writing():
            await self.sim.tell(handle.id, "nothing")
            while not (await handle.describe()).raw_description.pending_workflow_task.HasField(
                "started_time"
            ):
                await asyncio.sleep(0.01)
            await handle.cancel()
            read: list[str | None] = []
            while "workflow_task_completed_event_attributes" not in read:
                await asyncio.sleep(0.05)
                events = (await handle.fetch_history()).events
                kinds = [event.WhichOneof("attributes") for event in events]
                read = list(dropwhile(lambda kind: kind != CANCELLED, kinds))

    def handle(self, account: str = "A-1"):
        return self.sim.client.get_workflow_handle(self.debt(account).workflow_id)


def store_debt(session, keys, row: dict[str, Any], account: str, now: datetime) -> Debt:
    code = row.get("seller", "s1")
    seller = debts.seller_by_code(session, code)
    if seller is None:
        seller = Seller(
            id=uuid4(),
            code=code,
            legal_name=f"Example Bank {code}",
            contact={
                "phone": "+1 202-555-0177",
                "registration": "91310000EXAMPLE002",
                "contact": "Transfer desk",
                "address": "1 Example Plaza\nSpringfield",
            },
            created_at=now,
        )
        session.add(seller)
        session.flush()
    portfolio = debts.portfolio(session, f"P-{code}")
    if portfolio is None:
        portfolio = Portfolio(
            id=uuid4(),
            ref=f"P-{code}",
            seller_id=seller.id,
            buyer_legal_name="Northlake Recovery LLC",
            agreement_ref="AG-1",
            agreement_date=date(2026, 1, 10),
            cut_off_date=date(2026, 1, 31),
            transfer_effective_date=date(2026, 2, 1),
            currencies=[row["currency"]],
            row_count=1,
            control_total_minor=0,
            sha256=uuid4().hex,
            imported_at=now,
            imported_by="tester",
        )
        session.add(portfolio)
        session.flush()
    person: UUID = row.get("debtor") or uuid4()
    if session.get(Debtor, person) is None:
        _store_person(session, keys, row, person, now)
    debt = Debt(
        id=uuid4(),
        portfolio_id=portfolio.id,
        seller_id=seller.id,
        account_ref=account,
        debtor_id=person,
        workflow_id=f"case-{keys.token(code, account)}",
        jurisdiction=row["jurisdiction"],
        sub=row["sub"],
        currency=row["currency"],
        product_type="credit_card",
        facts={"total": sum(row["buckets"].values()), **row["facts"]},
        sealed=keys.person_key(session, person).seal(
            {"contract_ref": "C-1", "account_number_masked": "****1234"}
        ),
        limitation_date=row.get("limitation_date"),
        created_at=now,
    )
    session.add(debt)
    session.flush()
    session.add(DebtParty(debt_id=debt.id, debtor_id=person))
    for n, owner in enumerate(("Example Bank", "Northlake Recovery LLC")):
        session.add(
            OwnershipLink(
                debt_id=debt.id,
                n=n,
                owner=owner,
                assigned_on=date(2026, 2, 1) if n else None,
                doc_ref="AG-1" if n else None,
            )
        )
    for bucket, minor in row["buckets"].items():
        money.append(
            session,
            debt.id,
            kind="charge",
            minor=minor,
            currency=row["currency"],
            value_date=date(2026, 1, 31),
            booked_at=now,
            observed_at=now,
            source="import",
            external_id=f"{account}:{bucket}",
            policy="import",
            actor="tester",
            reason="opening_balance",
            bucket=bucket,
        )
    return debt


def _store_person(session, keys, row: dict[str, Any], person: UUID, now: datetime) -> None:
    sealed_later = Debtor(
        id=person,
        key=person.hex[:12],
        identity=keys.token("identity", person.hex),
        jurisdiction=row["jurisdiction"],
        sub=row["sub"],
        language=row["language"],
        zones=[row["zone"]],
        sealed=b"",
        preferences=row.get("preferences", {}),
        minor_at_origination=row.get("minor", False),
        created_at=now,
    )
    session.add(sealed_later)
    session.flush()
    key = keys.new_data_key(session, person, now)
    sealed_later.sealed = key.seal(
        {
            "full_name": row.get("name", "Quimby Testperson"),
            "last_name": "Testperson",
            "address": {"line1": "12 Example Road", "city": "Springfield", "country": "US"},
        }
    )
    session.add(sealed_later)
    values = {
        "phone": row.get("phone"),
        "email": row.get("email", "quimby@example.com"),
        "address": row.get("address", "12 Example Road, Springfield"),
    }
    for kind, value in values.items():
        if value is None:
            continue
        debtors.add_point(
            session,
            ContactPoint(
                id=uuid4(),
                debtor_id=person,
                kind=kind,
                token=debtors.point_token(keys, kind, value),
                sealed=key.seal(value),
                line="mobile" if kind == "phone" else "home",
                zones=[],
                source="contract",
                consents={
                    "email": {"basis": "consumer_used"},
                    **row.get("consents", {}),
                },
                created_at=now,
            ),
        )


@pytest.fixture
def make_world(client, database_url, tmp_path) -> Callable[..., Any]:
    """A world that begins at a given business time."""

    def make(
        start: datetime, spread: timedelta = timedelta(0), using: Client = client, **settings: Any
    ):
        chosen = load(
            {},
            var=tmp_path,
            database_url=settings.pop("database_url", database_url),
            simulation=True,
            payment_secrets={"s1": ["pay"], "s2": ["pay"]},
            receipt_secrets={name: ["rec"] for name in (*Channel, "carrier")},
            **COLLECTOR,
            **settings,
        )
        return simulated(chosen, using, start, spread=spread)

    return make


@pytest_asyncio.fixture
async def world(make_world, request):
    """Begins on Monday 2026-03-02 in Shanghai unless a ``start`` mark says otherwise."""
    mark = request.node.get_closest_marker("start")
    start = datetime.fromisoformat(mark.args[0]) if mark else datetime(2026, 3, 2, 1, tzinfo=UTC)
    async with make_world(start) as sim:
        yield World(sim)
        for name in sim.lockstep.open:
            try:
                await sim.client.get_workflow_handle(name).terminate("test over")
            except RPCError:
                continue


def attributes(described) -> dict[str, Any]:
    """The search attributes of a case by name."""
    found = described.typed_search_attributes
    return {key.name: found.get(key) for key in SA.ALL if found.get(key) is not None}


@pytest.fixture
def released_in_part(monkeypatch, tmp_path) -> None:
    """Workers that send have the packs of the next release, by which the day begins at eleven; the
    workers that check do not have them yet.
    """
    packs = shutil.copytree(PACKS / "jurisdictions", tmp_path / "next")
    law = packs / "US-FED.toml"
    text = law.read_text("utf-8")
    law.write_text(text.replace('opens = "08:00"', 'opens = "11:00"'), "utf-8")

    class Stricter(ContactActivities):
        def __init__(self, office: Office) -> None:
            super().__init__(office)
            self.next = ContactActivities(replace(office, law=load_packs(packs)))

        @activity.defn
        async def send(self, ask: SendAsk) -> Answer:
            return await self.next.send(ask)

    monkeypatch.setattr(host, "ContactActivities", Stricter)


@pytest.fixture
def shanghai() -> dict[str, Any]:
    return dict(SHANGHAI)


@pytest.fixture
def new_york() -> dict[str, Any]:
    return dict(NEW_YORK)
