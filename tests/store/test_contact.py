from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from models.contact import Channel
from store import contact as contacts
from store.contact import UnknownContactError


def live(store, row, *kinds, later=timedelta(minutes=1)):
    """Append events in order; answer what was accepted, the state and the outcome."""
    said = []
    with store.writing() as session:
        kept = contacts.by_id(session, row.id)
        at = row.at
        for kind in kinds:
            at += later
            name, _, receipt = kind.partition(":")
            said.append(
                contacts.append(session, kept, name, at=at, observed_at=at, external_id=receipt)
            )
        return said, kept.state, kept.outcome


@pytest.mark.parametrize(
    ("events", "accepted", "state", "outcome"),
    [
        (["sending", "sent"], "yy", "sent", "sent"),
        (["sending", "not_sent"], "yy", "not_sent", None),
        (["sending", "unknown"], "yy", "unknown", "unknown"),
        (["sending", "unknown", "sent"], "yyy", "sent", "sent"),
        (["sending", "unknown", "not_sent"], "yyy", "not_sent", None),
        (["sending", "sent", "delivered:r1"], "yyy", "sent", "delivered"),
        (["sending", "sent", "delivered:r1", "delivered:r1"], "yyyn", "sent", "delivered"),
        (["sending", "delivered:r1", "sent"], "yyy", "sent", "delivered"),
        (["sending", "delivered:r1", "sent", "sent"], "yyyn", "sent", "delivered"),
        (["sending", "unknown", "delivered:r1"], "yyy", "sent", "delivered"),
        (["sending", "not_sent", "delivered:r1"], "yyy", "sent", "delivered"),
        (["sending", "not_sent", "bounced:r1"], "yyy", "not_sent", "bounced"),
        (["sending", "sent", "bounced:r1", "delivered:r0"], "yyyy", "sent", "bounced"),
        (["sending", "sent", "delivered:r1", "returned:r2"], "yyyy", "sent", "returned"),
        (["sending", "sending"], "yn", "sending", None),
        (["sending", "released"], "yn", "sending", None),
        (["sending", "sent", "not_sent"], "yyn", "sent", "sent"),
        (["sending", "sent", "unknown"], "yyn", "sent", "sent"),
        (["sending", "not_sent", "sent"], "yyn", "not_sent", None),
        (["released", "sending"], "yn", "released", None),
        (["released", "reserved", "released", "reserved"], "yyyy", "reserved", None),
        (["sent"], "n", "reserved", None),
    ],
)
def test_a_contact_only_moves_on_whatever_the_order_of_its_events(
    world, events, accepted, state, outcome
):
    store = world.store
    row = world.contact(world.debt(world.debtor()))
    said, after, came = live(store, row, *events)
    assert "".join("yn"[not each] for each in said) == accepted
    assert (after, came) == (state, outcome)
    with store.reading() as session:
        assert len(contacts.events(session, row.id)) == accepted.count("y")
        assert contacts.by_id(session, row.id).state == state


def test_what_a_person_reported_of_a_call_is_not_overwritten(store, world):
    row = world.contact(world.debt(world.debtor()), channel="phone", outcome="conversation")
    _, state, outcome = live(store, row, "sending", "sent")
    assert (state, outcome) == ("sent", "conversation")


def test_the_log_is_the_persons_over_all_debts_in_one_query(store, world):
    person, other = world.debtor(), world.debtor("Li Hua")
    first, second = world.debt(person), world.debt(person)
    world.contact(first, at=world.now - timedelta(days=9))
    early = world.contact(first)
    planned = world.contact(second, at=world.now + timedelta(days=2), state="sent")
    world.contact(world.debt(other))
    with store.reading() as session:
        found = contacts.log_of(session, person.id, world.now - timedelta(days=7))
    assert [row.id for row in found] == [early.id, planned.id]


def test_one_ordinal_of_a_debts_life_is_one_contact(store, world):
    debt = world.debt(world.debtor())
    world.contact(debt, ordinal=1)
    world.contact(debt, ordinal=1, epoch=2)
    with pytest.raises(Exception, match=r"(?i)unique"):
        world.contact(debt, ordinal=1)


def test_an_inbound_message_that_comes_twice_is_one_contact(store, world):
    debt = world.debt(world.debtor())
    ident = uuid4()
    for _ in range(2):
        with store.writing() as session:
            row = contacts.record_inbound(
                session,
                contact_id=ident,
                debtor_id=debt.debtor_id,
                debt_id=debt.id,
                channel=Channel.SMS,
                at=world.now,
            )
            assert (row.id, row.direction, row.outcome) == (ident, "in", "received")
    with store.reading() as session:
        assert len(contacts.of_debt(session, debt.id)) == 1


def test_a_contact_is_found_by_the_providers_own_id(store, world):
    row = world.contact(world.debt(world.debtor()), provider="sms", provider_id="SM1")
    with store.reading() as session:
        found = contacts.by_provider_id(session, "sms", "SM1")
        assert found is not None
        assert found.id == row.id
        assert contacts.by_provider_id(session, "mail", "SM1") is None


def test_an_unknown_contact_is_said_to_be_unknown(store):
    with store.reading() as session, pytest.raises(UnknownContactError, match="no contact"):
        contacts.by_id(session, uuid4())
