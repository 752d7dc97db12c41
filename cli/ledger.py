"""Ledgers: folded, shown, proved. ``fold`` needs no store, so it imports none."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from cli.show import REFUSED, AsJson, RefusedError, page, show, table
from cli.words import heard
from models.ledger import AllocationPolicy, Balances, Booked, Bucket, Entry
from models.money import Money
from rules.ledger import book, policy_for
from rules.ledger import fold as fold_entries
from rules.quarantine import guarded
from rules.worksheet import Line, Sheet, WorksheetError, read, work_out

if TYPE_CHECKING:
    from uuid import UUID

    from models.tables import Debt, LedgerEntry

app = typer.Typer(help="Fold a table of entries; show, check and export ledgers.")

Account = Annotated[
    str,
    typer.Argument(
        metavar="REF", help="Account reference, case id or beginning of the debt id.",
        show_default=False,
    ),
]  # fmt: skip


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


LARGEST_SHEET = 64 * 1024 * 1024
"""Bytes of a table that are read: a hundred thousand entries and more."""

MOST_PROBLEMS = 50
"""Lines of a refusal that a person may still read."""


@app.callback()
def ledger() -> None:
    """Show what a debt's entries add up to, and prove that nobody changed them."""


@app.command("fold")
def fold_table(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A JSON table as docs/ledger.md describes; standard input if left out."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Work out somebody's table of entries by the code of live ledgers, without a store."""
    try:
        sheet = work_out(read(_text(file)))
    except WorksheetError as error:
        told = list(error.problems[:MOST_PROBLEMS])
        if left := len(error.problems) - len(told):
            told.append(f"and {left} more")
        raise RefusedError(
            "the table was refused:\n"
            + "\n".join(f"  {problem}" for problem in told)
            + "\ndocs/ledger.md describes every key"
        ) from None
    if as_json:
        typer.echo(json.dumps(_as_json(sheet), ensure_ascii=False, indent=2))
        return
    console = page()
    console.print(_as_table(sheet))
    for line in sheet.lines:
        for text in _remarks(sheet, line):
            console.print(Text(f"{line.label}: {text}"))
    console.print(Text(f"Order of payment {sheet.policy.ref}: {sheet.policy.citation}"))


def _text(file: Path | None) -> bytes:
    try:
        if file is None or str(file) == "-":
            raw = sys.stdin.buffer.read(LARGEST_SHEET + 1)
        else:
            with file.open("rb") as opened:
                raw = opened.read(LARGEST_SHEET + 1)
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror}") from None
    if len(raw) > LARGEST_SHEET:
        raise RefusedError("the table is larger than 64 MiB; fold one debt at a time")
    return raw


def _as_json(sheet: Sheet) -> dict[str, Any]:
    currency = sheet.worksheet.currency
    return {
        **({"debt": sheet.worksheet.debt} if sheet.worksheet.debt else {}),
        "currency": currency,
        "policy": sheet.policy.ref,
        "citation": sheet.policy.citation,
        "reversal": sheet.policy.reversal.value,
        "entries": [_line(sheet, line) for line in sheet.lines],
        "totals": {
            **_sums(sheet.totals, currency),
            "below_minimum": sheet.below_minimum(sheet.totals),
            "splits": {
                sheet.labels[entry]: _parts(split, currency)
                for entry, split in sheet.totals.splits.items()
            },
        },
    }


def _line(sheet: Sheet, line: Line) -> dict[str, Any]:
    booked, currency = line.booked, sheet.worksheet.currency
    entry = booked.entry
    told: dict[str, Any] = {
        "id": line.label,
        "kind": entry.kind.value,
        "amount": _plain(entry.minor, currency),
        "value_date": entry.value_date.isoformat(),
        "booked_at": entry.booked_at.isoformat(),
    }
    if entry.of is not None:
        told["of"] = sheet.labels[entry.of]
    if booked.made:
        told |= {"made_by_ledger": True, "reason": entry.reason}
    if line.duplicate:
        told["duplicate"] = True
    if line.parked:
        told["parked"] = True
    if line.exchange:
        told["exchange"] = {
            "credited": _plain(line.exchange.credited.minor, currency),
            "fx_difference": _plain(line.exchange.difference, currency),
            "reason": line.exchange.reason,
        }
    told["split"] = {} if line.duplicate else _parts(booked.split, currency)
    if booked.lapsed:
        told["lapsed"] = _plain(booked.lapsed, currency)
    told |= _sums(booked.balances, currency)
    told["corrections"] = [
        {
            "id": sheet.labels[each.entry_id],
            "before": _parts(each.before, currency),
            "after": _parts(each.after, currency),
        }
        for each in (() if line.duplicate else booked.corrections)
    ]
    if booked.otherwise is not None:
        told["otherwise"] = {
            "method": _other(sheet),
            "buckets": _parts(booked.otherwise, currency),
            "difference": _parts(_difference(booked.balances, booked.otherwise), currency),
        }
    return told


def _other(sheet: Sheet) -> str:
    return "negate" if sheet.policy.reversal == "replay" else "replay"


def _difference(balances: Balances, otherwise: Mapping[Bucket, int]) -> dict[Bucket, int]:
    gaps = {bucket: otherwise[bucket] - owed for bucket, owed in balances.buckets.items()}
    return {bucket: gap for bucket, gap in gaps.items() if gap}


def _sums(balances: Balances, currency: str) -> dict[str, Any]:
    return {
        "buckets": _parts(balances.buckets, currency),
        **{
            name: _plain(getattr(balances, name), currency)
            for name in (
                "charged", "interest", "paid", "waived", "outstanding", "credit", "overdrawn",
            )
        },
    }  # fmt: skip


def _parts(parts: Mapping[Bucket, int], currency: str) -> dict[str, str]:
    return {bucket.value: _plain(minor, currency) for bucket, minor in parts.items()}


def _plain(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).decimal:f}"


def _as_table(sheet: Sheet) -> Any:
    currency = sheet.worksheet.currency
    buckets = list(sheet.totals.buckets)
    rows = [
        (
            line.booked.entry.value_date,
            line.label,
            f"{line.booked.entry.kind}{' (told again)' if line.duplicate else ''}",
            _plain(line.booked.entry.minor, currency),
            *(_plain(line.booked.balances.buckets[bucket], currency) for bucket in buckets),
            _plain(line.booked.balances.outstanding, currency),
            _plain(line.booked.balances.credit, currency),
        )
        for line in sheet.lines
    ]
    names = [f"#{bucket}" for bucket in buckets]
    return table(
        f"{sheet.worksheet.debt or 'Ledger'} in {currency}",
        ["valued", "id", "kind", "#amount", *names, "#outstanding", "#credit"],
        rows,
    )


def _remarks(sheet: Sheet, line: Line) -> list[str]:
    currency, booked = sheet.worksheet.currency, line.booked
    if line.duplicate:
        return []
    said = [
        f"{sheet.labels[each.entry_id]} now stands for {_words(each.after, currency)}, before for "
        f"{_words(each.before, currency)}"
        for each in booked.corrections
    ]
    if booked.lapsed:
        said.append(f"{_plain(booked.lapsed, currency)} found nothing to take")
    if booked.otherwise is not None and (gap := _difference(booked.balances, booked.otherwise)):
        said.append(f"by {_other(sheet)} the buckets would differ by {_words(gap, currency)}")
    if booked.balances.overdrawn:
        went = _plain(booked.balances.overdrawn, currency)
        said.append(f"{went} went out beyond what came in")
    return said


def _words(parts: Mapping[Bucket, int], currency: str) -> str:
    told = ", ".join(f"{bucket} {_plain(minor, currency)}" for bucket, minor in parts.items())
    return told or "nothing"


# Live ledgers


@app.command("show")
def show_ledger(ref: Account, as_json: AsJson = False) -> None:
    """Show every entry of a debt and what was owed after it."""
    debt, rows, entries = _entries(ref)
    policy = policy_for(debt.contract_law)
    told = book(entries, policy.model_copy(update={"tolerance": {}}))
    seqs = {row.id: row for row in rows}
    lines = [_live(seqs[each.entry.entry_id], each) for each in told]
    balances = fold_entries(entries, policy)
    show(
        {
            "account": debt.account_ref,
            "currency": debt.currency,
            "policy": policy.ref,
            "citation": policy.citation,
            "entries": lines,
            "totals": _sums(balances, debt.currency),
        },
        as_json,
        _live_table(debt, lines),
        _sentence(balances, debt, policy),
    )


@app.command("as-of")
def as_of_day(
    ref: Account,
    day: Annotated[str, typer.Argument(metavar="DAY", help="As 2026-06-30.", show_default=False)],
    known: Annotated[
        str | None,
        typer.Option(help="As the books stood at this instant, with offset; now if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what was owed at the end of a day."""
    from activities.ledger import as_of  # noqa: PLC0415  # fold needs no store
    from runtime.settings import load  # noqa: PLC0415

    debt, _, entries = _entries(ref)
    on = _day(day, "DAY")
    to_come = on > load().clock().now().date()
    kept = as_of(entries, on, _instant(known) if known else None)
    if not kept:
        raise RefusedError(f"{debt.account_ref} had no entry yet on {on}", REFUSED)
    policy = policy_for(debt.contract_law)
    balances = fold_entries(kept, policy)
    show(
        {"account": debt.account_ref, "day": on, "currency": debt.currency, "entries": len(kept),
         **_sums(balances, debt.currency)},
        as_json,
        _sentence(balances, debt, policy, f"On {on} "),
        *([Text(f"{on} is still to come: this counts what the books know now.")] if to_come else []),
    )  # fmt: skip


@app.command()
def export(
    ref: Account,
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.JSON,
    output: Annotated[
        Path | None, typer.Option(help="A new file instead of standard output.")
    ] = None,
) -> None:
    """Write the entries as they stand in the store; JSON can be folded again."""
    from cli.reach import write_file  # noqa: PLC0415  # fold needs no store

    debt, rows, _ = _entries(ref)
    text = _csv(rows) if form is Format.CSV else json.dumps(_sheet_of(debt, rows), indent=2) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    write_file(output, text.encode())
    typer.echo(heard(f"{len(rows)} entries written to {output}"))


@app.command()
def verify(
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="One debt; all if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that no entry was changed, taken out or cut off since it was written."""
    from cli.house import house  # noqa: PLC0415  # fold needs no store
    from cli.reach import one  # noqa: PLC0415
    from store import chain  # noqa: PLC0415

    with house() as here, here.store.reading() as session:
        faults = (
            chain.faults_of(session, one(session, ref).id)
            if ref
            else list(chain.verify(session, here.store.keys))
        )
    found = [fault for fault in faults if fault.table in ("", "ledger_entry", "arrangement")]
    show(
        {"whole": not found, "faults": found},
        as_json,
        *(
            Text(f"{fault.what.replace('_', ' ')}: {fault.key or fault.chain} {fault.detail}")
            for fault in found
        ),
        Text("NOT WHOLE" if found else "No entry was changed, taken out or cut off."),
    )
    if found:
        raise typer.Exit(REFUSED)


@app.command("seller-paid")
def seller_paid(
    ref: Account,
    sum_: Annotated[str, typer.Argument(metavar="AMOUNT", help="As 400.00.", show_default=False)],
    on: Annotated[str, typer.Option("--date", metavar="DAY", help="When the debtor paid.")],
    reference: Annotated[str, typer.Option(help="Of the proof that the debtor showed.")],
    as_json: AsJson = False,
) -> None:
    """Record what the debtor paid to the previous owner: it frees them until the notice arrived."""
    from activities.arrangement import ArrangementRefusalError, paid_to_seller  # noqa: PLC0415
    from cli.house import house  # noqa: PLC0415
    from cli.reach import acting, one, tell  # noqa: PLC0415
    from models.case import Fact  # noqa: PLC0415
    from models.money import MoneyError  # noqa: PLC0415
    from store import debtor as debtors  # noqa: PLC0415

    day = _day(on, "--date")
    with house() as here, here.store.writing() as session:
        debt = one(session, ref)
        debtors.lock(session, debt.debtor_id)
        now = here.clock.now()
        if day > now.date():
            raise RefusedError(f"--date {day} is still to come")
        try:
            minor = Money.parse(sum_, debt.currency).minor
            if minor <= 0:
                raise RefusedError(f"AMOUNT {sum_!r} must be more than nothing")
            free = paid_to_seller(session, debt, minor, day, reference, acting().code, now)
        except MoneyError as wrong:
            raise RefusedError(f"AMOUNT {sum_!r}: {wrong}") from None
        except ArrangementRefusalError as refusal:
            raise RefusedError(str(refusal), REFUSED) from None
    told = tell(here.settings, [debt.workflow_id], Fact(kind="paid_to_previous_owner"))
    show(
        {"account": debt.account_ref, "discharges": free, "told": told},
        as_json,
        Text(
            f"Booked: paid before the notice arrived, it frees {debt.account_ref}; the claim is "
            "against the seller."
            if free
            else f"Not booked: {debt.account_ref} was told of the transfer before. The seller is to "
            "pass it on; the case holds and bears no interest meanwhile. Explain it politely."
        ),
    )


@app.command("quote")
def quote_exchange(  # noqa: PLR0917
    ref: Account,
    sum_: Annotated[str, typer.Argument(metavar="AMOUNT", help="As 800.00.", show_default=False)],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="As CNY.")],
    rate: Annotated[str, typer.Option(help="Units of the debt's currency for one, as 0.1250.")],
    source: Annotated[str, typer.Option(help="Whose rate it is, as a short code: ecb, desk.")],
    minutes: Annotated[int, typer.Option(min=1, max=7 * 24 * 60, help="How long it holds.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Tell a debtor what money in another currency is worth, and hold to it while it is valid."""
    from datetime import timedelta  # noqa: PLC0415
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415

    from activities.exchange import quote  # noqa: PLC0415  # fold needs no store
    from cli.house import house  # noqa: PLC0415
    from cli.reach import acting, one  # noqa: PLC0415
    from models.money import MoneyError  # noqa: PLC0415
    from store import debtor as debtors  # noqa: PLC0415

    try:
        paid, factor = Money.parse(sum_, currency), Decimal(rate)
    except MoneyError as wrong:
        raise RefusedError(f"AMOUNT {sum_!r} {currency}: {wrong}") from None
    except InvalidOperation:
        raise RefusedError(f"--rate {rate!r} is no decimal number, as 0.1250") from None
    if paid.minor <= 0 or not factor.is_finite() or factor <= 0:
        raise RefusedError("AMOUNT and --rate must be more than nothing")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", source):
        raise RefusedError(f"--source {source!r}: a short code of letters, digits and . _ -")
    with house() as here, here.store.writing() as session:
        debt = one(session, ref)
        if currency == debt.currency:
            raise RefusedError(f"{debt.account_ref} is owed in {currency}: nothing to exchange")
        debtors.lock(session, debt.debtor_id)
        now, holds = here.clock.now(), timedelta(minutes=minutes)
        try:
            worth = quote(session, debt, paid, factor, source, holds, acting().code, now)
        except MoneyError as wrong:
            raise RefusedError(f"AMOUNT {sum_!r}: {wrong}") from None
    until = now + holds
    show(
        {"account": debt.account_ref, "paid": str(paid), "rate": rate, "worth": str(worth),
         "valid_until": until},
        as_json,
        Text(f"{paid} is worth {worth} to {debt.account_ref}, if paid by {until:%Y-%m-%d %H:%M} UTC."),
    )  # fmt: skip


@app.command("accrue")
def accrue_interest(
    ref: Account,
    to: Annotated[str, typer.Option(metavar="DAY", help="Interest that arose before this day.")],
    as_json: AsJson = False,
) -> None:
    """Book the interest that arose, and correct days on which less or more did than was known."""
    from activities.ledger import accrue, terms_of, zone_of_debt  # noqa: PLC0415
    from cli.house import house  # noqa: PLC0415
    from cli.reach import acting, one  # noqa: PLC0415
    from store import debtor as debtors  # noqa: PLC0415

    day = _day(to, "--to")
    with house() as here, here.store.writing() as session:
        debt = one(session, ref)
        debtors.lock(session, debt.debtor_id)
        now = here.clock.now()
        if day > now.astimezone(zone_of_debt(session, debt)).date():
            raise RefusedError(
                f"--to {day} is still to come: interest is booked when it has arisen"
            )
        terms = terms_of(session, debt)
        if terms is None:
            raise RefusedError(
                f"{debt.account_ref} bears no interest: its file says neither a rate nor that it "
                "accrues after the transfer",
                REFUSED,
            )
        booked = accrue(session, debt, day, now, acting().code)
        sums = [_plain(entry.minor, debt.currency) for entry in booked]
    show(
        {
            "account": debt.account_ref,
            "to": day,
            "day_count": terms.day_count,
            "rounding": terms.rounding,
            "booked": [
                {"kind": entry.kind, "day": entry.value_date, "amount": amount}
                for entry, amount in zip(booked, sums, strict=True)
            ],
        },
        as_json,
        Text(f"Booked for {debt.account_ref}: {', '.join(sums) or 'nothing new'}."),
    )


def _entries(ref: str) -> tuple[Debt, Sequence[LedgerEntry], list[Entry]]:
    from cli.house import house  # noqa: PLC0415
    from cli.reach import one  # noqa: PLC0415
    from store import payment as payments  # noqa: PLC0415

    with house() as here, here.store.reading() as session:
        debt = one(session, ref)
        rows = payments.entries(session, debt.id)
    if not rows:
        raise RefusedError(f"{debt.account_ref} has no ledger", REFUSED)
    return debt, rows, payments.as_entries(rows)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{where}: {text!r} is no day; write it as 2026-06-30") from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise RefusedError(
            f"--known: {text!r} is no instant with offset; write it as 2026-06-30T12:00:00+00:00"
        )
    return at


def _live(row: LedgerEntry, each: Booked) -> dict[str, Any]:
    currency = row.currency
    return {
        "seq": row.seq,
        "id": str(row.id),
        "kind": row.kind,
        "amount": _plain(row.minor, currency),
        "value_date": row.value_date.isoformat(),
        "booked_at": row.booked_at.isoformat(),
        "source": row.source,
        "external_id": row.external_id,
        "policy": row.policy,
        "actor": row.actor,
        "reason": row.reason,
        **({"bucket": row.bucket} if row.bucket else {}),
        **({"of": str(row.of)} if row.of else {}),
        **({"facts": row.facts} if row.facts else {}),
        "split": _parts(each.split, currency),
        **_sums(each.balances, currency),
    }


def _live_table(debt: Debt, lines: Sequence[Mapping[str, Any]]) -> Any:
    return table(
        f"{debt.account_ref} in {debt.currency}",
        [
            "#",
            "valued",
            "booked",
            "kind",
            "#amount",
            "bucket",
            "reason",
            "by",
            "#outstanding",
            "#credit",
        ],
        [
            (
                line["seq"],
                line["value_date"],
                line["booked_at"][:16].replace("T", " "),
                line["kind"],
                line["amount"],
                line.get("bucket"),
                line["reason"],
                line["actor"],
                line["outstanding"],
                line["credit"],
            )
            for line in lines
        ],
    )


def _sentence(balances: Balances, debt: Debt, policy: AllocationPolicy, when: str = "") -> Text:
    currency = debt.currency
    credit = f", credit {_plain(balances.credit, currency)}" if balances.credit else ""
    owed = _words({b: m for b, m in balances.buckets.items() if m}, currency)
    return Text(
        f"{when}{debt.account_ref} owed {_plain(balances.outstanding, currency)} {currency} "
        f"({owed}): charged {_plain(balances.charged, currency)}, paid "
        f"{_plain(balances.paid, currency)}, waived {_plain(balances.waived, currency)}{credit}. "
        f"Order of payment {policy.ref}: {policy.citation}"
    )


_COLUMNS = (
    "seq", "id", "kind", "minor", "currency", "bucket", "value_date", "due_on", "booked_at",
    "observed_at", "source", "external_id", "policy", "of", "actor", "reason",
)  # fmt: skip


def _csv(rows: Sequence[LedgerEntry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (getattr(row, name) for name in _COLUMNS)
        # Ids are the payer's side's to choose, and one may begin like a formula.
        writer.writerow(
            ""
            if cell is None
            else cell.isoformat()
            if isinstance(cell, date)
            else guarded(cell)
            if isinstance(cell, str)
            else cell
            for cell in cells
        )
    return out.getvalue()


def _sheet_of(debt: Debt, rows: Sequence[LedgerEntry]) -> dict[str, Any]:
    """Answer the ledger as a table that ``cession ledger fold`` takes."""
    policy = policy_for(debt.contract_law)
    names: dict[UUID, str] = {row.id: str(row.seq) for row in rows}
    optional = ("bucket", "source", "external_id", "policy", "actor", "reason")
    return {
        "debt": debt.account_ref,
        "currency": debt.currency,
        "policy": policy.ref,
        "tolerance": "0",
        "entries": [
            {
                "id": names[row.id],
                "kind": row.kind,
                "minor": row.minor,
                "value_date": row.value_date.isoformat(),
                "booked_at": row.booked_at.isoformat(),
                **({"of": names[row.of]} if row.of else {}),
                **({"due": row.due_on.isoformat()} if row.due_on else {}),
                **{name: getattr(row, name) for name in optional if getattr(row, name)},
            }
            for row in rows
        ],
    }
