"""How long what is held on people is kept, and its destruction when that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType

from activities.retention import Kind
from cli.house import House, house
from cli.reach import acting
from cli.show import AsJson, instant, note, show, table
from cli.when import ahead

if TYPE_CHECKING:
    from activities.person import Due
    from activities.retention import Record

app = typer.Typer(
    no_args_is_help=True, help="How long records are kept, and what is due to be destroyed."
)

SHOWN = 40
"""Records a table shows; JSON has all."""

OfKind = Annotated[
    Kind | None,
    typer.Option(
        help="Only people, recordings of conversations, or notices that belong to nobody."
    ),
]


@app.command()
def rules(as_json: AsJson = False) -> None:
    """Show how long records are kept by place, with the source of each rule."""
    from activities.person import HOUSE_SOURCE, HOUSE_YEARS
    from rules.packs import load_packs
    from runtime.settings import PACKS

    law = load_packs(PACKS / "jurisdictions")
    lines: list[dict[str, Any]] = []
    for place, sub in sorted(law.places, key=str):
        kept = law.merged(place, sub).retention
        lines.append(
            {
                "place": f"{place}-{sub}" if sub else place,
                "records_years": kept.records_years if kept else HOUSE_YEARS,
                "recordings_years": (kept.recordings_years or kept.records_years)
                if kept
                else HOUSE_YEARS,
                "source": kept.source if kept else HOUSE_SOURCE,
            }
        )
    show(
        lines,
        as_json,
        table(
            "Years after the last activity of collection; recordings after the conversation",
            ("place", "#years", "#recordings", "source"),
            (
                (
                    line["place"],
                    line["records_years"],
                    line["recordings_years"],
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
    kind: OfKind = None,
    as_json: AsJson = False,
) -> None:
    """Show what is due to be destroyed, and what holds it; changes nothing."""
    with house() as here:
        now = here.clock.now()
        upto = ahead(by, "--by", ZoneInfo("UTC"), now) if by else now
        found = _due(here, upto, kind)
    show(found, as_json, *_planned(found, upto))


@app.command()
def run(
    yes: Annotated[
        bool, typer.Option("--yes", help="Destroy; without this it is a dry run.")
    ] = False,
    kind: OfKind = None,
    as_json: AsJson = False,
) -> None:
    """Destroy what is due, record by record; a litigation hold keeps what it covers."""
    from activities import retention
    from rules.packs import load_packs
    from runtime.settings import PACKS
    from worker.office import file_places

    with house() as here:
        now = here.clock.now()
        found = _due(here, now, kind)
        gone = retention.destroy(
            here.store, load_packs(PACKS / "jurisdictions"), file_places(here.settings),
            found if yes else (), now, acting().code,
        )  # fmt: skip
    if yes:
        note("Backups still hold the destroyed keys until they are destroyed in their turn.")
    show(
        {
            "due": found, "erased": gone.people, "recordings": gone.recordings,
            "notices": gone.notices, "dry_run": not yes,
        },
        as_json,
        *_planned(found, now),
        f"{len(gone.people)} people were erased, {gone.recordings} recordings and {gone.notices} "
        "notices destroyed."
        if yes
        else "A dry run: nothing was destroyed. Do it with: cession retention run --yes",
    )  # fmt: skip


def _due(here: House, upto: datetime, kind: Kind | None) -> list[Due | Record]:
    from activities import retention
    from rules.packs import load_packs
    from runtime.settings import PACKS
    from worker.office import file_places

    law, places = load_packs(PACKS / "jurisdictions"), file_places(here.settings)
    found = retention.plan(here.store, law, places, upto)
    return [one for one in found if kind in (None, one.kind)]


def _planned(found: Sequence[Due | Record], upto: datetime) -> list[RenderableType]:
    from activities.person import Due

    if not found:
        return [f"Nothing is due by {instant(upto)}."]
    parts: list[RenderableType] = [
        table(
            f"{len(found)} records, due by {instant(upto)}",
            ("kind", "record", "place", "due", "held by", "source"),
            (
                (
                    one.kind,
                    one.key if isinstance(one, Due) else str(one.record)[:8],
                    one.place,
                    instant(one.on),
                    one.held,
                    one.source,
                )
                for one in found[:SHOWN]
            ),
        )
    ]
    if len(found) > SHOWN:
        parts.append(f"… and {len(found) - SHOWN} more; --json shows all.")
    return parts
