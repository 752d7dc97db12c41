"""What Temporal gives up on may not hold the store for ever."""

import pytest
from temporalio.activity import _Definition

from activities.case import CaseActivities
from activities.contact import ContactActivities
from activities.house import HouseActivities
from activities.intake import IntakeActivities
from activities.payment import PaymentActivities

ROOMS = (
    CaseActivities,
    ContactActivities,
    HouseActivities,
    IntakeActivities,
    PaymentActivities,
)

FOUND = [
    found
    for room in ROOMS
    for each in vars(room).values()
    if callable(each) and (found := _Definition.from_callable(each)) and not found.is_async
]


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.name)
def test_no_cancellation_is_thrown_into_a_thread_that_may_just_have_got_its_turn_to_write(found):
    # Thrown between getting the turn and the try that gives it back, it would stop every writer.
    assert found.no_thread_cancel_exception


def test_there_are_such_activities():
    assert FOUND
