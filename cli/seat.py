"""What the commands of the desk share: the office they work in, the item they mean, how they refuse."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import Session, col, select

from activities import arrangement, desk, register, sheet
from activities.hands import DeskRefusalError
from activities.ledger import zone_of_debt
from activities.office import Office
from cli.house import House, house
from cli.office import working
from cli.reach import tell
from cli.show import REFUSED, RefusedError
from models.arrangement import ArrangementKind, ArrangementStatus, Terms
from models.case import Fact
from models.desk import Report, Sheet
from models.money import Money, MoneyError
from models.operator import Operator
from models.tables import Debt, WorkItem
from store import debt as debts
from store import debtor as debtors

Item = Annotated[
    str, typer.Argument(metavar="ITEM", help="The item's id or its beginning.", show_default=False)
]

MyItem = Annotated[
    str | None, typer.Argument(metavar="[ITEM]", help="The item you hold, if several.")
]


@contextmanager
def at_desk() -> Generator[tuple[Office, House]]:
    """Open the office that the desk works in, and close it again."""
    with house() as here, working(here.settings) as office:
        yield office, here


@contextmanager
def refusing() -> Generator[None]:
    """Say the desk's refusals as the command's."""
    try:
        yield
    except DeskRefusalError as refusal:
        raise RefusedError(str(refusal), REFUSED) from None


@contextmanager
def noting(office: Office, agent: str, now: datetime) -> Generator[None]:
    """Put a refused note on record after everything else was taken back."""
    try:
        yield
    except desk.NoteRefusedError as refusal:
        with office.store.writing() as session:
            desk.refused_note(session, refusal, agent, now)
        raise


def held_item(session: Session, item: str | None, agent: str, now: datetime) -> WorkItem:
    """Answer the item that is meant: the one that is named, else the only one that is held.

    Raises ``DeskRefusalError``.
    """
    if item:
        return sheet.find(session, item)
    held = sheet.held_by(session, agent, now)
    if len(held) != 1:
        raise DeskRefusalError(
            f"{agent} holds {len(held)} items; give the item's id"
            if held
            else f"{agent} holds no item; take one with cession desk take"
        )
    return held[0]


def take_item(office: Office, here: House, item: str, agent: str, now: datetime) -> Sheet:
    """Take an item and answer what the agent may see; raises ``RefusedError`` if the law says no."""
    with office.store.reading() as session:
        wanted = sheet.find(session, item).id
        asked = desk.contact_of(session, wanted)
    if asked is not None:
        register.refresh(office, *asked, now)
    with office.store.writing() as session:
        refused = desk.take(session, office, wanted, agent, now)
        if refused is None:
            # Without words for it nothing is taken: the refusal rolls all of this back.
            return sheet.sheet(session, office, desk.find(session, wanted), agent, now)
    raise _refusal(office, here, wanted, refused)


def check_in(office: Office, here: House, item: UUID, agent: str, now: datetime) -> None:
    """Ask the law again at the door; raises ``RefusedError`` if the conversation must not begin."""
    with office.store.reading() as session:
        asked = desk.contact_of(session, item)
    if asked is not None:
        register.refresh(office, *asked, now)
    with office.store.writing() as session:
        refused = desk.arrive(session, office, item, agent, now)
    if refused is not None:
        raise _refusal(office, here, item, refused, "turn back and say nothing: ")


def report(  # noqa: PLR0917
    office: Office, here: House, item: UUID, agent: str, told: Report, now: datetime
) -> tuple[list[str], str, str]:
    """Put a report on record; answer its consequences, the case, and how it got to hear of it."""
    with noting(office, agent, now), office.store.writing() as session:
        said = desk.done(session, office, item, agent, told, now)
        case = session.get_one(Debt, desk.find(session, item).debt_id).workflow_id
    return said, case, tell(here.settings, [case], Fact(kind="work_done", id=str(item)))


def put_offer(  # noqa: PLR0917
    office: Office,
    here: House,
    item: UUID,
    who: Operator,
    total: str,
    last_day: date,
    now: datetime,
) -> str:
    """Offer to settle for a part, as an agent who speaks with the person; answer what came of it.

    What is above the agent's authority waits for a second person and must not be spoken of.
    """
    with office.store.writing() as session:
        held = held_item(session, str(item), who.code, now)
        debtors.lock(session, held.debtor_id)
        debt = debts.get(session, held.debt_id)
        owed = arrangement.balances(session, debt).outstanding
        try:
            price = Money.parse(total, debt.currency)
            if not 0 < price.minor < owed:
                raise DeskRefusalError(
                    f"a settlement is more than nothing and less than {Money(owed, debt.currency)}"
                )
            ends = datetime.combine(
                last_day + timedelta(days=1), time(), zone_of_debt(session, debt)
            )
            row = arrangement.propose(
                session,
                office,
                [debt],
                ArrangementKind.SETTLEMENT,
                Terms(total=price.minor, waives=owed - price.minor),
                who,
                now,
                expires_at=ends - timedelta(seconds=1),
            )[0]
            allowed = row.status == ArrangementStatus.APPROVED
            if allowed:
                arrangement.offer(session, row, who.code, now)
        except (MoneyError, arrangement.ArrangementRefusalError) as refused:
            raise DeskRefusalError(str(refused)) from None
        case, name = debt.workflow_id, arrangement.short(row)
    tell(here.settings, [case], Fact(kind="arrangement", id=name))
    if allowed:
        return f"settlement {name} over {price} is offered until {last_day}"
    return f"settlement {name} waits for a second person; do not speak of it yet"


def cases_of(session: Session, debtor_id: UUID) -> list[str]:
    """Answer the living cases of a person, who must be told what concerns all their debts."""
    owed = select(Debt.workflow_id).where(
        col(Debt.debtor_id) == debtor_id, col(Debt.status).in_(("open", "reopening"))
    )
    return list(session.exec(owed.order_by(col(Debt.id))))


def _refusal(
    office: Office, here: House, item: UUID, refused: desk.NotNow, do: str = ""
) -> RefusedError:
    with office.store.reading() as session:
        debt = session.get_one(Debt, desk.find(session, item).debt_id)
    if refused.until is None:
        tell(here.settings, [debt.workflow_id], Fact(kind="work_taken_back", id=str(item)))
    return RefusedError(f"{debt.account_ref}: {do}{refused}", REFUSED)
