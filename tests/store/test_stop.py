from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from models.stop import Scope, StopKind
from models.tables import Stop
from store import case as record
from store import contact as contacts
from store import debtor as debtors
from store import stop as stops
from store.engine import count_queries


@pytest.fixture
def enter(store, world):
    def enter(kind=StopKind.CEASE, scope=Scope.DEBTOR, external_id="e1", **words):
        with store.writing() as session:
            return stops.enter(
                session,
                kind,
                scope,
                **{
                    "now": world.now,
                    "observed_at": world.now,
                    "reason": "asked",
                    "actor": "tests",
                    "source": "tests",
                    "external_id": external_id,
                    **words,
                },
            )

    return enter


def open_kinds(store, debt, now):
    with store.reading() as session:
        return [stop.kind for stop in stops.open_for(session, debt, now)]


def test_a_stop_is_entered_once_however_often_it_is_said(store, world, enter):
    debt = world.debt(world.debtor())
    first, _ = enter(debtor_id=debt.debtor_id)
    again, _ = enter(debtor_id=debt.debtor_id, reason="asked again")
    assert again.id == first.id
    assert open_kinds(store, debt, world.now) == ["cease"]
    with store.reading() as session:
        assert again.reason == "asked"
        assert not record.acts(session, debt.id)


def test_what_is_being_sent_when_a_stop_comes_is_reported_as_crossed(store, world, enter):
    debt = world.debt(world.debtor())
    sending = world.contact(debt, state="sending")
    world.contact(debt, state="reserved")
    world.contact(debt, state="sent")
    world.contact(world.debt(world.debtor("Li Hua")), state="sending")
    _, crossed = enter(debtor_id=debt.debtor_id)
    assert crossed == (sending.id,)
    with store.reading() as session:
        assert contacts.by_id(session, sending.id).crossed


def test_a_stop_waits_for_the_decision_in_hand_and_then_finds_it(store, world, enter):
    """Whoever decides under the lock has either finished, and is found, or sees the stop."""
    debt = world.debt(world.debtor())
    row = world.contact(debt)
    locked, crossed = threading.Event(), []

    def stop():
        locked.wait(10)
        crossed.extend(enter(debtor_id=debt.debtor_id)[1])

    other = threading.Thread(target=stop)
    other.start()
    with store.writing() as session:
        debtors.lock(session, debt.debtor_id)
        locked.set()
        kept = contacts.by_id(session, row.id)
        contacts.append(session, kept, "sending", at=world.now, observed_at=world.now)
    other.join()
    assert crossed == [row.id]


def test_an_opt_out_of_a_number_binds_every_debt_of_everybody_who_has_it(store, world, enter):
    person, spouse, stranger = world.debtor(), world.debtor("Li Hua"), world.debtor("Zhao Min")
    point = world.point(person)
    world.point(spouse)
    world.point(stranger, "+12025550144")
    debts = [world.debt(person), world.debt(person), world.debt(spouse)]
    untouched = world.debt(stranger)
    enter(StopKind.OPT_OUT, Scope.CONTACT_POINT, point_token=point.token)
    assert [open_kinds(store, debt, world.now) for debt in debts] == [["opt_out"]] * 3
    assert open_kinds(store, untouched, world.now) == []


def test_a_number_stop_crosses_only_what_goes_to_that_number(store, world, enter):
    debt = world.debt(world.debtor())
    with store.reading() as session:
        person = debtors.get(session, debt.debtor_id)
    point = world.point(person)
    to_it = world.contact(debt, state="sending", number=point.token)
    world.contact(debt, state="sending", number="elsewhere")
    _, crossed = enter(StopKind.OPT_OUT, Scope.CONTACT_POINT, point_token=point.token)
    assert crossed == (to_it.id,)


def test_a_channel_stop_of_a_person_crosses_only_that_channel(world, enter):
    debt = world.debt(world.debtor())
    sms = world.contact(debt, state="sending")
    world.contact(debt, state="sending", channel="email")
    _, crossed = enter(StopKind.OPT_OUT, Scope.CHANNEL, debtor_id=debt.debtor_id, channel="sms")
    assert crossed == (sms.id,)


def test_a_debt_stop_crosses_contacts_that_name_the_debt_among_others(store, world, enter):
    person, co = world.debtor(), world.debtor("Li Hua")
    debt, other = world.debt(person, co), world.debt(person)
    joint = world.contact(other, state="sending", debts=[str(other.id), str(debt.id)])
    to_co = world.contact(debt, state="sending", debtor_id=co.id)
    world.contact(other, state="sending")
    _, crossed = enter(StopKind.DISPUTE, Scope.DEBT, debt_id=debt.id)
    assert set(crossed) == {joint.id, to_co.id}
    assert open_kinds(store, debt, world.now) == ["dispute"]
    assert open_kinds(store, other, world.now) == []


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope.EVERYTHING, {}),
        (Scope.CHANNEL, {"channel": "sms"}),
        (Scope.JURISDICTION, {"jurisdiction": "US"}),
        (Scope.JURISDICTION, {"jurisdiction": "US-MA"}),
        (Scope.PORTFOLIO, {"portfolio_id": "portfolio_id"}),
        (Scope.SELLER, {"seller_id": "seller_id"}),
    ],
)
def test_a_kill_switch_binds_all_it_covers_and_crosses_what_is_in_the_air(
    store, world, enter, scope, words
):
    debt = world.debt(world.debtor(), jurisdiction="US", sub="MA")
    sending = world.contact(debt, state="sending")
    named = {key: getattr(world, value, value) for key, value in words.items()}
    _, crossed = enter(StopKind.KILL_SWITCH, scope, **named)
    assert crossed == (sending.id,)
    assert open_kinds(store, debt, world.now) == ["kill_switch"]


def test_a_kill_switch_elsewhere_does_not_bind(store, world, enter):
    debt = world.debt(world.debtor(), jurisdiction="US", sub="MA")
    enter(StopKind.KILL_SWITCH, Scope.JURISDICTION, jurisdiction="US-NY", external_id="1")
    enter(StopKind.KILL_SWITCH, Scope.JURISDICTION, jurisdiction="CN", external_id="2")
    assert open_kinds(store, debt, world.now) == []


def test_another_debts_stop_of_the_same_person_does_not_bind(store, world, enter):
    person = world.debtor()
    debt, other = world.debt(person), world.debt(person)
    enter(StopKind.HOLD, Scope.DEBT, debt_id=other.id, debtor_id=person.id)
    assert open_kinds(store, debt, world.now) == []
    assert open_kinds(store, other, world.now) == ["hold"]


def test_a_stop_ends_once_and_is_remembered_for_the_days_it_took(store, world, enter):
    debt = world.debt(world.debtor())
    stop, _ = enter(StopKind.HOLD, Scope.DEBT, debt_id=debt.id)
    later = world.now + timedelta(days=3)
    for reason in ("released", "released again"):
        with store.writing() as session:
            ended = stops.end(session, stop.id, now=later, reason=reason, actor="op")
    assert (ended.ended_at, ended.end_reason) == (later, "released")
    assert open_kinds(store, debt, later) == ["hold"]
    assert open_kinds(store, debt, later + timedelta(days=401)) == []
    with store.reading() as session:
        whats = [act.what for act in record.acts(session, debt.id)]
    assert whats == ["stop.entered", "stop.ended"]


def test_the_stops_of_a_debt_are_one_query_that_reads_no_other_stop(store, world, enter):
    debt = world.debt(world.debtor())
    with store.reading() as session, count_queries(store) as seen:
        stops.open_for(session, debt, world.now)
    assert len(seen) == 1
    if store.dialect == "sqlite":
        with store.reading() as session:
            plan = session.connection().exec_driver_sql(
                "EXPLAIN QUERY PLAN " + seen[0], tuple("x" for _ in range(seen[0].count("?")))
            )
            assert not [step for *_, step in plan if step.startswith("SCAN stop")]


def test_a_stop_whose_scope_names_nothing_is_refused(enter):
    with pytest.raises(ValueError, match="scope portfolio needs portfolio_id"):
        enter(StopKind.KILL_SWITCH, Scope.PORTFOLIO)


def test_the_living_cases_that_a_stop_bears_on_are_those_to_be_told(store, world, enter):
    person, co = world.debtor(), world.debtor("Li Hua")
    living, shared = world.debt(person), world.debt(co, person)
    world.debt(person, status="closed")
    world.debt(co)
    stop, _ = enter(debtor_id=person.id)
    with store.reading() as session:
        told = {debt.id for debt in stops.cases_of(session, stop)}
    assert told == {living.id, shared.id}


def test_two_notices_of_one_stop_at_once_are_one_stop(store, world, enter):
    debt = world.debt(world.debtor())
    ids = []
    threads = [
        threading.Thread(target=lambda: ids.append(enter(debtor_id=debt.debtor_id)[0].id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    with store.reading() as session:
        assert isinstance(session.get(Stop, ids[0]), Stop)


def test_ending_an_unknown_stop_says_so(store, world):
    with pytest.raises(stops.UnknownStopError, match="no stop"), store.writing() as session:
        stops.end(session, uuid4(), now=world.now, reason="x", actor="op")


def test_stops_that_cover_overlapping_people_at_once_never_lock_each_other_out(store, world, enter):
    people = [world.debtor(f"P{n}") for n in range(4)]
    debts = [world.debt(people[n], people[n - 1]) for n in range(4)]
    done = []

    def work(n):
        for turn in range(5):
            enter(StopKind.HOLD, Scope.DEBT, f"{n}:{turn}", debt_id=debts[n].id)
        enter(StopKind.KILL_SWITCH, Scope.EVERYTHING, f"all:{n}")
        done.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3]
    assert len(open_kinds(store, debts[0], world.now)) == 5 + 4
