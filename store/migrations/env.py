"""What Alembic runs: the connection comes from ``store.schema``, never from a file."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import models.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]
from models.tables.base import UtcDateTime


def plain(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write column types in SQLAlchemy's words, so that old revisions need no code of ours."""
    del autogen
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=plain,
    # SQLite changes a column by building the table anew.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
