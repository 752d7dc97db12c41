"""What a person says of themselves in a conversation: wishes, burdens, no recording, a complaint."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.markup import escape
from sqlmodel import Session

from activities import complaint, quality, regard, retention, sheet
from activities.hands import DeskRefusalError
from activities.support import zone_of
from cli.reach import Ref, acting, one, tell
from cli.seat import Item, MyItem, at_desk, cases_of, held_item, refusing
from cli.show import AsJson, RefusedError, instant, show, table
from cli.when import past
from models.case import Fact
from models.contact import Channel
from models.tables import Debtor, WorkItem
from store import debtor as debtors

app = typer.Typer()


@app.command()
def wish(  # noqa: PLR0917
    item: MyItem = None,
    channel: Annotated[
        list[Channel] | None, typer.Option("--channel", help="Only by these ways.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option("--hours", metavar="18:00-21:00", help="Only then, their clock.")
    ] = None,
    never: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="12:00-14:00", help="Never then, their clock."),
    ] = None,
    on: Annotated[
        list[str] | None, typer.Option("--on", metavar="DAY", help="Never then on mon, tue, …")
    ] = None,
    speaks: Annotated[
        str | None, typer.Option("--language", help="They want to be written to in it.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="What they wished before holds no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep which times and ways suit the person: for all their debts, from the next contact on."""
    with refusing(), at_desk() as (office, here):
        agent, now = acting().code, here.clock.now()
        with office.store.writing() as session:
            held = _talked_of(session, item, agent, now)
            said = regard.wish(
                session,
                held.debtor_id,
                agent,
                now,
                channels=channel or (),
                hours=hours,
                inconvenient=never or (),
                days=on or (),
                speaks=speaks,
                forget=forget,
            )
            cases = cases_of(session, held.debtor_id)
        told = tell(here.settings, cases, Fact(kind="wish_recorded", id=str(held.id)))
    show(
        {"item": held.id, "wishes": said, "told": told},
        as_json,
        f"Kept: {escape('; '.join(said) or 'no wishes')}. {told}",
    )


@app.command()
def vulnerable(
    item: MyItem = None,
    kind: Annotated[
        str, typer.Option(help=f"One of {', '.join(regard.BURDENS)}.")
    ] = regard.BURDENS[0],
    as_json: AsJson = False,
) -> None:
    """Enter in one step that the person is vulnerable: their debts rest, then go on gently."""
    if kind not in regard.BURDENS:
        raise RefusedError(f"--kind {kind}: give one of {', '.join(regard.BURDENS)}")
    with refusing(), at_desk() as (office, here):
        agent, now = acting().code, here.clock.now()
        with office.store.writing() as session:
            held = _talked_of(session, item, agent, now)
            debtors.lock(session, held.debtor_id)
            said = regard.vulnerability(
                session,
                office,
                held,
                kind,
                agent,
                now,
                external_id=f"{held.id}:vulnerable:{kind}",
            )
            cases = cases_of(session, held.debtor_id)
        told = tell(here.settings, cases, Fact(kind="stop_entered", id=str(held.id)))
    show(
        {"item": held.id, "recorded": said, "told": told},
        as_json,
        f"Recorded: {escape('; '.join(said))}. {told} Ask what would help; end the call kindly.",
    )


@app.command()
def recording(
    item: MyItem = None,
    agreed: Annotated[
        bool, typer.Option("--agreed/--refused", help="What they said when you asked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep whether the person lets conversations be recorded, and hear whether you may go on."""
    from worker.office import file_places

    gone, rule = 0, None
    with refusing(), at_desk() as (office, here):
        agent, now = acting().code, here.clock.now()
        places = file_places(here.settings)
        with office.store.writing() as session:
            held = _talked_of(session, item, agent, now)
            if agreed:
                regard.recorded_again(session, held, agent, now)
            else:
                rule, gone = retention.refuse(session, office, places, held, agent, now)
    said = (
        "They agree: record."
        if agreed
        else f"Do not record, thank them and end the conversation: {rule} asks for a recording here."
        if rule
        else "Switch the recording off. The conversation may go on without it."
    )
    show(
        {
            "item": held.id,
            "recording": agreed,
            "may_go_on": rule is None,
            "rule": rule,
            "destroyed": gone,
        },
        as_json,
        said,
        *(["What was recorded of it so far was destroyed."] if gone else []),
    )


@app.command("complaint")
def complain(  # noqa: PLR0917
    ref: Ref,
    text: Annotated[
        str | None,
        typer.Option("--text", help="Their words; read from standard input if left out."),
    ] = None,
    about: Annotated[
        str, typer.Option(help=f"One of {', '.join(complaint.ABOUT)}.")
    ] = complaint.ABOUT[-1],
    channel: Annotated[Channel, typer.Option("--channel", help="How it came.")] = Channel.PHONE,
    received: Annotated[
        str | None, typer.Option("--received", metavar="INSTANT", help="When; now if left out.")
    ] = None,
    complained_of: Annotated[
        str | None,
        typer.Option("--of", metavar="OPERATOR", help="Whom it is about: they will not answer it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a complaint in, in their own words; its clock runs, and contact about the debt rests."""
    if about not in complaint.ABOUT:
        raise RefusedError(f"--about {about}: give one of {', '.join(complaint.ABOUT)}")
    words = text if text is not None else "" if sys.stdin.isatty() else sys.stdin.read().strip()
    if not words:
        raise RefusedError("say what they complain of: --text, or on standard input")
    with refusing(), at_desk() as (office, here):
        agent, now = acting().code, here.clock.now()
        with office.store.writing() as session:
            debt = one(session, ref)
            there = zone_of(session.get_one(Debtor, debt.debtor_id))
            made = complaint.enter(
                session,
                office,
                debt,
                text=words,
                channel=channel,
                received=past(received, "--received", there, now) if received else now,
                agent=agent,
                now=now,
                about=about,
                complained_of=complained_of,
            )
            seen = complaint.shown(session, made, now)
            case = debt.workflow_id
        told = tell(here.settings, [case], Fact(kind="stop_entered", id=str(made.id)))
    show(
        {**seen.model_dump(mode="json"), "told": told},
        as_json,
        *_complaints([seen]),
        f"Contact about this debt rests until it is answered. {told}",
    )


@app.command()
def complaints(
    closed: Annotated[bool, typer.Option("--all", help="Those that were answered, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List complaints with their clocks, the nearest end first."""
    with refusing(), at_desk() as (office, here), office.store.reading() as session:
        found = complaint.listed(session, here.clock.now(), closed=closed)
    show(found, as_json, *_complaints(found))


@app.command()
def acknowledge(item: Item, as_json: AsJson = False) -> None:
    """Put on record that the person was told their complaint arrived."""
    with refusing(), at_desk() as (office, here):
        agent, now = acting().code, here.clock.now()
        with office.store.writing() as session:
            wanted = sheet.find(session, item)
            complaint.acknowledge(session, wanted, agent, now)
            seen = complaint.shown(session, wanted, now)
    show(seen, as_json, *_complaints([seen]))


@app.command()
def qa(
    closed: Annotated[bool, typer.Option("--all", help="Those that were closed, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what the wording guard refused or doubted in notes and messages, for a supervisor."""
    with refusing(), at_desk() as (office, _), office.store.reading() as session:
        found = quality.listed(session, closed=closed)
    show(found, as_json, *_entries(found))


@app.command()
def reviewed(
    item: Item,
    result: Annotated[
        quality.Verdict,
        typer.Option(
            help="coached: talked over with whoever wrote it; mended: a template, fact or list was "
            "wrong; no_fault: the guard was."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Close an entry of the quality queue; not one about your own words."""
    with refusing(), at_desk() as (office, here):
        who, now = acting().code, here.clock.now()
        with office.store.writing() as session:
            seen = quality.close(session, sheet.find(session, item), result, who, now)
    show(seen, as_json, *_entries([seen]))


def _entries(found: list[quality.Entry]) -> Iterable[RenderableType]:
    if not found:
        yield "Nothing waits for a look at its wording."
        return
    yield table(
        f"{len(found)} entr{'y' if len(found) == 1 else 'ies'} about wording",
        ("item", "account", "place", "what", "of", "agent", "rules", "times", "due", "result"),
        (
            (
                each.item[:8], each.account, each.place,
                f"{each.what}{' (kept)' if each.kept else ''}", each.of, each.agent,
                ", ".join(each.rules), each.times, instant(each.due_at, "UTC"), each.result,
            )
            for each in found
        ),
    )  # fmt: skip


def _talked_of(session: Session, item: str | None, agent: str, now: Any) -> WorkItem:
    """Answer the item under which the person was heard: it must be in the agent's hands."""
    held = held_item(session, item, agent, now)
    if held.status != "taken" or held.lease_by != agent:
        raise DeskRefusalError(f"take item {held.id} first: cession desk take {held.id}")
    return held


def _complaints(found: list[complaint.Complaint]) -> Iterable[RenderableType]:
    if not found:
        yield "No complaint waits for an answer."
        return
    yield table(
        f"{len(found)} complaint{'' if len(found) == 1 else 's'}",
        (
            "item",
            "account",
            "place",
            "about",
            "acknowledge before",
            "answer before",
            "with",
            "result",
        ),
        (
            (
                each.item[:8],
                each.account,
                each.place,
                each.about,
                "done" if each.acknowledged_at else instant(each.acknowledge_by, each.zone),
                instant(each.answer_by, each.zone),
                each.level,
                each.result,
            )
            for each in found
        ),
    )
