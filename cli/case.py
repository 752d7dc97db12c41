"""Cases: list them, read one, and give it orders."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from cli.document import evidence, list_documents, render, statement
from cli.history import history
from cli.house import house
from cli.reach import As, Ref, acting, one, operator, tell
from cli.show import REFUSED, AsJson, RefusedError, amount, instant, show, table
from cli.when import ahead, past
from cli.words import heard, say
from models.case import CODE, Fact, Order, OrderKind, Stage
from models.overview import CaseLine, CaseView, Personal
from models.stop import StopKind
from models.support import Explanation, Line
from runtime.settings import Settings

if TYPE_CHECKING:
    from models.tables import Debt

app = typer.Typer(no_args_is_help=True, help="List cases, read one, hold, release or end it.")

EVIDENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")

Reason = Annotated[
    str,
    typer.Option(help="A code such as customer_call; it stands in the history, so no free text."),
]


@app.command("list")
def list_cases(  # noqa: PLR0917
    stage: Annotated[Stage | None, typer.Option(help="Only cases in this stage.")] = None,
    portfolio: Annotated[str | None, typer.Option(help="Only of this portfolio.")] = None,
    hold: Annotated[
        str | None, typer.Option(help="Only cases held by this kind of stop, or by `any`.")
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only cases that should have moved and did not.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    as_json: AsJson = False,
) -> None:
    """List cases, what is due first on top."""
    from activities import overview

    if hold and hold != "any" and hold not in set(StopKind):
        raise RefusedError(f"--hold {hold}: no such stop; any, or one of {', '.join(StopKind)}")
    with house() as here, here.store.reading() as session:
        lines = overview.cases(
            session,
            here.clock.now(),
            stage=stage,
            portfolio=portfolio,
            hold=hold,
            overdue=overdue,
            limit=limit,
        )
    show(lines, as_json, *_listed(lines, limit))


@app.command("show")
def show_case(
    ref: Ref,
    personal: Annotated[
        bool, typer.Option("--personal", help="Open name and addresses too; goes on record.")
    ] = False,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Show where a case stands: readiness, money, stops, work, and what comes next."""
    from activities import overview

    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            debt = one(session, ref)
            seen = overview.view(session, debt, now)
        if personal:
            actor = operator(here.settings, given)
            with here.store.writing() as session:
                who = overview.personal(
                    session, here.store.keys, debt, actor=actor, now=now, observed_at=now
                )
            seen = seen.model_copy(update={"personal": who})
    show(seen, as_json, *_case(seen))


@app.command()
def explain(
    ref: Ref,
    since: Annotated[
        str, typer.Option(help="A day, `tue`, a span back as 7d, or an instant.")
    ] = "7d",
    as_json: AsJson = False,
) -> None:
    """Say why there was no contact since an instant: the rules, until when, and their sources."""
    from activities import support
    from models.tables import Debtor

    with house() as here, here.store.reading() as session:
        debt = one(session, ref)
        zone = support.zone_of(session.get_one(Debtor, debt.debtor_id))
        now = here.clock.now()
        start = past(since, "--since", zone, now)
        if start > now:
            raise RefusedError(f"--since {since} is still to come; it is {instant(now, zone.key)}")
        said = support.explain(session, debt, start)
    show(said, as_json, *_explained(said, zone.key))


@app.command("fact")
def fact_(  # noqa: PLR0917
    ref: Ref,
    name: Annotated[
        str | None, typer.Argument(help="Which fact; left out, all that were stated are shown.")
    ] = None,
    value: Annotated[
        str | None, typer.Argument(help="yes, no, a day, a rate or a place; unknown takes it back.")
    ] = None,
    evidence: Annotated[
        str | None, typer.Option(help="What proves it, as a code: a letter, a receipt, a call.")
    ] = None,
    party: Annotated[
        int | None, typer.Option(help="Of another liable person, by the number shown here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """State a fact that the law reads and no file gave, with what proves it; or list them."""
    from activities import fact
    from cli.office import working

    if name is None:
        _list_facts(ref, as_json)
        return
    if value is None or evidence is None or not EVIDENCE.fullmatch(evidence):
        raise RefusedError(
            "say what it is and what proves it: cession case fact REF NAME VALUE --evidence CODE "
            "(letters, digits and . _ : / - only, as EMS-2026-114; no name and no free text)"
        )
    with house() as here, working(here.settings) as office:
        now = here.clock.now()
        try:
            with office.store.writing() as session:
                debt = one(session, ref)
                said = fact.state(
                    session, office, debt.id, name, value, evidence, acting().code, now, party=party
                )
                case = debt.workflow_id
        except fact.FactRefusedError as refused:
            raise RefusedError(f"{ref}: {refused}") from None
        told = tell(here.settings, [case], Fact(kind="fact_stated", id=f"{name}:{party or 0}"))
    show(
        {"case": case, "fact": name, "value": value, "party": party, "told": told},
        as_json,
        f"On record: {escape(said)}. {told}",
    )


def _list_facts(ref: str, as_json: bool) -> None:
    from activities import fact

    with house() as here, here.store.reading() as session:
        debt = one(session, ref)
        people: list[dict[str, Any]] = [
            {"party": None, "role": "debtor", "place": _at(debt), "facts": fact.stated(debt)},
            *(
                {
                    "party": number,
                    "role": row.role,
                    "place": "-".join(filter(None, (person.jurisdiction, person.sub))),
                    "facts": fact.stated(debt, person.id),
                }
                for number, (row, person) in enumerate(fact.liable(session, debt), 1)
            ),
        ]
        account = debt.account_ref
    rows = [
        (
            "" if told["party"] is None else str(told["party"]),
            told["role"],
            told["place"],
            name,
            str(value),
        )
        for told in people
        for name, value in (told["facts"] or {"": ""}).items()
    ]
    may = [(name, known.what) for name, known in fact.STATEABLE.items()]
    show(
        people,
        as_json,
        table(f"{account}: facts stated", ("party", "who", "law of", "fact", "value"), rows),
        table("What may be stated", ("name", "what it says"), may),
    )


def _at(debt: Debt) -> str:
    return "-".join(filter(None, (debt.jurisdiction, debt.sub)))


@app.command()
def timeline(ref: Ref, as_json: AsJson = False) -> None:
    """Show all that happened to a case, oldest first."""
    from activities import support
    from models.tables import Debtor

    with house() as here, here.store.reading() as session:
        debt = one(session, ref)
        zone = support.zone_of(session.get_one(Debtor, debt.debtor_id))
        lines = support.timeline(session, debt)
    show(lines, as_json, _timeline(debt.account_ref, zone, lines))


@app.command()
def hold(
    ref: Ref,
    until: Annotated[str, typer.Option(help="The hold's end: 7d, a day or an instant.")],
    reason: Reason,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Pause all contact of a case until an instant; payments are still booked."""
    _order(OrderKind.HOLD, ref, reason, given, as_json, until=until)


@app.command()
def release(ref: Ref, reason: Reason, given: As = None, as_json: AsJson = False) -> None:
    """End the operator's hold of a case; other stops stay."""
    _order(OrderKind.RELEASE, ref, reason, given, as_json)


@app.command()
def recall(ref: Ref, reason: Reason, given: As = None, as_json: AsJson = False) -> None:
    """The seller takes the debt back: everything stops and the case ends."""
    _order(OrderKind.RECALL, ref, reason, given, as_json)


@app.command()
def close(ref: Ref, reason: Reason, given: As = None, as_json: AsJson = False) -> None:
    """End a case by a person's decision."""
    _order(OrderKind.CLOSE, ref, reason, given, as_json)


@app.command()
def restart(ref: Ref, reason: Reason, given: As = None, as_json: AsJson = False) -> None:
    """Bring back an open case whose workflow was terminated; it holds until a person confirms."""
    from activities.start import renew
    from store import debt as debts

    with house() as here:
        with here.store.reading() as session:
            debt = one(session, ref)
        actor = operator(here.settings, given)
        if not CODE.fullmatch(reason):
            raise RefusedError(f"--reason {reason!r}: a code such as lost_run, no free text")
        if debt.status != "open":
            why = "begins by itself" if debt.status == "reopening" else "is not an open case"
            raise RefusedError(f"{debt.account_ref} is {debt.status}: it {why}", REFUSED)
        if asyncio.run(_runs(here.settings, debt.workflow_id)):
            raise RefusedError(
                f"{debt.account_ref}: its workflow is running, so there is nothing to bring back; "
                "to pause it: cession case hold",
                REFUSED,
            )
        with here.store.writing() as session:
            renew(session, here.clock, debts.get(session, debt.id), actor, reason)
    told = "It begins again within seconds where a relay runs, and waits for a person to confirm."
    show({"account": debt.account_ref, "case": debt.workflow_id, "epoch": debt.epoch + 1},
         as_json, f"{debt.account_ref} is brought back. {told}")  # fmt: skip


async def _runs(settings: Settings, name: str) -> bool:
    from activities.start import runs
    from runtime.temporal import connect

    return await runs(await connect(settings), name)


app.command()(statement)
app.command("documents")(list_documents)
app.command()(render)
app.command()(evidence)
app.command()(history)


_DONE = {
    OrderKind.HOLD: "is held until {until}",
    OrderKind.RELEASE: "is released",
    OrderKind.RECALL: "is recalled: nothing more is sent",
    OrderKind.CLOSE: "is closed: nothing more is sent",
}


def _order(  # noqa: PLR0917
    kind: OrderKind,
    ref: str,
    reason: str,
    given: str | None,
    as_json: bool,
    until: str | None = None,
) -> None:
    """Write an order to the store, which acknowledges it, then let the case know."""
    from activities import support
    from activities.case import order
    from models.tables import Debtor

    with house() as here:
        now = here.clock.now()
        actor = operator(here.settings, given)
        with here.store.writing() as session:
            debt = one(session, ref)
            zone = support.zone_of(session.get_one(Debtor, debt.debtor_id))
            ends = ahead(until, "--until", zone, now) if until else None
            if ends is not None and ends <= now:
                raise RefusedError(
                    f"--until {until} has passed; it is {instant(now, zone.key)} there now"
                )
            wanted = Order(kind=kind, reason=reason, actor=actor, until=ends, id=str(uuid4()))
            refused = order(session, debt, wanted, now, observed_at=here.clock.now())
        if refused:
            raise RefusedError(f"{debt.account_ref}: {refused}", REFUSED)
        told = tell(here.settings, [debt.workflow_id], Fact(kind=kind))
    done = _DONE[kind].format(until=instant(ends, zone.key))
    show(
        {
            "account": debt.account_ref,
            "case": debt.workflow_id,
            "order": kind,
            "until": ends,
            "acknowledged": True,
            "told": told,
        },
        as_json,
        f"{escape(debt.account_ref)} {done}. {told}",
    )


# For people


def _listed(lines: Sequence[CaseLine], limit: int) -> Iterable[RenderableType]:
    if not lines:
        yield "No case fits."
        return
    yield table(
        f"{len(lines)} cases" + (f", the first {limit}" if len(lines) == limit else ""),
        ("account", "place", "stage", "held by", "#owed", "#contacts", "next", "when, there"),
        (
            (
                line.account,
                line.place,
                line.ending or line.stage if line.stage == Stage.CLOSED else line.stage,
                line.hold,
                amount(line.owed, line.currency),
                line.contacts,
                line.next,
                instant(line.next_at, line.zone),
            )
            for line in lines
        ),
    )


def _case(seen: CaseView) -> Iterable[RenderableType]:
    yield _facts(f"{seen.account} · {seen.place} · {seen.currency}", _about(seen))
    if seen.personal:
        yield _facts("Who (personal data; this look is on record)", _person(seen.personal))
    yield table(
        "Money",
        ("", "#amount"),
        (
            *((bucket, amount(minor, seen.currency)) for bucket, minor in seen.buckets.items()),
            ("owed now", amount(seen.owed, seen.currency)),
            ("charged in all", amount(seen.charged, seen.currency)),
            ("paid", amount(seen.paid, seen.currency)),
            ("waived", amount(seen.waived, seen.currency)),
            *((("paid too much", amount(seen.credit, seen.currency)),) if seen.credit else ()),
            *((("payments not booked yet", seen.unposted),) if seen.unposted else ()),
        ),
    )
    if seen.stops:
        yield table(
            "What holds it",
            ("stop", "since", "until", "what it is", "how it ends", "from"),
            (
                (
                    f"{stop.kind} ({stop.scope})",
                    instant(stop.since, seen.zone),
                    instant(stop.until, seen.zone),
                    stop.what,
                    stop.ends,
                    stop.by,
                )
                for stop in seen.stops
            ),
        )
    if seen.gaps:
        yield table(
            "Readiness: what is missing or wrong",
            ("gap", "", "what to do"),
            ((gap.code, "blocks" if gap.blocking else "noted", gap.advice) for gap in seen.gaps),
        )
    if seen.items:
        yield table(
            "Work for people",
            ("item", "kind", "step", "status", "due", "taken by"),
            (
                (
                    item.item,
                    item.kind,
                    item.step,
                    item.status,
                    instant(item.due, seen.zone),
                    item.by,
                )
                for item in seen.items
            ),
        )
    if seen.made:
        yield table(
            "Contacts made",
            ("when", "by", "step", "state", "outcome", "strategy", "who"),
            (
                (
                    instant(line.at, seen.zone),
                    line.channel,
                    line.step,
                    line.state,
                    line.outcome,
                    line.strategy,
                    line.by,
                )
                for line in seen.made
            ),
        )
    if seen.documents:
        yield table(
            "Documents",
            ("document", "made", "", "SHA-256", "template version"),
            (
                (
                    doc.template,
                    instant(doc.made, seen.zone),
                    doc.kind,
                    f"{doc.sha256[:16]}…",
                    doc.version,
                )
                for doc in seen.documents
            ),
        )
    yield table(
        "Who owned it",
        ("owner", "since", "document", "notice delivered"),
        (
            (link.owner, link.since or "from the start", link.doc_ref, link.notice_delivered_on)
            for link in seen.owners
        ),
    )


def _about(seen: CaseView) -> Iterable[tuple[str, object]]:
    yield "case", seen.case
    yield "debt", f"{seen.debt}, life {seen.epoch}"
    yield "bought from", f"{seen.seller}, portfolio {seen.portfolio}; owner {seen.owner}"
    yield "stands", f"{seen.stage}, {seen.status}, {seen.mode} mode"
    if seen.ending:
        yield (
            "ended",
            f"{seen.ending} {seen.ending_reason or ''}, {instant(seen.closed, seen.zone)}",
        )
    else:
        yield "next", seen.next
        yield "when", instant(seen.next_at, seen.zone) or say("now")
        yield "why", seen.why
    yield "strategy", f"{seen.strategy or 'not chosen'}: {seen.strategy_reason or 'not prepared'}"
    if seen.strategy_since:
        yield "on it since", instant(seen.strategy_since, seen.zone)
    if seen.strategy_next:
        yield "goes over to", f"{seen.strategy_next}, when it is between two steps"
    yield "segment", seen.segment
    yield "language", seen.language or "unknown: nothing can be sent"
    yield "contacts", seen.contacts
    sent = instant(seen.notice_sent, seen.zone) or "not yet"
    arrived = instant(seen.notice_reached, seen.zone) or "not known"
    evidence = f" {seen.notice_evidence}" if seen.notice_evidence else ""
    yield "notice", f"sent {sent}, arrived {arrived}{evidence}"
    yield "limitation", seen.limitation


def _person(who: Personal) -> Iterable[tuple[str, object]]:
    yield "name", who.name
    yield "address", ", ".join(who.address)
    for point in who.points:
        yield point.kind, f"{point.value} ({point.line}{f', {point.dead}' if point.dead else ''})"


def _facts(title: str, pairs: Iterable[tuple[str, object]]) -> Table:
    made = Table(title=heard(title), title_justify="left", title_style="bold", show_header=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in pairs:
        cell = "" if value is None else str(value)
        made.add_row(heard(name), escape(heard(cell) if " " in cell else cell))
    return made


def _explained(said: Explanation, zone: str) -> Iterable[RenderableType]:
    yield f"[bold]{escape(said.summary)}[/bold]"
    if said.shadow:
        yield (
            "The case runs in shadow: what it writes lies in the outbox and reaches nobody. What a new "
            "case needs to be live is told by cession doctor."
        )
    yield f"Next: {escape(said.next_action)}."
    if said.reasons:
        yield table(
            f"Since {instant(said.asked_since, zone)}",
            ("when", "until", "rule", "why", "source"),
            (
                (
                    instant(reason.since, zone),
                    instant(reason.until, zone),
                    reason.rule,
                    reason.why,
                    reason.source,
                )
                for reason in said.reasons
            ),
        )


def _timeline(account: str, zone: ZoneInfo, lines: Sequence[Line]) -> Table:
    return table(
        f"{account}, times of {zone.key}",
        ("when", "what", "more", "by"),
        ((line.local, line.what, line.detail, line.actor) for line in lines),
    )
