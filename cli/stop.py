"""The kill switch: contact stops for a portfolio, a seller, a channel, a place, or for all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from cli.house import House, house
from cli.reach import PATIENCE, acting
from cli.show import REFUSED, AsJson, RefusedError, instant, note, show, table
from cli.when import ahead
from models.case import CODE, Fact
from models.contact import Channel
from models.stop import Scope, StopKind
from runtime.clock import wall_now

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Stop

app = typer.Typer(
    no_args_is_help=True,
    help="The kill switch: stop contact for a portfolio, seller, channel, place, or for all.",
)

PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,6})?")

_UTC = ZoneInfo("UTC")

Reason = Annotated[
    str, typer.Option(help="A code such as wrong_amounts; it stands on record, so no free text.")
]

Until = Annotated[
    str | None, typer.Option(help="When it ends by itself: 7d, a day or an instant; open if not.")
]


@app.command("all")
def all_(reason: Reason, until: Until = None, as_json: AsJson = False) -> None:
    """Stop every contact of every case, from the next check on."""
    _switch(Scope.EVERYTHING, "everything", reason, until, as_json)


@app.command()
def portfolio(
    ref: Annotated[str, typer.Argument(help="The portfolio_id of the manifest.")],
    reason: Reason,
    seller: Annotated[
        str | None, typer.Option(help="The seller's code, if several use it.")
    ] = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Stop every contact of one portfolio."""
    from sqlmodel import col, select

    from models.tables import Portfolio, Seller

    with house() as here, here.store.reading() as session:
        found = session.exec(
            select(Portfolio.id, Seller.code)
            .join(Seller, col(Seller.id) == col(Portfolio.seller_id))
            .where(col(Portfolio.ref) == ref)
        ).all()
    chosen = [ident for ident, code in found if seller in (None, code)]
    if not chosen:
        raise RefusedError(f"no portfolio {ref}; see `cession portfolio list`")
    if len(chosen) > 1:
        raise RefusedError(f"several sellers have a portfolio {ref}; add --seller CODE")
    _switch(Scope.PORTFOLIO, f"portfolio {ref}", reason, until, as_json, portfolio_id=chosen[0])


@app.command()
def seller(
    code: Annotated[str, typer.Argument(help="The seller's code.")],
    reason: Reason,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Stop every contact about debts of one seller."""
    from sqlmodel import col, select

    from models.tables import Seller

    with house() as here, here.store.reading() as session:
        found = session.exec(select(Seller.id).where(col(Seller.code) == code)).one_or_none()
    if found is None:
        raise RefusedError(f"no seller {code}; see `cession portfolio list`")
    _switch(Scope.SELLER, f"seller {code}", reason, until, as_json, seller_id=found)


@app.command()
def channel(
    name: Annotated[Channel, typer.Argument(help="The channel.")],
    reason: Reason,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Stop every contact by one channel, for everybody."""
    _switch(Scope.CHANNEL, f"channel {name}", reason, until, as_json, channel=name)


@app.command()
def jurisdiction(
    place: Annotated[str, typer.Argument(help="A country as US, or a part of it as US-NY.")],
    reason: Reason,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Stop every contact under the law of one place."""
    from runtime.settings import PACKS

    if not PLACE.fullmatch(place):
        raise RefusedError(f"{place!r} is no place; write a country as US, or a part as US-NY")
    laws = {path.stem.partition("-")[0] for path in (PACKS / "jurisdictions").glob("*.toml")}
    if place.partition("-")[0] not in laws:
        raise RefusedError(
            f"no debt can be under a law of {place}, so nothing was stopped; there are: "
            f"{', '.join(sorted(laws))}, and cession law packs lists their parts"
        )
    _switch(Scope.JURISDICTION, f"law of {place}", reason, until, as_json, jurisdiction=place)


@app.command("list")
def list_(
    ended: Annotated[bool, typer.Option("--ended", help="Those that were lifted too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the kill switches that are on: what they cover, since when, by whom, why."""
    from sqlmodel import col, or_, select

    from models.tables import Stop

    with house() as here, here.store.reading() as session:
        now = here.clock.now()
        asked = select(Stop).where(col(Stop.kind) == StopKind.KILL_SWITCH)
        if not ended:
            asked = asked.where(
                col(Stop.ended_at).is_(None), or_(col(Stop.until).is_(None), col(Stop.until) > now)
            )
        lines = [
            _line(session, stop) for stop in session.exec(asked.order_by(col(Stop.entered_at)))
        ]
    show(
        lines,
        as_json,
        table(
            f"{len(lines)} kill switches",
            ("stop", "covers", "since", "until", "by", "why", "#debts", "lifted"),
            (
                (
                    str(line["stop"])[:8],
                    line["covers"],
                    instant(line["since"]),
                    instant(line["until"]) or "it is lifted",
                    line["by"],
                    line["reason"],
                    line["debts"],
                    f"{instant(line['ended'])} by {line['ended_by']}" if line["ended"] else "",
                )
                for line in lines
            ),
        )
        if lines
        else "No kill switch is on.",
    )


@app.command()
def lift(
    stop: Annotated[str, typer.Argument(help="The stop's id or its beginning: cession stop list.")],
    reason: Reason,
    wake: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=100,
            help="Wake its cases now, so many a second; left out, each wakes by itself in a day.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lift a kill switch; no case begins at once: they wake spread over a day, or at a pace."""
    from activities import reconcile
    from store import stop as stops

    coded(reason)
    with house() as here:
        with here.store.writing() as session:
            row = _one(session, stop)
            if row.ended_at is not None:
                raise RefusedError(f"{row.id} was lifted by {row.ended_by} already", REFUSED)
            if row.source == reconcile.SOURCE:
                raise RefusedError(
                    "this one holds all contact since a restore; it ends when `cession reconcile` "
                    "finds that store and engine agree",
                    REFUSED,
                )
            waiting = stops.cases_of(session, row)
            stops.end(session, row.id, now=here.clock.now(), reason=reason, actor=acting().code)
            covers = _line(session, row)["covers"]
        told = (
            woken(here, [debt.workflow_id for debt in waiting], wake, "stop_lifted")
            if wake
            else None
        )
    show(
        {"stop": row.id, "covers": covers, "cases": len(waiting), "woken": told},
        as_json,
        f"Lifted: {escape(covers)}. {len(waiting)} cases: "
        f"{'each wakes by itself within a day.' if told is None else f'{told} were woken.'}",
    )


def _switch(
    scope: Scope, covers: str, reason: str, until: str | None, as_json: bool, **named: Any
) -> None:
    """Write the stop; its commit is the acknowledgement, and every later check sees it."""
    from store import stop as stops

    coded(reason)
    with house() as here:
        now = here.clock.now()
        end = ahead(until, "--until", _UTC, now) if until else None
        if end is not None and end <= now:
            raise RefusedError(f"--until {until} has passed; it is {instant(now)}")
        with here.store.writing() as session:
            known = _known(session, scope, named, now)
            if known is not None and known.until == end:
                raise RefusedError(
                    f"{covers} is stopped already since {instant(known.entered_at)} by "
                    f"{known.actor} ({known.reason}): {str(known.id)[:8]}",
                    REFUSED,
                )
            ident = uuid4()
            entered, crossed = stops.enter(
                session,
                StopKind.KILL_SWITCH,
                scope,
                now=now,
                observed_at=wall_now(),
                reason=reason,
                actor=acting().code,
                source="switch",
                external_id=str(ident),
                until=end,
                **named,
            )
            session.flush()
            line = _line(session, entered)
    show(
        {**line, "crossed": crossed},
        as_json,
        f"Stopped: {escape(covers)}, {line['debts']} debts, "
        f"{f'until {instant(end)}.' if end else 'until it is lifted.'} "
        f"Lift it with: cession stop lift {str(entered.id)[:8]} --reason …",
        *([f"{len(crossed)} messages were being sent at that moment."] if crossed else []),
    )


def _known(session: Session, scope: Scope, named: dict[str, Any], now: Any) -> Stop | None:
    from sqlmodel import col, or_, select

    from models.tables import Stop

    asked = select(Stop).where(
        col(Stop.kind) == StopKind.KILL_SWITCH,
        col(Stop.scope) == scope,
        col(Stop.ended_at).is_(None),
        or_(col(Stop.until).is_(None), col(Stop.until) > now),
    )
    for name, value in named.items():
        asked = asked.where(getattr(Stop, name) == value)
    return session.exec(asked.order_by(col(Stop.entered_at))).first()


def _line(session: Session, stop: Stop) -> dict[str, Any]:
    from models.tables import Portfolio, Seller
    from store import stop as stops

    match stop.scope:
        case Scope.PORTFOLIO:
            row = session.get(Portfolio, stop.portfolio_id)
            covers = f"portfolio {row.ref if row else stop.portfolio_id}"
        case Scope.SELLER:
            sold = session.get(Seller, stop.seller_id)
            covers = f"seller {sold.code if sold else stop.seller_id}"
        case Scope.CHANNEL:
            covers = f"channel {stop.channel}"
        case Scope.JURISDICTION:
            covers = f"law of {stop.jurisdiction}"
        case _:
            covers = stop.scope
    return {
        "stop": stop.id,
        "covers": covers,
        "since": stop.entered_at,
        "until": stop.until,
        "by": stop.actor,
        "reason": stop.reason,
        "debts": stops.count(session, stop),
        "ended": stop.ended_at,
        "ended_by": stop.ended_by,
    }


def _one(session: Session, ref: str) -> Stop:
    from sqlmodel import col, select

    from models.tables import Stop

    switches = session.exec(select(Stop).where(col(Stop.kind) == StopKind.KILL_SWITCH)).all()
    found = [stop for stop in switches if len(ref) >= 6 and str(stop.id).startswith(ref.casefold())]
    if len(found) != 1:
        raise RefusedError(
            f"{ref!r} names {'several kill switches' if found else 'no kill switch'}; give at "
            "least six digits of its id: cession stop list"
        )
    return found[0]


def coded(reason: str) -> None:
    if not CODE.fullmatch(reason):
        raise RefusedError(
            f"--reason {reason!r} must be a code of lower-case letters, digits, '_', '-' or '.'"
        )


def woken(here: House, cases: Sequence[str], pace: float, kind: str) -> int:
    """Let cases look again, so many a second; answer how many were told."""
    note(f"Waking {len(cases)} cases, {pace:g} a second; Ctrl-C leaves the rest to wake alone.")
    return asyncio.run(_wake(here, cases, pace, kind))


async def _wake(here: House, cases: Iterable[str], pace: float, kind: str) -> int:
    from temporalio.service import RPCError, RPCStatusCode

    from runtime.temporal import connect

    client, told = await connect(here.settings), 0
    for case in cases:
        try:
            await client.get_workflow_handle(case).signal(
                "fact_recorded", Fact(kind=kind), rpc_timeout=PATIENCE
            )
            told += 1
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise RefusedError(
                    f"the server answered {error.status.name.lower()} after {told} cases; the "
                    "others wake by themselves"
                ) from None
        await asyncio.sleep(timedelta(seconds=1 / pace).total_seconds())
    return told
