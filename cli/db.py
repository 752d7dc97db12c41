"""The database: create it, upgrade it, copy it into a file and put that back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.house import house
from cli.keys import is_backed_up
from cli.show import REFUSED, AsJson, RefusedError, instant, show
from runtime.clock import wall_now
from runtime.settings import load

app = typer.Typer(no_args_is_help=True, help="Create, upgrade, back up or restore the database.")

FIRST_MADE = (
    "First administrator made; the token lies in {file}, and commands here act with it until "
    "somebody logs in. More people: cession operator add CODE --role agent"
)


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Create the database, or bring it to this release's schema; repeating it does nothing."""
    from store.engine import Store, keys_for
    from store.operator import first
    from store.schema import upgrade as migrate

    settings = load()
    found = migrate(settings.database)
    store = Store.open(settings.database, keys_for(settings.database, settings.keys_directory))
    try:
        made = first(store, settings.admin_file, wall_now())
    finally:
        store.close()
    show(
        {"schema": found, "administrator": made},
        as_json,
        f"The database has schema {found}.",
        *([FIRST_MADE.format(file=escape(str(made)))] if made else []),
    )


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which schema the database has and which one this release needs."""
    from store.engine import StoreMissingError, schema_version
    from store.migrations import HEAD

    try:
        found = schema_version(load().database)
    except StoreMissingError:
        found = None
    fits = found == HEAD
    newer = found is not None and found > HEAD
    advice = "Use the newer release that made it." if newer else "Run `cession db upgrade`."
    show(
        {"found": found, "needed": HEAD, "fits": fits},
        as_json,
        f"The database has schema {found or 'none'}, this release needs {HEAD}."
        + ("" if fits else f" {advice}"),
    )
    if not fits:
        raise typer.Exit(1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file, as cession-2026-11-24.gz.")],
    as_json: AsJson = False,
) -> None:
    """Copy the whole database into one file while everything goes on; names stay sealed in it."""
    from store import case as records
    from store.copy import take

    with house() as here:
        made = take(here.settings.database, file.expanduser(), wall_now())
        with here.store.writing() as session:
            records.act(
                session,
                at=here.clock.now(),
                observed_at=wall_now(),
                what="store.copied",
                reason="ordered",
                actor="house",
                facts={"sha256": made.sha256, "rows": sum(made.rows.values())},
            )
        kept = is_backed_up(here.settings)
    show(
        {"file": file, **asdict(made)},
        as_json,
        f"{sum(made.rows.values())} rows in {escape(str(file))}, sha256 {made.sha256[:16]}…",
        *(
            []
            if kept
            else [
                (
                    "The keys are not in it, and no copy of them as they are now was made: without keys "
                    "it cannot be read. cession keys backup FILE, to another place."
                )
            ]
        ),
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Made by cession db backup.")],
    as_json: AsJson = False,
) -> None:
    """Put a copy into an empty database; all contact is held until `cession reconcile` is clean."""
    from activities.reconcile import hold
    from store.copy import put_back
    from store.engine import Store
    from store.keys import NAMES, Keys

    settings = load()
    missing = [name for name in NAMES if not (settings.keys_directory / f"{name}.key").is_file()]
    if missing:
        raise RefusedError(
            f"no keys in {settings.keys_directory} ({', '.join(missing)} missing): put back those of "
            "the copy first, cession keys restore FILE; new ones could not read it"
        )
    keys = Keys.load_or_create(settings.keys_directory)
    now = settings.clock().now()
    made = put_back(settings.database, file.expanduser())
    store = Store.open(settings.database, keys)
    try:
        with store.writing() as session:
            strange = [
                name
                for name in sorted(keys.wrapped_by(session).keys() - {keys.master_id})
                if not (settings.keys_directory / f"master.{name}.key").is_file()
            ]
            hold(session, now, wall_now(), since=made.at, reason="restored")
    finally:
        store.close()
    show(
        {"file": file, **asdict(made), "missing_keys": strange},
        as_json,
        f"{sum(made.rows.values())} rows of {instant(made.at)} are back. All contact is held. Start "
        "the workers, then run: cession reconcile",
        *(
            [
                (
                    f"Master keys {', '.join(strange)} are missing in {settings.keys_directory}: what "
                    "they wrap cannot be read. Restore the keys that belong to this copy."
                )
            ]
            if strange
            else []
        ),
    )
    if strange:
        raise typer.Exit(REFUSED)
