"""The page about the portfolio file names every column that is read, and no other."""

import re
from pathlib import Path

from rules.row import DEBT, PERSON, known_column

PAGE = (Path(__file__).parents[2] / "docs" / "portfolio-file.md").read_text("utf-8")
ROWS = PAGE.partition("## The rows")[2].partition("## Other programs")[0]


def columns() -> set[str]:
    """Column names of the page; ``_case`` behind ``bankruptcy_type`` is ``bankruptcy_case``."""
    found: set[str] = set()
    stem = ""
    for name in re.findall(r"`([a-z_0-9]+)`", ROWS):
        full = f"{stem}{name}" if name.startswith("_") else name
        stem = full.rpartition("_")[0] if not name.startswith("_") else stem
        found.add(full.replace("_n_", "_1_").removesuffix("_n") + "_1" * full.endswith("_n"))
    return found


def test_every_column_is_on_the_page():
    assert (DEBT | PERSON) - columns() == set()


def test_the_page_names_no_column_that_is_not_read():
    words = {"yes", "no", "unknown"}
    assert {name for name in columns() - words if not known_column(name)} == set()
