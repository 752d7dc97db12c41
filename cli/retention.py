"""How long what is held on people is kept, and its destruction when that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from activities import person
from activities.person import HOUSE_SOURCE, HOUSE_YEARS, Due, KeptError
from cli.house import house
from cli.reach import acting
from cli.show import AsJson, instant, note, show, table
from cli.when import ahead
from rules.packs import load_packs
from store.keys import PersonErasedError
from worker.host import PACKS, message_directories

app = typer.Typer(
    no_args_is_help=True, help="How long records are kept, and what is due to be destroyed."
)

SHOWN = 40
"""People a table shows; JSON has all."""


@app.command()
def rules(as_json: AsJson = False) -> None:
    """Show how long records are kept by place, with the source of each rule."""
    law = load_packs(PACKS / "jurisdictions")
    lines: list[dict[str, Any]] = []
    for place, sub in sorted(law.places, key=str):
        kept = law.merged(place, sub).retention
        lines.append(
            {
                "place": f"{place}-{sub}" if sub else place,
                "records_years": kept.records_years if kept else HOUSE_YEARS,
                "recordings_years": kept.recordings_years if kept else None,
                "source": kept.source if kept else HOUSE_SOURCE,
            }
        )
    show(
        lines,
        as_json,
        table(
            "Kept after the last collection activity",
            ("place", "#years", "#recordings", "source"),
            (
                (
                    line["place"],
                    line["records_years"],
                    line["recordings_years"] or "",
                    line["source"],
                )
                for line in lines
            ),
        ),
    )


@app.command()
def plan(
    by: Annotated[
        str | None, typer.Option("--by", help="Due by then: 90d, a day or an instant; now if not.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show whose data is due to be destroyed, and what holds it; changes nothing."""
    with house() as here, here.store.reading() as session:
        now = here.clock.now()
        upto = ahead(by, "--by", ZoneInfo("UTC"), now) if by else now
        found = person.plan(session, load_packs(PACKS / "jurisdictions"), here.store.keys, upto)
    show(found, as_json, *_planned(found, upto))


@app.command()
def run(
    yes: Annotated[
        bool, typer.Option("--yes", help="Destroy; without this it is a dry run.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy what is due, person by person; a litigation hold keeps what it covers."""
    law = load_packs(PACKS / "jurisdictions")
    erased: list[dict[str, Any]] = []
    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            found = person.plan(session, law, here.store.keys, now)
        for due in found if yes else ():
            try:
                with here.store.writing() as session:
                    gone = person.erase(
                        session,
                        here.store.keys,
                        law,
                        due.debtor,
                        now,
                        reason="retention",
                        actor=acting().code,
                    )
            except (KeptError, PersonErasedError):
                continue
            files = person.discard(message_directories(here.settings), gone.contacts)
            erased.append({"debtor": gone.debtor, "bodies": gone.bodies, "files": files})
    if yes:
        note("Backups still hold the destroyed keys until they are destroyed in their turn.")
    show(
        {"due": found, "erased": erased, "dry_run": not yes},
        as_json,
        *_planned(found, now),
        f"{len(erased)} people were erased."
        if yes
        else "A dry run: nothing was destroyed. Do it with: cession retention run --yes",
    )


def _planned(found: Sequence[Due], upto: datetime) -> list[RenderableType]:
    if not found:
        return [f"Nothing is due by {instant(upto)}."]
    parts: list[RenderableType] = [
        table(
            f"{len(found)} people, due by {instant(upto)}",
            ("person", "place", "#debts", "due", "held by", "source"),
            (
                (one.key, one.place, one.debts, instant(one.on), one.held, one.source)
                for one in found[:SHOWN]
            ),
        )
    ]
    if len(found) > SHOWN:
        parts.append(f"… and {len(found) - SHOWN} more; --json shows all.")
    return parts
