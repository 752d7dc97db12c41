"""A portfolio as a whole: its state, pause and resume, recall, who owned it when, what goes back."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.markup import escape

from cli.house import House, house
from cli.reach import acting, one, tell
from cli.show import REFUSED, AsJson, RefusedError, amount, instant, note, show, table
from cli.stop import woken
from cli.when import ahead
from models.case import CODE, Fact, Order, OrderKind
from runtime.clock import wall_now

if TYPE_CHECKING:
    from sqlmodel import Session

    from activities import portfolio as whole
    from models.tables import Portfolio

Named = Annotated[
    str, typer.Argument(metavar="PORTFOLIO", help="The portfolio_id of the manifest.")
]

OfSeller = Annotated[
    str | None, typer.Option("--seller", help="The seller's code, if several use it.")
]

Reason = Annotated[
    str, typer.Option(help="A code such as audit or sold_in_error; it stands on record.")
]

Wake = Annotated[
    float | None,
    typer.Option(min=0.1, max=100, help="Wake its cases now, so many a second."),
]


def status(ref: Named, seller: OfSeller = None, as_json: AsJson = False) -> None:
    """Say where a portfolio stands: cases, money, stops, recourse, documents asked for."""
    from activities import portfolio as whole
    from models.tables import Seller

    with house() as here, here.store.reading() as session:
        portfolio = found(session, ref, seller)
        code = session.get_one(Seller, portfolio.seller_id).code
        told = whole.status(session, portfolio, code, here.clock.now())
    show(told, as_json, *_page(told))


def pause(
    ref: Named,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="When it ends by itself: 7d, a day or an instant.")
    ] = None,
    seller: OfSeller = None,
    as_json: AsJson = False,
) -> None:
    """Stop all contact of a portfolio; in force when this command answers."""
    from activities import portfolio as whole
    from store import stop as stops

    _code(reason)
    with house() as here:
        now = here.clock.now()
        end = ahead(until, "--until", ZoneInfo("UTC"), now) if until else None
        if end is not None and end <= now:
            raise RefusedError(f"--until {until} has passed; it is {instant(now)}")
        with here.store.writing() as session:
            portfolio = found(session, ref, seller)
            not_recalled(session, portfolio)
            done = whole.pause(
                session, portfolio, reason=reason, until=end, now=now, observed_at=wall_now(),
                actor=acting().code,
            )  # fmt: skip
            if done is None:
                raise RefusedError(
                    f"{ref} is paused already; see `cession portfolio status {ref}`", REFUSED
                )
            stop, crossed = done
            count = stops.count(session, stop)
    show(
        {"portfolio": ref, "stop": stop.id, "debts": count, "until": end, "crossed": crossed},
        as_json,
        f"Paused: {escape(ref)}, {count:,} debts, {f'until {instant(end)}' if end else 'until resumed'}. "
        f"Go on with: cession portfolio resume {escape(ref)} --reason …{_crossed(crossed)}",
    )


def resume(
    ref: Named, reason: Reason, wake: Wake = None, seller: OfSeller = None, as_json: AsJson = False
) -> None:
    """End the pause of a portfolio; its cases wake spread over a day, or at a pace."""
    from activities import portfolio as whole
    from store import stop as stops

    _code(reason)
    with house() as here:
        now = here.clock.now()
        with here.store.writing() as session:
            portfolio = found(session, ref, seller)
            pauses = whole.paused(session, portfolio, now)
            if not pauses:
                raise RefusedError(
                    f"{ref} is not paused; other stops are lifted by `cession stop lift`", REFUSED
                )
            waiting = [debt.workflow_id for debt in stops.cases_of(session, pauses[0])]
            for stop in pauses:
                stops.end(session, stop.id, now=now, reason=reason, actor=acting().code)
        told = woken(here, waiting, wake, "stop_lifted") if wake else None
    show(
        {"portfolio": ref, "cases": len(waiting), "woken": told},
        as_json,
        f"Resumed: {escape(ref)}. {len(waiting):,} cases: "
        f"{'each wakes by itself within a day.' if told is None else f'{told:,} were woken.'}",
    )


def recall(  # noqa: PLR0917
    ref: Named,
    reason: Reason,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DAY", help="Since when the seller owns it again; today if left out."
        ),
    ] = None,
    wake: Annotated[
        float,
        typer.Option(min=0, max=100, help="Cases told a second, 0 for none: each looks in time."),
    ] = 20,
    seller: OfSeller = None,
    as_json: AsJson = False,
) -> None:
    """Give a whole portfolio back to its seller: nothing is sent any more when this answers."""
    from activities import portfolio as whole
    from store import stop as stops

    _code(reason)
    with house() as here:
        now = here.clock.now()
        today = now.astimezone(UTC).date()
        day = read_day(on, "--on") if on else today
        if day > today:
            raise RefusedError(f"--on {day} is still to come; pause it now and recall it then")
        with here.store.writing() as session:
            portfolio = found(session, ref, seller)
            if day < portfolio.transfer_effective_date:
                raise RefusedError(
                    f"--on {day} lies before the transfer of {portfolio.transfer_effective_date}"
                )
            done = whole.recall(
                session, portfolio, reason=reason, on=day, now=now, observed_at=wall_now(),
                actor=acting().code,
            )  # fmt: skip
            if done is None:
                not_recalled(session, portfolio)
                raise AssertionError
            stop, crossed = done
            waiting = [debt.workflow_id for debt in stops.cases_of(session, stop)]
            count = stops.count(session, stop)
        told = _told(here, waiting, wake)
    show(
        {
            "portfolio": ref, "stop": stop.id, "since": day, "debts": count, "cases": len(waiting),
            "crossed": crossed, "told": told,
        },
        as_json,
        f"Recalled: {escape(ref)}, {count:,} debts. Nothing more is sent but handover notices; cases "
        f"end as recalled, money that comes is forwarded. {told:,} of {len(waiting):,} cases were "
        f"told.{_crossed(crossed)}",
    )  # fmt: skip


def _told(here: House, waiting: list[str], pace: float) -> int:
    """Tell the cases at a pace; what was ordered holds whether they hear of it or not."""
    from runtime.temporal import TemporalUnreachableError

    if not pace or not waiting:
        return 0
    try:
        return woken(here, waiting, pace, "recall")
    except TemporalUnreachableError:
        note(
            "Temporal does not answer now: the recall is in force, the cases see it at their next step."
        )
        return 0


def own_as_of(  # noqa: PLR0917
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day, as 2026-03-10.")],
    ref: Annotated[
        str | None, typer.Option("--portfolio", help="Only this one.", show_default=False)
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Only this debt, with all its links.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write one line for each debt to this new CSV.", show_default=False),
    ] = None,
    seller: OfSeller = None,
    as_json: AsJson = False,
) -> None:
    """Say who owned the debts on a day, by the chain of title."""
    from store import debt as debts

    asked = read_day(day, "DATE")
    if seller and not ref:
        raise RefusedError("--seller says whose --portfolio is meant; name one")
    with house() as here, here.store.reading() as session:
        if asked > here.clock.now().astimezone(UTC).date():
            raise RefusedError(f"{asked} is still to come; nobody knows who will own what")
        if account:
            told = _one_owner(session, account, asked)
            show(told, as_json, *_owner_page(told))
            return
        chosen = found(session, ref, seller).id if ref else None
        counts = _owners(session, asked, chosen, out)
        refs = {each.id: (each.ref, code) for each, code, _ in debts.portfolios(session)}
    lines = [
        {
            "portfolio": refs[portfolio][0], "seller": refs[portfolio][1], "owner": owner,
            "certain": certain, "debts": count,
        }
        for (portfolio, owner, certain), count in sorted(
            counts.items(), key=lambda each: (refs[each[0][0]], each[0][1] or "")
        )
    ]  # fmt: skip
    show(
        {"date": asked, "owners": lines},
        as_json,
        table(
            f"Owners on {asked}",
            ("portfolio", "seller", "owner", "", "#debts"),
            (
                (
                    line["portfolio"],
                    line["seller"],
                    line["owner"] or "did not exist yet",
                    "" if line["certain"] else "an assignment bears no date",
                    f"{line['debts']:,}",
                )
                for line in lines
            ),
        ),
    )


Key = tuple[Any, str | None, bool]


def _owners(session: Session, day: date, chosen: Any, out: Path | None) -> Counter[Key]:
    from activities import portfolio as whole
    from rules.quarantine import guarded

    counts: Counter[Key] = Counter()
    if out is None:
        for debt, owned in whole.owners(session, day, chosen):
            counts[
                debt.portfolio_id, owned.owner if owned else None, not owned or owned.certain
            ] += 1
        return counts
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("account_ref", "case", "owner", "since", "document", "certain"))
            for debt, owned in whole.owners(session, day, chosen):
                name = owned.owner if owned else None
                counts[debt.portfolio_id, name, not owned or owned.certain] += 1
                since, document = (owned.since, owned.document) if owned else (None, None)
                sure = "yes" if not owned or owned.certain else "no"
                shown = guarded(name or "")
                writer.writerow((debt.account_ref, debt.workflow_id, shown, since, document, sure))
    except FileExistsError:
        raise RefusedError(f"{out} exists; it was left as it is") from None
    except OSError as error:
        raise RefusedError(f"{out}: {error.strerror}") from None
    return counts


def _one_owner(session: Session, account: str, day: date) -> dict[str, Any]:
    from activities import portfolio as whole
    from store import debt as debts

    debt = one(session, account)
    owned = whole.owner_of(session, debt, day)
    return {
        "date": day,
        "account": debt.account_ref,
        "case": debt.workflow_id,
        "owner": owned.owner if owned else None,
        "since": owned.since if owned else None,
        "document": owned.document if owned else None,
        "certain": owned.certain if owned else True,
        "chain": [
            {"owner": link.owner, "since": link.assigned_on, "document": link.doc_ref}
            for link in debts.links(session, debt.id)
        ],
    }


def _owner_page(told: dict[str, Any]) -> list[RenderableType]:
    by = f" by {told['document']}" if told["document"] else ""
    since = f" since {told['since']}" if told["since"] else ""
    doubt = (
        "" if told["certain"] else " An assignment before that day bears no date: ask the seller."
    )
    said = f"{told['owner']}{since}{by}" if told["owner"] else "nobody: it did not exist yet"
    return [
        f"On {told['date']} {escape(told['account'])} was owned by {escape(said)}.{doubt}",
        table(
            "Chain of title",
            ("owner", "since", "document"),
            ((link["owner"], link["since"], link["document"]) for link in told["chain"]),
        ),
    ]


def putback(
    ref: Named,
    account: Annotated[
        list[str] | None,
        typer.Option(help="Give back only this one; may be given again.", show_default=False),
    ] = None,
    give: Annotated[
        bool, typer.Option("--give", help="Give those on the list back: nothing more is sent.")
    ] = False,
    seller: OfSeller = None,
    as_json: AsJson = False,
) -> None:
    """List the debts that the seller must take back, with their grounds, or give them back."""
    from activities import portfolio as whole

    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            portfolio = found(session, ref, seller)
            left = whole.window(portfolio, now.astimezone(UTC).date())
            claims = whole.claims(session, portfolio, now)
        chosen = [each for each in claims if not account or each.debt.account_ref in account]
        if missing := set(account or ()) - {each.debt.account_ref for each in claims}:
            raise RefusedError(
                f"{min(missing)} is not on the list of {ref}: no ground is known, or it went back already",
                REFUSED,
            )
        if give and left is not None and left <= 0:
            raise RefusedError(
                f"the seller had to take debts back until {portfolio.recourse_until}; that is over",
                REFUSED,
            )
        given = _give(here, chosen, now) if give else []
    until = portfolio.recourse_until
    said = (
        "The manifest names no day until which the seller must take debts back."
        if left is None
        else f"The seller must take debts back until {until}: {left} days are left."
        if left > 0
        else f"The seller had to take debts back until {until}; that is over."
    )
    show(
        {
            "portfolio": ref,
            "recourse_until": until,
            "days_left": left,
            "debts": [
                {
                    "account": each.debt.account_ref,
                    "case": each.debt.workflow_id,
                    "grounds": each.grounds,
                }
                for each in chosen
            ],
            "given": given,
        },
        as_json,
        table(
            f"{len(chosen):,} debts with grounds to go back",
            ("account", "case", "grounds"),
            (
                (
                    each.debt.account_ref,
                    each.debt.workflow_id,
                    ", ".join(each.grounds).replace("_", " "),
                )
                for each in chosen
            ),
        )
        if chosen
        else "No debt has a ground to go back.",
        said,
        *(
            [f"{len(given):,} were given back: nothing more is sent but a handover notice."]
            if give
            else []
        ),
    )


def _give(here: House, chosen: list[whole.Claim], now: datetime) -> list[str]:
    """Order each to go back; the store acknowledges before any case is told."""
    from activities.case import order
    from store import debt as debts

    given: list[str] = []
    for claim in chosen:
        wanted = Order(kind=OrderKind.CLOSE, reason="putback", actor=acting().code, id=str(uuid4()))
        with here.store.writing() as session:
            debt = debts.get(session, claim.debt.id)
            refused = order(session, debt, wanted, now, observed_at=wall_now())
        if refused:
            note(f"{claim.debt.account_ref}: {refused}")
        else:
            given.append(claim.debt.account_ref)
    if given:
        cases = [each.debt.workflow_id for each in chosen if each.debt.account_ref in given]
        note(tell(here.settings, cases, Fact(kind=OrderKind.CLOSE)))
    return given


# Shared


def found(session: Session, ref: str, seller: str | None) -> Portfolio:
    """Answer the portfolio that is meant, by its reference or the beginning of a file's SHA-256."""
    from store import debt as debts

    named = [
        portfolio
        for portfolio, code, _ in debts.portfolios(session)
        if seller in (None, code) and (portfolio.ref == ref or _made_of(portfolio, ref))
    ]
    if not named:
        raise RefusedError(f"no portfolio {ref}; see `cession portfolio list`")
    if len(named) > 1:
        raise RefusedError(f"several sellers have a portfolio {ref}; add --seller CODE")
    return named[0]


def _made_of(portfolio: Portfolio, digest: str) -> bool:
    files: list[str] = portfolio.facts.get("files", [])
    return len(digest) >= 12 and any(file.startswith(digest) for file in files)


def not_recalled(session: Session, portfolio: Portfolio) -> None:
    """Refuse what makes no sense once the seller has the portfolio again."""
    from store import debt as debts

    if stop := debts.recalled(session, portfolio.id):
        raise RefusedError(
            f"{portfolio.ref} was recalled on {instant(stop.entered_at)} by {stop.actor} ({stop.reason})",
            REFUSED,
        )


def read_day(text: str, where: str) -> date:
    """Read a day as people type it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{where}: {text!r} is no day; write it as 2026-03-10") from None


def _code(reason: str) -> None:
    if not CODE.fullmatch(reason):
        raise RefusedError(
            f"--reason {reason!r} must be a code of lower-case letters, digits, '_', '-' or '.'"
        )


def _crossed(crossed: tuple[Any, ...]) -> str:
    return f" {len(crossed)} messages were being sent at that moment." if crossed else ""


def _page(told: dict[str, Any]) -> list[RenderableType]:
    left = told["recourse_days_left"]
    recourse = (
        "not agreed"
        if left is None
        else f"{told['recourse_until']}, {f'{left} days left' if left > 0 else 'over'}"
    )
    rows: list[tuple[str, object]] = [
        ("seller", told["seller"]),
        ("owner", told["owner"]),
        ("transferred", told["transfer_effective_date"]),
        ("debts", f"{told['debts']:,}"),
        ("cases", _counts(told["states"])),
        ("stages", _counts(told["stages"])),
        ("ended", _counts(told["endings"])),
        ("overdue", told["overdue"] or "none"),
        *(
            (currency, ", ".join(f"{name.replace('_', ' ')} {amount(minor, currency)}" for name, minor in sorted(sums.items())))
            for currency, sums in told["money"].items()
        ),
        ("recourse until", recourse),
        ("documents asked", _counts(told["media"])),
    ]  # fmt: skip
    for name in ("paused", "stopped"):
        rows += [(name, f"since {instant(each['since'])} by {each['by']}: {each['reason']}") for each in told[name]]  # fmt: skip
    if back := told["recalled"]:
        rows.append(("recalled", f"{instant(back['since'])} by {back['by']}: {back['reason']}"))
    return [table(f"Portfolio {told['portfolio']}", ("", ""), rows)]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
