"""Money that fits no debt, and notices that were not delivered: looked at and decided by people."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from cli.house import House, house
from cli.reach import As, Ref, one, operator
from cli.show import REFUSED, AsJson, RefusedError, amount, show, table
from models.statement import StatementEntry
from runtime.clock import wall_now

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Debt, InboxItem

app = typer.Typer(
    no_args_is_help=True, help="Money and words that fit no debt: look, match, release."
)
inbox_app = typer.Typer(no_args_is_help=True, help="What came in: list it, have it tried again.")

SHOWN = 200

Item = Annotated[
    str, typer.Argument(metavar="ID", help="Of the item, or its beginning.", show_default=False)
]

_REASON = re.compile(r"[a-z0-9_.-]{2,40}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List what waits for a person, oldest first."""
    from activities import bank

    with house() as here, here.store.reading() as session:
        rows = [_told(session, item) for item in bank.waiting(session)]
    show(
        rows,
        as_json,
        table(
            f"{len(rows)} in suspense",
            ("id", "from", "kind", "#amount", "paid", "why", "suggested"),
            [
                (
                    row["id"][:8], row["provider"], row["kind"], _sum(row), (row["paid_at"] or "")[:10],
                    row["problem"], ", ".join(s["account"] for s in row["suggested"]),
                )
                for row in rows
            ],
        ),
    )  # fmt: skip


@app.command("show")
def show_(
    item: Item,
    names: Annotated[bool, typer.Option("--names", help="Show who paid.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one item with what the bank wrote and which debts it may be for, best first."""
    from rules.bank import masked

    # Only reading somebody's words leaves an act behind.
    with house() as here, here.store.writing() if names else here.store.reading() as session:
        found = _one(session, item)
        told = _told(session, found)
        if found.kind in ("reply", "unreadable"):
            told["written"] = _written(here, session, found, names=names)
        if found.provider.startswith("bank:") and found.kind != "statement_gap":
            raw = here.store.keys.open_store(found.sealed)
            entry = StatementEntry.model_validate_json(raw)
            told["entry"] = json.loads((entry if names else masked(entry)).model_dump_json())
    entry = told.get("entry") or {}
    show(
        told,
        as_json,
        f"{told['id']}  {told['kind']} of {_sum(told)} from {told['provider']}: {told['problem']}",
        f"{entry.get('counterparty', {}).get('name', '')}  {entry.get('remittance', '')}".strip(),
        *(Text(f"{name}: {said}") for name, said in told.get("written", {}).items()),
        table(
            "It may be for",
            ("account", "case", "#score", "because"),
            [(s["account"], s["case"], s["score"], ", ".join(s["why"])) for s in told["suggested"]],
        ),
    )


@app.command()
def match(item: Item, ref: Ref, given: As = None, as_json: AsJson = False) -> None:
    """Say that the money, or the words, are of this debt: contact stops now, money is booked."""
    from activities import bank
    from store import payment as money

    with house() as here:
        by = operator(here.settings, given)
        with here.store.writing() as session:
            found, debt = _one(session, item), one(session, ref)
            # Somebody else may have decided it since; the person's lock comes first.
            money.hold(session, debt.id)
            session.refresh(found, with_for_update=True)
            if found.kind == "reply":
                _assign(here, session, found, debt, by)
                show(
                    _told(session, found),
                    as_json,
                    f"{str(found.id)[:8]} is of {ref}: what was written counts for the person now.",
                )
                return
            _decided(bank.match, session, found, debt, by, here.clock.now(), wall_now())
            told = _told(session, found)
    show(told, as_json, f"{_sum(told)} matched to {ref}; the case books it within seconds.")


@app.command()
def release(
    item: Item,
    reason: Annotated[str, typer.Option(help="A code, as not_ours or sent_back.")],
    given: As = None,
    as_json: AsJson = False,
) -> None:
    """Take it out of suspense without booking it, and end the holds that stood for it."""
    from activities import bank

    if not _REASON.fullmatch(reason):
        raise RefusedError("--reason must be a code of lower-case letters, digits, '_', '-' or '.'")
    with house() as here:
        by = operator(here.settings, given)
        with here.store.writing() as session:
            found = _one(session, item)
            _decided(bank.release, session, found, by, reason, here.clock.now(), wall_now())
            told = _told(session, found)
    show(told, as_json, f"{told['id'][:8]} released: {reason}. Nothing was booked.")


def _written(here: House, session: Session, item: InboxItem, *, names: bool) -> dict[str, str]:
    """Answer what somebody wrote, and put on record who read it."""
    from cli.reach import acting
    from gateway.contact import words_of
    from models.tables import Debt
    from store import case as records

    said = {
        "channel": item.facts.get("channel", ""),
        "means": ", ".join((*item.facts.get("meanings", ()), *item.facts.get("concerns", ()))),
    }
    if not names:
        return {**{name: told for name, told in said.items() if told}, "text": "shown with --names"}
    if item.status != "suspense":
        if item.debt_id is None:
            raise RefusedError(f"{str(item.id)[:8]} was released: it is of no debt here", REFUSED)
        account = session.get_one(Debt, item.debt_id).account_ref
        raise RefusedError(f"{str(item.id)[:8]} is of {account} now: read it there", REFUSED)
    records.act(
        session, at=here.clock.now(), observed_at=wall_now(), what="suspense.read",
        reason=item.kind, actor=acting().code, debt_id=item.debt_id, debtor_id=item.debtor_id,
        facts={"inbox": str(item.id)},
    )  # fmt: skip
    if item.kind == "reply":
        inbound = words_of(here.store, item)
        told = {"from": inbound.sender, "text": inbound.text} if inbound else {"text": ""}
    else:
        told = {"text": here.store.keys.open_store(item.sealed).decode("utf-8", "replace")}
    return {name: text for name, text in {**said, **told}.items() if text}


def _assign(here: House, session: Session, item: InboxItem, debt: Debt, by: str) -> None:
    """Give words to whom they are of; raises ``RefusedError``."""
    from gateway.contact import assign, words_of
    from gateway.door import Arrival
    from store import case as records

    inbound = words_of(here.store, item) if item.status == "suspense" else None
    if inbound is None:
        raise RefusedError(
            "only a reply in suspense can be matched: cession suspense list", REFUSED
        )
    now, wall = here.clock.now(), wall_now()
    assign(session, here.store, item, inbound, debt, Arrival(b"", now, wall))
    records.act(
        session, at=now, observed_at=wall, what="reply.assigned", reason="matched_by_person",
        actor=by, debt_id=debt.id, debtor_id=debt.debtor_id, facts={"inbox": str(item.id)},
    )  # fmt: skip


class Standing(StrEnum):
    """How a notice stands."""

    NEW = "new"
    DELIVERED = "delivered"
    BOOKED = "booked"
    PARKED = "parked"
    SUSPENSE = "suspense"
    IGNORED = "ignored"
    FAILED = "failed"


@inbox_app.command("list")
def inbox_list(
    status: Annotated[Standing, typer.Option(help="How they stand.")] = Standing.NEW,
    as_json: AsJson = False,
) -> None:
    """List what came in and stands so, oldest first; by default what no case has heard of."""
    from sqlmodel import col, select

    from models.tables import InboxItem

    with house() as here, here.store.reading() as session:
        found = session.exec(
            select(InboxItem)
            .where(col(InboxItem.status) == status)
            .order_by(col(InboxItem.received_at), col(InboxItem.id))
            .limit(SHOWN)
        ).all()
        rows: list[dict[str, Any]] = [
            {
                "id": str(i.id), "provider": i.provider, "event": i.external_id, "kind": i.kind,
                "status": i.status, "problem": i.problem, "tries": i.tries,
                "received_at": i.received_at.isoformat(),
            }
            for i in found
        ]  # fmt: skip
    show(
        rows,
        as_json,
        table(
            f"{len(rows)} {status}",
            ("id", "from", "kind", "received", "#tries", "problem"),
            [(r["id"][:8], r["provider"], r["kind"], r["received_at"][:19], r["tries"], r["problem"]) for r in rows],
        ),
    )  # fmt: skip


@inbox_app.command()
def retry(
    item: Annotated[
        str | None, typer.Argument(metavar="ID", help="Of one; all that wait if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have the relay try again now; what is booked, ignored or for a person stays as it is."""
    from sqlmodel import col, select

    from models.tables import InboxItem

    with house() as here, here.store.writing() as session:
        if item:
            found = [_one(session, item)]
        else:
            found = list(
                session.exec(
                    select(InboxItem).where(
                        col(InboxItem.status).in_(("new", "delivered", "failed"))
                    )
                )
            )
        driven = [i for i in found if i.status in ("new", "delivered", "failed")]
        if item and not driven:
            raise RefusedError(
                f"{found[0].id} is {found[0].status}: there is nothing to deliver", REFUSED
            )
        for one_ in driven:
            one_.status, one_.claimed_until, one_.tries, one_.problem = "new", None, 0, None
            session.add(one_)
        ids = [str(one_.id) for one_ in driven]
    show({"retried": ids}, as_json, f"{len(ids)} will be delivered by the relay, again if need be.")


def hold_of(here: House) -> timedelta:
    return timedelta(days=here.settings.suspense_hold_days)


def _decided(act: Any, *given: Any) -> None:
    from activities.bank import SuspenseError

    try:
        act(*given)
    except SuspenseError as no:
        raise RefusedError(str(no), REFUSED) from None


def _one(session: Session, text: str) -> InboxItem:
    from sqlmodel import col, select

    from models.tables import InboxItem

    wanted = text.lower()
    if not re.fullmatch(r"[0-9a-f-]{6,36}", wanted):
        raise RefusedError(f"{text!r} is no id of an item: give at least six of its digits")
    try:
        found = [session.get(InboxItem, UUID(wanted))]
    except ValueError:
        digits = wanted.replace("-", "")
        first, last = (UUID(digits.ljust(32, end)) for end in "0f")
        within = select(InboxItem).where(col(InboxItem.id) >= first, col(InboxItem.id) <= last)
        found = list(session.exec(within.limit(SHOWN)))
    known = [item for item in found if item is not None]
    if len(known) != 1:
        means = f"begins {len(known)} ids, give more of its digits" if known else "is no item here"
        raise RefusedError(
            f"{text!r} {means}; cession suspense list and cession inbox list show them"
        )
    return known[0]


def _told(session: Session, item: InboxItem) -> dict[str, Any]:
    from models.tables import Debt

    suggested: list[dict[str, Any]] = []
    for told in item.facts.get("suggested", ()):
        debt = session.get_one(Debt, UUID(told["debt"]))
        suggested.append(
            {
                "account": debt.account_ref,
                "case": debt.workflow_id,
                "score": told["score"],
                "why": told["why"],
            }
        )
    return {
        "id": str(item.id),
        "provider": item.provider,
        "event": item.external_id,
        "kind": item.kind,
        "status": item.status,
        "minor": item.facts.get("minor"),
        "currency": item.facts.get("currency"),
        "paid_at": item.facts.get("paid_at"),
        "received_at": item.received_at.isoformat(),
        "problem": item.problem,
        "suggested": suggested,
    }  # fmt: skip


def _sum(row: dict[str, Any]) -> str:
    if row["minor"] is None or not row["currency"]:
        return ""
    return amount(row["minor"], row["currency"])
