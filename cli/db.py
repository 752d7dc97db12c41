"""The database: create it, upgrade it, say which schema it has."""

from __future__ import annotations

import typer

from cli.show import AsJson, show
from runtime.settings import load
from store.engine import StoreMissingError, schema_version
from store.migrations import HEAD
from store.schema import upgrade as migrate

app = typer.Typer(no_args_is_help=True, help="Create or upgrade the database.")


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Create the database, or bring it to this release's schema; repeating it does nothing."""
    found = migrate(load().database)
    show({"schema": found}, as_json, f"The database has schema {found}.")


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
