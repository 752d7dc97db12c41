from datetime import UTC, datetime

import pytest

from models.contact import Channel, Purpose
from models.facts import StopFact
from models.stop import Scope, StopKind
from rules.withdrawal import reason

SINCE = datetime(2026, 6, 29, 14, tzinfo=UTC)


def stop(kind, scope=Scope.DEBT, **more):
    return StopFact(kind=kind, scope=scope, entered_at=SINCE, **more)


@pytest.mark.parametrize(
    ("purpose", "stated", "owed", "why"),
    [
        (Purpose.COLLECTION, 117000, 0, "paid"),
        (Purpose.COLLECTION, 117000, 107000, "paid"),
        (Purpose.COLLECTION, 117000, 117000, ""),
        # Interest arose since: the letter names less than is owed, and harms nobody.
        (Purpose.COLLECTION, 117000, 117100, ""),
        (Purpose.PLAN_REMINDER, 117000, 97500, "paid"),
        (Purpose.VALIDATION, 117000, 0, "paid"),
        (Purpose.ASSIGNMENT_NOTICE, 117000, 100000, ""),
        (Purpose.RECEIPT, 117000, 0, ""),
        (Purpose.CORRECTION, 117000, 0, ""),
        (Purpose.COLLECTION, None, 0, ""),
    ],
)
def test_a_letter_that_states_more_than_is_owed_comes_back(purpose, stated, owed, why):
    assert reason(purpose, stated, owed, ()) == why


@pytest.mark.parametrize(
    ("purpose", "given", "why"),
    [
        (Purpose.COLLECTION, stop(StopKind.DISPUTE), "dispute"),
        (Purpose.COLLECTION, stop(StopKind.CEASE, Scope.DEBTOR), "cease"),
        (Purpose.COLLECTION, stop(StopKind.RECALL), "recall"),
        (Purpose.COLLECTION, stop(StopKind.HOLD), "hold"),
        (Purpose.COLLECTION, stop(StopKind.KILL_SWITCH, Scope.EVERYTHING), ""),
        (Purpose.COLLECTION, stop(StopKind.DISPUTE, ended_at=SINCE), ""),
        (
            Purpose.COLLECTION,
            stop(StopKind.OPT_OUT, Scope.CHANNEL, channel=Channel.LETTER),
            "opt_out",
        ),
        (Purpose.COLLECTION, stop(StopKind.OPT_OUT, Scope.CHANNEL, channel=Channel.SMS), ""),
        # A notice that was due is told; not to the wrong person, nor past an attorney.
        (Purpose.VALIDATION, stop(StopKind.DISPUTE), ""),
        (Purpose.VALIDATION, stop(StopKind.WRONG_PARTY, Scope.DEBTOR), "wrong_party"),
        (Purpose.ASSIGNMENT_NOTICE, stop(StopKind.ATTORNEY, Scope.DEBTOR), "attorney"),
        # What a stop permits goes on under it.
        (
            Purpose.HANDOVER_NOTICE,
            stop(StopKind.RECALL, permits=frozenset({Purpose.HANDOVER_NOTICE})),
            "",
        ),
    ],
)
def test_a_stop_takes_back_what_it_would_not_let_go(purpose, given, why):
    assert reason(purpose, 117000, 117000, (given,)) == why
