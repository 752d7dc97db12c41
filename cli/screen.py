"""The desk as a full screen, for those who work at it all day: the queue left, the person right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar, TypeVar
from uuid import UUID

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Input, Label, Select, Static

from activities import desk, regard, roster, sheet
from activities.hands import DeskRefusalError
from activities.office import Office
from activities.support import zone_of
from cli.house import House
from cli.reach import tell
from cli.seat import cases_of, check_in, noting, put_offer, report, take_item
from cli.show import RefusedError
from cli.when import ahead
from cli.words import heard, say
from models.case import Fact, TaskKind
from models.contact import Outcome
from models.desk import Report, Result, Sheet
from models.operator import Operator
from models.tables import Debt, Debtor
from store import debtor as debtors

T = TypeVar("T")

LOOK_AGAIN = 20.0
"""Seconds between two looks at the queue: others work on it too."""

SHOWN = 200

RARE = frozenset("wva")
"""Keys that the last line of a narrow terminal has no room for; the person's side names them."""

WIDE_ENOUGH = 110

TALKS: dict[TaskKind, tuple[Outcome, ...]] = {
    TaskKind.CALL: desk.PHONE_OUTCOMES,
    TaskKind.VISIT: desk.VISIT_OUTCOMES,
}


QUESTIONS = {
    "understood": "Did they understand the debt?",
    "willing": "Do they want to settle it?",
    "misunderstanding": "Was anything mistaken?",
    "means_worked": "Was this a good way to reach them?",
}
"""What every conversation answers; unanswered if it did not come to that."""

ANSWERS = ("unanswered", "yes", "no")


class Form(ModalScreen[dict[str, str] | None]):
    """Asks for a few values; escape closes it and nothing happens."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close")]

    def __init__(
        self, title: str, fields: dict[str, str], choices: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        super().__init__()
        self._title, self._fields, self._choices = title, fields, choices or {}

    def compose(self) -> ComposeResult:
        with Vertical(id="form"):
            yield Label(Text(self._title, style="bold"))
            for name, given in self._choices.items():
                yield Select(
                    [(_shown(name, each), each) for each in given],
                    id=name,
                    value=given[0],
                    allow_blank=False,
                    compact=True,
                )
            for name, hint in self._fields.items():
                yield Input(placeholder=hint, id=name, compact=True)
            yield Label(Text(say("Enter: keep · Esc: leave it"), style="dim"))

    def on_mount(self) -> None:
        self.query(Select if self._choices else Input).first().focus()

    def on_input_submitted(self) -> None:
        self.action_keep()

    def key_ctrl_s(self) -> None:
        self.action_keep()

    def action_keep(self) -> None:
        """Answer what was filled in."""
        told = {name: str(self.query_one(f"#{name}", Select).value) for name in self._choices}
        told |= {name: self.query_one(f"#{name}", Input).value.strip() for name in self._fields}
        self.dismiss(told)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)


def _shown(name: str, choice: str) -> str:
    if name in QUESTIONS:
        return f"{say(QUESTIONS[name])} {say(choice)}"
    return f"{heard(choice)} · {choice}" if heard(choice) != choice else choice


class Desk(App[None]):
    """One agent's screen. Every act goes through the same door as the commands of the desk."""

    CSS = """
    #queue { width: 40%; min-width: 30; border-right: solid $primary; }
    #person { padding: 0 1; }
    #said { height: auto; max-height: 3; padding: 0 1; background: $boost; }
    #head { height: 1; padding: 0 1; background: $primary; color: $text; }
    Form { align: center middle; }
    #form { width: 64; max-width: 95%; height: auto; max-height: 95%; padding: 1 2;
            border: round $primary; background: $surface; }
    """

    ENABLE_COMMAND_PALETTE = False

    TITLE = "Cession"

    def __init__(self, office: Office, here: House, who: Operator) -> None:
        super().__init__()
        self._office, self._here, self._who = office, here, who
        self._seen: Sheet | None = None
        narrow = self.console.width < WIDE_ENOUGH
        for key, action, words in (
            ("n", "take_next", "Next"),
            ("i", "identified", "Identified"),
            ("o", "outcome", "Outcome"),
            ("p", "promise", "Promise"),
            ("f", "offer", "Offer"),
            ("t", "note", "Note"),
            ("w", "wish", "Wish"),
            ("v", "vulnerable", "Vulnerable"),
            ("a", "arrive", "Check in"),
            ("r", "release", "Put back"),
            ("q", "quit", "Quit"),
        ):
            rare = key in RARE and narrow
            self.bind(key, action, description=say(words), show=not rare)

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with Horizontal():
            yield DataTable[str](id="queue", cursor_type="row", zebra_stripes=True)
            with VerticalScroll(id="person", can_focus=True):
                yield Static(id="sheet")
        yield Static(id="said")
        yield Footer(compact=True)

    async def on_mount(self) -> None:
        self.query_one(DataTable).add_columns(*(say(word) for word in ("kind", "place", "due")))
        await self._take_up_again()
        await self._look()
        self.query_one(DataTable).focus()
        self.set_interval(LOOK_AGAIN, self._look)

    # Acts

    async def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value:
            await self._take(event.row_key.value)

    async def action_take_next(self) -> None:
        """Take the next item that suits the agent."""

        def find() -> str | None:
            with self._office.store.reading() as session:
                item = roster.next_item(session, self._who.code, self._now())
                return str(item.id) if item else None

        item = await self._do(find)
        if item:
            await self._take(item)
        elif item is None:
            self._say(say("Nothing waits that you can take now."))

    async def action_arrive(self) -> None:
        """Check the law again, at the door or before dialling."""
        if seen := self._held():
            done = await self._do(
                lambda: (
                    check_in(self._office, self._here, seen.item, self._who.code, self._now())
                    or True
                )
            )
            if done:
                self._say(say("Still lawful. Speak to nobody but the person."))
            else:
                self._seen = None
                await self._look()

    async def action_identified(self) -> None:
        """The person has confirmed who they are."""
        if seen := self._held():
            self._seen = await self._do(lambda: self._sheet(seen.item, identified=True)) or seen
            self._show()

    def action_outcome(self) -> None:
        """Report what came of it."""
        seen = self._held()
        if seen is not None and seen.kind is TaskKind.APPROVAL:
            # Four eyes: what is asked and by whom stands beside the form, and the door refuses
            # whoever proposed it.
            self._ask(
                say("Approve it, as a second person?"),
                {"note": say("Note for the next colleague")},
                self._report,
                {"result": tuple(seen.choices)},
            )
        elif seen is not None:
            talk = seen.kind in TALKS
            choices = {"outcome": tuple(TALKS[seen.kind])} if talk else {}
            answers = dict.fromkeys(QUESTIONS, ANSWERS) if talk else {}
            self._ask(
                say("What came of it?"),
                {
                    "amount": say("Of a promise: amount, as 120.00"),
                    "on": say("Its day, as 2026-03-10"),
                    "at": say("Of a callback: when, as 2h or 2026-03-10T10:00+08:00"),
                    "note": say("Note for the next colleague"),
                },
                self._report,
                {**choices, "result": tuple(seen.choices), **answers},
            )

    def action_promise(self) -> None:
        """Write down a promise; the conversation is over with it."""
        if (seen := self._held()) and self._identified(seen):
            self._ask(
                say("They promise to pay"),
                {
                    "amount": say("Amount, as 120.00"),
                    "on": say("Day, as 2026-03-10"),
                    "note": say("Note for the next colleague"),
                },
                lambda told: self._report(
                    {
                        **told,
                        "outcome": Outcome.MET
                        if seen.kind is TaskKind.VISIT
                        else Outcome.CONVERSATION,
                        "result": Result.PROMISE,
                    }
                ),
            )

    def action_offer(self) -> None:
        """Offer to settle for a part, within the agent's authority."""
        if (seen := self._held()) and self._identified(seen):
            self._ask(
                say("Offer to settle for") + "\n" + "\n".join(heard(each) for each in seen.offers),
                {"amount": say("Amount, as 120.00"), "on": say("Last day, as 2026-03-10")},
                self._offer,
            )

    def action_note(self) -> None:
        """Leave a note for whoever works the person next."""
        if self._held():
            self._ask(
                say("Note for the next colleague"),
                {"note": say("Facts, in courteous words")},
                self._note,
            )

    def action_wish(self) -> None:
        """Write down which hours and days suit."""
        if self._held():
            self._ask(
                say("What suits them?"),
                {
                    "hours": say("Only between, as 18:00-21:00"),
                    "never": say("Never between, as 12:00-14:00"),
                    "days": say("On days, as sat sun"),
                },
                self._wish,
            )

    def action_vulnerable(self) -> None:
        """Enter in one step that the person is vulnerable."""
        if self._held():
            self._ask(say("What burdens them?"), {}, self._vulnerable, {"kind": regard.BURDENS})

    async def action_release(self) -> None:
        """Put the item back; nobody was spoken to."""
        seen = self._held()
        if seen is None:
            return

        def put_back() -> bool:
            with self._office.store.writing() as session:
                roster.release(session, self._office, seen.item, self._who.code, self._now())
            return True

        if await self._do(put_back):
            self._seen = None
            self._say(say("It is free again."))
            await self._look()

    # What the forms answer

    async def _report(self, told: dict[str, str]) -> None:
        seen = self._seen
        assert seen is not None

        def give() -> list[str]:
            with self._office.store.reading() as session:
                debt = session.get_one(Debt, seen.debt)
                there = zone_of(session.get_one(Debtor, debt.debtor_id))
            made = Report(
                outcome=Outcome(told["outcome"]) if told.get("outcome") else None,
                result=Result(told["result"]),
                amount=told.get("amount") or None,
                on=_day(told.get("on")),
                at=ahead(told["at"], "at", there, self._now()) if told.get("at") else None,
                note=told.get("note") or None,
                understood=_answer(told.get("understood")),
                willing=_answer(told.get("willing")),
                misunderstanding=_answer(told.get("misunderstanding")),
                means_worked=_answer(told.get("means_worked")),
            )
            return report(self._office, self._here, seen.item, self._who.code, made, self._now())[0]

        said = await self._do(give)
        if said is not None:
            self._seen = None
            self._say(heard("; ".join(said)) or say("Kept."))
            await self._look()

    async def _offer(self, told: dict[str, str]) -> None:
        seen = self._seen
        assert seen is not None

        def put() -> str:
            last = _day(told["on"])
            if last is None:
                raise DeskRefusalError("say the last day of the offer, as 2026-03-10")
            return put_offer(
                self._office, self._here, seen.item, self._who, told["amount"], last, self._now()
            )

        if said := await self._do(put):
            self._seen = await self._do(lambda: self._sheet(seen.item, identified=True)) or seen
            self._show()
            self._say(heard(said))

    async def _note(self, told: dict[str, str]) -> None:
        seen = self._seen
        assert seen is not None

        def keep() -> bool:
            now = self._now()
            with (
                noting(self._office, self._who.code, now),
                self._office.store.writing() as session,
            ):
                desk.note(
                    session, self._office, seen.item, self._who.code, told["note"], self._now()
                )
            return True

        if await self._do(keep):
            self._say(say("Noted, encrypted."))
            await self._again(seen)

    async def _wish(self, told: dict[str, str]) -> None:
        def keep(person: UUID) -> list[str]:
            with self._office.store.writing() as session:
                return regard.wish(
                    session,
                    person,
                    self._who.code,
                    self._now(),
                    hours=told["hours"] or None,
                    inconvenient=told["never"].split(),
                    days=told["days"].split(),
                )

        await self._about_person(keep, "wish_recorded")

    async def _vulnerable(self, told: dict[str, str]) -> None:
        seen = self._seen
        assert seen is not None

        def enter(person: UUID) -> list[str]:
            with self._office.store.writing() as session:
                debtors.lock(session, person)
                return regard.vulnerability(
                    session,
                    self._office,
                    desk.find(session, seen.item),
                    told["kind"],
                    self._who.code,
                    self._now(),
                    external_id=f"{seen.item}:vulnerable:{told['kind']}",
                )

        await self._about_person(enter, "stop_entered")

    async def _about_person(self, work: Callable[[UUID], list[str]], fact: str) -> None:
        seen = self._seen
        assert seen is not None

        def do() -> list[str]:
            with self._office.store.reading() as session:
                person = desk.find(session, seen.item).debtor_id
                cases = cases_of(session, person)
            said = work(person)
            tell(self._here.settings, cases, Fact(kind=fact, id=str(seen.item)))
            return said

        said = await self._do(do)
        if said is not None:
            await self._again(seen)
            self._say(heard("; ".join(said)))

    # Showing

    async def _take(self, item: str) -> None:
        seen = await self._do(
            lambda: take_item(self._office, self._here, item, self._who.code, self._now())
        )
        if seen is not None:
            self._seen = seen
            self._say(say("Yours. Speak to nobody but the person."))
        await self._look()

    async def _take_up_again(self) -> None:
        """Show what the agent held when the screen was closed."""

        def held() -> UUID | None:
            with self._office.store.reading() as session:
                found = sheet.held_by(session, self._who.code, self._now())
                return found[0].id if found else None

        item = await self._do(held)
        if item is not None:
            self._seen = await self._do(lambda: self._sheet(item, identified=False))

    async def _again(self, seen: Sheet) -> None:
        self._seen = (
            await self._do(lambda: self._sheet(seen.item, identified=seen.identified)) or seen
        )
        self._show()

    async def _look(self) -> None:
        """Look at the queue, and at what the agent holds."""

        def read() -> list[tuple[str, str, str, str]]:
            now = self._now()
            with self._office.store.reading() as session:
                items = roster.queue(session, roster.Wanted(agent=self._who.code), now)[:SHOWN]
                return [
                    (
                        str(item.id),
                        ("● " if item.status == "taken" else "") + heard(item.kind),
                        _place(session.get_one(Debt, item.debt_id)),
                        f"{item.due_at.astimezone(zone_of(session.get_one(Debtor, item.debtor_id))):%m-%d %H:%M}",
                    )
                    for item in items
                ]

        lines = await self._do(read) or []
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear()
        for item, *cells in lines:
            table.add_row(*cells, key=item)
        table.move_cursor(row=min(at, max(len(lines) - 1, 0)))
        self.query_one("#head", Static).update(
            Text(say("Cession desk · {who} · {n} items", who=self._who.code, n=len(lines)))
        )
        self._show()

    def _show(self) -> None:
        self.query_one("#sheet", Static).update(page(self._seen))

    def _say(self, text: str, style: str = "") -> None:
        self.query_one("#said", Static).update(Text(text, style=style))

    # Doing

    def _ask(
        self,
        title: str,
        fields: dict[str, str],
        then: Callable[[dict[str, str]], object],
        choices: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        async def answered(told: dict[str, str] | None) -> None:
            if told is not None:
                done = then(told)
                if asyncio.iscoroutine(done):
                    await done

        self.push_screen(Form(title, fields, choices), answered)

    async def _do(self, work: Callable[[], T]) -> T | None:
        """Do something in a thread; a refusal is said in the last line, and nothing has changed."""
        try:
            return await asyncio.to_thread(work)
        except (DeskRefusalError, RefusedError) as refused:
            self._say(heard(str(refused)), "bold red")
            return None

    def _sheet(self, item: UUID, *, identified: bool) -> Sheet:
        with self._office.store.reading() as session:
            return sheet.sheet(
                session,
                self._office,
                desk.find(session, item),
                self._who.code,
                self._now(),
                identified=identified,
            )

    def _held(self) -> Sheet | None:
        if self._seen is None:
            self._say(say("Take an item first: Enter on the queue, or n."), "bold red")
        return self._seen

    def _identified(self, seen: Sheet) -> bool:
        if not seen.identified:
            self._say(say("First the person confirms who they are: i."), "bold red")
        return seen.identified

    def _now(self) -> datetime:
        return self._here.clock.now()


def page(seen: Sheet | None) -> Text:
    """Write what an agent may see, in the lawful order; the words to say are the debtor's own."""
    if seen is None:
        return Text(
            say("Nobody is with you now. Enter takes the item, n the next one."), style="dim"
        )
    out = Text()
    out.append(f"{heard(seen.kind)} · {seen.language or say('language unknown')}\n", style="bold")
    out.append(f"{heard(seen.local_time)}\n")
    if seen.name:
        out.append(f"{seen.name}  ", style="bold")
        out.append(f"{heard(seen.reach) if seen.trial else seen.reach}\n")
    if seen.identified and seen.owed:
        out.append(
            say(
                "owed {owed} to {owner}, due {due}",
                owed=seen.owed,
                owner=seen.owner or "",
                due=seen.due or say("not known"),
            )
            + "\n",
            style="bold green",
        )
    elif not seen.identified:
        out.append(say("before identity: no word about any debt") + "\n", style="bold yellow")
    for title, lines, style, ours in (
        ("This is asked", seen.about, "", True),
        ("They wish", seen.wishes, "magenta", True),
        ("Say", seen.say_first, "", False),
        ("You may offer", seen.offers, "green", True),
        ("Never say", seen.must_not_say, "red", True),
        ("They wrote", seen.written, "", False),
        ("Said and heard before", seen.last_said, "dim", True),
        ("Notes of colleagues", seen.notes, "", False),
    ):
        if lines:
            out.append(f"\n{say(title)}\n", style="bold underline")
            for line in lines:
                out.append(f"{heard(line) if ours else line}\n", style=style)
    out.append(
        "\n" + say("w: what suits them · v: vulnerable · a: check in at the door"), style="dim"
    )
    return out


def _place(debt: Debt) -> str:
    return f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction


def _answer(told: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(told or "")


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{text!r} is no day; write it as 2026-03-10") from None
