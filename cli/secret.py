"""What senders sign with: two secrets hold while one is being replaced."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.house import House, house
from cli.reach import acting
from cli.show import REFUSED, AsJson, RefusedError, show, table
from runtime import secrets
from runtime.clock import wall_now
from runtime.secrets import SecretError
from store import case as records

app = typer.Typer(
    no_args_is_help=True,
    help="What payment notices and receipts are signed with: list, rotate, retire.",
)


class Kind(StrEnum):
    PAYMENTS = "payments"
    RECEIPTS = "receipts"


KindArgument = Annotated[
    Kind, typer.Argument(help="Payment notices of a seller, or receipts of a carrier.")
]
Code = Annotated[str, typer.Argument(help="The seller's or carrier's code.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List whose secrets lie in files here, and how many hold; shows none."""
    with house() as here:
        lines = [
            {
                "kind": kind,
                "code": path.name.removeprefix(f"{kind}-").removesuffix(".secret"),
                "file": path,
                "secrets": secrets.count(path),
            }
            for kind in Kind
            for path in sorted(here.settings.keys_directory.glob(f"{kind}-*.secret"))
        ]
    show(
        lines,
        as_json,
        table(
            "Secrets",
            ("for", "sender", "#hold", "file"),
            ((line["kind"], line["code"], line["secrets"], line["file"]) for line in lines),
        ),
    )


@app.command()
def rotate(kind: KindArgument, code: Code, as_json: AsJson = False) -> None:
    """Make a new secret; the former one holds too until it is retired."""
    with house() as here:
        path = _changed(here, "rotated", kind, code)
    show(
        {"file": path, "secrets": 2},
        as_json,
        f"The first line of {escape(str(path))} is the new secret. Give it to {escape(code)}; "
        f"when they sign with it: cession secret retire {kind} {escape(code)}",
    )


@app.command()
def retire(kind: KindArgument, code: Code, as_json: AsJson = False) -> None:
    """Believe the newest secret alone from now on."""
    with house() as here:
        path = _changed(here, "retired", kind, code)
    show(
        {"file": path, "secrets": 1},
        as_json,
        f"Only the newest secret in {escape(str(path))} is believed now.",
    )


def _changed(here: House, what: str, kind: Kind, code: str) -> Path:
    change = secrets.rotate if what == "rotated" else secrets.retire
    try:
        path = change(here.settings, kind, code)
    except SecretError as wrong:
        raise RefusedError(str(wrong), REFUSED) from None
    with here.store.writing() as session:
        records.act(
            session,
            at=here.clock.now(),
            observed_at=wall_now(),
            what=f"secret.{what}",
            reason=kind,
            actor=acting().code,
            facts={"code": code},
        )
    return path
