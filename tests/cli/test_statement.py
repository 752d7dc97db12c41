"""Bank statements booked through the inbox, and money that fits no debt."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from activities.bank import rank_waiting
from activities.payment import book_inbox
from gateway.contact import hear
from gateway.door import Arrival
from models.tables import Act, InboxItem, LedgerEntry, Stop, WorkItem
from rules.receipt import read_replies
from store import payment as money

HEAD = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
    "<GrpHdr><MsgId>{message}</MsgId></GrpHdr><Stmt><Id>{ident}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
    "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>USD</Ccy></Acct>"
)


def entry(
    amount, side="CRDT", *, text="US-0001", end="", extra="", status="BOOK", name="", details=""
):
    party = f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>" if name else ""
    inside = details or (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end or 'NOTPROVIDED'}</EndToEndId></Refs>{party}"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    return (
        f'<Ntry><Amt Ccy="USD">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}'
        f"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-03-16</Dt></BookgDt>"
        f"<ValDt><Dt>2026-03-16</Dt></ValDt>{inside}</Ntry>"
    )


def batch(*amounts):
    parts = "".join(
        f'<TxDtls><Refs><EndToEndId>B{i}</EndToEndId></Refs><Amt Ccy="USD">{a}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>US-0002</Ustrd></RmtInf></TxDtls>"
        for i, a in enumerate(amounts)
    )
    return f"<NtryDtls><Btch><NbOfTxs>{len(amounts)}</NbOfTxs></Btch>{parts}</NtryDtls>"


@pytest.fixture
def bank(here, tmp_path):
    def write(*entries, moved, opening=0, number=1, ident="S1", message="M1", page=None):
        def side(total):
            return f"{abs(total):.2f}", "CRDT" if total >= 0 else "DBIT"

        balances = "".join(
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{side(total)[0]}</Amt>"
            f"<CdtDbtInd>{side(total)[1]}</CdtDbtInd><Dt><Dt>2026-03-{15 + number}</Dt></Dt></Bal>"
            for code, total in (("OPBD", opening), ("CLBD", opening + moved))
        )
        path = tmp_path / "bank.xml"
        head = HEAD.format(ident=ident, number=number, message=message)
        if page:
            paging = f"<StmtPgntn><PgNb>{page}</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>"
            head = head.replace("<ElctrncSeqNb>", f"{paging}<ElctrncSeqNb>")
        path.write_text(f"{head}{balances}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>")
        return path

    return write


def rows(here, table=InboxItem, **where):
    with here.office.store.reading() as session:
        return list(session.exec(select(table).filter_by(**where)))


def book(here):
    """Do what relay and case do with what is new."""
    with here.office.store.writing() as session:
        for item in session.exec(select(InboxItem).where(InboxItem.status == "new")).all():
            book_inbox(session, here.office, item.id, here.clock.now())


FULL = (
    entry("10.00", end="E1"),
    entry("10.00", end="E2"),
    entry("10.00", "DBIT", end="E2", extra="<RvslInd>true</RvslInd>"),
    entry("99.00", status="PDNG"),
    entry("60.00", details=batch("10.00", "20.00", "30.00")),
    entry("4.00", "DBIT", text="bank charges"),
)


def test_a_file_is_booked_once_however_often_it_comes(here, bank):
    first = here.json("statement", "import", bank(*FULL, moved=66))["booked"]
    assert (first["new"], first["matched"], first["reversals"], first["ignored"]) == (6, 6, 1, 1)
    again = here.json("statement", "import", bank(*FULL, moved=66, message="M2"))["booked"]
    assert (again["new"], again["known"], again["statements"]) == (0, 7, 0)
    book(here)
    entries = [(e.kind, e.minor) for e in rows(here, LedgerEntry) if e.source.startswith("bank:")]
    assert sorted(entries) == [
        ("chargeback", 1_000), ("payment", 1_000), ("payment", 1_000), ("payment", 1_000),
        ("payment", 2_000), ("payment", 3_000),
    ]  # fmt: skip


def test_a_file_that_does_not_add_up_books_nothing(here, bank):
    done = here("statement", "import", bank(entry("10.00"), moved=11), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["booked"]["problems"][0]["code"] == "not_taken"
    assert rows(here) == []


def test_a_missing_statement_is_put_before_a_person(here, bank):
    here.json("statement", "import", bank(entry("10.00"), moved=10))
    done = here(
        "statement", "import", bank(entry("5.00"), moved=5, opening=30, number=3, ident="S3")
    )
    assert done.exit_code == 1
    gap = [item for item in here.json("suspense", "list") if item["kind"] == "statement_gap"]
    assert [item["problem"] for item in gap] == ["sequence_gap"]
    (work,) = rows(here, WorkItem)
    assert (work.kind, work.step) == ("payment_review", f"statement_gap_{gap[0]['id'][:8]}")
    here.json("suspense", "release", gap[0]["id"], "--reason", "fetched")
    assert [(each.status, each.outcome) for each in rows(here, WorkItem)] == [("done", "resolved")]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"opening": 10, "number": 3}, "sequence_gap"),
        ({"opening": 30, "number": 2}, "balance_gap"),
        ({"opening": 10, "number": 2, "page": 2}, "sequence_gap"),
    ],
)
def test_work_about_a_missing_statement_ends_when_it_was_found(here, bank, told, code):
    here.json("statement", "import", bank(entry("10.00"), moved=10))
    here("statement", "import", bank(entry("5.00"), moved=5, ident="S3", **told))
    (asked,) = here.json("desk", "queue")
    here.json("desk", "take", asked["item"])
    refused = here("desk", "done", asked["item"], "--result", "reject_payment")
    assert (refused.exit_code, "a statement is missing" in refused.stderr) == (1, True)
    here.json("desk", "done", asked["item"], "--result", "resolved")
    (gap,) = rows(here, kind="statement_gap")
    assert (gap.facts["code"], gap.status) == (code, "ignored")
    assert here.json("suspense", "list") == []


def test_a_statement_that_says_something_else_the_second_time_is_not_taken(here, bank):
    here.json("statement", "import", bank(entry("10.00"), moved=10))
    done = here("statement", "import", bank(entry("20.00"), moved=20), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["booked"]["problems"][0]["code"] == "statement_changed"
    assert [item.facts["minor"] for item in rows(here, kind="payment")] == [1_000]


def test_unmatched_money_is_suggested_rested_and_matched_by_a_person(here, bank):
    done = here.json("statement", "import", bank(entry("195.00", text="us-0001 july"), moved=195))
    assert done["booked"]["suspense"] == 1
    (waiting,) = here.json("suspense", "list")
    assert waiting["suggested"][0]["account"] == "US-0001"
    debt = here.debt("US-0001")
    (hold,) = [stop for stop in rows(here, Stop) if stop.source == "suspense"]
    assert (hold.debtor_id, hold.ended_at, (hold.until - here.clock.now()).days) == (
        debt.debtor_id, None, 5,
    )  # fmt: skip
    shown = here.json("suspense", "show", waiting["id"][:8])
    assert shown["entry"]["remittance"] == "us-0001 july"
    matched = here.json("suspense", "match", waiting["id"], "US-0001")
    assert matched["status"] == "new"
    book(here)
    (paid,) = [e for e in rows(here, LedgerEntry) if e.source.startswith("bank:")]
    assert (paid.debt_id, paid.minor) == (debt.id, 19_500)
    (act,) = rows(here, Act, what="suspense.matched")
    assert act.actor == paid.actor != "import"
    assert all(s.ended_at for s in rows(here, Stop) if s.source == "suspense")
    assert here("suspense", "match", waiting["id"], "US-0001").exit_code == 1


def test_a_reversal_that_could_mean_two_debts_is_matched_by_a_person(here, bank):
    lines = (
        entry("10.00", text="US-0001"),
        entry("10.00", text="US-0002"),
        entry("10.00", "DBIT", extra="<RvslInd>true</RvslInd>"),
    )
    here.json("statement", "import", bank(*lines, moved=10))
    book(here)
    (waiting,) = here.json("suspense", "list")
    refused = here("suspense", "match", waiting["id"], "US-0003")
    assert (refused.exit_code, "no payment of this amount" in refused.stderr) == (1, True)
    here.json("suspense", "match", waiting["id"], "US-0002")
    book(here)
    back = [e for e in rows(here, LedgerEntry) if e.kind == "chargeback"]
    assert [(e.debt_id, e.minor) for e in back] == [(here.debt("US-0002").id, 1_000)]


def told(here, ident, raw, kind="payment", minor=19_500, of=""):
    """Something came to the gateway that fits no debt."""
    with here.office.store.writing() as session:
        item, _ = money.receive(
            session, provider="stripe", external_id=ident, kind=kind, status="suspense",
            facts={
                "payment_id": ident, "minor": minor, "currency": "USD", "method": "stripe",
                "paid_at": here.clock.now().isoformat(), "of": of,
            },
            sealed=here.office.store.keys.seal_store(raw), received_at=here.clock.now(),
            observed_at=here.clock.now(), problem="no debt fits the reference",
        )  # fmt: skip
        return item.id


def ranked(here):
    with here.office.store.writing() as session:
        now = here.clock.now()
        return rank_waiting(session, here.office.store.keys, now, now, timedelta(days=5))


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(
            {"data": {"object": {"metadata": {"debt_id": "us 0001 / july: US0001"}}}}
        ).encode(),
        b"trade_no=T1&passback_params=us-0001+july",
    ],
)
def test_money_that_came_to_the_gateway_and_fits_no_debt_is_suggested_like_a_banks(here, raw):
    told(here, "pi_1", raw)
    told(here, "pi_2", b'"\xff', minor=1)
    assert ranked(here) == 2
    one, two = sorted(here.json("suspense", "list"), key=lambda each: each["event"])
    assert [s["account"] for s in one["suggested"]] == ["US-0001"]
    assert two["suggested"] == []
    debt = here.debt("US-0001")
    (hold,) = [stop for stop in rows(here, Stop) if stop.source == "suspense"]
    assert (hold.debtor_id, hold.ended_at) == (debt.debtor_id, None)
    assert ranked(here) == 0
    here.json("suspense", "match", one["id"], "US-0001")
    book(here)
    assert [e.debt_id for e in rows(here, LedgerEntry, source="stripe")] == [debt.id]
    assert all(s.ended_at for s in rows(here, Stop) if s.source == "suspense")


def test_a_refund_in_suspense_is_matched_to_the_payment_that_it_names_or_that_still_has_as_much(
    here,
):
    for ident, minor in (("pi_1", 19_500), ("pi_2", 500)):
        told(here, ident, b"{}", minor=minor)
    for item in here.json("suspense", "list"):
        here.json("suspense", "match", item["id"], "US-0001")
    book(here)
    told(here, "re_1", b"{}", "refund", 19_500, of="ch_of_another_name")
    (waiting,) = here.json("suspense", "list")
    refused = here("suspense", "match", waiting["id"], "US-0002")
    assert (refused.exit_code, "of which so much is left" in refused.stderr) == (1, True)
    here.json("suspense", "match", waiting["id"], "US-0001")
    book(here)
    entries = {e.id: e for e in rows(here, LedgerEntry, source="stripe")}
    (back,) = [e for e in entries.values() if e.kind == "refund"]
    assert (back.minor, entries[back.of].external_id) == (19_500, "pi_1")
    assert here.json("suspense", "list") == []


@pytest.mark.parametrize("status", ["suspense", "parked"])
def test_a_refund_of_money_that_was_typed_in_is_matched_to_it(here, status):
    """Who sends it back gives the payment a name of its own."""
    for reference in ("receipt-1", "receipt-2"):
        here.json("pay", "US-0001", "195.00", "--reference", reference)
    book(here)
    ident = told(here, "re_1", b"{}", "refund", 4_000, of="elsewhere-77")
    if status == "parked":
        with here.office.store.writing() as session:
            item = session.get_one(InboxItem, ident)
            item.status, item.debt_id = "parked", here.debt("US-0001").id
            session.add(item)
    here.json("suspense", "match", str(ident), "US-0001")
    book(here)
    (back,) = rows(here, LedgerEntry, kind="refund")
    (paid,) = rows(here, LedgerEntry, id=back.of)
    assert (back.minor, paid.external_id) == (4_000, "receipt-2")


def written(here, text, ident="in-1"):
    """Somebody whom nobody here knows wrote."""
    said = {
        "id": ident, "from": "+12025550177", "text": text, "channel": "sms",
        "at": here.clock.now().isoformat(),
    }  # fmt: skip
    with here.office.store.writing() as session:
        now = here.clock.now()
        (one,) = read_replies("sms", json.dumps(said).encode())
        kept = hear(session, here.office.store, "sms", one, Arrival(json.dumps(said).encode(), now, now))  # fmt: skip
    return kept.id


def test_words_of_somebody_unknown_are_read_and_given_to_whom_they_are_of_on_record(here):
    ident = written(here, "this is not my debt, who are you?")
    (waiting,) = here.json("suspense", "list")
    assert (waiting["id"], waiting["kind"]) == (ident, "reply")
    quiet = here("suspense", "show", ident[:8])
    assert ("not my debt" in quiet.stdout, "--names" in quiet.stdout) == (False, True)
    assert rows(here, Act, what="suspense.read") == []
    shown = here.json("suspense", "show", ident[:8], "--names")["written"]
    assert (shown["from"], shown["text"]) == ("+12025550177", "this is not my debt, who are you?")
    (act,) = rows(here, Act, what="suspense.read")
    assert (act.actor, act.facts["inbox"]) == ("anna", ident)
    here.json("suspense", "match", ident[:8], "US-0001")
    debt = here.debt("US-0001")
    (item,) = rows(here, InboxItem, kind="reply")
    assert (item.status, item.debtor_id) == ("new", debt.debtor_id)
    assert ("dispute", debt.id) in {(stop.kind, stop.debt_id) for stop in rows(here, Stop)}
    (act,) = rows(here, Act, what="reply.assigned")
    assert (act.actor, act.debt_id) == ("anna", debt.id)
    assert here("suspense", "match", ident[:8], "US-0001").exit_code == 1


def test_words_that_are_nobodys_here_are_put_away_on_record(here):
    ident = written(here, "wrong number, what is this?")
    here.json("suspense", "release", ident[:8], "--reason", "nobody_here")
    assert here.json("suspense", "list") == []
    (act,) = rows(here, Act, what="suspense.released")
    assert (act.reason, act.facts["inbox"]) == ("nobody_here", ident)


def test_an_item_of_the_inbox_is_named_by_the_beginning_of_its_id_however_it_stands(here):
    here.json("pay", "US-0001", "5.00", "--reference", "receipt-1")
    book(here)
    (booked,) = here.json("inbox", "list", "--status", "booked")
    refused = here("inbox", "retry", booked["id"][:8])
    assert (refused.exit_code, "is booked: there is nothing to deliver" in refused.stderr) == (1, True)  # fmt: skip


def test_what_the_bank_says_was_instructed_is_credited_as_quoted(here, bank):
    told = here.json(
        "ledger", "quote", "US-0001", "800.00", "CNY", "--rate", "0.1250", "--source", "desk"
    )
    assert told["worth"] == "100.00 USD"
    with here.office.store.writing() as session:
        (act,) = session.exec(select(Act).where(Act.what == "exchange.quoted"))
        facts, since = act.facts, act.at
    assert facts["rate"] == "0.1250"
    given = (
        '<NtryDtls><TxDtls><Refs><EndToEndId>E9</EndToEndId></Refs><AmtDtls><InstdAmt><Amt Ccy="CNY">'
        "800.00</Amt></InstdAmt></AmtDtls><RmtInf><Ustrd>US-0001</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    here.json("statement", "import", bank(entry("99.87", details=given), moved=99.87))
    (item,) = rows(here, kind="payment")
    assert item.facts["paid"] == {"minor": 80_000, "currency": "CNY"}
    with here.office.store.writing() as session:
        known = session.get(InboxItem, item.id)
        known.facts = {**known.facts, "paid_at": since.isoformat()}
        session.add(known)
    book(here)
    (paid,) = [e for e in rows(here, LedgerEntry) if e.source.startswith("bank:")]
    assert (paid.minor, paid.facts["received"], paid.facts["fx_difference"]) == (10_000, 9_987, -13)


def test_released_money_is_not_booked_and_its_holds_end(here, bank):
    here.json("statement", "import", bank(entry("195.00", text="us-0001 july"), moved=195))
    (waiting,) = here.json("suspense", "list")
    assert here("suspense", "release", waiting["id"], "--reason", "Not ours").exit_code == 2
    here.json("suspense", "release", waiting["id"], "--reason", "not_ours")
    assert here.json("suspense", "list") == []
    assert all(s.ended_at for s in rows(here, Stop) if s.source == "suspense")
    assert not [e for e in rows(here, LedgerEntry) if e.source.startswith("bank:")]


def test_names_are_compared_in_the_store_and_shown_only_when_asked(here, bank):
    here.json(
        "statement", "import", bank(entry("1.23", text="thanks", name="Erika Muster"), moved=1.23)
    )
    (waiting,) = here.json("suspense", "list")
    assert "Erika" not in here("suspense", "show", waiting["id"]).stdout
    assert "Erika" in here("suspense", "show", waiting["id"], "--names").stdout
    (item,) = rows(here, kind="payment")
    assert "Erika" not in json.dumps(item.facts)
    assert b"Erika" not in item.sealed


def test_what_was_not_delivered_is_listed_and_tried_again(here, bank):
    here.json("statement", "import", bank(entry("10.00"), moved=10))
    (waiting,) = here.json("inbox", "list")
    assert here.json("inbox", "retry", waiting["id"])["retried"] == [waiting["id"]]
    book(here)
    assert here.json("inbox", "list") == []
    assert here("inbox", "retry", waiting["id"]).exit_code == 1


def test_an_amount_points_to_the_debt_that_owes_just_that_in_however_large_a_house(
    here, bank, monkeypatch
):
    # No names are opened: in a house of 3,000 debts and more these are all that is left.
    monkeypatch.setattr("activities.bank.LOOKED_AT", 0)
    here.json("pay", "US-0001", "100.00", "--reference", "r-1")
    book(here)
    shown = here.json("ledger", "show", "US-0001")
    owed = shown["totals"]["outstanding"]
    here.json("statement", "import", bank(entry(owed, text="july"), moved=float(owed)))
    (waiting,) = here.json("suspense", "list")
    assert [(s["account"], s["why"]) for s in waiting["suggested"]] == [("US-0001", ["amount"])]
