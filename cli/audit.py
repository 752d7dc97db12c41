"""The record of acts and decisions: read it, prove it, hand it over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from cli.house import house
from cli.reach import acting, one
from cli.show import REFUSED, AsJson, RefusedError, instant, jsonable, show, table
from cli.when import past
from models.chain import Fault
from runtime.clock import wall_now

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Act, ChainSeal, Debt, Decision

app = typer.Typer(
    no_args_is_help=True, help="The record: who did what and why; prove that nobody changed it."
)

SHOWN = 40
"""Faults a table shows; JSON has all."""

PAGE = 500

RefOption = Annotated[
    str | None,
    typer.Option("--ref", help="Only of this debt: account, case id or beginning of the debt id."),
]


@app.command()
def verify(ref: RefOption = None, as_json: AsJson = False) -> None:
    """Check every row of the record against its hash chain, and the chains against their seals."""
    from store import chain

    with house() as here, here.store.reading() as session:
        if ref:
            faults = chain.faults_of(session, one(session, ref).id)
        else:
            faults = list(chain.verify(session, here.store.keys))
        chains, links, seal = chain.size(session)
    show(
        {
            "whole": not faults,
            "faults": faults,
            "chains": chains,
            "links": links,
            "seal": {"n": seal.n, "at": seal.at, "mac": seal.mac} if seal else None,
        },
        as_json,
        *_verdict(faults, chains, links, seal),
    )
    if faults:
        raise typer.Exit(REFUSED)


@app.command()
def seal(as_json: AsJson = False) -> None:
    """Bind the ends of all chains under the installation's key now; workers do it every hour."""
    from store import chain

    with house() as here, here.store.writing() as session:
        made = chain.seal(session, here.store.keys, wall_now())
        _, _, newest = chain.size(session)
    show(
        {"made": made is not None, "n": newest.n if newest else None, "mac": newest and newest.mac},
        as_json,
        f"Seal {newest.n} is {newest.mac}; note it elsewhere to prove the record later."
        if newest
        else "There is nothing to seal yet.",
    )


@app.command("show")
def show_acts(  # noqa: PLR0917
    ref: RefOption = None,
    actor: Annotated[str | None, typer.Option(help="Only what this operator did.")] = None,
    what: Annotated[
        str | None, typer.Option(help="Only acts whose name begins so, as `stop.`.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="A day, `tue`, a span back as 7d, or an instant.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show acts and decisions, newest first: who, what, on which, when, why, under which versions."""
    with house() as here, here.store.reading() as session:
        debt = one(session, ref) if ref else None
        begin = past(since, "--since", ZoneInfo("UTC"), here.clock.now()) if since else None
        lines = _lines(session, debt, actor, what, begin, limit)
    show(
        lines,
        as_json,
        table(
            f"{len(lines)} entries, newest first",
            ("when (UTC)", "written", "who", "what", "on", "why", "versions"),
            (
                (
                    f"{line['at']:%Y-%m-%d %H:%M:%S}",
                    f"{line['observed_at']:%Y-%m-%d %H:%M:%S}" if line["observed_at"] else "",
                    line["who"],
                    line["what"],
                    line["account"] or "",
                    line["why"],
                    line["strategy"] or "",
                )
                for line in lines
            ),
        ),
    )


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file; JSON lines, mode 0600.")],
    ref: RefOption = None,
    as_json: AsJson = False,
) -> None:
    """Write acts, decisions, links and seals for somebody else to check; no personal data."""
    from store import case as records

    with house() as here:
        with here.store.reading() as session:
            debt = one(session, ref) if ref else None
            count = _write(file, _entries(session, debt))
        with here.store.writing() as session:
            records.act(
                session,
                at=here.clock.now(),
                observed_at=wall_now(),
                debt_id=debt.id if debt else None,
                what="audit.exported",
                reason="ordered",
                actor=acting().code,
                facts={"lines": count},
            )
    show({"file": file, "lines": count}, as_json, f"{count} lines in {escape(str(file))}.")


def _write(file: Path, entries: Iterable[dict[str, Any]]) -> int:
    try:
        out = os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", -1, "utf-8"
        )
    except FileExistsError:
        raise RefusedError(f"{file} is there already; give a new name") from None
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror}") from None
    with out:
        count = 0
        for entry in entries:
            out.write(json.dumps(jsonable(entry), ensure_ascii=False) + "\n")
            count += 1
    return count


def _entries(session: Session, debt: Debt | None) -> Iterator[dict[str, Any]]:
    from sqlmodel import col, select

    from models.tables import Act, ChainLink, ChainSeal, Decision

    for kind, model, of_debt in (
        ("act", Act, col(Act.debt_id)),
        ("decision", Decision, col(Decision.debt_id)),
        ("link", ChainLink, col(ChainLink.chain)),
        ("seal", ChainSeal, None),
    ):
        asked: Any = select(model).order_by(*model.__table__.primary_key)  # type: ignore[attr-defined]
        if debt is not None:
            if of_debt is None:
                continue
            asked = asked.where(of_debt == (str(debt.id) if kind == "link" else debt.id))
        for row in session.exec(asked.execution_options(yield_per=PAGE)):
            yield {"kind": kind, **row.model_dump()}


def _lines(  # noqa: PLR0917
    session: Session,
    debt: Debt | None,
    actor: str | None,
    what: str | None,
    since: datetime | None,
    limit: int,
) -> list[dict[str, Any]]:
    from sqlmodel import col, select

    from models.tables import Act, Debt, Decision

    acts = select(Act).order_by(col(Act.id).desc()).limit(limit)
    decisions = select(Decision).order_by(col(Decision.at).desc()).limit(limit)
    if debt is not None:
        acts = acts.where(col(Act.debt_id) == debt.id)
        decisions = decisions.where(col(Decision.debt_id) == debt.id)
    if actor:
        acts = acts.where(col(Act.actor) == actor)
    if what:
        acts = acts.where(col(Act.what).startswith(what, autoescape=True))
    if since:
        acts = acts.where(col(Act.at) >= since)
        decisions = decisions.where(col(Decision.at) >= since)
    lines = [_act(row) for row in session.exec(acts)]
    if actor in (None, "case") and "legal.check".startswith(what or ""):
        lines += [_decision(row) for row in session.exec(decisions)]
    lines = sorted(lines, key=lambda line: line["at"], reverse=True)[:limit]
    named = {line["debt"] for line in lines if line["debt"]}
    accounts = dict(
        session.exec(select(Debt.id, Debt.account_ref).where(col(Debt.id).in_(named))).all()
    )
    return [{**line, "account": accounts.get(line["debt"])} for line in lines]


def _act(row: Act) -> dict[str, Any]:
    return {
        "at": row.at,
        "observed_at": row.observed_at,
        "who": row.actor,
        "what": row.what,
        "debt": row.debt_id,
        "why": row.reason,
        "strategy": row.strategy,
        "packs": row.packs,
        "facts": row.facts,
    }


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "at": row.at,
        "observed_at": None,
        "who": "case",
        "what": f"legal.check.{row.kind}",
        "debt": row.debt_id,
        "why": row.rule or "all rules pass",
        "strategy": None,
        "packs": row.packs,
        "facts": {"channel": row.channel, "purpose": row.purpose, "until": row.until},
    }


def _verdict(
    faults: list[Fault], chains: int, links: int, newest: ChainSeal | None
) -> Iterable[Any]:
    sealed = f"seal {newest.n} of {instant(newest.at.astimezone(UTC))}" if newest else "no seal yet"
    if not faults:
        yield f"The record is whole: {links} links in {chains} chains, {sealed}."
        return
    yield table(
        f"{len(faults)} faults: somebody changed the record past Cession",
        ("what", "chain", "link", "table", "row", "in words"),
        (
            (fault.what, fault.chain, fault.n, fault.table, fault.key, fault.detail)
            for fault in faults[:SHOWN]
        ),
    )
    if len(faults) > SHOWN:
        yield f"… and {len(faults) - SHOWN} more; --json shows all."
