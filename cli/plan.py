"""Plans, settlements and refunds: what may be agreed, by whom, and how it stands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.text import Text

from cli.house import house
from cli.reach import Ref, acting, one, tell
from cli.show import REFUSED, AsJson, RefusedError, amount, instant, show, table
from models.arrangement import Every, Shift
from models.case import FAR, Fact
from models.ledger import Bucket
from models.money import Money, MoneyError

if TYPE_CHECKING:
    from sqlmodel import Session

    from activities.message import UnfitMessageError
    from activities.office import Office
    from models.arrangement import Terms
    from models.tables import Arrangement, Debt, Document

app = typer.Typer(no_args_is_help=True, help="Agree instalment plans.")
settle_app = typer.Typer(no_args_is_help=True, help="Settle debts for a part of what is owed.")
refund_app = typer.Typer(no_args_is_help=True, help="Pay credit back.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The id or its beginning.", show_default=False)
]
Also = Annotated[
    list[str] | None,
    typer.Option("--also", metavar="REF", help="Another debt of the same person under the plan."),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="INSTANT", help="End of the offer, as 2026-08-10T23:59:59, there."
    ),
]
Zone = Annotated[str | None, typer.Option(help="IANA zone of --until; the debtor's if left out.")]


@app.command()
def propose(  # noqa: PLR0917
    ref: Ref,
    first: Annotated[str, typer.Option(metavar="DAY", help="Day of the first instalment.")],
    instalments: Annotated[int | None, typer.Option(help="How many.")] = None,
    each: Annotated[str | None, typer.Option("--amount", help="Of one, as 195.00.")] = None,
    every: Annotated[Every, typer.Option(help="From one to the next.")] = Every.MONTH,
    anchor: Annotated[
        int | None, typer.Option(min=1, max=31, help="Day of the month; the first one's.")
    ] = None,
    days_off: Annotated[
        Shift, typer.Option("--days-off", help="Where a day off moves.")
    ] = Shift.NONE,
    grace: Annotated[int, typer.Option(min=0, max=60, help="Days after a day.")] = 5,
    remind: Annotated[int, typer.Option(min=0, max=30, help="Days before a day.")] = 3,
    reward: Annotated[
        str | None, typer.Option(help="Waived for instalments paid in time, as 20.00.")
    ] = None,
    reward_after: Annotated[int, typer.Option(min=1, help="So many in time earn it.")] = 3,
    reward_returns: Annotated[
        bool, typer.Option("--reward-returns", help="The offer says it goes back if not kept.")
    ] = False,
    income: Annotated[
        str | None, typer.Option(help="Of a month: makes it a hardship plan.")
    ] = None,
    outgoings: Annotated[str | None, typer.Option(help="Essential ones of a month.")] = None,
    other_plans: Annotated[
        str, typer.Option("--other-plans", help="What other debts already take of a month.")
    ] = "0",
    also: Also = None,
    until: Until = None,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Propose a plan for all that is owed; within your authority it is approved at once."""
    from activities import arrangement
    from activities.ledger import zone_of_debt
    from activities.standing import working_days
    from models.arrangement import ArrangementKind, Reward, Terms
    from rules.arrangement import monthly, schedule

    with _acting() as (here, office, session, now):
        covered = _covered(session, [ref, *(also or [])])
        currency = covered[0].currency
        owed = _owed(session, covered)
        there = zone_of_debt(session, covered[0])
        start = _first(first, now, there)
        parts = schedule(
            owed,
            start,
            every,
            count=instalments,
            amount=_money(each, currency, "--amount") if each else None,
            anchor=anchor,
            shift=days_off,
            working=working_days(covered[0]),
        )
        kind, left, form = ArrangementKind.PLAN, None, None
        bonus = _reward(reward, reward_after, len(parts), session, covered) if reward else None
        if income is not None or outgoings is not None:
            kind = ArrangementKind.HARDSHIP
            left, form = _means(income, outgoings, other_plans, currency)
            if (asked := monthly(parts, every)) > left:
                raise RefusedError(
                    f"the plan asks {amount(asked, currency)} of a month, the form leaves "
                    f"{amount(left, currency)}; "
                    + (
                        f"propose more instalments, or --amount {Money(left, currency).decimal:f} "
                        "at most for monthly ones"
                        if left
                        else "no plan can be kept from that: record the hardship instead"
                    ),
                    REFUSED,
                )
        terms = Terms(
            total=owed.minor,
            instalments=parts,
            grace_days=grace,
            reminder_days=remind,
            reward=Reward(
                after=reward_after,
                minor=bonus,
                bucket=Bucket.INTEREST,
                returns_if_broken=reward_returns,
            )
            if bonus
            else None,
            affordable=left,
        )
        rows = arrangement.propose(
            session,
            office,
            covered,
            kind,
            terms,
            acting(),
            now,
            expires_at=_until(until, zone, there, now),
            form=form,
        )
        shown = _shown(session, rows[0], now)
    _tell(here, covered, rows[0])
    show(shown, as_json, *_page(shown))


@settle_app.command("propose")
def propose_settlement(  # noqa: PLR0917
    ref: Ref,
    until: Until = None,
    percent: Annotated[str | None, typer.Option(help="Of what is owed, as 60.")] = None,
    price: Annotated[
        str | None, typer.Option("--amount", help="That settles it, as 702.00.")
    ] = None,
    waive_interest: Annotated[
        str | None, typer.Option("--waive-interest", help="Waive so much of the interest only.")
    ] = None,
    instalments: Annotated[int, typer.Option(min=1, help="How many, from --first.")] = 1,
    first: Annotated[
        str | None, typer.Option(metavar="DAY", help="Of the first instalment.")
    ] = None,
    every: Annotated[Every, typer.Option(help="From one to the next.")] = Every.MONTH,
    grace: Annotated[int, typer.Option(min=0, max=60, help="Days after a day.")] = 0,
    also: Also = None,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Propose to settle for a part; the rest is waived only when that part is paid."""
    from activities import arrangement
    from activities.ledger import zone_of_debt
    from models.arrangement import ArrangementKind, Terms
    from rules.arrangement import schedule
    from rules.money import percent_of

    if sum(given is not None for given in (percent, price, waive_interest)) != 1:
        raise RefusedError("give one of --percent, --amount and --waive-interest")
    with _acting() as (here, office, session, now):
        covered = _covered(session, [ref, *(also or [])])
        currency = covered[0].currency
        owed = _owed(session, covered)
        there = zone_of_debt(session, covered[0])
        if until is None and waive_interest is None and instalments == 1:
            raise RefusedError("--until: say when the offer ends, as 2026-08-10T23:59:59")
        if waive_interest is not None:
            kind = ArrangementKind.INTEREST_WAIVER
            waives = _money(waive_interest, currency, "--waive-interest")
            there_is = sum(
                arrangement.balances(session, debt).buckets[Bucket.INTEREST] for debt in covered
            )
            if waives.minor > there_is:
                raise RefusedError(
                    f"--waive-interest: {amount(there_is, currency)} of interest is owed", REFUSED
                )
            terms = Terms(total=owed.minor - waives.minor, waives=waives.minor)
        else:
            kind = ArrangementKind.SETTLEMENT
            total = (
                _money(price, currency, "--amount")
                if price is not None
                else percent_of(owed, _percent(percent or ""))
            )
            if not 0 < total.minor < owed.minor:
                raise RefusedError(
                    f"a settlement is more than nothing and less than the "
                    f"{amount(owed.minor, currency)} that is owed; else propose a plan",
                    REFUSED,
                )
            if first is not None and instalments == 1:
                raise RefusedError(
                    "--first belongs to --instalments; one payment ends with --until"
                )
            parts = (
                schedule(total, _first(first or "", now, there), every, count=instalments)
                if instalments > 1
                else ()
            )
            terms = Terms(
                total=total.minor,
                waives=owed.minor - total.minor,
                instalments=parts,
                grace_days=grace,
                break_after=1,
            )
        rows = arrangement.propose(
            session,
            office,
            covered,
            kind,
            terms,
            acting(),
            now,
            expires_at=_until(until, zone, there, now),
        )
        shown = _shown(session, rows[0], now)
    _tell(here, covered, rows[0])
    show(shown, as_json, *_page(shown))


@refund_app.command("propose")
def propose_refund(
    ref: Ref,
    wanted: Annotated[
        str | None, typer.Option("--amount", help="All of the credit if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Propose to pay credit back; a second person always approves."""
    from activities import arrangement
    from models.arrangement import ArrangementKind, Terms

    with _acting() as (here, office, session, now):
        covered = _covered(session, [ref])
        currency = covered[0].currency
        credit = arrangement.balances(session, covered[0]).credit
        asked = arrangement.refunds_under_way(session, covered[0])
        left = credit - sum(arrangement.terms_of(row).total for row in asked)
        sum_ = _money(wanted, currency, "--amount") if wanted else Money(left or credit, currency)
        if not 0 < sum_.minor <= credit:
            raise RefusedError(
                f"the credit of {covered[0].account_ref} is {amount(credit, currency)}; a refund is "
                "more than nothing and no more than that",
                REFUSED,
            )
        rows = arrangement.propose(
            session,
            office,
            covered,
            ArrangementKind.REFUND,
            Terms(total=sum_.minor),
            acting(),
            now,
        )
        shown = _shown(session, rows[0], now)
    _tell(here, covered, rows[0])
    show(shown, as_json, *_page(shown))


@app.command()
def offer(ident: Id, as_json: AsJson = False) -> None:
    """Record that it was put before the debtor; only what is approved may be."""
    from activities import arrangement

    with _acting() as (here, _, session, now):
        row = _find(session, ident, now)
        arrangement.offer(session, row, acting().code, now)
        shown, covered = _shown(session, row, now), _debts(session, row)
    _tell(here, covered, row)
    show(shown, as_json, *_page(shown))


@app.command()
def accept(
    ident: Id,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT", help="When the debtor said yes, with offset; now if left out."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record the debtor's yes; ordinary steps rest while a plan runs."""
    from activities import arrangement
    from activities.document import file_agreement
    from store.standing import stand

    with _acting() as (here, office, session, now):
        row = _find(session, ident, now)
        arrangement.accept(
            session, row, acting().code, now, at=_instant(at, "--at") if at else None
        )
        covered = _debts(session, row)
        filed = file_agreement(session, office, stand(session, row.debt_id, now), row, now)
        shown = _shown(session, row, now) | _letter(filed)
    _tell(here, covered, row)
    show(shown, as_json, *_page(shown))


def _letter(filed: Document | UnfitMessageError | None) -> dict[str, Any]:
    """Answer where the letter of what was agreed is, or what it lacks; the yes counts without it."""
    from activities.message import UnfitMessageError

    if filed is None:
        return {}
    if isinstance(filed, UnfitMessageError):
        return {"letter": {"missing": filed.code, "advice": filed.advice}}
    return {"letter": {"template": filed.template, "sha256": filed.sha256}}


@app.command()
def cancel(
    ident: Id,
    reason: Annotated[str, typer.Option(help="A code, as asked or new_plan.")] = "asked",
    as_json: AsJson = False,
) -> None:
    """End it; ordinary steps go on the day after."""
    from activities import arrangement

    with _acting() as (here, _, session, now):
        row = _find(session, ident, now)
        arrangement.cancel(session, row, acting().code, _code(reason), now)
        shown, covered = _shown(session, row, now), _debts(session, row)
    _tell(here, covered, row)
    show(shown, as_json, *_page(shown))


@app.command("show")
def show_plan(
    ident: Annotated[
        str, typer.Argument(metavar="REF|ID", help="A debt or an arrangement.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Show an arrangement, or all of a debt."""
    from activities import arrangement
    from activities.arrangement import ArrangementRefusalError

    with house() as here, here.store.reading() as session:
        now = here.clock.now()
        try:
            rows = [arrangement.find(session, ident)]
        except ArrangementRefusalError:
            rows = arrangement.of_debt(session, one(session, ident).id)
        told = [_shown(session, row, now) for row in rows]
    parts = [part for each in told for part in _page(each)]
    show(told, as_json, *(parts or [Text(f"Nothing was proposed or agreed for {ident}.")]))


for _group in (settle_app, refund_app):
    _group.command("show")(show_plan)
    _group.command("cancel")(cancel)
settle_app.command("offer")(offer)
settle_app.command("accept")(accept)


@refund_app.command("paid")
def refund_paid(
    ident: Id,
    reference: Annotated[str, typer.Option(help="Of the transfer that left.")],
    as_json: AsJson = False,
) -> None:
    """Book that an approved refund left."""
    from activities import arrangement

    with _acting() as (here, _, session, now):
        row = _find(session, ident, now)
        arrangement.pay_out(session, row, acting().code, reference, now)
        shown, covered = _shown(session, row, now), _debts(session, row)
    _tell(here, covered, row)
    show(shown, as_json, *_page(shown))


# Reading what was given


@contextmanager
def _acting() -> Generator[tuple[Any, Office, Session, datetime]]:
    """Open the installation to change an arrangement; say its refusals as the command's."""
    from activities.arrangement import ArrangementRefusalError
    from cli.office import working
    from rules.arrangement import ArrangementError

    with house() as here, working(here.settings) as office:
        try:
            with office.store.writing() as session:
                yield here, office, session, here.clock.now()
        except ArrangementRefusalError as refusal:
            raise RefusedError(str(refusal), REFUSED) from None
        except ArrangementError as wrong:
            raise RefusedError(str(wrong)) from None


def _covered(session: Session, refs: Sequence[str]) -> list[Debt]:
    from store import debtor as debtors

    found = [one(session, ref) for ref in refs]
    if len({debt.id for debt in found}) < len(found):
        raise RefusedError("a debt is named twice")
    debtors.lock(session, found[0].debtor_id)
    return found


def _find(session: Session, ident: str, now: datetime) -> Arrangement:
    from activities import arrangement
    from store import debtor as debtors

    row = arrangement.find(session, ident)
    debtors.lock(session, row.debtor_id)
    session.refresh(row)
    del now
    return row


def _debts(session: Session, row: Arrangement) -> list[Debt]:
    from activities import arrangement
    from store import debt as debts

    return [debts.get(session, each.debt_id) for each in arrangement.group(session, row)]


def _owed(session: Session, covered: Sequence[Debt]) -> Money:
    from activities import arrangement

    owed = sum(arrangement.balances(session, debt).outstanding for debt in covered)
    if owed <= 0:
        raise RefusedError(f"{covered[0].account_ref} owes nothing", REFUSED)
    return Money(owed, covered[0].currency)


def _money(text: str, currency: str, where: str) -> Money:
    try:
        found = Money.parse(text, currency)
    except MoneyError as wrong:
        raise RefusedError(f"{where} {text!r}: {wrong}") from None
    if found.minor < 0:
        raise RefusedError(f"{where} {text!r}: an amount is not below zero")
    return found


def _percent(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not (found.is_finite() and 0 < found < 100):
        raise RefusedError(f"--percent {text!r}: write a number between 0 and 100, as 60")
    return found


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{where}: {text!r} is no day; write it as 2026-07-31") from None


def _reward(text: str, after: int, count: int, session: Session, covered: Sequence[Debt]) -> int:
    """Read a reward that can be earned, and that finds interest to waive."""
    from activities import arrangement

    if after > count:
        raise RefusedError(f"--reward-after {after}: the plan has {count} instalments")
    minor = _money(text, covered[0].currency, "--reward").minor
    there = arrangement.balances(session, covered[0]).buckets[Bucket.INTEREST]
    if not 0 < minor <= there:
        raise RefusedError(
            f"--reward: it waives interest, and {amount(there, covered[0].currency)} of that is "
            f"owed on {covered[0].account_ref}",
            REFUSED,
        )
    return minor


def _first(text: str, now: datetime, there: ZoneInfo) -> date:
    """Read the day of the first instalment: today or later, on the debtor's calendar."""
    day = _day(text, "--first")
    if day < now.astimezone(there).date():
        raise RefusedError(f"--first {day} has passed where the debtor lives")
    return day


def _instant(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise RefusedError(
            f"{where}: write an instant with its offset, as 2026-07-01T12:00:00-04:00"
        )
    return at


def _until(text: str | None, zone: str | None, there: ZoneInfo, now: datetime) -> datetime | None:
    """Read the end of an offer, still to come: its own offset, or the time of the zone."""
    if text is None:
        if zone is not None:
            raise RefusedError(
                f"--zone {zone} says in which zone --until is meant, and there is no --until; "
                "add it, as 2026-08-10T23:59:59, or leave --zone out"
            )
        return None
    try:
        spoken = ZoneInfo(zone) if zone else there
        at = datetime.fromisoformat(text)
    except (ValueError, ZoneInfoNotFoundError, IsADirectoryError):
        raise RefusedError(
            f"--until {text!r}: write 2026-08-10T23:59:59, with --zone as America/New_York"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=spoken)
    if at <= now:
        raise RefusedError(
            f"--until {text}: the offer would have ended already; "
            f"it is {instant(now, spoken.key)} there now",
            REFUSED,
        )
    if at - now > FAR:
        raise RefusedError(f"--until {text!r} is too far ahead; give an instant within ten years")
    return at


def _means(
    income: str | None, outgoings: str | None, others: str, currency: str
) -> tuple[int, dict[str, Any]]:
    from rules.arrangement import affordable

    if income is None or outgoings is None:
        raise RefusedError("a hardship plan needs both --income and --outgoings of a month")
    form = {
        "income": _money(income, currency, "--income").minor,
        "outgoings": _money(outgoings, currency, "--outgoings").minor,
        "other_plans": _money(others, currency, "--other-plans").minor,
    }
    left = affordable(form["income"], form["outgoings"], form["other_plans"])
    return left, {**form, "currency": currency}


def _code(reason: str) -> str:
    if not reason.isascii() or not reason.replace("_", "").isalnum() or reason != reason.lower():
        raise RefusedError("--reason is a code of lower-case letters, digits and '_'")
    return reason


def _tell(here: Any, covered: Sequence[Debt], row: Arrangement) -> None:
    fact = Fact(kind=f"arrangement_{row.status}", id=str(row.group_id))
    tell(here.settings, [debt.workflow_id for debt in covered], fact)


# Showing


def _shown(session: Session, row: Arrangement, now: datetime) -> dict[str, Any]:
    from activities import arrangement
    from activities.ledger import zone_of_debt

    terms = arrangement.terms_of(row)
    covered = _debts(session, row)
    zone = zone_of_debt(session, covered[0]).key
    shown: dict[str, Any] = {
        "id": arrangement.short(row),
        "kind": row.kind,
        "status": row.status,
        "accounts": [debt.account_ref for debt in covered],
        "currency": row.currency,
        "total": _plain(terms.total, row.currency),
        "waives": _plain(terms.waives, row.currency),
        "proposed_by": row.proposed_by,
        "approved_by": row.approved_by,
        "needs_approval": row.reason if row.status == "pending" else None,
        "expires_at": row.expires_at,
        "accepted_at": row.accepted_at,
        "ended_at": row.decided_at,
        "reason": row.reason,
        "zone": zone,
    }
    if terms.reward:
        shown["reward"] = {
            "after": terms.reward.after,
            "amount": _plain(terms.reward.minor, row.currency),
            "returns_if_broken": terms.reward.returns_if_broken,
        }
    if row.accepted_at and terms.instalments:
        stands = arrangement.standing_of(session, row, now)
        shown["instalments"] = [
            {
                "n": each.n,
                "on": each.on,
                "amount": _plain(each.minor, row.currency),
                "paid": _plain(each.paid, row.currency),
                "met_on": each.met_on,
            }
            for each in stands.instalments
        ]
        shown["missed"] = [each.n for each in stands.overdue]
        shown["days_overdue"] = stands.days_overdue
    else:
        shown["instalments"] = [
            {"n": n, "on": due.on, "amount": _plain(due.minor, row.currency)}
            for n, due in enumerate(terms.instalments, 1)
        ]
    if terms.waives:
        shown["order_of_payment"] = _before_after(session, covered[0], row.kind, terms)
    return shown


def _before_after(session: Session, debt: Debt, kind: str, terms: Terms) -> dict[str, Any]:
    """Show what is owed by bucket as it stands and what a waiver would leave of it."""
    from activities import arrangement
    from models.arrangement import ArrangementKind
    from rules.arrangement import waived_parts

    owed = arrangement.balances(session, debt).buckets
    waived = (
        {Bucket.INTEREST: min(terms.waives, owed[Bucket.INTEREST])}
        if kind == ArrangementKind.INTEREST_WAIVER
        else waived_parts(owed, terms.waives, debt.currency)
    )
    return {
        "before": {b: _plain(m, debt.currency) for b, m in owed.items()},
        "after": {b: _plain(m - waived.get(b, 0), debt.currency) for b, m in owed.items()},
    }


def _plain(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).decimal:f}"


def _why(shown: dict[str, Any]) -> str:
    return "Money goes out" if shown["kind"] == "refund" else f"It {shown['needs_approval']}"


def _page(shown: dict[str, Any]) -> list[Any]:
    head = (
        f"{shown['kind']} {shown['id']} of {', '.join(shown['accounts'])}: {shown['status']}. "
        f"To pay {shown['total']} {shown['currency']}"
    )
    if shown["waives"].strip("0."):
        head += f"; {shown['waives']} is waived then"
    if shown["expires_at"]:
        head += f"; open until {instant(shown['expires_at'], shown['zone'])}"
    parts: list[Any] = [Text(head + ".")]
    if shown["needs_approval"]:
        parts.append(
            Text(
                f"{_why(shown)}: a second person decides first (cession desk queue "
                "--kind approval). Until then it must not be shown to the debtor."
            )
        )
    if shown["status"] == "approved" and shown["kind"] != "refund":
        parts.append(Text(f"When the debtor has it: cession plan offer {shown['id']}"))
    if shown["status"] == "approved" and shown["kind"] == "refund":
        parts.append(Text(f"When it left: cession refund paid {shown['id']} --reference …"))
    if letter := shown.get("letter"):
        filed = f"Its letter is on record: {letter.get('template')}."
        lacks = f"Its letter cannot be made: {letter.get('advice')}"
        parts.append(Text(lacks if "missing" in letter else filed))
    if shown["instalments"]:
        parts.append(
            table(
                "",
                ["#", "on", "#amount", "#paid", "met on"],
                [
                    (p["n"], p["on"], p["amount"], p.get("paid", ""), p.get("met_on") or "")
                    for p in shown["instalments"]
                ],
            )
        )
    return parts
