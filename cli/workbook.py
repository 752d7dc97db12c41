"""Writing a workbook as a spreadsheet does: the same rows, the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.packaging.core import DocumentProperties
from openpyxl.xml.functions import tostring

MOST_ROWS = 1_048_575
"""Below the row of headings, in any workbook."""

WRITTEN_AT = datetime(2026, 1, 1)  # noqa: DTZ001  # a workbook's own instants have no zone
"""What every workbook says of when it was made, so that its bytes tell only what stands in it."""

_ABOUT = "docProps/core.xml"
_BLOCK = 1 << 20


def write_workbook(out: IO[bytes], rows: Iterable[Sequence[str]]) -> None:
    """Write one sheet, every cell as text and none as a formula; holds one row at a time."""
    book: Any = Workbook(write_only=True)
    sheet: Any = book.create_sheet("portfolio")
    for row in rows:
        sheet.append([_text(sheet, cell) for cell in row])
    with TemporaryFile() as draft:
        book.save(draft)
        _settle(draft, out)


def _text(sheet: Any, text: str) -> Any:
    if not text.startswith("="):
        return text or None
    cell: Any = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell


def _settle(draft: IO[bytes], out: IO[bytes]) -> None:
    """Copy a workbook without the instants at which it was written."""
    about = DocumentProperties(creator="cession", created=WRITTEN_AT, modified=WRITTEN_AT)
    with (
        zipfile.ZipFile(draft) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, WRITTEN_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with made.open(entry, "w") as file:
                if name == _ABOUT:
                    file.write(cast("bytes", tostring(about.to_tree())))
                    continue
                with given.open(name) as part:
                    while block := part.read(_BLOCK):
                        file.write(block)
