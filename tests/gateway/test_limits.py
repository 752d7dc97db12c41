"""A flood from one address is turned away and nobody else is."""

from __future__ import annotations

from gateway.door import BURST, CALLERS, Limiter


def test_a_burst_fits_and_then_the_rate_holds():
    now = [0.0]
    limiter = Limiter(10, lambda: now[0])
    assert sum(limiter.admits("a", "/x") for _ in range(100)) == 10 * BURST
    now[0] += 1
    assert sum(limiter.admits("a", "/x") for _ in range(100)) == 10


def test_each_address_and_way_has_a_bucket_of_its_own():
    limiter = Limiter(1, lambda: 0.0)
    assert sum(limiter.admits("a", "/x") for _ in range(10)) == BURST
    assert limiter.admits("b", "/x")
    assert limiter.admits("a", "/y")


def test_a_rate_below_one_still_lets_somebody_in():
    now = [0.0]
    limiter = Limiter(0.5, lambda: now[0])
    assert sum(limiter.admits("a", "/x") for _ in range(10)) == 2
    now[0] += 2
    assert limiter.admits("a", "/x")


def test_many_callers_take_a_bounded_room():
    limiter = Limiter(1, lambda: 0.0)
    for number in range(CALLERS + 500):
        limiter.admits(str(number), "/x")
    assert len(limiter._buckets) == CALLERS


async def test_a_flood_is_answered_429_with_a_time_to_come_back(store, serve, notice):
    async with serve(store, gateway_rate=0.5) as gateway:
        answers = [
            await gateway.post("/v1/payments/north", notice(id=f"ev-{number}"))
            for number in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["error"] == "too_many"
    assert int(answers[-1].headers["retry-after"]) > 0
