"""Booking a seller's transactions: payments by the inbox like all money, adjustments as entries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from activities.ledger import accrue_again, close_gap, enter, zone_of_debt
from models.ledger import EntryKind
from models.tables import Debt, Portfolio
from models.transfer import Problem, Severity
from rules.transaction import Transaction
from runtime.clock import wall_now
from store import case as records
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from store.engine import Store

PROVIDER = "seller"
"""Source of these notices and entries."""

CHUNK = 50
"""Rows in one transaction."""

DONE = "transactions.imported"
"""What the record says of a file that was booked to its end."""

_KINDS = {"credit": EntryKind.WAIVER, "charge": EntryKind.CHARGE}


@dataclass
class Booked:
    """What became of a file of transactions."""

    new: int = 0
    known: int = 0
    refused: int = 0
    payments: dict[str, int] = field(default_factory=dict)
    """New payments by currency, in minor units: the seller has this money and owes it to the owner."""
    cases: set[str] = field(default_factory=set)
    """Workflow ids of those that must look again."""
    problems: list[Problem] = field(default_factory=list)
    """Empty when somebody was told of them one by one."""


def book_transactions(
    store: Store,
    portfolio: Portfolio,
    seller: str,
    rows: Iterable[Transaction],
    *,
    now: datetime,
    observed_at: datetime,
    actor: str,
    sha256: str,
    tell: Callable[[Problem], object] | None = None,
    beat: Callable[[int], object] | None = None,
) -> Booked:
    """Book the rows of a surveyed file; the same row again is nothing, whatever file it stands in.

    A few rows in one transaction: killed in between, it is run again and goes on; until the file, known
    by its ``sha256``, is on record as done, cases of rows that are known already look again too. ``tell``
    is given what the store refuses, ``beat`` up to which row the file is done. A payment is
    received by the inbox and booked by its case. A credit is a waiver, a charge is owed in its bucket
    from that day; both stand in the ledger at once. What lies before the cut-off date is refused: the
    balance of the transfer has it already.
    """  # fmt: skip
    booked = Booked()
    source = iter(rows)
    with store.reading() as session:
        done = records.is_on_record(session, DONE, sha256)
    while chunk := list(islice(source, CHUNK)):
        with store.writing() as session:
            known = debts.known(session, portfolio.seller_id, [each.account_ref for each in chunk])
            people = {debt.debtor_id for debt in known.values()}
            for person in sorted(people):
                debtors.lock(session, person)
            for each in chunk:
                debt = known.get(each.account_ref)
                wrong = _wrong(session, portfolio, debt, each)
                if wrong is None and debt is not None:
                    known_before = booked.known
                    wrong = _book(
                        session, store, seller, debt, each, booked, now, observed_at, actor
                    )
                    if booked.known > known_before and not done and each.type != "payment":
                        booked.cases.add(debt.workflow_id)
                if wrong is not None:
                    booked.refused += 1
                    (tell or booked.problems.append)(wrong)
        if beat:
            beat(chunk[-1].row - 1)
    return booked


def note_done(
    store: Store, portfolio: Portfolio, sha256: str, *, now: datetime, actor: str
) -> None:
    """Put on record, once, that a file is booked and its cases were told."""
    with store.writing() as session:
        if not records.is_on_record(session, DONE, sha256):
            records.act(session, at=now, observed_at=wall_now(), what=DONE, reason=sha256, actor=actor,
                        facts={"portfolio": str(portfolio.id)})  # fmt: skip


def _wrong(
    session: Session, portfolio: Portfolio, debt: Debt | None, each: Transaction
) -> Problem | None:
    if debt is None or debt.portfolio_id != portfolio.id:
        return _problem(
            each, "unknown_account", "account_ref", "no debt of this portfolio has this account"
        )
    if each.currency != debt.currency:
        return _problem(each, "other_currency", "currency", f"the debt is owed in {debt.currency}")
    day = each.processed_at.astimezone(zone_of_debt(session, debt)).date()
    if day <= portfolio.cut_off_date:
        return _problem(
            each, "before_cut_off", "processed_at",
            f"the balance of {portfolio.cut_off_date} has it already; leave it out",
        )  # fmt: skip
    return None


def _book(  # noqa: PLR0917
    session: Session,
    store: Store,
    seller: str,
    debt: Debt,
    each: Transaction,
    booked: Booked,
    now: datetime,
    observed_at: datetime,
    actor: str,
) -> Problem | None:
    ident = f"{seller}:{each.ref}"
    said = {
        "account": each.account_ref, "type": each.type, "minor": each.minor,
        "currency": each.currency, "processed_at": each.processed_at.isoformat(),
    }  # fmt: skip
    day = each.processed_at.astimezone(zone_of_debt(session, debt)).date()
    before = _before(session, ident)
    if before is not None:
        if before != (debt.id, each.type, each.minor):
            return _problem(
                each, "ref_used", "transaction_ref",
                "this reference stands for another transaction already; give it one of its own",
            )  # fmt: skip
        booked.known += 1
        return None
    if each.type == "payment":
        money.receive(
            session, provider=PROVIDER, external_id=ident, kind="payment", debt_id=debt.id,
            debtor_id=debt.debtor_id,
            facts={
                "payment_id": ident, "minor": each.minor, "currency": each.currency,
                "paid_at": each.processed_at.isoformat(), "method": "transfer", "by": actor,
            },
            sealed=store.keys.seal_store(json.dumps(said).encode()),
            received_at=now, observed_at=observed_at,
        )  # fmt: skip
        booked.payments[each.currency] = booked.payments.get(each.currency, 0) + each.minor
    else:
        if debt.status == "closed":
            return _problem(
                each, "case_closed", "account_ref",
                "the case has ended; a person reopens it before its balance changes",
            )  # fmt: skip
        enter(
            session, debt, kind=_KINDS[each.type], minor=each.minor, value_date=day, now=now,
            observed_at=observed_at, source=PROVIDER, external_id=ident, actor=actor,
            reason=f"seller_{each.type}", bucket=each.bucket,
        )  # fmt: skip
        close_gap(session, debt, now)
        accrue_again(session, debt, now)
        records.act(
            session, at=now, observed_at=observed_at, debt_id=debt.id, debtor_id=debt.debtor_id,
            what=f"{each.type}.booked", reason="seller_transaction", actor=actor,
            facts={"minor": each.minor, "reference": ident},
        )  # fmt: skip
        booked.cases.add(debt.workflow_id)
    booked.new += 1
    return None


def _before(session: Session, ident: str) -> tuple[object, str, int] | None:
    """Answer what a reference stands for already: debt, type and minor units."""
    if (item := money.known(session, PROVIDER, ident)) is not None:
        return item.debt_id, "payment", int(item.facts["minor"])
    for name, kind in _KINDS.items():
        if (entry := money.booked(session, PROVIDER, ident, kind)) is not None:
            return entry.debt_id, name, entry.minor
    return None


def _problem(each: Transaction, code: str, name: str, message: str) -> Problem:
    return Problem(
        code=code, severity=Severity.REFUSED, message=message, row=each.row,
        account_ref=each.account_ref, field=name,
    )  # fmt: skip
