"""Papers of a case at the command line: statement, evidence, and the check of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import stat
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.contact import ContactActivities, check, contact_id
from activities.evidence import _flat, _in_money, _printed, _Teller
from activities.message import addressee
from activities.payment import book_inbox
from activities.standing import advance
from connectors.evidence import in_chinese
from models.case import CheckAsk, Contact, SendAsk, TaskKind
from models.contact import Channel, Purpose
from models.tables import Act, ContactRow, DataKey, Document, InboxItem
from rules.evidence import chained


def sent_notice(here, account="US-0001"):
    """Prepare a case and let its notice leave as the case would."""
    debt = here.prepare(account)
    now = here.clock.now()
    contact = Contact(
        step="notice", channel=Channel.LETTER, purpose=Purpose.VALIDATION,
        template="validation_notice",
    )  # fmt: skip
    ask = {"debt": debt.id, "epoch": 1, "ordinal": 1, "contact": contact, "now": now}
    with here.office.store.writing() as session:
        answer = check(session, here.office, CheckAsk(**ask), contact, "check")
    assert answer.go, answer
    run = ActivityEnvironment()
    shift = now - run.info.started_time
    asyncio.run(run.run(ContactActivities(here.office).send, SendAsk(shift=shift, **ask)))
    return contact_id(debt.id, 1, 1)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def acts(here, what: str) -> list[Act]:
    with here.office.store.reading() as session:
        return list(session.exec(select(Act).where(Act.what == what)))


def private(path: str | Path) -> bool:
    return stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_documents_of_a_case_are_listed_and_the_page_that_left_is_kept(here, tmp_path):
    ident = sent_notice(here)
    listed = here.json("case", "show", "US-0001")["documents"]
    assert [(doc["template"], doc["kind"]) for doc in listed] == [
        ("validation_notice", "filed"), ("validation_notice", "sent"),
    ]  # fmt: skip
    for doc in listed:
        assert len(doc["sha256"]) == 64
        assert " letter-" in doc["version"]
        assert " typst-" in doc["version"]
    assert "validation_notice" in here("case", "show", "US-0001").stdout
    with here.office.store.reading() as session:
        row = session.get_one(ContactRow, ident)
        kept = session.exec(select(Document).where(Document.kind == "sent")).one()
        page = here.office.store.keys.person_key(session, row.debtor_id).open(kept.sealed)
    assert "How do you want to respond?" in text_of(page)
    written = here.json("case", "documents", "US-0001", "--out", tmp_path / "out")
    assert [line["sha256"] for line in written] == [
        hashlib.sha256(Path(line["file"]).read_bytes()).hexdigest() for line in written
    ]
    assert all(private(line["file"]) for line in written)
    assert [act.actor for act in acts(here, "document.shown")] == ["anna"]


def test_a_statement_is_shown_for_any_day_and_written_privately_with_a_record(here, tmp_path):
    here.prepare("US-0001")
    now = here.json("case", "statement", "US-0001")
    assert now["outstanding"] == here.json("case", "show", "US-0001")["owed"]
    assert now["lines"][-1]["balance"] == now["outstanding"]
    for on, said in (
        ("2031-01-01", "still to come"), ("soon", "write a day"), ("1999-01-01", "no entry up to"),
    ):  # fmt: skip
        done = here("case", "statement", "US-0001", "--on", on)
        assert done.exit_code in (1, 2)
        assert said in done.stderr
    made = here.json("case", "statement", "US-0001", "--out", tmp_path / "out")
    file = Path(made["document"]["file"])
    assert private(file)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "Every entry" in text_of(file.read_bytes())
    (act,) = acts(here, "document.made")
    assert (act.actor, act.facts["sha256"]) == ("anna", made["document"]["sha256"])
    cover = here.json("case", "render", "US-0001", "assignment_notice", "--out", tmp_path / "out")
    assert "Your account has a new owner" in text_of(Path(cover["file"]).read_bytes())
    for template, said in (
        ("paid_in_full", "something is still owed"), ("settlement_agreement", "agreement"),
        ("nothing", "no en-US text"),
    ):  # fmt: skip
        done = here("case", "render", "US-0001", template, "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert said in done.stderr


def test_a_statement_goes_with_the_answer_to_a_dispute(here):
    item = here.open("US-0001", TaskKind.VERIFICATION)
    assert here("desk", "take", item).exit_code == 0
    done = here("desk", "done", item, "--result", "verified")
    assert done.exit_code == 0, done.output
    assert "statement of account on file" in done.stdout
    listed = here.json("case", "show", "US-0001")["documents"]
    assert "statement" in {doc["template"] for doc in listed}


def test_a_case_that_ends_paid_has_its_letter_on_file_even_if_none_could_leave(here):
    debt = here.prepare("US-0001")
    here.json("pay", "US-0001", "1170.00", "--reference", "R-1", "--method", "cash")
    with here.office.store.writing() as session:
        (item,) = session.exec(select(InboxItem)).all()
        book_inbox(session, here.office, item.id, here.clock.now())
        # Nobody answered for the time in which a receipt is still worth sending.
        later = here.clock.now() + timedelta(days=10)
        assert advance(session, here.office, debt.id, 1, later).move.kind == "close"
    listed = here.json("case", "show", "US-0001")["documents"]
    assert ("paid_in_full", "filed") in {(doc["template"], doc["kind"]) for doc in listed}


def test_evidence_tells_all_of_a_case_in_two_private_files_that_anybody_can_check(
    here, tmp_path, monkeypatch
):
    sent_notice(here)
    here.json("media", "request", "US-0001", "--kind", "statement", "--due", "1d")
    first = f"{here.clock.now() + timedelta(days=20):%Y-%m-%d}"
    offer = ("--amount", "100.00", "--first", first)
    form = ("--income", "2000.00", "--outgoings", "1850.00")
    here.json("plan", "propose", "US-0001", *offer, *form)
    out = tmp_path / "out"
    done = here("case", "evidence", "US-0001", "--out", out, "--json")
    assert "personal data" in done.stderr
    made = json.loads(done.stdout)
    assert private(made["pdf"])
    assert private(made["json"])
    told = json.loads(Path(made["json"]).read_text())
    of_kind = {record["kind"]: record["content"] for record in told["records"]}
    assert {"party", "debt", "title", "decision", "message", "money", "document", "act"} <= set(
        of_kind
    )
    assert of_kind["asked"]["kind"] == "statement"
    assert of_kind["arrangement"]["kind"] == "hardship"
    assert of_kind["arrangement"]["form"]
    assert of_kind["message"]["words"]["body"]
    assert of_kind["message"]["pdf"]["base64"]
    assert of_kind["message"]["template_version"]
    assert of_kind["decision"]["packs"]
    assert of_kind["decision"]["pack_sha"]
    page = text_of(Path(made["pdf"]).read_bytes())
    assert "Chain of title" in page
    assert "Plans, settlements, waivers and refunds" in page
    assert of_kind["party"]["person"]["full_name"] in page
    assert f"packs US-FED {of_kind['decision']['packs']['US-FED']}" in page.replace("\n", " ")
    assert told["manifest"]["head"][:16] in page.replace("\u200b", "").replace("\n", "")
    (act,) = acts(here, "evidence.made")
    assert (act.actor, act.facts["seal"]) == ("anna", made["seal"])
    assert made["seal"] in json.dumps(here.json("case", "timeline", "US-0001"))
    again = here("case", "evidence", "US-0001", "--out", out)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    # Offline: no store, no login.
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CESSION_TOKEN", "wrong")
    for where in (made["json"], made["pdf"], out):
        done = here("evidence", "verify", where, "--seal", made["seal"])
        assert done.exit_code == 0, done.output
        assert "Whole" in done.stdout
    assert not (tmp_path / "nowhere").exists()
    Path(made["json"]).write_bytes(
        Path(made["json"]).read_bytes().replace(b'"kind":"charge"', b'"kind":"waiver"', 1)
    )
    done = here("evidence", "verify", out, "--json")
    assert done.exit_code == 1
    (answer,) = json.loads(done.stdout)
    assert [change["what"] for change in answer["changes"]] == [
        f"record {record['n']} ({record['name']})"
        for record in told["records"]
        if record["content"].get("kind") == "charge"
    ][:1]
    Path(made["pdf"]).unlink()
    assert "missing" in here("evidence", "verify", out).stdout


def test_evidence_writes_amounts_in_their_currency_and_as_the_reader_does():
    told = {
        "kind": "payment", "minor": 123456, "seq": 3, "taught": True,
        "facts": {"total": 5, "days": 30, "parts": [{"minor": 100}]},
        "portfolio": {"control_total_minor": 9, "facts": {"control_total_minor": {"EUR": 250}}},
    }  # fmt: skip
    assert dict(_flat(_in_money(told, "CNY", "zh-CN"))) == {
        "kind": "payment", "amount": "¥1,234.56", "taught": "yes", "facts total": "¥0.05",
        "facts days": "30", "facts parts 1 amount": "¥1.00",
        "portfolio facts control total EUR": "€2.50",
    }  # fmt: skip
    assert dict(_flat(_in_money(told, "JPY", "en-GB")))["amount"] == "JP¥123,456"


def test_evidence_of_a_chinese_case_is_in_chinese_with_instants_to_the_second(here):
    debt, now = here.prepare("CN-0001"), here.clock.now()
    with here.office.store.reading() as session:
        told = chained(list(_Teller(session, here.office.store.keys, debt, now).all()))
    page = in_chinese(_printed(debt, told, "kim", now, "Asia/Shanghai"))
    entries = [entry for part in page.parts for entry in part.entries]
    labels = {label for entry in entries for label, _ in entry.rows} | {
        name for name, _ in page.facts
    }
    plain = {re.sub(r"SHA-256|PDF|[A-Z]{2,3}$", "", label) for label in labels}
    assert [label for label in plain if re.search("[A-Za-z_]", label)] == []
    assert all(re.match(r"[0-9]+\. [一-鿿]+：", entry.name) for entry in entries)
    said = [value for entry in entries for _, value in entry.rows]
    assert "否" in said
    assert not [value for value in said if re.search(r"True|False|[0-9]T[0-9]|\.[0-9]{6}", value)]
    assert "周" in entries[0].there


def test_evidence_of_an_erased_person_says_so_and_shows_what_was_changed_in_the_store(
    here, tmp_path
):
    ident = sent_notice(here)
    with here.office.store.writing() as session:
        row = session.get_one(ContactRow, ident)
        key = here.office.store.keys.person_key(session, row.debtor_id)
        row.sealed = key.seal({"subject": "Other", "body": "words"})
        session.exec(select(Document).where(Document.kind == "sent")).one().sealed = key.seal(b"x")
    made = here.json("case", "evidence", "US-0001", "--out", tmp_path / "out")
    done = here("evidence", "verify", made["json"], "--json")
    whys = [change["why"] for change in json.loads(done.stdout)[0]["changes"]]
    assert any("words do not give the hash" in why for why in whys)
    assert any("page does not give the hash" in why for why in whys)
    with here.office.store.writing() as session:
        session.delete(session.get_one(DataKey, here.debt("US-0001").debtor_id))
    for command in (("documents",), ("statement",)):
        done = here("case", *command, "US-0001", "--out", tmp_path / "papers")
        assert done.exit_code == 2
        assert "erased" in done.stderr
    here.clock.set(here.clock.now() + timedelta(minutes=1))
    made = here.json("case", "evidence", "US-0001", "--out", tmp_path / "out")
    told = json.loads(Path(made["json"]).read_text())
    party = next(record for record in told["records"] if record["kind"] == "party")
    assert party["content"]["person"].startswith("erased")
    assert {"decision", "money", "message"} <= {record["kind"] for record in told["records"]}
    assert here("evidence", "verify", made["json"]).exit_code == 0


def test_what_is_no_bundle_is_refused(here, tmp_path):
    other = tmp_path / "other.json"
    other.write_text("{}")
    for where, said in (
        (other, "no bundle of evidence"), (tmp_path / "none.json", "no such file"),
        (tmp_path, "no bundle here"),
    ):  # fmt: skip
        done = here("evidence", "verify", where)
        assert done.exit_code == 2
        assert said in done.stderr


@pytest.mark.parametrize(
    ("country", "language", "said"),
    [("US", "en-US", "United States"), ("DE", "de-DE", "Deutschland"), ("CN", "zh-CN", "中国"),
     ("ZZZ", "en-US", "ZZZ"), ("US", "", "US")],
)  # fmt: skip
def test_an_envelope_names_the_country_in_the_language_of_the_letter(country, language, said):
    person = {
        "full_name": "Devon Marsh",
        "address": {"line1": "1 Example Road", "country": country},
    }
    assert addressee(person, language).lines == ("1 Example Road", said)
