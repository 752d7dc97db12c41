"""The database: create it, upgrade it, say which schema it has."""

from __future__ import annotations

import typer
from rich.markup import escape

from cli.show import AsJson, show
from runtime.clock import wall_now
from runtime.settings import load
from store.engine import Store, StoreMissingError, schema_version
from store.keys import Keys
from store.migrations import HEAD
from store.operator import first
from store.schema import upgrade as migrate

app = typer.Typer(no_args_is_help=True, help="Create or upgrade the database.")

FIRST_MADE = (
    "First administrator made; the token lies in {file}, and commands here act with it until "
    "somebody logs in. More people: cession operator add CODE --role agent"
)


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Create the database, or bring it to this release's schema; repeating it does nothing."""
    settings = load()
    found = migrate(settings.database)
    store = Store.open(settings.database, Keys.load_or_create(settings.keys_directory))
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
    try:
        found = schema_version(load().database)
    except StoreMissingError:
        found = None
    fits = found == HEAD
    advice = "" if fits else " Run `cession db upgrade`."
    show(
        {"found": found, "needed": HEAD, "fits": fits},
        as_json,
        f"The database has schema {found or 'none'}, this release needs {HEAD}.{advice}",
    )
    if not fits:
        raise typer.Exit(1)
