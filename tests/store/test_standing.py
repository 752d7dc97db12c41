"""A hurried reading tells the rules the same as a full one, and hands out only rows it must change."""

from datetime import timedelta
from uuid import uuid4

import pytest

from activities.legal import contact_records
from models.tables import ContactRow
from store import contact as contacts
from store.standing import Logged, stand

DAY = timedelta(days=1)


@pytest.fixture
def lived(world):
    """A person with contacts of every kind about two debts, and one contact of somebody else."""
    person = world.debtor()
    debt, other = world.debt(person), world.debt(person)
    stranger = world.debt(world.debtor("Li Lei"))
    for number, (about, words) in enumerate(
        [
            (debt, {"state": "sent", "outcome": "delivered", "step": "a", "ordinal": 1}),
            (debt, {"state": "released", "ordinal": 2}),
            (debt, {"state": "reserved", "ordinal": 3, "expires_at": world.now}),
            (debt, {"state": "unknown", "channel": "letter", "consented": True, "owed_minor": 5}),
            (debt, {"state": "sent", "direction": "in", "debts": [str(debt.id), str(other.id)]}),
            (other, {"state": "reserved", "ordinal": 1}),
            (other, {"state": "sent", "channel": "phone", "agent": "ai", "number": "n1"}),
            (other, {"state": "sent", "at": world.now - 400 * DAY}),
            (debt, {"state": "sent", "at": world.now - 400 * DAY}),
            (stranger, {"state": "sent"}),
        ]
    ):
        world.contact(about, **{"at": world.now - number * DAY, **words})
    return debt


def test_a_hurried_reading_tells_the_rules_the_same(store, world, lived):
    with store.reading() as session:
        lean = stand(session, lived.id, world.now, hurried=True).log
    with store.reading() as session:
        full = stand(session, lived.id, world.now).log
    assert len(full) == 8
    told = [[getattr(row, name) for name in Logged._fields] for row in lean]
    assert told == [[getattr(row, name) for name in Logged._fields] for row in full]
    nothing = uuid4()
    assert [*contact_records(lean, nothing)] == [*contact_records(full, nothing)]


def test_only_what_the_debt_has_reserved_can_be_changed_and_the_rules_see_the_change(
    store, world, lived
):
    with store.writing() as session:
        standing = stand(session, lived.id, world.now, hurried=True)
        rows = [row for row in standing.log if isinstance(row, ContactRow)]
        assert [(row.debt_id, row.ordinal) for row in rows] == [(lived.id, 3)]
        before = len([*contact_records(standing.log, uuid4())])
        row = standing.row(rows[0].id)
        assert contacts.append(session, row, "released", at=world.now, observed_at=world.now)
        assert len([*contact_records(standing.log, uuid4())]) == before - 1


def test_a_hurried_reading_sees_what_its_own_transaction_has_not_written_out_yet(
    store, world, lived
):
    with store.writing() as session:
        late = ContactRow(
            id=uuid4(),
            debtor_id=lived.debtor_id,
            debt_id=lived.id,
            channel="email",
            state="sent",
            at=world.now,
        )
        session.add(late)
        log = stand(session, lived.id, world.now, hurried=True).log
        assert late.id in {row.id for row in log}
