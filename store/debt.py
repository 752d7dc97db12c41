"""Debts, their sellers and portfolios, and who owned them when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.stop import StopKind
from models.tables import Debt, Debtor, DebtParty, OwnershipLink, Portfolio, Seller, Stop
from store.engine import insert_once

PREFIX = 6
"""Shortest part of an id that is looked up: 16 million ids apart."""

_HEX_OF_A_UUID = 32


REVIVED = 16
"""Debts begun again at a time."""


class UnknownDebtError(LookupError):
    """No debt has this id."""

    hopeless = True

    def __init__(self, debt_id: UUID) -> None:
        self.debt_id = debt_id
        super().__init__(f"no debt {debt_id} in the store")


def get(session: Session, debt_id: UUID) -> Debt:
    """Answer a debt; raises ``UnknownDebtError``."""
    debt = session.get(Debt, debt_id)
    if debt is None:
        raise UnknownDebtError(debt_id)
    return debt


def by_workflow(session: Session, workflow_id: str) -> Debt | None:
    """Answer the debt of a workflow."""
    return session.exec(select(Debt).where(col(Debt.workflow_id) == workflow_id)).one_or_none()


def by_ref(session: Session, ref: str, seller: str | None = None) -> list[Debt]:
    """Answer the debts that a person may mean by a reference, at best one.

    Accepted are the seller's account reference, the workflow id, and the debt's id or a beginning
    of at least six digits of it. ``seller`` is a seller's code and narrows account references.
    """
    means = [col(Debt.account_ref) == ref, col(Debt.workflow_id) == ref]
    digits = ref.replace("-", "").lower()
    if PREFIX <= len(digits) <= _HEX_OF_A_UUID and not set(digits) - set("0123456789abcdef"):
        first = UUID(digits.ljust(_HEX_OF_A_UUID, "0"))
        last = UUID(digits.ljust(_HEX_OF_A_UUID, "f"))
        means.append(col(Debt.id).between(first, last))
    asked = select(Debt).where(or_(*means)).order_by(col(Debt.account_ref), col(Debt.id))
    if seller is not None:
        asked = asked.join(Seller, col(Seller.id) == col(Debt.seller_id)).where(
            col(Seller.code) == seller
        )
    found = list(session.exec(asked))
    exact = [debt for debt in found if ref in (debt.account_ref, debt.workflow_id)]
    return exact or found


_NAMED = select(Debt).where(
    or_(col(Debt.account_ref) == bindparam("ref"), col(Debt.workflow_id) == bindparam("ref"))
)
_NAMED_OF = _NAMED.join(Seller, col(Seller.id) == col(Debt.seller_id)).where(
    col(Seller.code) == bindparam("seller")
)
"""Built once: every payment notice asks this."""


def named(session: Session, ref: str, seller: str | None = None) -> list[Debt]:
    """Answer the debts that a machine names in full: account reference, workflow id or own id.

    ``seller`` is a seller's code; debts of others are not answered then.
    """
    if seller is None:
        found = list(session.exec(_NAMED, params={"ref": ref}))
    else:
        found = list(session.exec(_NAMED_OF, params={"ref": ref, "seller": seller}))
    return found or [debt for debt in by_ref(session, ref, seller) if str(debt.id) == ref]


class Named(NamedTuple):
    """What of a debt is needed to take in money for it."""

    id: UUID
    debtor_id: UUID
    account_ref: str
    workflow_id: str
    seller: str


_ALL_NAMED = (
    columns(
        col(Debt.id),
        col(Debt.debtor_id),
        col(Debt.account_ref),
        col(Debt.workflow_id),
        col(Seller.code),
    )
    .join(Seller, col(Seller.id) == col(Debt.seller_id))
    .where(
        or_(
            col(Debt.account_ref).in_(bindparam("refs", expanding=True)),
            col(Debt.workflow_id).in_(bindparam("refs", expanding=True)),
        )
    )
)


def all_named(session: Session, refs: Collection[str]) -> list[Named]:
    """Answer every debt, of any seller, whose account reference or workflow id is among these."""
    found = session.connection().execute(_ALL_NAMED, {"refs": sorted(refs)})
    return [Named(*row) for row in found]


def workflows(session: Session, debts: Collection[UUID]) -> dict[UUID, str]:
    """Answer the workflow ids of debts."""
    asked = columns(col(Debt.id), col(Debt.workflow_id)).where(col(Debt.id).in_(sorted(debts)))
    return {row[0]: row[1] for row in session.connection().execute(asked)} if debts else {}


def reopening(session: Session) -> list[UUID]:
    """Answer debts that are owed again and have no case yet, a few at a time."""
    waiting = select(Debt.id).where(col(Debt.status) == "reopening").order_by(col(Debt.id))
    return list(session.exec(waiting.limit(REVIVED)))


def of_debtor(session: Session, debtor_id: UUID) -> list[Debt]:
    """Answer all debts that a person is liable for, as debtor, co-debtor or guarantor."""
    liable = select(DebtParty.debt_id).where(col(DebtParty.debtor_id) == debtor_id)
    return list(
        session.exec(
            select(Debt)
            .where(or_(col(Debt.debtor_id) == debtor_id, col(Debt.id).in_(liable)))
            .order_by(col(Debt.created_at), col(Debt.account_ref))
        )
    )


def parties(session: Session, debt_id: UUID) -> list[DebtParty]:
    """Answer who is liable for a debt."""
    return list(
        session.exec(
            select(DebtParty)
            .where(col(DebtParty.debt_id) == debt_id)
            .order_by(col(DebtParty.role).desc(), col(DebtParty.debtor_id))
        )
    )


def links(session: Session, debt_id: UUID) -> list[OwnershipLink]:
    """Answer the chain of title, the original creditor first."""
    return list(
        session.exec(
            select(OwnershipLink)
            .where(col(OwnershipLink.debt_id) == debt_id)
            .order_by(col(OwnershipLink.n))
        )
    )


def seller_by_code(session: Session, code: str) -> Seller | None:
    """Answer the seller with this opaque code."""
    return session.exec(select(Seller).where(col(Seller.code) == code)).one_or_none()


def seller_by_name(session: Session, legal_name: str) -> Seller | None:
    """Answer the seller with this legal name."""
    return session.exec(select(Seller).where(col(Seller.legal_name) == legal_name)).one_or_none()


def lock_seller(session: Session, seller_id: UUID) -> Seller:
    """Answer a seller's row, locked until the transaction ends: one import of a seller at a time."""
    return session.exec(select(Seller).where(col(Seller.id) == seller_id).with_for_update()).one()


def portfolio(session: Session, ref: str, seller: str | None = None) -> Portfolio | None:
    """Answer a portfolio by the seller's reference or by the SHA-256 of its file."""
    asked = select(Portfolio).where(or_(col(Portfolio.ref) == ref, col(Portfolio.sha256) == ref))
    if seller is not None:
        asked = asked.join(Seller, col(Seller.id) == col(Portfolio.seller_id)).where(
            col(Seller.code) == seller
        )
    return session.exec(asked.order_by(col(Portfolio.imported_at))).first()


def known(session: Session, seller_id: UUID, account_refs: Sequence[str]) -> dict[str, Debt]:
    """Answer those of a seller's accounts that are stored already, by reference."""
    return {
        debt.account_ref: debt
        for debt in session.exec(
            select(Debt).where(
                col(Debt.seller_id) == seller_id, col(Debt.account_ref).in_(account_refs)
            )
        )
    }


def amounts(
    session: Session, seller_id: UUID, account_refs: Sequence[str]
) -> dict[str, tuple[str, int | None]]:
    """Answer currency and total on transfer of those of a seller's accounts that are stored."""
    asked = select(Debt.account_ref, Debt.currency, Debt.facts).where(
        col(Debt.seller_id) == seller_id, col(Debt.account_ref).in_(account_refs)
    )
    return {ref: (currency, facts.get("total")) for ref, currency, facts in session.exec(asked)}


def page(session: Session, portfolio_id: UUID, after: str, size: int) -> list[Debt]:
    """Answer the next debts of a portfolio in the order of their workflow ids."""
    return list(
        session.exec(
            select(Debt)
            .where(col(Debt.portfolio_id) == portfolio_id, col(Debt.workflow_id) > after)
            .order_by(col(Debt.workflow_id))
            .limit(size)
        )
    )


def to_start(
    session: Session, portfolio_id: UUID, after: str, size: int
) -> list[tuple[Debt, str, str, str]]:
    """Answer the next debts that nobody has opened, each with what its case must be told.

    That is the person's key, the seller's code and the portfolio's reference. In the order of
    workflow ids, beginning behind ``after``; none once the portfolio was recalled.
    """
    rows = session.exec(
        select(Debt, Debtor.key, Seller.code, Portfolio.ref)
        .join(Debtor, col(Debtor.id) == col(Debt.debtor_id))
        .join(Seller, col(Seller.id) == col(Debt.seller_id))
        .join(Portfolio, col(Portfolio.id) == col(Debt.portfolio_id))
        .where(
            col(Debt.portfolio_id) == portfolio_id,
            col(Debt.status) == "new",
            col(Debt.workflow_id) > after,
            ~select(Stop.id).where(_recall_of(portfolio_id)).exists(),
        )
        .order_by(col(Debt.workflow_id))
        .limit(size)
    )
    return [(debt, key, code, ref) for debt, key, code, ref in rows]


def recalled(session: Session, portfolio_id: UUID) -> Stop | None:
    """Answer the recall of a whole portfolio that stands."""
    return session.exec(select(Stop).where(_recall_of(portfolio_id))).first()


def _recall_of(portfolio_id: UUID) -> ColumnElement[bool]:
    return and_(
        col(Stop.portfolio_id) == portfolio_id,
        col(Stop.kind) == StopKind.RECALL,
        col(Stop.ended_at).is_(None),
    )


def portfolios(session: Session) -> list[tuple[Portfolio, str, dict[str, int]]]:
    """Answer every portfolio with its seller's code and its debts counted by status."""
    counts: dict[UUID, dict[str, int]] = {}
    for ident, status, count in session.exec(
        select(Debt.portfolio_id, Debt.status, func.count()).group_by(
            col(Debt.portfolio_id), col(Debt.status)
        )
    ):
        counts.setdefault(ident, {})[status] = count
    rows = session.exec(
        select(Portfolio, Seller.code)
        .join(Seller, col(Seller.id) == col(Portfolio.seller_id))
        .order_by(col(Portfolio.imported_at), col(Portfolio.ref))
    )
    return [(portfolio, code, counts.get(portfolio.id, {})) for portfolio, code in rows]


def add_seller(session: Session, seller: Seller) -> bool:
    """Store a seller once by its code; answer whether it was new."""
    return insert_once(session, seller, "code")


def add_portfolio(session: Session, portfolio: Portfolio) -> bool:
    """Store a portfolio once by seller and reference; answer whether it was new."""
    return insert_once(session, portfolio, "seller_id", "ref")


def add(
    session: Session,
    debt: Debt,
    *,
    parties: Iterable[DebtParty] = (),
    links: Iterable[OwnershipLink] = (),
) -> bool:
    """Store a debt with its parties and chain once by seller and account; answer whether new.

    The debtor of the case is always among the parties.
    """
    if not insert_once(session, debt, "seller_id", "account_ref"):
        return False
    others = list(parties)
    if all(party.debtor_id != debt.debtor_id for party in others):
        others.append(DebtParty(debt_id=debt.id, debtor_id=debt.debtor_id))
    session.add_all([*others, *links])
    session.flush()
    return True
