"""A portfolio of any size for measuring: one sample row, many times over."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.transfer import Manifest
from rules.intake import read_manifest
from rules.sheet import Sheet, open_sheet

SAMPLES = Path(__file__).parents[1] / "packs" / "samples"


@dataclass(frozen=True)
class Copies:
    manifest: Manifest
    sheet: Sheet
    stated: str
    text: str

    def write(self, path: Path) -> None:
        """Lay the table and its manifest where a command can import them."""
        path.write_text(self.text, "utf-8")
        path.with_suffix(".manifest.json").write_text(self.stated, "utf-8")


def copies(count: int, account: str = "US-0001", prefix: str = "B") -> Copies:
    """Answer a transfer file of ``count`` debts of as many people, valid in every respect.

    ``prefix`` begins its references: files that differ in it are of different people.
    """
    with (SAMPLES / "portfolio.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or []
        row = next(row for row in reader if row["account_ref"] == account)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for number in range(count):
        phone = f"+1202555{100 + number % 100:04d}"
        writer.writerow(
            {
                **row,
                "account_ref": f"{prefix}-{number:06d}",
                "customer_ref": f"{prefix}-P-{number:06d}",
                "id_number_hash": "",
                "phone_1": phone,
                "email_1": f"{prefix.lower()}-{number}@bench.example.com",
            }
        )
    text = out.getvalue()
    manifest = json.loads((SAMPLES / "portfolio.manifest.json").read_text("utf-8"))
    minor = int(row["total"].replace(".", "")) * count
    manifest |= {
        "portfolio_id": f"BENCH-{prefix}-{count}",
        "row_count": count,
        "control_total_minor": {row["currency"]: minor},
        "sha256": sha256(text.encode()).hexdigest(),
    }
    stated = json.dumps(manifest)
    return Copies(read_manifest(stated), open_sheet(text.encode()), stated, text)
