"""Cash and transfers that a person saw: they go through the inbox like every other payment."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from cli.house import house
from cli.reach import As, Ref, one, operator
from cli.show import REFUSED, AsJson, RefusedError, amount, show
from models.money import Money, MoneyError
from runtime.clock import wall_now

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Debt, InboxItem
    from store.keys import Keys

app = typer.Typer(help="Book cash or a transfer.")

PROVIDER = "desk"
"""Source of these entries in inbox and ledger."""

_REFERENCE = re.compile(r"[!-~]{1,100}")


class Method(StrEnum):
    CASH = "cash"
    TRANSFER = "transfer"


@app.command()
def pay(  # noqa: PLR0917
    ref: Ref,
    sum_: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="Decimal, as 120.00.", show_default=False)
    ],
    reference: Annotated[
        str,
        typer.Option(help="Number of the receipt or transfer; the same one twice is booked once."),
    ],
    currency: Annotated[
        str | None, typer.Option(help="If given it must be the debt's own.")
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--date", metavar="DAY", help="When it was paid; today if left out."),
    ] = None,
    method: Annotated[Method, typer.Option(help="How it was paid.")] = Method.TRANSFER,
    undirected: Annotated[
        bool,
        typer.Option(
            "--undirected",
            help="The payer named no debt: spread it over all debts of the person as the law says.",
        ),
    ] = False,
    unusual: Annotated[
        bool,
        typer.Option(
            "--unusual",
            help="It really is more than twice what was ever charged; the rest is paid back.",
        ),
    ] = False,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Book a payment; contact stops with the answer of this command."""
    from activities.allocation import portions, spread
    from activities.support import zone_of
    from models.tables import Debtor
    from store import debtor as debtors

    if not _REFERENCE.fullmatch(reference):
        raise RefusedError("--reference must be 1 to 100 letters, digits or signs without spaces")
    with house() as here:
        actor = operator(here.settings, given)
        with here.store.writing() as session:
            debt = one(session, ref)
            now = here.clock.now()
            debtors.lock(session, debt.debtor_id)
            zone = zone_of(session.get_one(Debtor, debt.debtor_id))
            paid = _money(sum_, currency, debt)
            if not unusual:
                _likely(session, debt, paid, now, whole=undirected)
            at = _paid_at(day, zone, now)
            if undirected:
                parts = portions(
                    spread(session, debt, paid, at.astimezone(zone).date(), now), debt.id
                )
                shared = _share(
                    session, here.store.keys, parts, paid, at, reference, method, actor, now
                )
                show({"parts": shared}, as_json, _told(shared))
                return
            item, new = _receive(
                session, here.store.keys, debt, paid, at, reference, method, actor, now
            )
            known = _same(session, item, debt, paid) if not new else ""
    said = known or (
        f"{amount(paid.minor, paid.currency)} received for {debt.account_ref}. Contact has "
        "stopped; the case books it within seconds, or when the stack is up again"
    )
    show(
        {
            "account": debt.account_ref,
            "case": debt.workflow_id,
            "inbox": item.id,
            "minor": paid.minor,
            "currency": paid.currency,
            "paid_at": item.facts["paid_at"],
            "new": new,
        },
        as_json,
        f"{escape(said)}.",
    )


def _share(  # noqa: PLR0917
    session: Session,
    keys: Keys,
    parts: list[tuple[UUID, int, str]],
    paid: Money,
    at: datetime,
    reference: str,
    method: Method,
    actor: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """Receive each part for its own case; the same reference again is the same money."""
    from models.tables import Debt
    from store import payment as payments

    first = payments.known(session, PROVIDER, f"{reference}#1")
    if first is not None:
        raise RefusedError(
            f"reference {reference} is known already; nothing was written twice. If this is "
            "another payment, give it a reference of its own",
            REFUSED,
        )
    shared: list[dict[str, Any]] = []
    for number, (debt_id, minor, reason) in enumerate(parts, 1):
        debt = session.get_one(Debt, debt_id)
        part = Money(minor, paid.currency)
        name = f"{reference}#{number}"
        _receive(session, keys, debt, part, at, name, method, actor, now)
        shared.append(
            {
                "account": debt.account_ref,
                "minor": minor,
                "currency": part.currency,
                "reason": reason,
                "reference": name,
            }
        )
    return shared


def _told(shared: list[dict[str, Any]]) -> str:
    lines = [
        f"{amount(part['minor'], part['currency'])} for {escape(part['account'])} "
        f"({part['reason'].replace('_', ' ')})"
        for part in shared
    ]
    return "Received and spread over the person's debts: " + "; ".join(lines) + "."


def _money(text: str, currency: str | None, debt: Debt) -> Money:
    if currency and currency.upper() != debt.currency:
        raise RefusedError(
            f"--currency {currency}: {debt.account_ref} is owed in {debt.currency}; have the "
            "money exchanged first, or find the debt it was meant for",
            REFUSED,
        )
    try:
        paid = Money.parse(text, debt.currency)
    except MoneyError as wrong:
        raise RefusedError(f"AMOUNT {text!r}: {wrong}") from None
    if paid.minor <= 0:
        raise RefusedError(f"AMOUNT {text!r} must be more than nothing; refunds have their own way")
    return paid


def _likely(session: Session, debt: Debt, paid: Money, now: datetime, *, whole: bool) -> None:
    """Refuse a slip of the finger: more than twice what was ever charged, on one debt or on all."""
    from activities.standing import balances
    from store import debt as debts
    from store.standing import stand

    claims = debts.of_debtor(session, debt.debtor_id) if whole else [debt]
    charged = sum(
        balances(stand(session, each.id, now)).charged
        for each in claims
        if each.currency == paid.currency
    )
    if paid.minor > 2 * charged:
        raise RefusedError(
            f"{amount(paid.minor, paid.currency)} is more than twice what was ever charged "
            f"({amount(charged, paid.currency)}); nothing was written. If this much came in, say "
            "--unusual: what is too much becomes a credit that is paid back",
            REFUSED,
        )


def _paid_at(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Answer the instant of a payment: a day that has passed counts at its noon, there."""
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"--date: {text!r} is no day; write it as 2026-03-10") from None
    today = now.astimezone(zone).date()
    if day > today:
        raise RefusedError(f"--date {day} is still to come; it is {today} there now")
    return now if day == today else datetime.combine(day, time(12), zone)


def _receive(  # noqa: PLR0917
    session: Session,
    keys: Keys,
    debt: Debt,
    paid: Money,
    at: datetime,
    reference: str,
    method: Method,
    actor: str,
    now: datetime,
) -> tuple[InboxItem, bool]:
    from store import payment as payments

    said = {"debt": debt.account_ref, "amount": str(paid), "reference": reference, "by": actor}
    return payments.receive(
        session,
        provider=PROVIDER,
        external_id=reference,
        kind="payment",
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        facts={
            "payment_id": reference,
            "minor": paid.minor,
            "currency": paid.currency,
            "paid_at": at.isoformat(),
            **({"day": f"{at:%Y-%m-%d}"} if at != now else {}),
            "method": method.value,
            "by": actor,
        },
        sealed=keys.seal_store(json.dumps(said).encode()),
        received_at=now,
        observed_at=wall_now(),
    )


def _same(session: Session, item: InboxItem, debt: Debt, paid: Money) -> str:
    """Answer that this payment is known; refuse a reference that stands for another one."""
    from models.tables import Debt

    before = Money(item.facts["minor"], item.facts["currency"])
    if (item.debt_id, before) != (debt.id, paid):
        other = session.get(Debt, item.debt_id) if item.debt_id else None
        raise RefusedError(
            f"reference {item.external_id} stands for {amount(before.minor, before.currency)} on "
            f"{other.account_ref if other else 'no debt'}; nothing was written. If this is another "
            "payment, give it a reference of its own",
            REFUSED,
        )
    return f"{item.external_id} is known already ({item.status}); nothing was written twice"
