"""Who works at the desk: what they speak and do, and when they are away."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from activities import roster
from activities.hands import DeskRefusalError
from cli.house import house
from cli.reach import acting
from cli.seat import at_desk, refusing
from cli.show import REFUSED, AsJson, RefusedError, instant, show, table
from cli.when import ahead
from models.case import TaskKind
from models.operator import Role
from models.tables import Staff
from rules.desk import WishError, language
from store import operator as operators
from store import staff as rows

app = typer.Typer()

UTC_ZONE = ZoneInfo("UTC")

Who = Annotated[
    str | None, typer.Option("--operator", metavar="OPERATOR", help="Somebody else: supervisors.")
]


@app.command()
def staff(  # noqa: PLR0917
    operator: Annotated[
        str | None, typer.Argument(metavar="[OPERATOR]", help="Whom to show or change.")
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option("--team", help="A seller's code or a portfolio whose debts they work."),
    ] = None,
    speaks: Annotated[
        list[str] | None, typer.Option("--language", help="As zh, zh-HK or en-GB.")
    ] = None,
    skill: Annotated[
        list[TaskKind] | None, typer.Option("--skill", help="A kind of work they do.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="No limit: any team, language and kind.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show who does what at the desk; supervisors say it anew: each option may come several times."""
    changes: dict[str, Any] = {
        name: given
        for name, given in (("teams", team), ("languages", speaks), ("skills", skill))
        if given
    }
    if everything:
        changes = {"teams": [], "languages": [], "skills": [], **changes}
    with house() as here:
        if changes:
            _change(here, operator, changes)
        now = here.clock.now()
        with here.store.reading() as session:
            known = {row.code: row for row in rows.everybody(session)}
            people = [
                each
                for each in operators.everybody(session)
                if each.disabled_at is None
                and set(each.roles) & roster.AT_THE_DESK
                and operator in (None, each.code)
            ]
            lines = [_plain(each.code, known.get(each.code), now) for each in people]
    if operator is not None and not lines:
        raise RefusedError(f"{operator} does not work at the desk; see: cession operator list")
    show(
        lines,
        as_json,
        table(
            f"{len(lines)} at the desk",
            ("operator", "teams", "languages", "skills", "away until"),
            (
                (
                    line["operator"],
                    ", ".join(line["teams"]) or "all",
                    ", ".join(line["languages"]) or "all",
                    ", ".join(line["skills"]) or "all",
                    instant(line["away_until"]),
                )
                for line in lines
            ),
        ),
    )


@app.command()
def away(
    until: Annotated[
        str, typer.Option("--until", metavar="INSTANT", help="As 7d, or 2026-03-20T09:00+08:00.")
    ],
    begins: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="Now if left out.")
    ] = None,
    operator: Who = None,
    as_json: AsJson = False,
) -> None:
    """Be away: what you hold goes back, and nothing is handed to you until then."""
    with refusing(), at_desk() as (office, here):
        now = here.clock.now()
        who = acting()
        start = ahead(begins, "--from", UTC_ZONE, now) if begins else now
        ends = ahead(until, "--until", UTC_ZONE, now)
        with office.store.writing() as session:
            back = roster.go_away(session, office, operator or who.code, who, start, ends, now)
            items = [item.id for item in back]
    code = operator or who.code
    show(
        {"operator": code, "from": start, "until": ends, "returned": items},
        as_json,
        f"{escape(code)} is away from {instant(start)} until {instant(ends)}; "
        f"{len(items)} items went back to the queue.",
    )


@app.command()
def back(operator: Who = None, as_json: AsJson = False) -> None:
    """Be back before your absence ends."""
    with refusing(), house() as here, here.store.writing() as session:
        who = acting()
        row = roster.come_back(session, operator or who.code, who, here.clock.now())
    show({"operator": row.code, "back": True}, as_json, f"{escape(row.code)} is back.")


def _change(here: Any, code: str | None, changes: dict[str, Any]) -> None:
    who = acting()
    if code is None:
        raise RefusedError("say whom: cession desk staff OPERATOR --language zh …")
    if Role.SUPERVISOR not in who.roles:
        raise RefusedError(f"a supervisor says what {code} does at the desk", REFUSED)
    try:
        for each in changes.get("languages", ()):
            language(each)
    except WishError as wrong:
        raise RefusedError(f"--language: {wrong}") from None
    with refusing(), here.store.writing() as session:
        known = operators.known(session, code)
        if known is None or not known.roles & roster.AT_THE_DESK:
            raise DeskRefusalError(f"{code} does not work at the desk; see: cession operator list")
        roster.known_teams(session, changes.get("teams", ()))
        rows.change(session, code, now=here.clock.now(), actor=who.code, **changes)


def _plain(code: str, row: Staff | None, now: Any) -> dict[str, Any]:
    return {
        "operator": code,
        "teams": row.teams if row else [],
        "languages": row.languages if row else [],
        "skills": row.skills if row else [],
        "away_from": row.away_from if row else None,
        "away_until": row.away_until if row and row.away_until and row.away_until > now else None,
    }
