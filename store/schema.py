"""Bring a database to this release's schema, and write the next revision of it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.engine import WrongSchemaError, exclusive

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> str:
    """Create or upgrade a database in one transaction; answer the revision it has now.

    Repeating it does nothing. Raises ``StoreBusyError``, ``StoreMissingError``, and ``WrongSchemaError``
    for a database that a newer release made.
    """
    with migrating(url) as config:
        command.upgrade(config, "head")
    return newest()


def newest() -> str:
    """Answer the newest revision in the directory."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or "0000"


def draft(message: str) -> Path:
    """Write a revision of what the tables say and the migrations do not say yet.

    For developers: ``python -m store.schema "what changed"``, then raise ``migrations.HEAD``.
    """
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/draft.db"
        if any((MIGRATIONS / "versions").glob("0*.py")):
            upgrade(url)
        with migrating(url) as config:
            known = len(list((MIGRATIONS / "versions").glob("0*.py")))
            script = command.revision(config, message, autogenerate=True, rev_id=f"{known + 1:04}")
    assert script is not None
    assert not isinstance(script, list)
    return Path(script.path)


@contextmanager
def migrating(url: str) -> Generator[Config]:
    """Answer Alembic's words with a connection alone with the database; one transaction.

    Raises ``WrongSchemaError`` for a database that a newer release made.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with exclusive(url) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found > newest():
            raise WrongSchemaError(found)
        config.attributes["connection"] = connection
        yield config


if __name__ == "__main__":
    sys.stdout.write(f"{draft(sys.argv[1])}\n")
