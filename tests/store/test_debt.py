from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from models.tables import Debt, OwnershipLink, Seller
from store import debt as debts
from store import debtor as debtors


def test_a_debt_is_found_by_whatever_a_person_has_in_hand(store, world):
    ident = UUID("3f2a9c5e-0000-4000-8000-000000000001")
    debt = world.debt(world.debtor(), id=ident, account_ref="CN1", workflow_id="case-abc")
    world.debt(world.debtor("Li Hua"))
    for ref in ("CN1", "case-abc", str(ident), ident.hex, "3f2a9c", "3F2A9C5E-0000"):
        with store.reading() as session:
            assert [found.id for found in debts.by_ref(session, ref)] == [debt.id], ref


@pytest.mark.parametrize("ref", ["", "CN", "3f2a9", "case-", "xyzxyz", "f" * 33])
def test_a_reference_to_nothing_finds_nothing(store, world, ref):
    world.debt(world.debtor(), id=UUID("3f2a9c5e-0000-4000-8000-000000000001"))
    with store.reading() as session:
        assert debts.by_ref(session, ref) == []


def test_one_account_reference_of_two_sellers_is_told_apart_by_the_seller(store, world):
    other = uuid4()
    with store.writing() as session:
        debts.add_seller(
            session, Seller(id=other, code="s2", legal_name="Sued Bank", created_at=world.now)
        )
    person = world.debtor()
    first = world.debt(person, account_ref="1", workflow_id="case-1")
    second = world.debt(person, account_ref="1", workflow_id="case-2", seller_id=other)
    with store.reading() as session:
        assert {debt.id for debt in debts.by_ref(session, "1")} == {first.id, second.id}
        assert [debt.id for debt in debts.by_ref(session, "1", "s2")] == [second.id]


def test_an_account_named_like_the_beginning_of_an_id_means_the_account(store, world):
    world.debt(world.debtor(), id=UUID("abcdef00-0000-4000-8000-000000000001"))
    named = world.debt(world.debtor("Li Hua"), account_ref="abcdef")
    with store.reading() as session:
        assert [debt.id for debt in debts.by_ref(session, "abcdef")] == [named.id]


def test_the_same_account_is_stored_once_and_its_first_words_stay(store, world):
    person = world.debtor()
    debt = world.debt(person, account_ref="A")
    with store.writing() as session:
        again = Debt(
            **{**debt.model_dump(), "id": uuid4(), "workflow_id": "case-x", "currency": "USD"}
        )
        assert not debts.add(session, again)
        kept = debts.known(session, world.seller_id, ["A", "B"])
    assert {ref: row.currency for ref, row in kept.items()} == {"A": "CNY"}


def test_the_debtor_is_among_the_parties_and_co_debtors_share_the_debt(store, world):
    person, co = world.debtor(), world.debtor("Li Hua")
    debt, own = world.debt(person, co), world.debt(co)
    with store.reading() as session:
        roles = {party.debtor_id: party.role for party in debts.parties(session, debt.id)}
        assert roles == {person.id: "debtor", co.id: "co_debtor"}
        assert {each.id for each in debts.of_debtor(session, co.id)} == {debt.id, own.id}
        assert {each.id for each in debts.of_debtor(session, person.id)} == {debt.id}


def test_the_chain_of_title_is_answered_from_the_original_creditor_on(store, world):
    person = world.debtor()
    debt = world.debt(person)
    with store.writing() as session:
        for n, owner in reversed(list(enumerate(["Nord Bank", "Fund I", "Harbour Claims"]))):
            session.add(
                OwnershipLink(
                    debt_id=debt.id,
                    n=n,
                    owner=owner,
                    assigned_on=date(2026, 10, n) if n else None,
                )
            )
    with store.reading() as session:
        owners = [link.owner for link in debts.links(session, debt.id)]
    assert owners == ["Nord Bank", "Fund I", "Harbour Claims"]


def test_a_portfolio_is_paged_without_gap_or_repeat(store, world):
    person = world.debtor()
    wanted = sorted(world.debt(person).workflow_id for _ in range(7))
    seen, after = [], ""
    with store.reading() as session:
        while rows := debts.page(session, world.portfolio_id, after, 3):
            seen += [row.workflow_id for row in rows]
            after = seen[-1]
        assert debts.portfolio(session, "P1", "s1").id == world.portfolio_id
        assert debts.portfolio(session, "P1", "s2") is None
    assert seen == wanted


def test_the_same_person_is_stored_once_by_identity(store, world):
    person = world.debtor()
    with store.writing() as session:
        assert not debtors.add(session, type(person)(**{**person.model_dump(), "id": uuid4()}))
        assert debtors.by_identity(session, person.identity).id == person.id
        assert debtors.by_key(session, person.key).id == person.id


def test_a_dead_number_dies_for_all_who_have_it_and_a_wrong_one_for_one(store, world):
    person, spouse = world.debtor(), world.debtor("Li Hua")
    point, _ = world.point(person), world.point(spouse)
    other = world.point(person, "+12025550144")
    with store.writing() as session:
        assert (
            debtors.kill_point(session, point.token, "wrong_party", world.now, debtor_id=person.id)
            == 1
        )
        assert debtors.kill_point(session, point.token, "bounced", world.now) == 1
        assert debtors.kill_point(session, point.token, "bounced", world.now) == 0
        reasons = {
            row.debtor_id: row.dead_reason
            for row in debtors.point_by_token(session, "phone", point.token)
        }
        alive = [row.id for row in debtors.points(session, person.id) if not row.dead_since]
    assert reasons == {person.id: "wrong_party", spouse.id: "bounced"}
    assert alive == [other.id]


def test_who_is_unknown_is_said_to_be_unknown(store):
    with store.reading() as session:
        with pytest.raises(debts.UnknownDebtError, match="no debt"):
            debts.get(session, uuid4())
        with pytest.raises(debtors.UnknownDebtorError, match="no debtor"):
            debtors.get(session, uuid4())
        with pytest.raises(debtors.UnknownDebtorError, match="no debtor"):
            debtors.lock(session, uuid4())
