"""The desk: what is to be done by people, one lawful conversation at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.panel import Panel
from sqlmodel import Session

from activities import desk, roster, sheet
from activities.support import zone_of
from cli.house import house
from cli.reach import As, acting, operator
from cli.regard import app as regard_app
from cli.roster import app as roster_app
from cli.seat import (
    Item,
    MyItem,
    at_desk,
    check_in,
    held_item,
    noting,
    refusing,
    report,
    take_item,
)
from cli.show import AsJson, RefusedError, instant, show, table
from cli.when import ahead
from cli.words import heard, say
from models.base import Value
from models.case import TaskKind
from models.contact import Outcome
from models.desk import Report, Result, Sheet
from models.tables import Debt, Debtor, WorkItem
from rules.desk import unanswered

app = typer.Typer(no_args_is_help=True, help="Take calls, visits and reviews; report on them.")

app.add_typer(roster_app)
app.add_typer(regard_app)


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
    language: str | None = None
    overdue: bool = False
    kept_for: str | None = None


Team = Annotated[
    str | None, typer.Option("--team", help="Debts of this seller (its code) or portfolio.")
]

Spoken = Annotated[str | None, typer.Option("--language", help="People who speak it, as zh-CN.")]


@app.command()
def queue(  # noqa: PLR0917
    kind: Annotated[TaskKind | None, typer.Option(help="Only items of this kind.")] = None,
    team: Team = None,
    language: Spoken = None,
    skill: Annotated[
        list[TaskKind] | None, typer.Option("--skill", help="Several kinds at once.")
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you can take now.")] = False,
    supervisor: Annotated[
        bool, typer.Option("--supervisor", help="What nobody answered, and approvals.")
    ] = False,
    later: Annotated[
        bool, typer.Option("--later", help="What comes back later: callbacks, reminders.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Items shown.")] = 200,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person, the most overdue first."""
    with refusing(), house() as here, here.store.reading() as session:
        roster.known_teams(session, [team] if team is not None else [])
        wanted = roster.Wanted(
            kind=kind,
            team=team,
            language=language,
            skills=frozenset(skill or ()),
            agent=operator(here.settings, given) if mine else None,
            supervisor=supervisor,
            later=later,
        )
        now = here.clock.now()
        items = roster.queue(session, wanted, now)
        lines = [_line(session, item, now) for item in items[:limit]]
    show(lines, as_json, *_queue(lines, len(items)))


@app.command("next")
def next_item(given: As = None, as_json: AsJson = False) -> None:
    """Show the next item that you can take: it suits you, and nobody else works its person now."""
    with refusing(), house() as here, here.store.reading() as session:
        agent, now = operator(here.settings, given), here.clock.now()
        item = roster.next_item(session, agent, now)
        lines = [_line(session, item, now)] if item else []
    show(
        lines[0] if lines else None,
        as_json,
        *(_queue(lines, 1) if lines else ("Nothing waits that you can take now.",)),
    )


@app.command()
def take(item: Item, given: As = None, as_json: AsJson = False) -> None:
    """Take an item: the legal check runs again, and the person is yours (a call for half an hour)."""
    with refusing(), at_desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        seen = take_item(office, here, item, agent, now)
    show(seen, as_json, *_sheet(seen))


@app.command("open")
def open_screen() -> None:
    """Work at the desk on a full screen: the queue left, the person and the words right."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedError(
            "the full screen needs a terminal; in a pipe use: cession desk next, take, done"
        )
    from cli.screen import Desk  # noqa: PLC0415  # no other command waits for it

    with at_desk() as (office, here):
        Desk(office, here, acting()).run()


@app.command()
def arrive(item: MyItem = None, given: As = None, as_json: AsJson = False) -> None:
    """At the door, or right before you dial: check the law again, as of this minute."""
    with refusing(), at_desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with office.store.reading() as session:
            held = held_item(session, item, agent, now).id
        check_in(office, here, held, agent, now)
    show(
        {"item": held, "allowed": True, "at": now},
        as_json,
        "It is still lawful, and nothing has been paid meanwhile that ends it. "
        "Speak to nobody but the person; then: cession desk identified",
    )


@app.command()
def renew(item: MyItem = None, given: As = None, as_json: AsJson = False) -> None:
    """Keep the person for another half an hour."""
    with refusing(), house() as here, here.store.writing() as session:
        agent, now = operator(here.settings, given), here.clock.now()
        held = held_item(session, item, agent, now)
        until = roster.renew(session, held.id, agent, now)
    show({"item": held.id, "until": until}, as_json, f"Yours until {instant(until)}.")


@app.command()
def release(
    item: MyItem = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="INSTANT", help="It comes back to you then: a reminder."),
    ] = None,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Put an item back that came to nothing; nobody was spoken to."""
    with refusing(), at_desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with office.store.writing() as session:
            held = held_item(session, item, agent, now)
            there = zone_of(session.get_one(Debtor, held.debtor_id))
            until = ahead(at, "--at", there, now) if at else None
            roster.release(session, office, held.id, agent, now, until)
    back = f"It comes back to you at {instant(until, there.key)}." if until else "It is free again."
    show({"item": held.id, "until": until}, as_json, back)


@app.command()
def handover(
    item: Item,
    to: Annotated[str, typer.Option("--to", metavar="OPERATOR", help="Who goes on with it.")],
    as_json: AsJson = False,
) -> None:
    """Give a person that you work to a colleague; supervisors give what others hold, too."""
    with refusing(), house() as here, here.store.writing() as session:
        now = here.clock.now()
        wanted = sheet.find(session, item)
        moved = [each.id for each in roster.handover(session, wanted.id, acting(), to, now)]
    show(
        {"items": moved, "to": to},
        as_json,
        f"{escape(to)} goes on with it ({len(moved)} item{'' if len(moved) == 1 else 's'}): "
        "cession desk identified",
    )


@app.command()
def identified(
    item: MyItem = None,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """The person has confirmed who they are: show what may be said now."""
    with refusing(), at_desk() as (office, here), office.store.reading() as session:
        agent, now = operator(here.settings, given), here.clock.now()
        held = held_item(session, item, agent, now)
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
        typer.Option(
            help="Where they moved, as US-CA or DE; its law binds besides, alone once confirmed."
        ),
    ] = None,
    party: Annotated[
        int | None,
        typer.Option(help="Who moved: another liable person by number; the debtor if left out."),
    ] = None,
    written: Annotated[
        bool, typer.Option("--written", help="The dispute or stop came in writing.")
    ] = False,
    note: Annotated[str | None, typer.Option(help="Kept encrypted, in no history.")] = None,
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Report what came of an item that you hold; the case goes on from there."""
    with refusing(), at_desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with office.store.reading() as session:
            held = held_item(session, item, agent, now)
            there = zone_of(session.get_one(Debtor, held.debtor_id))
        told = Report(
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
            party=party,
            written=written,
            note=note,
        )
        said, case, heard = report(office, here, held.id, agent, told, now)
    show(
        {"item": held.id, "case": case, "recorded": said, "told": heard},
        as_json,
        f"Recorded: {escape('; '.join(said) or result)}. {heard}",
    )


@app.command()
def note(item: Item, text: str, given: As = None, as_json: AsJson = False) -> None:
    """Leave a note on an item that you hold, for whoever works the person next."""
    with refusing(), at_desk() as (office, here):
        agent, now = operator(here.settings, given), here.clock.now()
        with noting(office, agent, now), office.store.writing() as session:
            held = held_item(session, item, agent, now)
            desk.note(session, office, held.id, agent, text, now)
    show({"item": held.id, "noted": True}, as_json, "Noted, encrypted.")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"--on: {text!r} is no day; write it as 2026-03-10") from None


def _line(session: Session, item: WorkItem, now: datetime) -> QueueLine:
    debt = session.get_one(Debt, item.debt_id)
    debtor = session.get_one(Debtor, item.debtor_id)
    comes = item.not_before is not None and item.not_before > now
    return QueueLine(
        item=item.id,
        kind=item.kind,
        step=item.step,
        account=debt.account_ref,
        place=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
        due=item.not_before if comes and item.not_before else item.due_at,
        zone=zone_of(debtor).key,
        status=item.status,
        by=item.lease_by,
        language=debtor.language,
        overdue=unanswered(item.due_at, item.escalated_at, now),
        kept_for=roster.kept_for(item, now) or None,
    )


def _queue(lines: Sequence[QueueLine], total: int) -> Iterable[RenderableType]:
    if not lines:
        yield "Nothing waits for a person now."
        return
    yield table(
        f"{total} item{'' if total == 1 else 's'}"
        if total == len(lines)
        else f"the first {len(lines)} of {total} items",
        ("item", "kind", "step", "account", "place", "language", "due, there", "whose"),
        (
            (
                str(line.item)[:8],
                line.kind,
                line.step,
                line.account,
                line.place,
                line.language,
                f"{instant(line.due, line.zone)}{' (unanswered)' if line.overdue else ''}",
                line.by or (f"kept for {line.kept_for}" if line.kept_for else ""),
            )
            for line in lines
        ),
    )


def _sheet(seen: Sheet) -> Iterable[RenderableType]:
    spoken = seen.language or say("language unknown")
    head = [f"{heard(seen.kind)} · {str(seen.item)[:8]} · {spoken}"]
    head.append(
        say(
            "there it is {time}; yours until {until}",
            time=seen.local_time,
            until=instant(seen.until),
        )
    )
    if seen.name:
        reach = f"[red]{heard(seen.reach)}[/red]" if seen.trial else escape(seen.reach)
        head.append(f"[bold]{escape(seen.name)}[/bold]  {reach}")
    if seen.identified:
        due = seen.due or say("not known")
        owner = escape(seen.owner or "")
        head.append(say("owed {owed} to {owner}, due {due}", owed=seen.owed, owner=owner, due=due))
    yield Panel("\n".join(head), title=heard("the case" if seen.identified else "before identity"))
    for title, lines, ours in (
        ("This is asked", seen.about, True),
        ("They wish", seen.wishes, True),
        ("Say", seen.say_first, False),
        ("You may offer", seen.offers, True),
        ("Never say", seen.must_not_say, True),
        ("They wrote", seen.written, False),
        ("Said and heard before", seen.last_said, True),
        ("Notes of colleagues", seen.notes, False),
    ):
        if lines:
            said = (heard(line) if ours else line for line in lines)
            yield Panel("\n\n".join(map(escape, said)), title=heard(title))
    if seen.identified:
        yield f"Then: cession desk done {str(seen.item)[:8]} --result {'|'.join(seen.choices)}"
    else:
        yield "When they have confirmed who they are: cession desk identified"
