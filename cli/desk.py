"""The desk: what is to be done by people, one lawful conversation at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.panel import Panel
from sqlmodel import Session

from activities import desk, register, sheet
from activities.office import Office
from activities.support import zone_of
from cli.house import house
from cli.reach import As, operator, tell
from cli.show import REFUSED, AsJson, RefusedError, instant, show, table
from cli.when import ahead
from models.base import Value
from models.case import Fact, TaskKind
from models.contact import Outcome
from models.desk import Report, Result, Sheet
from models.tables import Debt, Debtor, WorkItem
from worker.host import make_office

app = typer.Typer(no_args_is_help=True, help="Take calls, visits and reviews; report on them.")

Item = Annotated[
    str, typer.Argument(metavar="ITEM", help="The item's id or its beginning.", show_default=False)
]


class QueueLine(Value):
    """One item in the queue. Impersonal."""

    item: UUID
    kind: str
    step: str
    account: str
    place: str
    due: datetime
    zone: str
    status: str
    by: str | None


@app.command()
def queue(
    kind: Annotated[TaskKind | None, typer.Option(help="Only items of this kind.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person, the most overdue first."""
    with house() as here, here.store.reading() as session:
        items = desk.queue(session, here.clock.now(), kind=kind)
        lines = [_line(session, item) for item in items]
    show(lines, as_json, *_queue(lines))


@app.command("next")
def next_item(given: As = None, as_json: AsJson = False) -> None:
    """Show the next item that you can take: nobody else works its person now."""
    with house() as here, here.store.reading() as session:
        agent = operator(here.settings, given)
        item = desk.next_item(session, agent, here.clock.now())
        lines = [_line(session, item)] if item else []
    show(lines[0] if lines else None, as_json, *_queue(lines))


@app.command()
def take(item: Item, given: As = None, as_json: AsJson = False) -> None:
    """Take an item: the legal check runs again, and the person is yours for half an hour."""
    with _refusing(), _desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with office.store.reading() as session:
            wanted = sheet.find(session, item).id
            asked = desk.contact_of(session, wanted)
        if asked is not None:
            register.refresh(office, *asked, now)
        with office.store.writing() as session:
            refused = desk.take(session, office, wanted, agent, now)
            debt = session.get_one(Debt, desk.find(session, wanted).debt_id)
        if refused is not None:
            if refused.until is None:
                tell(
                    here.settings, [debt.workflow_id], Fact(kind="work_taken_back", id=str(wanted))
                )
            raise RefusedError(f"{debt.account_ref}: {refused}", REFUSED)
        with office.store.reading() as session:
            seen = sheet.sheet(session, office, desk.find(session, wanted), agent, now)
    show(seen, as_json, *_sheet(seen))


@app.command()
def identified(
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="The item you hold, if several.")
    ] = None,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """The person has confirmed who they are: show what may be said now."""
    with _refusing(), _desk() as (office, here), office.store.reading() as session:
        agent, now = operator(here.settings, given), here.clock.now()
        held = _held(session, item, agent, now)
        seen = sheet.sheet(session, office, held, agent, now, identified=True)
    show(seen, as_json, *_sheet(seen))


@app.command()
def done(  # noqa: PLR0917
    item: Item,
    outcome: Annotated[
        Outcome | None, typer.Option(help="Of a call or visit: conversation, no_answer …")
    ] = None,
    result: Annotated[Result, typer.Option(help="What it came to.")] = Result.NONE,
    amount: Annotated[str | None, typer.Option(help="Of a promise, as 120.00.")] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DAY", help="Due day of a promise, or when it began.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="A callback that was agreed.")
    ] = None,
    understood: Annotated[bool | None, typer.Option(help="Did they understand the debt?")] = None,
    willing: Annotated[bool | None, typer.Option(help="Do they want to settle it?")] = None,
    misunderstanding: Annotated[bool | None, typer.Option(help="Was anything mistaken?")] = None,
    means_worked: Annotated[
        bool | None, typer.Option(help="Was this a good way to reach them?")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Where they live now, as Asia/Urumqi.")] = None,
    country: Annotated[
        str | None,
        typer.Option(help="Where they moved abroad, as DE or US-CA; its law holds once confirmed."),
    ] = None,
    written: Annotated[
        bool, typer.Option("--written", help="The dispute or stop came in writing.")
    ] = False,
    note: Annotated[str | None, typer.Option(help="Kept encrypted, in no history.")] = None,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Report what came of an item that you hold; the case goes on from there."""
    with _refusing(), _desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with office.store.reading() as session:
            held = _held(session, item, agent, now)
            there = zone_of(session.get_one(Debtor, held.debtor_id))
            case = session.get_one(Debt, held.debt_id).workflow_id
        report = Report(
            outcome=outcome,
            result=result,
            amount=amount,
            on=_day(on),
            at=ahead(at, "--at", there, now) if at else None,
            understood=understood,
            willing=willing,
            misunderstanding=misunderstanding,
            means_worked=means_worked,
            zone=zone,
            country=country,
            written=written,
            note=note,
        )
        with _noting(office, agent, now), office.store.writing() as session:
            said = desk.done(session, office, held.id, agent, report, now)
        told = tell(here.settings, [case], Fact(kind="work_done", id=str(held.id)))
    show(
        {"item": held.id, "case": case, "recorded": said, "told": told},
        as_json,
        f"Recorded: {escape('; '.join(said) or result)}. {told}",
    )


@app.command()
def note(item: Item, text: str, given: As = None, as_json: AsJson = False) -> None:
    """Leave a note on an item that you hold, for whoever works the person next."""
    with _refusing(), _desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with _noting(office, agent, now), office.store.writing() as session:
            held = _held(session, item, agent, now)
            desk.note(session, office, held.id, agent, text, now)
    show({"item": held.id, "noted": True}, as_json, "Noted, encrypted.")


@contextmanager
def _desk() -> Generator[tuple[Office, Any]]:
    with house() as here:
        office = make_office(here.settings)
        try:
            yield office, here
        finally:
            office.threads.shutdown()
            office.store.close()


@contextmanager
def _refusing() -> Generator[None]:
    """Say the desk's refusals as the command's."""
    try:
        yield
    except desk.DeskRefusalError as refusal:
        raise RefusedError(str(refusal), REFUSED) from None


@contextmanager
def _noting(office: Office, agent: str, now: datetime) -> Generator[None]:
    """Put a refused note on record after everything else was taken back."""
    try:
        yield
    except desk.NoteRefusedError as refusal:
        with office.store.writing() as session:
            desk.refused_note(session, refusal, agent, now)
        raise


def _held(session: Session, item: str | None, agent: str, now: datetime) -> WorkItem:
    if item:
        return sheet.find(session, item)
    held = sheet.held_by(session, agent, now)
    if len(held) != 1:
        raise desk.DeskRefusalError(
            f"{agent} holds {len(held)} items; give the item's id"
            if held
            else f"{agent} holds no item; take one with cession desk take"
        )
    return held[0]


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"--on: {text!r} is no day; write it as 2026-03-10") from None


def _line(session: Session, item: WorkItem) -> QueueLine:
    debt = session.get_one(Debt, item.debt_id)
    zone = zone_of(session.get_one(Debtor, item.debtor_id))
    return QueueLine(
        item=item.id,
        kind=item.kind,
        step=item.step,
        account=debt.account_ref,
        place=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
        due=item.due_at,
        zone=zone.key,
        status=item.status,
        by=item.lease_by,
    )


def _queue(lines: Sequence[QueueLine]) -> Iterable[RenderableType]:
    if not lines:
        yield "Nothing waits for a person now."
        return
    yield table(
        f"{len(lines)} items",
        ("item", "kind", "step", "account", "place", "due, there", "taken by"),
        (
            (
                str(line.item)[:8],
                line.kind,
                line.step,
                line.account,
                line.place,
                instant(line.due, line.zone),
                line.by,
            )
            for line in lines
        ),
    )


def _sheet(seen: Sheet) -> Iterable[RenderableType]:
    head = [f"{seen.kind} · item {str(seen.item)[:8]} · {seen.language or 'language unknown'}"]
    head.append(f"there it is {seen.local_time}; yours until {instant(seen.until)}")
    if seen.name:
        head.append(f"[bold]{escape(seen.name)}[/bold]  {escape(seen.reach)}")
    if seen.identified:
        head.append(
            f"owed {seen.owed} to {escape(seen.owner or '')}, due {seen.due or 'not known'}"
        )
    yield Panel("\n".join(head), title="before identity" if not seen.identified else "the case")
    for title, lines in (
        ("Say", seen.say_first),
        ("You may offer", seen.offers),
        ("Never say", seen.must_not_say),
        ("Said and heard before", seen.last_said),
        ("Notes of colleagues", seen.notes),
    ):
        if lines:
            yield Panel("\n\n".join(escape(line) for line in lines), title=title)
    if seen.identified:
        yield f"Then: cession desk done {str(seen.item)[:8]} --result {'|'.join(seen.choices)}"
    else:
        yield "When they have confirmed who they are: cession desk identified"
