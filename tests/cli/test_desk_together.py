"""Several people at one desk: who is handed what, who goes on, and what a person says of themselves."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from activities import complaint
from models.case import TaskKind
from models.operator import Role
from models.tables import Act, ContactRow, Debt, Debtor, Stop, WorkItem
from store import work

HOUR = timedelta(hours=1)


def rows(here, table, *where):
    with here.office.store.reading() as session:
        return list(session.exec(select(table).where(*where)))


def row(here, item: str) -> WorkItem:
    (found,) = [each for each in rows(here, WorkItem) if str(each.id) == item]
    return found


def later(here, span: timedelta) -> None:
    here.clock.set(here.clock.now() + span)


def test_work_goes_to_whoever_speaks_the_language_and_works_the_seller(here, call):
    bo, cai = here.by("bo"), here.by("cai")
    review = here.open("CN-0003", TaskKind.REPLY_REVIEW, step="reply_1")
    refused = here("desk", "staff", "bo", "--language", "english")
    assert refused.exit_code == 2
    assert "BCP" not in refused.stderr
    assert "no language" in refused.stderr
    here.json("desk", "staff", "bo", "--language", "en", "--skill", "call")
    (known,) = here.json("desk", "staff", "cai", "--language", "zh-CN")
    assert (known["languages"], known["skills"]) == (["zh-CN"], [])
    assert bo.json("desk", "next")["item"] == call
    assert cai.json("desk", "next")["item"] == review
    assert [each["item"] for each in here.json("desk", "queue", "--language", "zh")] == [review]
    assert [each["item"] for each in bo.json("desk", "queue", "--mine")] == [call]
    assert here("desk", "queue", "--team", "nobodys").exit_code == 1
    refused = cai("desk", "take", call)
    assert refused.exit_code == 1
    assert "the person speaks en-US" in refused.stderr
    assert "cession desk staff cai" in refused.stderr
    only = here.hire("dee", Role.AGENT)
    here.tokens["dee"] = only
    refused = here.by("dee")("desk", "staff", "bo", "--everything")
    assert refused.exit_code == 1
    assert "a supervisor says" in refused.stderr


def test_a_person_is_handed_over_released_and_comes_back_to_whoever_put_them_back(here, call):
    bo = here.by("bo")
    assert bo("desk", "release", call).exit_code == 1
    here.json("desk", "take", call)
    assert here("desk", "handover", call, "--to", "nobody").exit_code == 1
    assert here.json("desk", "handover", call, "--to", "bo")["items"] == [call]
    assert "bo works this person" in here("desk", "take", call).stderr
    assert bo.json("desk", "identified")["owed"] == "859.40 USD"
    assert bo.json("desk", "renew")["item"] == call
    (talk,) = rows(here, ContactRow)
    bo.json("desk", "release", "--at", "3h")
    (talk,) = rows(here, ContactRow, col(ContactRow.id) == talk.id)
    assert talk.state == "not_sent"
    assert here.json("desk", "queue") == []
    assert [each["kept_for"] for each in here.json("desk", "queue", "--later")] == ["bo"]
    later(here, 3 * HOUR)
    assert here.json("desk", "next") is None
    assert bo.json("desk", "next")["item"] == call
    later(here, HOUR)
    assert here.json("desk", "next")["item"] == call
    assert here("desk", "take", call).exit_code == 0


def test_a_lease_that_ran_out_in_a_conversation_lets_nobody_call_again_the_same_day(here, call):
    here.json("desk", "take", call)
    later(here, HOUR)
    refused = here.by("bo")("desk", "take", call)
    assert refused.exit_code == 1
    assert "HOUSE-ONCE" in refused.stderr
    (talk,) = rows(here, ContactRow)
    assert talk.state == "unknown"
    assert here.json("desk", "queue") == []


def test_whoever_is_away_gets_no_work_and_what_they_held_goes_back(here, call):
    bo = here.by("bo")
    here.json("desk", "take", call)
    refused = here("desk", "away", "--until", "2d")
    assert "first report what came of item" in refused.stderr
    gone = bo.json("desk", "away", "--operator", "anna", "--until", "2d")
    assert gone["returned"] == [call]
    assert row(here, call).status == "open"
    assert "anna is away until" in here("desk", "next").stderr
    assert "anna is away until" in here("desk", "take", call).stderr
    assert "anna is away until" in bo("desk", "handover", call, "--to", "anna").stderr
    assert here.json("desk", "back")["back"] is True
    assert here("desk", "back").exit_code == 1
    here.json("desk", "away", "--from", "10m", "--until", "1d")
    review = here.open("US-0008", TaskKind.CEASE_REVIEW)
    assert here.json("desk", "take", review)["until"] == f"{here.clock.now() + HOUR / 6:%FT%TZ}"


def test_what_nobody_answers_is_the_supervisors(here, call):
    review = here.open("US-0008", TaskKind.CEASE_REVIEW)
    assert here.json("desk", "queue", "--supervisor") == []
    later(here, timedelta(days=3, minutes=1))
    found = here.json("desk", "queue", "--supervisor")
    assert {each["item"] for each in found} == {review, call}
    assert all(each["overdue"] for each in found)


def test_a_visit_is_checked_again_at_the_door(here):
    debt = here.prepare("US-0004")
    with here.office.store.writing() as session:
        debt.notice_sent_at = here.clock.now() - timedelta(days=10)
        session.add(debt)
    visit = here.open("US-0004", TaskKind.VISIT, step="visit")
    assert "take item" in here("desk", "arrive", visit).stderr
    taken = here("desk", "take", visit)
    assert taken.exit_code == 0, taken.output
    later(here, HOUR)
    assert here.json("desk", "arrive")["allowed"] is True
    later(here, HOUR / 2)
    paid = here("pay", "US-0004", "859.40", "--reference", "till-1", "--method", "cash")
    if paid.exit_code:
        pytest.fail(paid.output)
    later(here, HOUR / 2)
    refused = here("desk", "arrive")
    assert refused.exit_code == 1
    assert "turn back and say nothing" in refused.stderr
    (talk,) = rows(here, ContactRow, col(ContactRow.channel) == "visit")
    assert talk.state == "not_sent"


def test_wishes_hold_from_the_next_contact_on(here, call):
    here.json("desk", "take", call)
    said = here.json("desk", "wish", "--hours", "18:00-20:00", "--on", "sun", "--language", "es")
    assert said["wishes"] == ["between 18:00 and 20:00", "never sun", "in es"]
    assert here("desk", "wish", "--hours", "late").exit_code == 1
    assert here("desk", "wish").exit_code == 1
    here.json("desk", "done", call, "--outcome", "no_answer")
    (person,) = rows(here, Debtor, col(Debtor.id) == row(here, call).debtor_id)
    assert person.language == "es"
    again = here.open("US-0004", TaskKind.CALL, step="phone.2")
    assert "not now" in here("desk", "take", again).stderr
    comes = row(here, again).not_before
    assert here.clock.now() + 6 * HOUR <= comes < here.clock.now() + 8 * HOUR


def test_vulnerability_is_one_step_and_only_ever_softens(here, call):
    here.json("desk", "take", call)
    assert here("desk", "vulnerable", "--kind", "sad").exit_code == 2
    told = here.json("desk", "vulnerable", "--kind", "health")
    assert any("gentle" in line for line in told["recorded"])
    assert here.json("desk", "vulnerable", "--kind", "health")["recorded"] == told["recorded"][:1]
    (debt,) = rows(here, Debt, col(Debt.account_ref) == "US-0004")
    assert (debt.strategy, debt.segment.endswith(".vulnerable")) == ("gentle", True)
    (stop,) = rows(here, Stop, col(Stop.source) == "desk")
    assert (stop.kind, stop.facts) == ("vulnerability", {"kind": "health"})
    assert here("desk", "done", call, "--outcome", "conversation").exit_code == 0


def test_who_wants_no_recording_is_not_recorded_and_the_law_says_whether_to_go_on(here, call):
    here.json("desk", "take", call)
    told = here.json("desk", "recording", "--refused")
    assert (told["may_go_on"], told["rule"]) == (True, None)
    assert "no recording of conversations" in here.json("desk", "identified")["wishes"]
    assert here.json("desk", "recording", "--agreed")["recording"] is True
    debt = here.prepare("CN-0003")
    here.clock.set(here.clock.now() + timedelta(hours=11))
    with here.office.store.writing() as session:
        debt.notice_sent_at = debt.notice_reached_at = here.clock.now() - timedelta(days=20)
        session.add(debt)
    there = here.open("CN-0003", TaskKind.CALL)
    taken = here("desk", "take", there)
    assert taken.exit_code == 0, taken.output
    told = here.json("desk", "recording", there, "--refused")
    assert told["may_go_on"] is False
    assert told["rule"].startswith("CN-")


def test_a_recording_that_was_begun_is_gone_the_moment_the_person_refuses(
    here, call, tmp_path, monkeypatch
):
    folder = tmp_path / "recordings"
    folder.mkdir()
    monkeypatch.setenv("CESSION_RECORDINGS", str(folder))
    asked = "This call may be recorded"
    assert asked in str(here.json("desk", "take", call)["say_first"])
    begun, other = f"{row(here, call).contact_id}.wav", f"{uuid4()}.wav"
    for name in (begun, other):
        (folder / name).write_bytes(b"RIFF")
    here.json("person", "hold", "US-0004", "--reason", "lawsuit")
    assert here.json("desk", "recording", "--refused")["destroyed"] == 0
    here.json("person", "release", "US-0004", "--reason", "settled")
    told = here("desk", "recording", "--refused")
    assert "What was recorded of it so far was destroyed." in told.stdout
    assert {path.name for path in folder.iterdir()} == {other}
    again = here.json("desk", "take", call)
    assert asked not in str(again["say_first"])
    assert "Is this a good time?" in str(again["say_first"])
    (gone,) = rows(here, Act, col(Act.what) == "recording.destroyed")
    assert (gone.reason, f"{gone.facts['contact']}.wav") == ("refused", begun)
    # What the telephone system closes later is due at once, too, unless they agreed in that call.
    (folder / begun).write_bytes(b"RIFF")
    (due,) = here.json("retention", "plan", "--kind", "recording")
    assert (due["reason"], due["source"]) == ("refused", "the person refused to be recorded")
    here.json("desk", "recording", "--agreed")
    assert here.json("retention", "plan", "--kind", "recording") == []
    assert asked in str(here.json("desk", "take", call)["say_first"])


def test_a_complaint_is_acknowledged_and_answered_in_time_or_more_people_see_it(here):
    here.prepare("US-0004")
    bo = here.by("bo")
    made = here.json(
        "desk", "complaint", "US-0004", "--text", "Your man said that the police will come for me.",
        "--about", "conduct", "--of", "bo",
    )  # fmt: skip
    item = made["item"]
    assert (made["level"], made["answer_by"]) == ("desk", "2026-04-03T00:00:00-04:00")
    assert [each.kind for each in rows(here, Stop, col(Stop.source) == "complaint")] == ["hold"]
    assert "somebody else answers it" in bo("desk", "take", item).stderr

    def press() -> int:
        with here.office.store.writing() as session:
            return complaint.press(session, here.clock.now())

    assert press() == 0
    later(here, timedelta(days=6))
    assert (press(), press()) == (1, 0)
    assert here.json("desk", "complaints")[0]["level"] == "supervisor"
    assert [each["item"] for each in here.json("desk", "queue", "--supervisor")] == [item]
    assert here.json("desk", "acknowledge", item)["level"] == "desk"
    assert here("desk", "acknowledge", item).exit_code == 1
    with here.office.store.writing() as session:
        work.cancel_for(
            session, row(here, item).debt_id, now=here.clock.now(), reason="case_closed"
        )
    later(here, timedelta(days=11))
    assert press() == 1
    assert here.json("desk", "complaints")[0]["level"] == "compliance"
    seen = here.json("desk", "take", item)
    assert "police will come" in seen["notes"][0]
    assert any("CFPB" in line for line in seen["about"])
    assert here("desk", "done", item, "--result", "resolved").exit_code == 1
    done = here.json("desk", "done", item, "--result", "not_upheld", "--note", "Calls heard again.")
    assert "after its time" in done["recorded"][0]
    assert "CFPB" in done["recorded"][0]
    assert here.json("desk", "complaints") == []
    assert here.json("desk", "complaints", "--all")[0]["result"] == "not_upheld"
    (rest,) = rows(here, Stop, col(Stop.source) == "complaint")
    assert rest.ended_at is not None
    steps = [act.reason for act in rows(here, Act, col(Act.what) == "complaint.escalated")]
    assert steps == ["supervisor", "compliance"]


def test_a_refused_note_tells_the_words_and_why_in_both_languages(here, call):
    here.json("desk", "take", call)
    for words in (
        "Says hello. 再不还款就去他单位闹。",
        "The police will arrest him if he does not pay. 已告知",
    ):
        refused = here("desk", "note", call, words)
        assert refused.exit_code == 1
        quoted = refused.stderr.split("do not keep or use: ")[1].split("'")[1]
        assert quoted in words
        assert len(quoted) < len(words)
    assert here("desk", "note", call, " ").exit_code == 1
