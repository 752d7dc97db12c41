"""Tables of debts against a pencil, and against a second reckoning day by day."""

import json
import tomllib
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from models.money import Money

CASES = tomllib.loads((Path(__file__).parents[1] / "data/folds.toml").read_text("utf-8"))["case"]
BUCKETS = ("costs", "fees", "penalty", "interest", "principal")


def line(text):
    """Read ``id kind amount day key=value …``; an amount as m100 is in minor units."""
    name, kind, amount, day, *more = text.split()
    told = {"id": name, "kind": kind, "value_date": day, **dict(each.split("=") for each in more)}
    if amount.startswith("m"):
        return {**told, "minor": int(amount[1:])}
    return told if amount == "-" else {**told, "amount": amount}


def folded(sheet):
    done = CliRunner().invoke(app, ["ledger", "fold", "--json"], input=json.dumps(sheet))
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_ledger_is_what_the_pencil_says(case):
    sheet = {"opened_on": "2026-01-01", **case["sheet"]}
    sheet["entries"] = [line(text) for text in case["entries"]]
    totals = folded(sheet)["totals"]
    owed = {b: s for b, s in totals["buckets"].items() if float(s)}
    want = dict(case["want"])
    assert owed == {b: want.pop(b) for b in BUCKETS if b in want}, case["why"]
    assert {name: totals[name] for name in want} == want, case["why"]


# A second reckoning: fractions, one day after the other, nothing shared with the first

ORDERS = {
    "cn-561": "costs fees interest penalty principal",
    "us-default": "costs fees penalty interest principal",
    "default": "costs fees interest penalty principal",
    "contract": "fees costs penalty interest principal",
    "principal-first": "principal interest fees penalty costs",
    "de-497": "costs principal interest penalty fees",
}


def year_part(day, count):
    def thirty(d):
        return 360 * d.year + 30 * d.month + min(d.day, 30)

    match count:
        case "act/365":
            return Fraction(1, 365)
        case "act/360":
            return Fraction(1, 360)
        case "act/act":
            return Fraction(1, (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days)
        case _:
            return Fraction(thirty(day + timedelta(1)) - thirty(day), 360)


def rate_of(day, interest):
    def at(table):
        found = [Fraction(r["annual_rate"]) for r in table if date.fromisoformat(r["from"]) <= day]
        return found[-1] if found else None

    rate = at(interest["rates"]) or Fraction(0)
    cap = at(interest["ceiling"])
    for stop in interest["stops"]:
        if date.fromisoformat(stop["from"]) <= day <= date.fromisoformat(stop["to"]):
            return Fraction(0)
    return rate if cap is None else min(rate, cap)


def reckon(sheet):
    """Answer buckets, charged, paid, waived, credit and interest in minor units."""
    order = ORDERS[sheet["policy"]].split()
    owed, sums = dict.fromkeys(order, 0), dict.fromkeys(("charged", "paid", "waived", "credit"), 0)
    undone = {each.get("of") for each in sheet["entries"]}
    agenda = {date.fromisoformat(sheet["opened_on"]): [("charge", m, b) for b, m in sheet["_open"]]}
    for each in sheet["entries"]:
        kind = "nothing" if each["id"] in undone or "of" in each else each["kind"]
        what = (kind, each.get("minor", 0), each.get("bucket"))
        agenda.setdefault(date.fromisoformat(each["value_date"]), []).append(what)
    exact, posted = Fraction(0), 0
    day, end = min(agenda), date.fromisoformat(sheet["as_of"])

    def take(minor, buckets):
        before = minor
        for bucket in buckets:
            part = min(minor, owed[bucket])
            owed[bucket] -= part
            minor -= part
        return before - minor

    def charge(minor, bucket):
        owed[bucket] += minor
        sums["charged"] += minor
        meet()

    def meet():
        part = take(sums["credit"], order)
        sums["credit"] -= part
        sums["paid"] += part

    while True:
        if day in agenda or day == end:
            new = int(exact + Fraction(1, 2)) - posted
            posted += new
            charge(new, "interest")
            for kind, minor, bucket in agenda.get(day, ()):
                match kind:
                    case "charge":
                        charge(minor, bucket or "principal")
                    case "payment":
                        sums["credit"] += minor
                        meet()
                    case "waiver":
                        sums["waived"] += take(minor, [bucket] if bucket else order)
        if day == end:
            return {"buckets": owed, **sums, "interest": posted}
        interest = sheet["interest"]
        exact += (
            owed["principal"] * rate_of(day, interest) / 100 * year_part(day, interest["day_count"])
        )
        day += timedelta(1)


DAYS = st.integers(0, 420)
MINOR = st.integers(1, 60_000)


@st.composite
def lives(draw):
    base = draw(st.sampled_from([date(2023, 12, 15), date(2024, 1, 31), date(2024, 2, 29)]))

    def day(after):
        return (base + timedelta(after)).isoformat()

    entries, payments = [], []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["payment", "payment", "payment", "charge", "waiver", "back"]))
        if kind == "back":
            if payments:
                entries.append(
                    {"id": f"e{number}", "kind": draw(st.sampled_from(["reversal", "chargeback"])),
                     "of": payments.pop(), "value_date": day(draw(DAYS))}
                )  # fmt: skip
            continue
        told = {
            "id": f"e{number}",
            "kind": kind,
            "minor": draw(MINOR),
            "value_date": day(draw(DAYS)),
        }
        if kind == "payment":
            payments.append(told["id"])
        elif draw(st.booleans()):
            told["bucket"] = draw(st.sampled_from(BUCKETS))
        entries.append(told)
    begins = day(draw(st.integers(0, 90)))
    stop = draw(DAYS)
    return {
        "currency": draw(st.sampled_from(["USD", "JPY", "KWD"])),
        "policy": draw(st.sampled_from(sorted(ORDERS))),
        "tolerance": "0",
        "opened_on": base.isoformat(),
        "_open": [(b, draw(MINOR)) for b in ("fees", "interest", "principal")],
        "interest": {
            "from": begins,
            "rates": [
                {"from": begins, "annual_rate": draw(st.sampled_from(["6", "4.35", "36"]))},
                {"from": day(draw(st.integers(91, 300))), "annual_rate": "15.4"},
            ],
            "ceiling": draw(st.sampled_from([[], [{"from": day(40), "annual_rate": "14.6"}]])),
            "stops": [{"from": day(stop), "to": day(stop + draw(st.integers(0, 60)))}],
            "day_count": draw(st.sampled_from(["act/365", "act/360", "30/360", "act/act"])),
        },
        "as_of": day(500),
        "entries": entries,
    }


@given(lives())
@settings(max_examples=40, deadline=None)
def test_a_second_reckoning_day_by_day_comes_to_the_same(life):
    def plain(minor):
        return f"{Money(minor, life['currency']).decimal:f}"

    sheet = {name: value for name, value in life.items() if name != "_open"}
    sheet["interest"] = dict(life["interest"])
    if not sheet["interest"]["ceiling"]:
        del sheet["interest"]["ceiling"]
    sheet["opening"] = {bucket: plain(minor) for bucket, minor in life["_open"]}
    totals, second = folded(sheet)["totals"], reckon(life)
    assert totals["buckets"] == {b: plain(second["buckets"][b]) for b in totals["buckets"]}
    sums = ("charged", "paid", "waived", "credit", "interest")
    assert {n: totals[n] for n in sums} == {n: plain(second[n]) for n in sums}
