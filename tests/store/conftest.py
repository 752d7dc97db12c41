from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlmodel import Session, SQLModel

from models.tables import ContactPoint, ContactRow, Debt, Debtor, DebtParty, Portfolio, Seller
from store import debt as debts
from store import debtor as debtors
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def emptied(postgres: str) -> str:
    """A PostgreSQL database at this release's schema that each test leaves empty."""
    with psycopg.connect(plain(postgres), autocommit=True) as server:
        server.execute("CREATE DATABASE cession_store TEMPLATE template0")
    url = in_database(postgres, "cession_store")
    upgrade(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "cession.db"
    upgrade(f"sqlite:///{path}")
    return path


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own at this release's schema, empty."""
    if request.param == "sqlite":
        path = tmp_path / "cession.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    address = request.getfixturevalue("emptied")
    yield address
    with psycopg.connect(plain(address)) as server:
        for table in reversed(SQLModel.metadata.sorted_tables):
            server.execute(f'DELETE FROM "{table.name}"')


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database that nobody has set up."""
    return request.getfixturevalue(f"{request.param}_url")


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def in_database(server: str, name: str) -> str:
    head, _, query = server.partition("?")
    return head.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.load_or_create(tmp_path / "keys")


@pytest.fixture
def store(url: str, keys: Keys) -> Iterator[Store]:
    opened = Store.open(url, keys)
    yield opened
    opened.close()


@dataclass
class World:
    """Makes rows with sensible values; every word can be overridden."""

    store: Store
    now: datetime = NOW
    seller_id: UUID = field(default_factory=uuid4)
    portfolio_id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        with self.store.writing() as session:
            debts.add_seller(
                session,
                Seller(id=self.seller_id, code="s1", legal_name="Nord Bank", created_at=self.now),
            )
            debts.add_portfolio(
                session,
                Portfolio(
                    id=self.portfolio_id,
                    ref="P1",
                    seller_id=self.seller_id,
                    buyer_legal_name="Harbour Claims",
                    agreement_ref="A1",
                    agreement_date=date(2026, 10, 1),
                    cut_off_date=date(2026, 9, 30),
                    transfer_effective_date=date(2026, 10, 1),
                    currencies=["CNY"],
                    row_count=1,
                    control_total_minor=100,
                    sha256="00",
                    imported_at=self.now,
                    imported_by="tests",
                ),
            )

    def debtor(self, name: str = "Wang Xiaoming", **words) -> Debtor:
        ident = uuid4()
        with self.store.writing() as session:
            key = self.store.keys.new_data_key(session, ident, self.now)
            row = Debtor(
                **{
                    "id": ident,
                    "key": ident.hex[:12],
                    "identity": ident.hex,
                    "jurisdiction": "CN",
                    "sealed": key.seal({"name": name}),
                    "created_at": self.now,
                    **words,
                }
            )
            assert debtors.add(session, row)
        return row

    def point(self, debtor: Debtor, value: str = "+12025550143", **words) -> ContactPoint:
        with self.store.writing() as session:
            key = self.store.keys.person_key(session, debtor.id)
            row = ContactPoint(
                **{
                    "id": uuid4(),
                    "debtor_id": debtor.id,
                    "kind": "phone",
                    "token": self.store.keys.token("phone", value),
                    "sealed": key.seal(value),
                    "created_at": self.now,
                    **words,
                }
            )
            assert debtors.add_point(session, row)
        return row

    def debt(self, debtor: Debtor, *others: Debtor, **words) -> Debt:
        ident = uuid4()
        with self.store.writing() as session:
            key = self.store.keys.person_key(session, debtor.id)
            row = Debt(
                **{
                    "id": ident,
                    "portfolio_id": self.portfolio_id,
                    "seller_id": self.seller_id,
                    "account_ref": f"ACC-{ident.hex[:8]}",
                    "debtor_id": debtor.id,
                    "workflow_id": f"case-{ident.hex[:20]}",
                    "jurisdiction": "CN",
                    "currency": "CNY",
                    "product_type": "credit_card",
                    "sealed": key.seal({"contract": "C-1"}),
                    "status": "open",
                    "created_at": self.now,
                    **words,
                }
            )
            parties = [
                DebtParty(debt_id=ident, debtor_id=other.id, role="co_debtor") for other in others
            ]
            assert debts.add(session, row, parties=parties)
        return row

    def contact(self, debt: Debt, **words) -> ContactRow:
        row = ContactRow(
            **{
                "id": uuid4(),
                "debtor_id": debt.debtor_id,
                "debt_id": debt.id,
                "channel": "sms",
                "state": "reserved",
                "at": self.now,
                **words,
            }
        )
        with self.store.writing() as session:
            session.add(row)
        return row

    def writing(self, act: Callable[[Session], object]) -> object:
        with self.store.writing() as session:
            return act(session)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)
