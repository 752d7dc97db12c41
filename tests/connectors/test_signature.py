from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from connectors.signature import Distrust, check_generic, check_stripe, check_token, sign

WALL = datetime(2026, 6, 29, 14, 0, tzinfo=UTC)
T = int(WALL.timestamp())
RAW = '{"id":"evt_1","note":"余额"}'.encode()


def test_a_right_signature_is_believed():
    assert check_generic(RAW, str(T), f"v1={sign(RAW, 's', T)}", ["s"], WALL) is None


def test_during_rotation_the_old_and_the_new_secret_are_both_believed():
    for secret in ("old", "new"):
        header = f"v1={sign(RAW, secret, T)}"
        assert check_generic(RAW, str(T), header, ["new", "old"], WALL) is None
    both = f"v1={sign(RAW, 'unknown', T)}, v1={sign(RAW, 'new', T)}"
    assert check_generic(RAW, str(T), both, ["new"], WALL) is None


@pytest.mark.parametrize(
    ("raw", "timestamp", "header", "why"),
    [
        (RAW + b" ", str(T), f"v1={sign(RAW, 's', T)}", Distrust.WRONG),
        (RAW, str(T + 1), f"v1={sign(RAW, 's', T)}", Distrust.WRONG),
        (RAW, str(T), f"v1={sign(RAW, 'x', T)}", Distrust.WRONG),
        (RAW, str(T), "v1=äö", Distrust.WRONG),
        (RAW, str(T), "v2=00", Distrust.WRONG),
        (RAW, str(T - 301), f"v1={sign(RAW, 's', T - 301)}", Distrust.STALE),
        (RAW, str(T + 301), f"v1={sign(RAW, 's', T + 301)}", Distrust.STALE),
        (RAW, None, f"v1={sign(RAW, 's', T)}", Distrust.MISSING),
        (RAW, str(T), None, Distrust.MISSING),
        (RAW, "soon", "v1=00", Distrust.MISSING),
        (RAW, "١٢", "v1=00", Distrust.MISSING),
    ],
)
def test_anything_else_is_not(raw, timestamp, header, why):
    assert check_generic(raw, timestamp, header, ["s"], WALL) is why


def test_no_secret_believes_nothing():
    assert check_generic(RAW, str(T), f"v1={sign(RAW, '', T)}", [], WALL) is Distrust.WRONG
    assert check_token("Bearer ", []) is Distrust.WRONG


@given(st.text(max_size=60), st.sampled_from(["s", "x"]), st.integers(0, 300))
def test_stripes_own_library_agrees(text, secret, age):
    raw = text.encode()
    now = int(datetime.now(UTC).timestamp())
    header = f"t={now - age},v1={sign(raw, secret, now - age)},v0=ignored"
    ours = check_stripe(raw, header, ["s"], datetime.fromtimestamp(now, UTC))
    try:
        stripe.WebhookSignature.verify_header(text, header, "s", None)
        theirs = True
    except stripe.SignatureVerificationError:
        theirs = False
    assert (ours is None) == theirs


def test_a_stripe_signature_grows_stale():
    header = f"t={T},v1={sign(RAW, 's', T)}"
    assert check_stripe(RAW, header, ["s"], WALL + timedelta(seconds=300)) is None
    assert check_stripe(RAW, header, ["s"], WALL + timedelta(seconds=301)) is Distrust.STALE
    assert check_stripe(RAW, "v1=00", ["s"], WALL) is Distrust.MISSING


def test_a_carriers_token_is_compared_whole():
    assert check_token("Bearer abc", ["xyz", "abc"]) is None
    for shown in ("Bearer ab", "Bearer abcd", "Basic abc", "abc", "Bearer"):
        assert check_token(shown, ["abc"]) is Distrust.WRONG
    assert check_token(None, ["abc"]) is Distrust.MISSING
