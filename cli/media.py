"""Documents asked of sellers: what was asked for, until when, and what came of it."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.house import House, house
from cli.owning import found
from cli.reach import acting, one, tell
from cli.show import REFUSED, AsJson, RefusedError, instant, note, show, table
from cli.when import ahead
from models.case import CODE, Fact

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Debt, MediaRequest

app = typer.Typer(no_args_is_help=True, help="Documents asked of sellers: ask, list, answer.")


class Kind(StrEnum):
    """Documents as the portfolio file names them."""

    CONTRACT = "contract"
    STATEMENT = "statement"
    LEDGER = "ledger"
    ASSIGNMENT = "assignment"
    NOTICE = "notice"
    DELIVERY_PROOF = "delivery_proof"
    JUDGMENT = "judgment"


_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)

Ident = Annotated[str, typer.Argument(metavar="ID", help="Of the request: cession media list.")]
OfPortfolio = Annotated[str | None, typer.Option("--portfolio", show_default=False)]


@app.command()
def request(  # noqa: PLR0917
    kind: Annotated[Kind, typer.Option(help="Which document.", show_default=False)],
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="The debt.", show_default=False)
    ] = None,
    portfolio: OfPortfolio = None,
    due: Annotated[str, typer.Option(help="Until when: 14d, a day or an instant.")] = "14d",
    reason: Annotated[
        str, typer.Option(help="A code such as dispute or litigation.")
    ] = "file_check",
    seller: Annotated[
        str | None, typer.Option(help="The seller's code, if several use it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the seller for a document of a debt, or of every debt of a portfolio that lacks it."""
    from store import media

    if (ref is None) is (portfolio is None):
        raise RefusedError("name either one debt or --portfolio")
    _code(reason)
    with house() as here:
        now = here.clock.now()
        end = ahead(due, "--due", ZoneInfo("UTC"), now)
        if end <= now:
            raise RefusedError(f"--due {due} has passed; it is {instant(now)}")
        with here.store.writing() as session:
            wanted = (
                [one(session, ref)]
                if ref is not None
                else media.lacking(session, found(session, portfolio or "", seller).id, kind)
            )
            made = [
                media.ask(
                    session, debt, kind, reason=reason, due_at=end, now=now, actor=acting().code
                )
                for debt in wanted
            ]
    fresh = [row for row, new in made if new]
    first = f" ({str(made[0][0].id)[:8]})" if len(made) == 1 else ""
    show(
        {
            "kind": kind, "due": end, "requested": len(fresh), "open_already": len(made) - len(fresh),
            "requests": [row.id for row, _ in made],
        },
        as_json,
        f"{len(fresh):,} requested{first}, due {instant(end)}; {len(made) - len(fresh):,} were asked for "
        "before. Give the seller the list: cession media list --csv FILE",
    )  # fmt: skip


@app.command("list")
def list_(  # noqa: PLR0917
    portfolio: OfPortfolio = None,
    seller: Annotated[str | None, typer.Option(help="The seller's code.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are late.")] = False,
    answered: Annotated[bool, typer.Option("--answered", help="Those with an answer too.")] = False,
    out: Annotated[
        Path | None, typer.Option("--csv", help="Write them to this new file, for the seller.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what was asked of sellers, the most urgent first."""
    from store import media

    with house() as here, here.store.reading() as session:
        now = here.clock.now()
        lines = [
            _line(*each, now)
            for each in media.listed(
                session,
                portfolio_id=found(session, portfolio, seller).id if portfolio else None,
                seller=seller,
                statuses=("open", "received", "refused", "cancelled") if answered else ("open",),
                due_before=now if overdue else None,
            )
        ]
    if out:
        _write(out, lines)
    show(
        lines,
        as_json,
        table(
            "Asked of sellers",
            ("id", "account", "portfolio", "document", "why", "due", "state"),
            (
                (
                    str(line["request"])[:8],
                    line["account"],
                    line["portfolio"],
                    line["kind"],
                    line["reason"],
                    instant(line["due"]),
                    "late" if line["late"] else line["status"],
                )
                for line in lines
            ),
        )
        if lines
        else "Nothing that was asked of a seller is overdue."
        if overdue
        else "Nothing is asked of any seller.",
    )


@app.command()
def received(
    ident: Ident,
    doc_ref: Annotated[
        str, typer.Option("--doc-ref", help="Where it is filed.", show_default=False)
    ],
    file: Annotated[
        Path | None, typer.Option(help="The document, to keep its SHA-256.", show_default=False)
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="Or its SHA-256 itself.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record that a document came: it stands by the debt from then on."""
    if not _REF.fullmatch(doc_ref):
        raise RefusedError("--doc-ref must be a code of letters, digits and _ . : / -")
    if file is not None and sha256 is not None:
        raise RefusedError("give --file or --sha256, not both")
    digest = sha256
    if file is not None:
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise RefusedError(f"{file}: {error.strerror}") from None
    if digest is not None and not _SHA.fullmatch(digest):
        raise RefusedError("--sha256 must be 64 small hexadecimal digits")
    _answer(ident, "received", "came", as_json, doc_ref=doc_ref, sha256=digest)


@app.command()
def refused(
    ident: Ident,
    reason: Annotated[str, typer.Option(help="A code such as lost or never_made.")],
    as_json: AsJson = False,
) -> None:
    """Record that the seller cannot or will not give it: a ground to give the debt back."""
    _answer(ident, "refused", reason, as_json)


@app.command()
def cancel(
    ident: Ident,
    reason: Annotated[str, typer.Option(help="A code such as not_needed.")],
    as_json: AsJson = False,
) -> None:
    """Withdraw a request."""
    _answer(ident, "cancelled", reason, as_json)


def _answer(ident: str, status: str, reason: str, as_json: bool, **more: Any) -> None:
    from models.tables import Debt
    from store import media

    _code(reason)
    with house() as here:
        with here.store.writing() as session:
            row = _one(session, ident)
            if row.status != "open":
                raise RefusedError(
                    f"{str(row.id)[:8]} was answered before: {row.status} by {row.answered_by}",
                    REFUSED,
                )
            media.answer(
                session,
                row,
                status,
                reason=reason,
                now=here.clock.now(),
                actor=acting().code,
                **more,
            )
            debt = session.get_one(Debt, row.debt_id)
            told = debt.workflow_id if debt.status == "open" else None
        _tell(here, told)
    show(
        {"request": row.id, "account": debt.account_ref, "kind": row.kind, "status": status,
         "sha256": row.sha256},
        as_json,
        f"{debt.account_ref}: {row.kind} {status}.",
    )  # fmt: skip


def _tell(here: House, case: str | None) -> None:
    if case is not None:
        note(tell(here.settings, [case], Fact(kind="media_answered")))


def _one(session: Session, ident: str) -> MediaRequest:
    from sqlmodel import select

    from models.tables import MediaRequest

    text = ident.casefold()
    rows = session.exec(select(MediaRequest)).all() if len(text) >= 6 else []
    matches = [row for row in rows if str(row.id).startswith(text)]
    if len(matches) != 1:
        raise RefusedError(
            f"{ident!r} names {'several requests' if matches else 'no request'}; give at least six "
            "digits of its id: cession media list"
        )
    return matches[0]


def _line(
    request: MediaRequest, debt: Debt, portfolio: Any, seller: Any, now: datetime
) -> dict[str, Any]:
    return {
        "request": request.id,
        "account": debt.account_ref,
        "portfolio": portfolio.ref,
        "seller": seller.code,
        "kind": request.kind,
        "reason": request.reason,
        "status": request.status,
        "asked": request.asked_at,
        "due": request.due_at,
        "late": request.status == "open" and request.due_at < now,
        "doc_ref": request.doc_ref,
        "sha256": request.sha256,
        "answer": request.answer,
    }


def _write(out: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write what a seller needs to find the papers: references and no person."""
    names = ("request", "portfolio", "account", "kind", "reason", "due", "status")
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([line[name] for name in names] for line in lines)
    except FileExistsError:
        raise RefusedError(f"{out} exists; it was left as it is") from None
    except OSError as error:
        raise RefusedError(f"{out}: {error.strerror}") from None


def _code(reason: str) -> None:
    if not CODE.fullmatch(reason):
        raise RefusedError(
            f"--reason {reason!r} must be a code of lower-case letters, digits, '_', '-' or '.'"
        )
