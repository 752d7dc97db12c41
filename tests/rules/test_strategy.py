"""The strategies that ship, and what a wrong file is told."""

from datetime import time
from pathlib import Path

import pytest

from models.case import TaskKind
from models.contact import Channel, Purpose
from models.strategy import NoticeGate, Segment
from rules.strategy import StrategyError, load_strategies, read_strategy

PACKS = Path(__file__).parents[2] / "packs" / "strategies"
LIBRARY = load_strategies(PACKS)


def dates(section):
    return [(step.key, step.day, step.channel or step.task) for step in section.steps]


def test_all_shipped_strategies_load_and_the_newest_is_found():
    assert LIBRARY.refs == ("gentle-1", "gentle-2", "notice-only-1", "standard-1")
    assert LIBRARY.latest("gentle").version == 2
    assert LIBRARY.get("gentle", 1).ref == "gentle-1"


def test_standard_in_the_united_states_is_the_one_managers_know():
    section = LIBRARY.get("standard", 1).section("US-NY")
    assert dates(section) == [
        ("notice_email", 0, Channel.EMAIL),
        ("first_email", 7, Channel.EMAIL),
        ("sms", 14, Channel.SMS),
        ("phone", 16, Channel.PHONE),
        ("settlement_letter", 42, Channel.LETTER),
        ("final_letter", 63, Channel.LETTER),
        ("legal_review", 77, TaskKind.LEGAL_REVIEW),
        ("human_review", 77, TaskKind.VULNERABILITY_REVIEW),
    ]
    assert section.steps[2].at == time(10)
    assert section.notice.gate is NoticeGate.SENT
    assert section.notice.services[0].purpose is Purpose.VALIDATION
    assert LIBRARY.get("standard", 1).offers["settlement"].pays_percent == 60


def test_standard_in_china_collects_nothing_before_the_notice_arrived():
    section = LIBRARY.get("standard", 1).section("CN")
    assert section.notice.gate is NoticeGate.REACHED
    assert dates(section)[:3] == [
        ("sms", 14, Channel.SMS),
        ("phone", 20, Channel.PHONE),
        ("plan_offer", 35, Channel.LETTER),
    ]


def test_a_jurisdiction_without_a_section_has_the_default():
    standard = LIBRARY.get("standard", 1)
    assert standard.section("DE") is standard.jurisdiction["default"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("place", ["US", "CN", "DE"])
def test_gentle_never_calls_visits_or_asks_for_legal_steps(version, place):
    gentle = LIBRARY.get("gentle", version)
    steps = gentle.section(place).steps
    assert not {step.channel for step in steps} & {Channel.PHONE, Channel.VISIT}
    assert TaskKind.LEGAL_REVIEW not in {step.task for step in steps}
    assert len(steps) < len(LIBRARY.get("standard", 1).section(place).steps)
    assert gentle.gap_days > LIBRARY.get("standard", 1).gap_days


def test_notice_only_has_no_step_at_all():
    assert all(not s.steps for s in LIBRARY.get("notice-only", 1).jurisdiction.values())


@pytest.mark.parametrize(
    "code", ["willing-high.able-low", "willing-unknown.able-medium.vulnerable"]
)
def test_a_segment_is_read_back_from_its_code(code):
    assert Segment.of(code).code == code


def test_unknown_strategies_are_refused_with_those_that_exist():
    with pytest.raises(StrategyError, match="there are: gentle-1, gentle-2"):
        LIBRARY.get("harsh", 1)
    with pytest.raises(StrategyError, match="no strategy harsh"):
        LIBRARY.latest("harsh")


BROKEN = (PACKS / "notice-only-1.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name =", "is not TOML"),
        (BROKEN.replace("gap_days = 7", "gap_days = 0"), "gap_days: Input should be greater"),
        (BROKEN.replace("quiet_days", "silent_days"), "silent_days: Extra inputs"),
        (BROKEN.replace("jurisdiction.default", "jurisdiction.GB"), "needs a section"),
        (
            BROKEN
            + '[[jurisdiction.CN.steps]]\nkey="a"\nday=5\nchannel="sms"\ntask="call"\ntemplate="t"\n',
            "either a channel or a task",
        ),
        (
            BROKEN + '[[jurisdiction.CN.steps]]\nkey="a"\nday=5\nchannel="sms"\n',
            "a contact needs a template",
        ),
        (
            BROKEN
            + '[[jurisdiction.CN.steps]]\nkey="a"\nday=5\nchannel="sms"\ntemplate="t"\noffer="x"\n',
            "offers that no table describes: x",
        ),
        (
            BROKEN
            + '[[jurisdiction.CN.steps]]\nkey="a"\nday=5\nchannel="sms"\ntemplate="t"\n'
            + '[[jurisdiction.CN.steps]]\nkey="b"\nday=4\nchannel="sms"\ntemplate="t"\n',
            "order of their days",
        ),
        (
            BROKEN
            + '[[jurisdiction.CN.steps]]\nkey="notice"\nday=5\nchannel="sms"\ntemplate="t"\n',
            "same key",
        ),
        (
            BROKEN
            + '[[jurisdiction.CN.steps]]\nkey="a"\nday=5\nchannel="sms"\ntemplate="t"\ntries=2\n',
            "only calls and visits",
        ),
    ],
)
def test_a_wrong_file_is_told_where_and_what(text, words):
    with pytest.raises(StrategyError, match=words):
        read_strategy(text)


def test_a_file_must_carry_the_name_of_what_it_holds(tmp_path):
    (tmp_path / "gentle-1.toml").write_text(BROKEN, encoding="utf-8")
    with pytest.raises(StrategyError, match=r"gentle-1.toml holds notice-only-1"):
        load_strategies(tmp_path)
    with pytest.raises(StrategyError, match="no strategies"):
        load_strategies(tmp_path / "none")
