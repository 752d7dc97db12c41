"""Papers of a case: its statement of account, and its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.markup import escape

from cli.house import House, house
from cli.reach import Ref, acting, one, private_folder, write_file
from cli.show import REFUSED, AsJson, RefusedError, amount, note, show, table
from runtime.clock import wall_now

if TYPE_CHECKING:
    from models.wording import Statement

Out = Annotated[
    Path | None,
    typer.Option(help="Folder to write to; made if it is not there.", file_okay=False),
]


def statement(
    ref: Ref,
    on: Annotated[
        str | None, typer.Option(help="The day, as 2026-06-30, in the debtor's zone; today.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Show the account at the end of a day; with --out also write it as a letter to the debtor."""
    from activities import support
    from activities.message import statement_of
    from rules.ledger import LedgerError
    from store.standing import stand

    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            debt = one(session, ref)
            standing = stand(session, debt.id, now)
            zone = support.zone_of(standing.debtor)
            today = now.astimezone(zone).date()
            wanted = _day(on) if on else today
            if wanted > today:
                raise RefusedError(f"--on {wanted} is still to come; it is {today} in {zone.key}")
            try:
                account = statement_of(standing, wanted)
            except LedgerError as wrong:
                raise RefusedError(f"{debt.account_ref}: {wrong}", REFUSED) from None
        written = _render(here, ref, "statement", now, out, wanted) if out else None
    said = account.model_dump(mode="json") | {
        "account": debt.account_ref,
        "currency": debt.currency,
    }
    show(
        said | ({"document": written} if written else {}),
        as_json,
        *_account(account, debt.account_ref, debt.currency, written),
    )


def _render(  # noqa: PLR0917
    here: House, ref: str, template: str, now: datetime, out: Path, on: date | None = None
) -> dict[str, str]:
    """Render a document now, keep it on record, and write it for its owner only."""
    from activities.document import issue
    from activities.message import UnfitMessageError
    from cli.office import working
    from store import case as records
    from store.standing import stand

    try:
        with working(here.settings) as office, office.store.writing() as session:
            debt = one(session, ref)
            if debt.opened_at is None:
                raise RefusedError(
                    f"{debt.account_ref} is not prepared yet, so nothing can be written for it; "
                    "start its case with cession portfolio start",
                    REFUSED,
                )
            standing = stand(session, debt.id, now)
            key = f"{on or ''}:{standing.version}:{now.isoformat()}"
            made = issue(session, office, standing, template, now, key=key, on=on)
            page = office.store.keys.person_key(session, debt.debtor_id).open(made.sealed)
            records.act(
                session,
                at=now,
                observed_at=wall_now(),
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                what="document.made",
                reason=template,
                actor=acting().code,
                facts={"document": str(made.id), "sha256": made.sha256},
            )
            day = f"-{on}" if on else ""
            name = f"{template}-{debt.workflow_id}{day}-{made.id.hex[:8]}.pdf"
            path = private_folder(out) / name
            write_file(path, page)
            return {
                "file": str(path),
                "sha256": made.sha256,
                "template_version": made.template_version,
            }
    except UnfitMessageError as unfit:
        raise RefusedError(
            f"{ref}: the {template} cannot be made: {unfit.advice}", REFUSED
        ) from None


def render(
    ref: Ref,
    template: Annotated[
        str,
        typer.Argument(
            help="A letter of the wording pack, as assignment_notice, validation_notice or "
            "paid_in_full.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write to.", file_okay=False)] = Path(),
    as_json: AsJson = False,
) -> None:
    """Render one document of a case as things stand now, put it on record and write its page."""
    with house() as here:
        made = _render(here, ref, template, here.clock.now(), out)
    show(
        made,
        as_json,
        f"{escape(made['file'])}, readable by you only; SHA-256 {made['sha256']}, on record.",
    )


def list_documents(
    ref: Ref,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """List what was rendered for a case; with --out write the pages, for their owner only."""
    from activities.document import documents
    from store import case as records

    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            debt = one(session, ref)
            kept = documents(session, debt.id)
        lines = [
            {
                "document": str(row.id),
                "template": row.template,
                "kind": row.kind,
                "made": row.created_at.isoformat(),
                "sha256": row.sha256,
                "template_version": row.template_version,
            }
            for row in kept
        ]
        if out:
            folder = private_folder(out)
            with here.store.writing() as session:
                for row, line in zip(kept, lines, strict=True):
                    page = here.store.keys.person_key(session, row.debtor_id).open(row.sealed)
                    path = folder / f"{row.template}-{row.id.hex[:8]}.pdf"
                    write_file(path, page)
                    line["file"] = str(path)
                records.act(
                    session,
                    at=now,
                    observed_at=wall_now(),
                    debt_id=debt.id,
                    debtor_id=debt.debtor_id,
                    what="document.shown",
                    reason="asked",
                    actor=acting().code,
                    facts={"documents": [line["document"] for line in lines]},
                )
    show(
        lines,
        as_json,
        table(
            f"Documents of {debt.account_ref}",
            ("document", "made", "", "SHA-256", *(("file",) if out else ())),
            (
                (
                    line["template"],
                    line["made"][:16],
                    line["kind"],
                    f"{line['sha256'][:16]}…",
                    *((line["file"],) if out else ()),
                )
                for line in lines
            ),
        ),
    )


def evidence(
    ref: Ref,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Write all that stands about a case as one PDF and one JSON that anybody can check offline.

    They hold personal data in clear. Who took them, and their seal, goes on record.
    """
    from activities.evidence import bundle
    from rules.evidence import NOTICE

    with house() as here:
        now = here.clock.now()
        folder = private_folder(out or Path())
        with here.store.writing() as session:
            debt = one(session, ref)
            made = bundle(session, here.store.keys, debt, acting().code, now, wall_now())
            write_file(folder / made.pdf_name, made.pdf)
            write_file(folder / made.json_name, made.json)
    note(NOTICE)
    show(
        {
            "account": debt.account_ref,
            "case": debt.workflow_id,
            "json": str(folder / made.json_name),
            "pdf": str(folder / made.pdf_name),
            "records": made.records,
            "seal": made.seal,
        },
        as_json,
        f"{made.records} records of {escape(debt.account_ref)}, readable by you only:\n"
        f"  {escape(str(folder / made.pdf_name))}\n  {escape(str(folder / made.json_name))}\n"
        f"Seal {made.seal}, on record. Check it anywhere: cession evidence verify "
        f"{escape(str(folder / made.json_name))} --seal {made.seal}",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"--on {text}: write a day as 2026-06-30") from None


def _account(
    account: Statement, ref: str, currency: str, written: dict[str, str] | None
) -> Iterable[RenderableType]:
    yield table(
        f"{ref}, account at the end of {account.on}",
        ("value date", "entry", "for", "#amount", "#balance"),
        (
            (
                line.on,
                line.kind,
                line.bucket,
                amount(line.minor, currency),
                amount(line.balance, currency),
            )
            for line in account.lines
        ),
    )
    yield (
        f"Charged {amount(account.charged, currency)}, paid {amount(account.paid, currency)}, "
        f"waived {amount(account.waived, currency)}: {amount(account.outstanding, currency)} owed"
        f"{f', {amount(account.credit, currency)} paid too much' if account.credit else ''}."
    )
    if written:
        yield (
            f"Letter to the debtor: {escape(written['file'])}, readable by you only; SHA-256 "
            f"{written['sha256']}, on record."
        )
