"""A gateway on loopback in front of a real store with two people and three debts."""

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

import httpx
import pytest
import uvicorn
from sqlmodel import Session, select

from connectors.signature import sign
from gateway.main import create_app
from models.tables import (
    ContactPoint,
    ContactRow,
    Debt,
    Debtor,
    InboxItem,
    Portfolio,
    Seller,
    Stop,
    WorkItem,
)
from runtime.settings import load
from store import debt as debts
from store import debtor as debtors
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade

NOW = datetime(2026, 7, 3, 15, tzinfo=UTC)
"""Business time; the wall's is another day on purpose."""

WALL = datetime(2026, 11, 24, 9, tzinfo=UTC)
MOBILE = "+12025550143"
MAIL = "li.wei@example.com"


class FixedClock:
    def now(self):
        return NOW

    def shift(self):
        return NOW - WALL


@dataclass
class Gateway:
    """What a test needs: ways to send signed bodies, and eyes on the store."""

    url: str
    http: httpx.AsyncClient
    store: Store
    wall: datetime = WALL

    async def post(self, path: str, body: object, *, secret: str = "s1", **headers: str):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = int(self.wall.timestamp())
        signed = {"Cession-Timestamp": str(at), "Cession-Signature": f"v1={sign(raw, secret, at)}"}
        if path == "/v1/stripe":
            signed = {"Stripe-Signature": f"t={at},v1={sign(raw, secret, at)}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, content=raw, headers={**signed, **named})

    def rows(self, table, **where):
        with self.store.reading() as session:
            found = session.exec(select(table).filter_by(**where)).all()
            return list(found)

    def save(self, row):
        with self.store.writing() as session:
            session.add(row)
        return row


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "cession.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(database_url, tmp_path, sqlite_template):
    if database_url.startswith("sqlite"):
        shutil.copy(sqlite_template, database_url.removeprefix("sqlite:///"))
    else:
        upgrade(database_url)
    opened = Store.open(database_url, Keys.load_or_create(tmp_path / "keys"))
    with opened.writing() as session:
        _fill(session, opened.keys)
    yield opened
    opened.close()


def _fill(session: Session, keys: Keys) -> None:
    """Two sellers; Li Wei owes US1 to one and US9 to the other, Ann Lee owes US2 and has her own
    number; both share a landline.
    """
    portfolios = {}
    for code in ("north", "south"):
        seller = Seller(id=uuid4(), code=code, legal_name=f"{code} Bank", created_at=NOW)
        debts.add_seller(session, seller)
        portfolio = Portfolio(
            id=uuid4(), ref=f"P-{code}", seller_id=seller.id, buyer_legal_name="Harbour Claims",
            agreement_ref="A1", agreement_date=date(2026, 5, 1), cut_off_date=date(2026, 4, 30),
            transfer_effective_date=date(2026, 5, 1), currencies=["USD"], row_count=2,
            control_total_minor=100, sha256=code, imported_at=NOW, imported_by="tests",
        )  # fmt: skip
        debts.add_portfolio(session, portfolio)
        portfolios[code] = portfolio
    people = {"li": [MOBILE, MAIL], "ann": ["+12025550199"]}
    owed = {"US1": ("li", "north"), "US9": ("li", "south"), "US2": ("ann", "north")}
    ids = {}
    for name, points in people.items():
        ids[name] = uuid4()
        key = keys.new_data_key(session, ids[name], NOW)
        debtors.add(
            session,
            Debtor(
                id=ids[name], key=name, identity=name, jurisdiction="US", language="en-US",
                sealed=key.seal({"name": name}), created_at=NOW,
            ),
        )  # fmt: skip
        for value in (*points, "+12025550100"):
            kind = "email" if "@" in value else "phone"
            debtors.add_point(
                session,
                ContactPoint(
                    id=uuid4(), debtor_id=ids[name], kind=kind, token=keys.token(kind, value),
                    sealed=key.seal(value), created_at=NOW,
                ),
            )  # fmt: skip
    for ref, (name, code) in owed.items():
        debts.add(
            session,
            Debt(
                id=uuid4(), portfolio_id=portfolios[code].id, seller_id=portfolios[code].seller_id,
                account_ref=ref, debtor_id=ids[name], workflow_id=f"case-{ref.lower()}",
                jurisdiction="US", currency="USD", product_type="card", sealed=b"-",
                status="open", created_at=NOW,
            ),
        )  # fmt: skip


@asynccontextmanager
async def serving(store: Store, wake=lambda: None, **words):
    """Serve an application of its own on a free port."""
    settings = load(
        {},
        payment_secrets={"north": ["s1", "s1-next"], "south": ["other"]},
        stripe_secrets=["s1"],
        receipt_secrets={"infobip": ["s1"], "post": ["s1"], "sms": ["s1"], "mail": ["s1"]},
        **words,
    )
    app = create_app(settings, store, FixedClock(), wake=wake, wall=lambda: WALL)
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Gateway(url, http, store)
    server.should_exit = True
    await task


@pytest.fixture
async def gateway(store):
    async with serving(store) as gateway:
        yield gateway


@pytest.fixture
def serve():
    return serving


@pytest.fixture
def notice():
    """Make the body of a payment notice."""

    def make(**changes):
        body = {
            "id": "ev-1",
            "debt": "US1",
            "amount": "200.00",
            "currency": "USD",
            "paid_at": "2026-07-03T10:00:00-04:00",
            "method": "transfer",
        }
        return {**body, **changes}

    return make


@pytest.fixture
def sent(gateway):
    """Record a message as it stands after, or during, its sending."""

    def make(ref: str = "US1", **words) -> ContactRow:
        debt = gateway.rows(Debt, account_ref=ref)[0]
        fields = {
            "id": uuid4(), "debtor_id": debt.debtor_id, "debt_id": debt.id, "channel": "sms",
            "state": "sent", "outcome": "sent", "at": NOW, "ordinal": 1,
            "number": gateway.store.keys.token("phone", MOBILE),
        }  # fmt: skip
        return gateway.save(ContactRow(**{**fields, **words}))

    return make


@pytest.fixture
def inbox(gateway):
    """Answer what the store took in."""

    def look(**where) -> list[InboxItem]:
        return gateway.rows(InboxItem, **where)

    return look


@pytest.fixture
def stops(gateway):
    """Answer the stops as readable tuples."""

    def look() -> set[tuple[str, str, str | None]]:
        return {(stop.kind, stop.scope, stop.channel) for stop in gateway.rows(Stop)}

    return look


@pytest.fixture
def items(gateway):
    def look() -> list[WorkItem]:
        return gateway.rows(WorkItem)

    return look
