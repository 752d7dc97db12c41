"""The desk: the law first, then identity, then the debt."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from gateway.contact import hear
from gateway.door import Arrival
from models.case import TaskKind
from models.contact import Channel, Mode
from models.receipt import Inbound
from models.tables import Act, ContactRow, Debt, Decision, Promise, Stop, WorkItem


def test_before_identity_the_sheet_holds_no_debt_fact(here, call):
    done = here("desk", "take", call)
    assert done.exit_code == 0, done.output
    assert "Devon Marsh" in done.stdout
    assert "+14075550104" not in done.stdout
    for fact in ("859.40", "Still Water Receivables", "Harbour", "owed", "settlement"):
        assert fact not in done.stdout


def test_a_trial_gives_nobody_a_number_to_dial(here, call):
    seen = here.json("desk", "take", call)
    assert seen["trial"]
    assert "nobody is called" in seen["reach"]
    assert "+14075550104" not in here("desk", "identified").stdout


def test_a_live_case_shows_the_number_of_this_call_and_no_other(here, call):
    here("desk", "take", call)
    with here.office.store.writing() as session:
        item = session.exec(select(WorkItem)).one()
        session.get_one(Debt, item.debt_id).mode = Mode.LIVE
    seen = here.json("desk", "identified")
    assert (seen["trial"], seen["reach"]) == (False, "+14075550104")


def test_after_identity_the_sheet_tells_what_is_owed_now_and_what_may_be_offered(here, call):
    here("desk", "take", call)
    seen = here.json("desk", "identified")
    assert (seen["owed"], seen["owner"]) == ("859.40 USD", "Still Water Receivables Ltd")
    assert any(offer.startswith("settlement") for offer in seen["offers"])
    assert "promise" in seen["choices"]
    assert any("859.40" in line for line in seen["say_first"])


def test_a_review_of_a_stop_says_that_resolving_it_brings_contact_back(here):
    item = here.open("US-0011", TaskKind.ESTATE_REVIEW)
    assert here.json("desk", "take", item)["about"] == [
        "resolved ends what stops the debt (deceased), and contact goes on at once"
    ]


def test_a_review_of_readiness_says_what_is_missing_and_what_to_do(here):
    item = here.open("US-0001", TaskKind.READINESS)
    with here.office.store.writing() as session:
        debt = session.get_one(Debt, session.exec(select(WorkItem)).one().debt_id)
        gap = {"code": "documents", "blocking": True, "advice": "supply the pay site"}
        debt.readiness = {"gaps": [gap, {**gap, "code": "finances_unknown", "blocking": False}]}
    assert here.json("desk", "take", item)["about"] == [
        "documents (blocks): supply the pay site",
        "finances_unknown (noted): supply the pay site",
    ]


def test_a_person_is_with_one_agent_at_a_time(here, call):
    assert here("desk", "take", call).exit_code == 0
    done = here.by("bo")("desk", "take", call)
    assert done.exit_code == 1
    assert "anna works this person" in done.stderr


def test_a_call_at_night_is_refused_and_comes_back_in_the_morning(here, call):
    here.clock.set(here.clock.now() + timedelta(hours=12))
    done = here("desk", "take", call)
    assert done.exit_code == 1
    assert "not now" in done.stderr
    with here.office.store.reading() as session:
        item = session.exec(select(WorkItem)).one()
        assert session.exec(select(ContactRow)).all() == []
    assert item.not_before > here.clock.now()
    assert item.status == "open"
    assert here.json("desk", "queue") == []


def test_a_promise_is_recorded_with_its_four_answers(here, call):
    here("desk", "take", call)
    done = here(
        "desk", "done", call, "--outcome", "conversation", "--result", "promise",
        "--amount", "100.00", "--on", "2026-03-25", "--understood", "--no-misunderstanding",
        "--note", "Works nights, prefers mornings.",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    with here.office.store.reading() as session:
        promise = session.exec(select(Promise)).one()
        talk = session.exec(select(ContactRow)).one()
    assert (promise.minor, str(promise.due_on)) == (10000, "2026-03-25")
    assert talk.answers == {"understood": True, "misunderstanding": False}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "ends with --outcome"),
        (("--outcome", "conversation", "--result", "promise"), "needs --amount and --on"),
        (
            (
                "--outcome",
                "conversation",
                "--result",
                "promise",
                "--amount",
                "100.00",
                "--on",
                "9999-12-31",
            ),
            "within ten years",
        ),
        (("--outcome", "no_answer", "--result", "dispute"), "nobody was spoken to"),
        (("--outcome", "conversation", "--on", "soon"), "no day"),
    ],
)
def test_a_report_that_does_not_hold_together_changes_nothing(here, call, words, said):
    here("desk", "take", call)
    done = here("desk", "done", call, *words)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    with here.office.store.reading() as session:
        assert session.exec(select(WorkItem)).one().status == "taken"


def test_nothing_is_reported_on_an_item_that_was_not_taken(here, call):
    done = here("desk", "done", call, "--outcome", "no_answer")
    assert done.exit_code == 1
    assert "take item" in done.stderr


def test_somebody_who_wants_no_more_calls_gets_none(here, call):
    here("desk", "take", call)
    here("desk", "done", call, "--outcome", "conversation", "--result", "stop_channel")
    with here.office.store.reading() as session:
        kinds = [(stop.kind, stop.channel) for stop in session.exec(select(Stop))]
    assert ("opt_out", "phone") in kinds


def test_notes_stay_with_the_case_and_are_shown_after_identity(here, call):
    here("desk", "take", call)
    assert here("desk", "note", call, "Asks to be called Dev.").exit_code == 0
    assert here("desk", "note", call, "Has a hearing aid: speak clearly.").exit_code == 0
    (noted,) = here.json("desk", "identified")["notes"]
    assert "Asks to be called Dev.\nHas a hearing aid" in noted


def test_a_note_with_a_threat_is_refused(here, call):
    here("desk", "take", call)
    done = here("desk", "note", call, "Told him the police will arrest him if he does not pay.")
    assert done.exit_code == 1
    assert "do not keep" in done.stderr
    with here.office.store.reading() as session:
        (refused,) = session.exec(select(Act).where(Act.what == "note.refused")).all()
        assert session.get_one(WorkItem, UUID(refused.facts["item"])).sealed is None
    assert refused.reason == "call"
    assert any(rule.startswith("L02") for rule in refused.facts["rules"])
    assert "arrest" not in json.dumps(refused.facts)


def test_a_review_shows_the_case_and_its_own_results(here):
    item = here.open("US-0008", TaskKind.CEASE_REVIEW)
    seen = here.json("desk", "take", item)
    assert seen["name"] == ""
    assert seen["owed"] == "1001.00 USD"
    assert "resolved" in seen["choices"]
    assert here("desk", "done", item, "--result", "resolved").exit_code == 0


def test_the_queue_is_impersonal(here, call):
    for words in (("desk", "queue"), ("desk", "next")):
        done = here(*words)
        assert call[:8] in done.stdout
        assert "Devon" not in done.stdout


def test_a_call_that_the_law_will_not_allow_is_taken_back_and_the_refusal_stays_on_record(
    here, call
):
    here("desk", "take", call)
    here("desk", "done", call, "--outcome", "conversation", "--result", "stop_channel")
    again = here.open("US-0004", TaskKind.CALL, step="phone.2")
    done = here("desk", "take", again)
    assert done.exit_code == 1
    assert "US-FED-MEDIA" in done.stderr
    assert "taken back" in done.stderr
    assert here.json("desk", "queue") == []
    with here.office.store.reading() as session:
        refused = session.exec(select(Decision).where(Decision.kind == "block")).one()
    assert (refused.moment, refused.step) == ("take", "phone.2")


def test_whoever_reads_a_reply_sees_its_words_and_no_control_character_of_it(here):
    here.prepare("US-0004")
    now = here.clock.now()
    text = "Who are you?\x1b[31m {{ 7*7 }}\n[red]Tell me[/red] " + "x" * 2000
    said = Inbound(
        external_id="in-1", channel=Channel.SMS, sender="+14075550104", text=text, at=now
    )
    with here.office.store.writing() as session:
        hear(session, here.office.store, "sms", said, Arrival(raw=b"{}", now=now, wall=now))
        item = session.exec(select(WorkItem.id).where(WorkItem.kind == TaskKind.REPLY_REVIEW)).one()
    done = here("desk", "take", item)
    assert done.exit_code == 0, done.output
    assert "Who are you? [31m {{ 7*7 }} [red]Tell me[/red]" in done.stdout
    assert "\x1b" not in done.stdout
    assert "x" * 1100 not in "".join(done.stdout.split())
