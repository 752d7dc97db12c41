"""Bank statements of every format and dialect: liberal in how they are written, strict in money."""

import json
from contextlib import suppress
from datetime import date

import mt940
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from connectors.banksheet import read_mapping, write_mapping
from connectors.statement import read_statement
from models.money import MoneyError
from models.statement import EntryMeaning, EntryStatus, UnreadableStatementError, exact
from rules.bank import balanced, checked, masked

VERSIONS = [f"001.{number:02}" for number in range(2, 14)]


def entry(
    amount,
    side="CRDT",
    *,
    ccy="EUR",
    status="BOOK",
    reversal=None,
    ref="",
    details="",
    day="2026-07-02",
    new=False,
):
    state = f"<Sts><Cd>{status}</Cd></Sts>" if new else f"<Sts>{status}</Sts>"
    return (
        f'<Ntry><Amt Ccy="{ccy}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        + (f"<RvslInd>{reversal}</RvslInd>" if reversal else "")
        + (state if status else "")
        + f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><DtTm>{day}T00:00:00+02:00</DtTm></ValDt>"
        + (f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else "")
        + "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        + f"</BkTxCd>{details}</Ntry>"
    )


def payment(end="E2E-1", amount="", *, text="INV 4711", new=False):
    name = "<Pty><Nm>Erika Muster</Nm></Pty>" if new else "<Nm>Erika Muster</Nm>"
    own = ""
    if amount:
        inner = f'<Amt Ccy="EUR">{amount}</Amt>'
        own = (
            inner + "<CdtDbtInd>CRDT</CdtDbtInd>"
            if new
            else f"<AmtDtls><TxAmt>{inner}</TxAmt></AmtDtls>"
        )
    return (
        f"<TxDtls><Refs><EndToEndId>{end}</EndToEndId><MndtId>M-1</MndtId></Refs>{own}"
        f"<RltdPties><Dbtr>{name}</Dbtr><DbtrAcct><Id><IBAN>DE02100500000054540402</IBAN></Id>"
        f"</DbtrAcct></RltdPties><RmtInf><Ustrd>{text}</Ustrd><Ustrd>July</Ustrd><Strd><CdtrRefInf>"
        "<Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
    )


def balance(code, amount, side="CRDT", ccy="EUR", day="2026-07-02"):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{ccy}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
    )


def statement(*entries, opening="100.00", closing="100.00", ident="STMT-7", number=7, extra=""):
    sums = "".join(
        balance(code, amount.lstrip("-"), "DBIT" if amount.startswith("-") else "CRDT")
        for code, amount in (("OPBD", opening), ("CLBD", closing))
        if amount
    )
    return (
        f"<Stmt><Id>{ident}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
        "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{sums}{extra}{''.join(entries)}</Stmt>"
    )


def camt(*statements, version="001.08", namespace=True, message="BkToCstmrStmt", kind="053"):
    space = f' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.{version}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document{space}><{message}><GrpHdr><MsgId>M1</MsgId>'
        f"</GrpHdr>{''.join(statements)}</{message}></Document>"
    ).encode()


def read(raw, mapping=None):
    return checked(read_statement(raw, mapping))


def codes(file):
    return [problem.code for problem in file.problems]


def refusal(raw):
    with pytest.raises(UnreadableStatementError) as refused:
        read(raw)
    return refused.value.problems[0]


def single(*entries, **given):
    file = read(camt(statement(*entries, **given)))
    return file.statements[0], file


# camt


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_camt_reads_alike(version):
    new = version >= "001.04"
    raw = camt(
        statement(
            entry("195.00", details=f"<NtryDtls>{payment(new=new)}</NtryDtls>", new=new),
            closing="295.00",
        ),
        version=version,
    )
    file = read(raw)
    (found,) = file.statements
    (paid,) = found.entries
    assert (file.format, file.version, codes(file)) == ("camt.053", f"camt.053.{version}", [])
    assert (found.account, found.id, found.sequence) == ("DE89370400440532013000", "STMT-7", 7)
    assert (paid.minor, paid.currency, paid.meaning) == (19_500, "EUR", EntryMeaning.IN)
    assert (paid.booked_on, paid.value_on) == (date(2026, 7, 2), date(2026, 7, 2))
    assert paid.references.end_to_end == "E2E-1"
    assert paid.references.mandate == "M-1"
    assert paid.references.creditor == "RF18539007547034"
    assert paid.remittance == "INV 4711 July"
    assert paid.counterparty.name == "Erika Muster"
    assert paid.counterparty.account == "DE02100500000054540402"
    assert paid.code == "PMNT-RCDT-ESCT"
    assert paid.id == "STMT-7/1"
    assert balanced(found) is True


def test_namespace_prefix_and_envelope_do_not_matter():
    plain = read(camt(statement(entry("1.00"), closing="101.00"), namespace=False))
    body = statement(entry("1.00"), closing="101.00")
    for tag in ("Stmt", "Id", "Bal", "Ntry", "Amt", "CdtDbtInd", "Sts", "Cd", "Dt", "Acct", "IBAN"):
        body = body.replace(f"<{tag}>", f"<n:{tag}>").replace(f"</{tag}>", f"</n:{tag}>")
        body = body.replace(f"<{tag} ", f"<n:{tag} ")
    for tag in ("Tp", "CdOrPrtry", "ElctrncSeqNb", "Ccy", "BookgDt", "ValDt", "DtTm", "BkTxCd",
                "Domn", "Fmly", "SubFmlyCd"):  # fmt: skip
        body = body.replace(f"<{tag}>", f"<n:{tag}>").replace(f"</{tag}>", f"</n:{tag}>")
    wrapped = (
        '<e:Envelope xmlns:e="urn:e" xmlns:n="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        f"<n:Document><n:BkToCstmrStmt>{body}</n:BkToCstmrStmt></n:Document></e:Envelope>"
    ).encode()
    prefixed = read(wrapped)
    assert plain.version == ""
    assert prefixed.statements[0].entries[0].minor == plain.statements[0].entries[0].minor == 100
    assert codes(prefixed) == codes(plain) == []


def test_two_identical_entries_are_two_payments():
    found, file = single(entry("10.00"), entry("10.00"), closing="120.00")
    assert [e.id for e in found.entries] == ["STMT-7/1", "STMT-7/2"]
    assert codes(file) == []


def test_a_reference_of_the_bank_names_the_entry_unless_it_names_two():
    found, _ = single(entry("1.00", ref="BANK-1"), closing="101.00")
    assert found.entries[0].id == "BANK-1"
    twice, file = single(entry("1.00", ref="B"), entry("1.00", ref="B"), closing="102.00")
    assert [e.id for e in twice.entries] == ["STMT-7/1", "STMT-7/2"]
    assert codes(file) == ["bank_reference_repeated"]


def test_reversal_flips_the_meaning():
    found, file = single(
        entry("10.00", "DBIT", reversal="true"), entry("5.00", reversal="1"), closing="95.00"
    )
    assert [(e.minor, e.meaning.value) for e in found.entries] == [
        (-1_000, "in_reversed"),
        (500, "out_reversed"),
    ]
    assert codes(file) == []


def test_a_bank_that_signs_reversals_like_the_original_is_found_out_by_its_balances():
    found, file = single(entry("10.00", "CRDT", reversal="true"), closing="90.00")
    assert [(e.minor, e.meaning.value) for e in found.entries] == [(-1_000, "in_reversed")]
    assert codes(file) == ["reversal_sign"]
    assert balanced(found) is True


def test_only_booked_entries_count():
    found, file = single(
        entry("10.00"), entry("99.00", status="PDNG"), entry("7.00", status="INFO"),
        entry("1.00", status="XXXX"), closing="110.00",
    )  # fmt: skip
    assert [e.status for e in found.entries] == [
        EntryStatus.BOOKED, EntryStatus.PENDING, EntryStatus.INFO, EntryStatus.UNKNOWN,
    ]  # fmt: skip
    assert found.moved == 1_000
    assert sorted(codes(file)) == ["information_ignored", "pending_ignored", "status_unknown"]


def batch(*amounts, count=None, new=False):
    return (
        f"<NtryDtls><Btch><NbOfTxs>{count or len(amounts)}</NbOfTxs></Btch>"
        + "".join(payment(f"E-{i}", a, new=new) for i, a in enumerate(amounts))
        + "</NtryDtls>"
    )


@pytest.mark.parametrize("new", [False, True])
def test_a_batch_is_opened(new):
    found, file = single(
        entry("60.00", details=batch("10.00", "20.00", "30.00", new=new), new=new), closing="160.00"
    )
    assert [(e.id, e.minor, e.batch) for e in found.entries] == [
        ("STMT-7/1.1", 1_000, "STMT-7/1"),
        ("STMT-7/1.2", 2_000, "STMT-7/1"),
        ("STMT-7/1.3", 3_000, "STMT-7/1"),
    ]
    assert found.batches[0].opened
    assert codes(file) == []


@pytest.mark.parametrize(
    ("details", "code"),
    [
        (batch("10.00", "20.00"), "batch_sum"),
        (batch("10.00", "50.00", count=3), "batch_incomplete"),
        ("<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>", "batch_incomplete"),
        (f"<NtryDtls>{payment()}{payment()}</NtryDtls>", "batch_unreadable"),
    ],
)
def test_a_batch_that_does_not_add_up_stays_whole(details, code):
    found, file = single(entry("60.00", details=details), closing="160.00")
    assert [(e.id, e.minor) for e in found.entries] == [("STMT-7/1", 6_000)]
    assert codes(file) == [code]
    assert not found.batches[0].opened


def test_a_batch_against_the_banks_own_total_stays_whole():
    inside = batch("10.00", "20.00", count=2).replace(
        "</NbOfTxs>", '</NbOfTxs><TtlAmt Ccy="EUR">35.00</TtlAmt>'
    )
    found, file = single(entry("30.00", details=inside), closing="130.00")
    assert codes(file) == ["batch_sum"]
    assert "3500" in file.problems[0].message
    assert [e.minor for e in found.entries] == [3_000]


def test_what_was_instructed_and_what_the_bank_took_stand_beside_what_was_booked():
    details = (
        "<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><AmtDtls><InstdAmt>"
        '<Amt Ccy="CNY">800.00</Amt></InstdAmt><TxAmt><Amt Ccy="CNY">800.00</Amt><CcyXchg>'
        "<SrcCcy>CNY</SrcCcy><TrgtCcy>EUR</TrgtCcy><XchgRate>0.12484</XchgRate></CcyXchg></TxAmt>"
        '</AmtDtls><Chrgs><Rcrd><Amt Ccy="EUR">0.40</Amt></Rcrd><Rcrd><Amt Ccy="EUR">0.10</Amt>'
        "</Rcrd></Chrgs></TxDtls></NtryDtls>"
    )
    found, file = single(entry("99.87", details=details), closing="199.87")
    paid = found.entries[0]
    assert codes(file) == []
    assert (paid.minor, paid.currency, paid.references.end_to_end) == (9_987, "EUR", "")
    assert paid.instructed.model_dump() == {"minor": 80_000, "currency": "CNY", "rate": "0.12484"}
    assert paid.charges == 50


@pytest.mark.parametrize(
    ("side", "details", "meaning"),
    [
        ("DBIT", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", EntryMeaning.IN_REVERSED),
        ("CRDT", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", EntryMeaning.OUT_REVERSED),
        (
            "DBIT",
            (
                "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly>"
                "</Domn></BkTxCd>"
            ),
            EntryMeaning.IN_REVERSED,
        ),
        ("DBIT", "", EntryMeaning.OUT),
    ],
)
def test_money_that_is_returned_is_the_way_back_though_no_reversal_is_flagged(
    side, details, meaning
):
    inside = f"<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls>"
    closing = "90.00" if side == "DBIT" else "110.00"
    found, _ = single(entry("10.00", side, details=inside), closing=closing)
    assert (found.entries[0].meaning, found.entries[0].reversal) == (meaning, False)


def test_sums_that_the_bank_added_up_itself_are_compared():
    extra = (
        "<TxsSummry><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>{}</Sum></TtlCdtNtries>"
        "</TxsSummry>"
    )
    assert codes(single(entry("10.00"), closing="110.00", extra=extra.format("10.00"))[1]) == []
    wrong = single(entry("10.00"), closing="110.00", extra=extra.format("50.00"))[1]
    assert codes(wrong) == ["entries_missing"]


def test_a_balance_that_does_not_add_up_says_by_how_much():
    found, file = single(entry("10.00"), closing="111.00")
    assert balanced(found) is False
    assert codes(file) == ["balance"]
    assert "1.00 EUR apart" in file.problems[0].message


def test_an_overdrawn_account_adds_up():
    found, _ = single(entry("30.00", "DBIT"), opening="10.00", closing="-20.00")
    assert balanced(found) is True


@pytest.mark.parametrize(
    "amount", ["1e2", "10,00", "1 000.00", "-5.00", "10.001", "", "NaN", "1.000,00", "٣"]
)
def test_an_amount_that_is_no_exact_number_is_not_taken(amount):
    found, file = single(entry(amount), closing="110.00")
    assert found.entries == ()
    assert codes(file)[0] in ("amount_unreadable", "amount_negative")
    assert file.problems[0].where.startswith("line 1, entry 1")


@pytest.mark.parametrize(
    "amount", ["10", "10.", "10.0", "10.00000", "+10.00", " 10.00\n", "0010.00"]
)
def test_an_exact_number_is_taken_however_it_is_spelt(amount):
    found, _ = single(entry(amount), closing="110.00")
    assert found.entries[0].minor == 1_000


def test_currencies_do_not_mix():
    found, file = single(entry("10.00", ccy="USD"), closing="100.00")
    assert found.moved == 0
    assert codes(file) == ["currency_mix"]
    assert "currency_unknown" in codes(single(entry("1.00", ccy="ZZZ"))[1])


def test_yen_have_no_decimals_and_dinars_three():
    assert exact("100", "JPY") == 100
    assert exact("1.234", "KWD") == 1_234
    with pytest.raises(MoneyError):
        exact("1.5", "JPY")


def test_numbers_follow_each_other():
    def numbers(*given):
        parts = [
            statement(ident=f"S{i}", number=n, extra=f"<FrToDt><ToDtTm>2026-07-{i + 1:02}T00:00:00</ToDtTm></FrToDt>")
            .replace("2026-07-02", f"2026-07-{i + 1:02}")
            for i, n in enumerate(given)
        ]  # fmt: skip
        return codes(read(camt(*parts)))

    assert numbers(7, 8, 9) == []
    assert numbers(7, 9) == ["sequence_gap"]
    assert numbers(7, 7) == ["sequence_repeated"]
    assert numbers(7, 3) == ["sequence_backwards"]


def test_a_statement_that_does_not_open_where_the_last_one_closed_is_told():
    second = statement(ident="S8", number=8, opening="50.00", closing="50.00").replace(
        "2026-07-02", "2026-07-03"
    )
    assert codes(read(camt(statement(), second))) == ["balance_gap"]


def test_pages_of_one_statement_add_up_by_interim_balances():
    def page(number, first, last, text, *, end):
        return (
            "<Stmt><Id>S</Id>"
            f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{end}</LastPgInd></StmtPgntn>"
            "<ElctrncSeqNb>3</ElctrncSeqNb><Acct><Id><Othr><Id>0532013000</Id></Othr></Id></Acct>"
            f"{first}{last}{text}</Stmt>"
        )

    file = read(
        camt(
            page(1, balance("OPBD", "1.00"), balance("ITBD", "2.00"), entry("1.00"), end="false"),
            page(2, balance("ITBD", "2.00"), balance("CLBD", "5.00"), entry("3.00"), end="true"),
        )
    )
    assert [s.id for s in file.statements] == ["S", "S-p2"]
    assert [balanced(s) for s in file.statements] == [True, True]
    assert codes(file) == []


def test_a_notification_has_no_balance_and_needs_none():
    part = statement(entry("10.00", ref="X"), opening="", closing="").replace("Stmt>", "Ntfctn>")
    file = read(camt(part, message="BkToCstmrDbtCdtNtfctn", kind="054"))
    assert (file.format, file.statements[0].kind, codes(file)) == ("camt.054", "notification", [])


def test_entries_that_the_bank_counted_and_the_file_lacks_are_told():
    count = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>"
    assert "entries_missing" in codes(single(entry("0.00"), extra=count)[1])


# Hostile and torn files

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "'
    + "&a;" * 10
    + '"><!ENTITY c "'
    + "&b;" * 10
    + '">]><Document>&c;</Document>'
)
XXE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>'


@pytest.mark.parametrize(
    "raw",
    [
        LAUGHS.encode(),
        XXE.encode(),
        LAUGHS.encode("utf-16"),
        b'<!doctype d SYSTEM "http://127.0.0.1:9/x.dtd"><Document/>',
        XXE.encode("utf-16-le"),
    ],
)
def test_entities_and_document_types_are_refused_unread(raw):
    assert refusal(raw).code in ("dtd_refused", "not_well_formed")
    assert "root:" not in str(refusal(raw))


def test_an_encoding_that_hides_markup_is_refused():
    raw = b'<?xml version="1.0" encoding="UTF-7"?>+ADw-Document/+AD4-'
    assert refusal(raw).code == "wrong_encoding"


def test_a_torn_file_is_told_with_its_place_and_nothing_is_taken():
    whole = camt(statement(entry("10.00"), entry("20.00"), closing="130.00"))
    for share in (0.3, 0.6, 0.9, 0.99):
        told = refusal(whole[: int(len(whole) * share)])
        assert told.code == "truncated", share
        assert told.where.startswith("line ")


def test_latin_letters_under_a_utf8_name_are_read_and_told():
    raw = camt(
        statement(
            entry("1.00", details=f"<NtryDtls>{payment(text='Miete für Köln')}</NtryDtls>"),
            closing="101.00",
        )
    )
    file = read(raw.decode().encode("latin-1"))
    assert codes(file) == ["wrong_encoding"]
    assert file.statements[0].entries[0].remittance == "Miete für Köln July"


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "GB18030"])
def test_declared_encodings_are_read(encoding):
    text = camt(statement(entry("1.00"), closing="101.00")).decode().replace("UTF-8", encoding)
    assert codes(read(text.encode(encoding))) == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04....", "not_a_statement"),
        (b"%PDF-1.7", "not_a_statement"),
        (b"<html><body>Log in</body></html>", "not_a_statement"),
        (b"hello world", "not_a_statement"),
        (b"\x00\x01\x02" * 99, "not_a_statement"),
    ],
)
def test_what_is_no_statement_is_refused_by_name(raw, code):
    assert refusal(raw).code == code


def test_the_first_version_says_so_in_the_name_of_its_message():
    raw = camt(statement(entry("195.00")), version="001.01", message="BkToCstmrStmtV01")
    file = read(raw)
    assert (file.format, file.version) == ("camt.053", "camt.053.001.01")
    assert [e.minor for e in file.statements[0].entries] == [19_500]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_with_bytes_changed_is_read_or_refused_and_never_fails(data):
    raw = bytearray(
        data.draw(
            st.sampled_from([camt(statement(entry("1.00"))), GERMAN.encode(), SHEET.encode()])
        )
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(1, len(raw))) :]
    with suppress(UnreadableStatementError):
        file = read(bytes(raw))
        assert all(isinstance(e.minor, int) for s in file.statements for e in s.entries)


def test_a_large_file_is_read_whole():
    entries = [entry("0.01", ref=f"R{i}") for i in range(5_000)]
    found, file = single(*entries, opening="0.00", closing="50.00")
    assert codes(file) == []
    assert len(found.entries) == 5_000


# MT940

GERMAN = """:20:STARTUMS
:25:37040044/0532013000
:28C:7/1
:60F:C260701EUR1000,00
:61:2607020702CR195,00N051NONREF//BR7
:86:166?00GUTSCHRIFT?109248?20EREF+E2E-1?21MREF+M-1?22SVWZ+INV 4711 Miete fuer Ju?23li u
nd August?30MARKDEF1100?31DE02100500000054540402?32ERIKA?33MUSTER
:61:2607030702RC20,5NRTI99887766
RUECKLASTSCHRIFT
:86:109?00RUECKLASTSCHRIFT?20SVWZ+zurueck?34914
:61:260703D0,50NCHGNONREF
:86:808?00ENTGELT
:62F:C260703EUR1174,00
:64:C260703EUR1174,00
-
"""
DUTCH = """{1:F01INGBNL2ABXXX0000000000}{2:I940INGBNL2AXN}{4:
:20:P260702000000001
:25:NL69INGB0123456789EUR
:28C:00000
:60F:C260701EUR662,23
:61:2607020702C1,56NTRFEREF//00000000001005
/TRCD/00100/
:86:/EREF/EV12341REP1231456T1234//CNTP/NL32INGB0000012345/INGBNL2A/ING
 BANK NV INZAKE WEB///REMI/USTD//EV10001REP1000000T1000/
:62F:C260702EUR663,79
-}{5:{CHK:123456789ABC}}
{1:F01INGBNL2ABXXX0000000000}{2:I940INGBNL2AXN}{4:
:20:P260703000000001
:25:NL69INGB0123456789EUR
:28C:00000
:60F:C260702EUR663,79
:61:2607030703D1,00NTRFNONREF//5
:86:Sepa overboeking Naam: J. de Boer
:62F:C260703EUR662,79
-}
"""


def test_the_german_dialect():
    file = read(GERMAN.encode())
    (found,) = file.statements
    one, two, three = found.entries
    assert (file.format, codes(file)) == ("mt940", [])
    assert (found.account, found.id, found.sequence) == ("37040044/0532013000", "20260703-7.1", 7)
    assert (one.minor, one.meaning, one.booked_on) == (19_500, EntryMeaning.IN, date(2026, 7, 2))
    assert one.references.end_to_end == "E2E-1"
    assert one.references.mandate == "M-1"
    assert one.references.bank == "BR7"
    assert one.remittance == "INV 4711 Miete fuer Juli und August"
    assert one.counterparty.name == "ERIKA MUSTER"
    assert one.counterparty.account == "DE02100500000054540402"
    assert (two.minor, two.meaning, two.return_reason) == (-2_050, EntryMeaning.IN_REVERSED, "914")
    assert (two.value_on, two.booked_on) == (date(2026, 7, 3), date(2026, 7, 2))
    assert two.references.customer == "99887766"
    assert (three.minor, three.booked_on) == (-50, date(2026, 7, 3))
    assert balanced(found) is True


def test_code_words_and_several_messages_in_envelopes():
    file = read(DUTCH.encode())
    first, second = file.statements
    assert codes(file) == []
    assert first.id != second.id
    paid = first.entries[0]
    assert paid.references.end_to_end == "EV12341REP1231456T1234"
    assert paid.references.bank == "00000000001005"
    assert paid.counterparty.account == "NL32INGB0000012345"
    assert paid.counterparty.name == "ING BANK NV INZAKE WEB"
    assert paid.remittance == "EV10001REP1000000T1000"
    assert second.entries[0].remittance == "Sepa overboeking Naam: J. de Boer"


@pytest.mark.parametrize("text", [GERMAN, DUTCH.split("{1:")[1]])
def test_amounts_and_days_are_those_of_an_independent_reader(text):
    plain = text[text.index(":20:") :].replace("-}{5:{CHK:123456789ABC}}", "-")
    theirs = mt940.parse(plain)
    ours = read(text.encode()).statements[0]
    # That reader leaves the sign of a reversed credit as it was.
    assert [abs(e.minor) for e in ours.entries] == [
        abs(int(t.data["amount"].amount * 100)) for t in theirs.transactions
    ]
    assert [e.value_on for e in ours.entries] == [t.data["date"] for t in theirs.transactions]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_of_all_systems(ending):
    assert codes(read(GERMAN.replace("\n", ending).encode("latin-1"))) == []


def test_a_statement_over_two_pages_adds_up():
    text = (
        ":20:X\n:25:1\n:28C:4/1\n:60F:D260701USD5,\n:61:260701C10,NMSCA\n:62M:C260701USD5,\n"
        "-\n:20:X\n:25:1\n:28C:4/2\n:60M:C260701USD5,\n:61:260701C1,NMSCB\n:62F:C260701USD6,\n-\n"
    )
    file = read(text.encode())
    assert codes(file) == []
    assert [balanced(s) for s in file.statements] == [True, True]


def test_a_missing_number_and_a_missing_end_are_told():
    one = ":20:X\n:25:1\n:28C:{}\n:60F:C2607{:02}EUR1,\n:62F:C2607{:02}EUR1,\n-\n"
    assert codes(read((one.format(4, 1, 1) + one.format(6, 2, 2)).encode())) == ["sequence_gap"]
    torn = GERMAN[: GERMAN.index(":62F:")]
    assert "truncated" in codes(read(torn.encode()))


def test_a_line_that_cannot_be_read_is_told_with_its_place():
    file = read(GERMAN.replace(":61:260703D0,50", ":61:26O703D0,50").encode())
    assert ("entry_unreadable", "line 11") in [(p.code, p.where[:7]) for p in file.problems]
    assert file.statements[0].complete is False


def test_the_day_of_booking_knows_the_turn_of_the_year():
    text = ":20:X\n:25:1\n:28C:1\n:60F:C251230EUR1,\n:61:2601021231C1,NMSCA\n:62F:C251231EUR2,\n-\n"
    assert read(text.encode()).statements[0].entries[0].booked_on == date(2025, 12, 31)


def test_files_that_were_put_together_under_dos_are_as_many_statements():
    """Its sign of the end of a file stands between them, and at the end."""
    file = read(f"{GERMAN}\x1a{DUTCH[DUTCH.index(':20:') :]}\x1a".encode())
    assert codes(file) == []
    assert [(len(s.entries), balanced(s)) for s in file.statements] == [
        (3, True),
        (1, True),
        (1, True),
    ]


def test_a_frame_right_after_the_closing_balance_does_not_hide_it():
    file = read(
        GERMAN.replace("\n-\n", "\n\nABNANL2A\n940\nABNANL2A\n").replace(":64:", ":62F:").encode()
    )
    assert codes(file) == []
    file = read(f"{MT.format('', '100,00')[:-3]}\nNext account of the day\n".encode())
    assert (codes(file), file.statements[0].complete) == (["line_unreadable"], True)


@pytest.mark.parametrize(
    ("day", "read_as"),
    [("260230", "2026-02-28"), ("280230", "2028-02-29"), ("260431", "2026-04-30")],
)
def test_a_day_that_banks_count_and_the_month_has_not_is_its_last_day(day, read_as):
    file = read(MT.format(f":61:{day}CR5,00N062NONREF\n", "105,00").encode())
    assert (codes(file), balanced(file.statements[0])) == (["day_mended"], True)
    assert str(file.statements[0].entries[0].value_on) == read_as
    file = read(MT.format(":61:260732CR5,00N062NONREF\n", "105,00").encode())
    assert (codes(file), file.statements[0].complete) == (["entry_unreadable"], False)


def test_a_time_broken_over_two_lines_of_text_is_no_field():
    text = ":86:106?00KARTE?20EREF+VZ01?21SVWZ+Miete 12-09T16\n:26:37 Folgenr. 007?32ERIKA\n"
    file = read(MT.format(f":61:260701CR5,00N062NONREF\n{text}", "105,00").encode())
    (found,) = file.statements[0].entries
    assert codes(file) == []
    assert found.remittance == "Miete 12-09T16:26:37 Folgenr. 007"
    assert found.counterparty.name == "ERIKA"


def test_a_number_that_only_counts_pages_is_no_number():
    file = read(MT.format("", "100,00").replace(":28C:1/1", ":28C: /1").encode())
    assert (codes(file), file.statements[0].sequence, file.statements[0].page) == ([], None, 1)


MT = ":20:X\n:25:10020030/1234567EUR\n:28C:1/1\n:60F:C260630EUR100,00\n{}:62F:C260701EUR{}\n-\n"


@pytest.mark.parametrize(
    ("lines", "closing", "minor", "meaning"),
    [
        (":61:2607010701D12,50NRTINONREF\n:86:109?00RUECKLASTSCHRIFT?20EREF+E?34901\n", "87,50",
         -1_250, EntryMeaning.IN_REVERSED),
        (":61:2607010701D10,00N544NONREF\n:86:/RTRN/AC04/EREF/E1/REMI/terug\n", "90,00", -1_000,
         EntryMeaning.IN_REVERSED),
        (":61:2607010701C10,00N062NONREF\n:86:166?00GUTSCHRIFT?20EREF+E?34997\n", "110,00", 1_000,
         EntryMeaning.IN),
        (":61:2607010701DR2,00NMSCREF1\n", "98,00", -200, EntryMeaning.OUT),
        (":61:2607010701RDR1,00NTRFX\n", "101,00", 100, EntryMeaning.OUT_REVERSED),
        (":61:2607010701C,50NTRFX\n", "100,50", 50, EntryMeaning.IN),
        (":61:2607010701C 1,00NTRFX\n", "101,00", 100, EntryMeaning.IN),
    ],
)  # fmt: skip
def test_marks_funds_codes_and_returns_of_mt940(lines, closing, minor, meaning):
    file = read(MT.format(lines, closing).encode())
    (found,) = file.statements[0].entries
    assert codes(file) == []
    assert file.statements[0].account == "10020030/1234567"
    assert (found.minor, found.meaning, balanced(file.statements[0])) == (minor, meaning, True)


@pytest.mark.parametrize(
    ("lines", "instructed", "charges"),
    [
        (":61:2607010701C99,87NTRFA\n/OCMT/CNY800,00/EXCH/0,12484/CHGS/EUR0,50/\n:86:DE-0001\n",
         {"minor": 80_000, "currency": "CNY", "rate": "0.12484"}, 50),
        ((":61:2607010701C99,87NTRFA\n:86:166?00GUT?20EREF+E1?21OAMT+CNY 800,00?22SVWZ+DE-0001?23COAM+EU"
         "R 0,13\n"), {"minor": 80_000, "currency": "CNY", "rate": ""}, 13),
    ],
)  # fmt: skip
def test_mt940_says_what_was_instructed_and_taken(lines, instructed, charges):
    (found,) = read(MT.format(lines, "199,87").encode()).statements[0].entries
    assert found.instructed.model_dump() == instructed
    assert (found.minor, found.charges, found.remittance) == (9_987, charges, "DE-0001")


def test_a_sign_in_the_text_of_a_structured_field_is_text():
    lines = ":61:2607010701C10,00N062NONREF\n:86:166?00GUTSCHRIFT?20Wann? Rate fuer DE-0001\n"
    (found,) = read(MT.format(lines, "110,00").encode()).statements[0].entries
    assert found.remittance == "Wann? Rate fuer DE-0001"


# CSV


@pytest.mark.parametrize(
    ("text", "minors"),
    [
        (("Datum;Naam;Omschrijving;Bedrag;Af Bij;Munt\n20260701;J;NL-1;10,00;Bij;EUR\n"
         "20260702;J;NL-1;2,00;Af;EUR\n"), [1_000, -200]),
        ("Fecha;Concepto;Importe;Divisa\n01/07/2026;ES-1;1.010,00;EUR\n20/07/2026;x;-2,00;EUR\n",
         [101_000, -200]),
        ('Date,Description,Amount,Currency\n2026-07-01,a,"1,195",JPY\n2026-07-02,b,-5,JPY\n',
         [1_195, -5]),
        ("Date,Description,Amount,Currency\n2026-07-01,a,10.00,EUR\nTotal,,10.00,\n", [1_000]),
        ("Datum;Buchungstext;Betrag;Währung\n01.07.2026;DE-1;1'195.00;CHF\n", [119_500]),
    ],
)  # fmt: skip
def test_more_sheets_are_guessed(text, minors):
    file = read(text.encode())
    assert [e.minor for s in file.statements for e in s.entries] == minors


SHEET = (
    "Kontonummer;DE89 3704 0044 0532 0130 00\n\n"
    "Buchungstag;Wertstellung;Begünstigter/Zahlungspflichtiger;Verwendungszweck;IBAN;Betrag;Währung;"
    "Saldo\n"
    "03.07.2026;03.07.2026;Max Muster;Rückgabe;DE02;-1.020,50;EUR;174,50\n"
    "02.07.2026;02.07.2026;Erika Muster;INV 4711;DE02100500000054540402;1.195,00;EUR;1.195,00\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_a_german_sheet_is_guessed_and_confirmed(encoding):
    raw = SHEET.encode(encoding)
    file = read(raw)
    (found,) = file.statements
    assert codes(file) == ["guess_to_confirm"]
    assert found.account == "DE89370400440532013000"
    assert [(e.minor, e.booked_on.day) for e in found.entries] == [(-102_050, 3), (119_500, 2)]
    assert (found.opening.minor, found.closing.minor) == (0, 17_450)
    mapping = read_mapping(write_mapping(type(read_mapping(b"[columns]\nbooked='a'\namount='b'"))
                                         .model_validate(file.guesses)).encode())  # fmt: skip
    again = read(raw, mapping)
    assert codes(again) == []
    assert [e.id for e in again.statements[0].entries] == [e.id for e in found.entries]


@pytest.mark.parametrize(
    ("text", "encoding", "minors"),
    [
        (
            """Date,Description,Paid in,Paid out,Balance
2026-07-02,x,£195.00,,£1195.00
2026-07-03,y,,£5.00,£1190.00
""",
            "utf-8",
            [19_500, -500],
        ),
        (
            """交易日期,摘要,借方发生额,贷方发生额,余额,币种,对方户名
20260702,还款,,"1,195.00","1,195.00",CNY,某甲
20260703,手续费,5.00,,"1,190.00",CNY,银行
""",
            "gb18030",
            [119_500, -500],
        ),
        (
            """Date;Libellé;Montant;Devise
02/07/2026;Virement;1 195,00;EUR
03/07/2026;Frais;-5,00;EUR
""",
            "latin-1",
            [119_500, -500],
        ),
        (
            """Booking Date\tAmount\tDebit/Credit\tCurrency
07/02/2026\t195.00\tCR\tUSD
07/13/2026\t5.00\tDR\tUSD
""",
            "utf-8",
            [19_500, -500],
        ),
        (
            """Buchungstag;Betrag;Soll/Haben;Währung
02.07.26;195,00;H;EUR
03.07.26;5,00;S;EUR
""",
            "utf-8",
            [19_500, -500],
        ),
        (
            """date,amount,currency
2 Jul 2026,(5.00),GBP
3 Jul 2026,195.00-,GBP
""",
            "utf-8",
            [-500, -19_500],
        ),
    ],
)
def test_sheets_of_other_countries_are_guessed(text, encoding, minors):
    file = read(text.encode(encoding))
    assert [e.minor for e in file.statements[0].entries] == minors
    assert codes(file)[-1] == "guess_to_confirm" or "account_missing" in codes(file)
    assert all(p.severity.value == "warning" for p in file.problems)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Date,Amount,Currency\n01/02/2026,5.00,USD\n", "ambiguous_date"),
        ("Date,Amount,Currency\n2026-07-01,1.234,EUR\n", "ambiguous_amount"),
        ("Date,Amount\n2026-07-01,1.23\n", "currency_missing"),
        ("Color,Weight\nred,3\n", "not_a_statement"),
    ],
)
def test_what_could_mean_two_things_is_not_guessed(text, code):
    assert refusal(text.encode()).code == code


def test_a_row_missing_from_a_sheet_breaks_its_running_balance():
    rows = "".join(f"2026-07-{d:02},1.00,{d}.00,EUR\n" for d in (1, 2, 4))
    assert "balance" in codes(read(f"Date,Amount,Balance,Currency\n{rows}".encode()))


def test_two_identical_rows_are_two_payments_and_the_same_in_every_export():
    text = "Date,Amount,Currency\n2026-07-01,10.00,EUR\n2026-07-01,10.00,EUR\n"
    one, two = read(text.encode()).statements[0].entries
    assert one.id != two.id
    assert [e.id for e in read(text.encode()).statements[0].entries] == [one.id, two.id]


def test_an_unfinished_row_does_not_count():
    text = "Date,Amount,Currency,Status\n2026-07-01,10.00,EUR,Pending\n2026-07-01,1.00,EUR,Posted\n"
    file = read(text.encode())
    assert file.statements[0].moved == 100
    assert "pending_ignored" in codes(file)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("colour = 'red'", "colour"),
        ("[columns]\nbooked='Date'", "columns"),
        ("[columns]\nwhen='Date'\namount='A'\nbooked='D'", "columns.when"),
        ("not toml", "mapping file"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_name(text, where):
    with pytest.raises(UnreadableStatementError) as refused:
        read_mapping(text.encode())
    assert where in refused.value.problems[0].where


# The command


def run(tmp_path, raw, *words):
    path = tmp_path / "bank.dat"
    path.write_bytes(raw)
    return CliRunner().invoke(app, ["statement", "read", str(path), *words])


def test_the_command_masks_counterparties_unless_asked(tmp_path):
    raw = camt(
        statement(
            entry("1.00", details=f"<NtryDtls>{payment(text='from Erika Muster')}</NtryDtls>"),
            closing="101.00",
        )
    )
    hidden = run(tmp_path, raw, "--json")
    assert hidden.exit_code == 0
    assert "Erika" not in hidden.stdout
    assert "DE02100500000054540402" not in hidden.stdout
    shown = json.loads(run(tmp_path, raw, "--json", "--names").stdout)
    assert shown["statements"][0]["entries"][0]["counterparty"]["name"] == "Erika Muster"
    assert "Erika" not in run(tmp_path, raw).stdout


def test_the_command_says_by_its_exit_code_how_it_went(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = run(tmp_path, camt(statement(closing="1.00")), "--json")
    assert (bad.exit_code, json.loads(bad.stdout)["problems"][0]["code"]) == (1, "balance")
    torn = run(tmp_path, b"<Document>", "--json")
    assert (torn.exit_code, json.loads(torn.stdout)["problems"][0]["code"]) == (2, "truncated")
    absent = CliRunner().invoke(app, ["statement", "read", "nowhere.xml", "--json"])
    assert absent.exit_code == 2
    assert not (tmp_path / "var").exists()


def test_masking_hides_what_the_text_repeats():
    found, _ = single(
        entry("1.00", details=f"<NtryDtls>{payment(text='ERIKA MUSTER pays')}</NtryDtls>")
    )
    assert masked(found.entries[0]).remittance.startswith("E*** M*** pays")


# Banks as they write


@pytest.mark.parametrize(
    ("text", "ident", "entries", "said"),
    [
        pytest.param(
            ":20:DEUTDEFF\n:25:10070000/0123456789\n:28C:00127/001\n:60F:C251230EUR1000,00\n"
            ":61:2512310102C195,00NTRFNONREF//1234567890\n"
            ":86:166?00SEPA-GUTSCHRIFT?109310?20EREF+NOTPROVIDED?21SVWZ+US-0001 Rate Januar?22 2026"
            "?30DEUTDEFFXXX?31DE02100100109307118603?32MUSTERMANN, ERI\n?33KA\n"
            ":61:260102D4,90NMSC//AB\n:86:808?00ENTGELT?20Kontofuehrung\n:62F:C260102EUR1190,10\n-\n",
            "20260102-127.1",
            [("2026-01-02", "2025-12-31", 19_500, "in"), ("2026-01-02", "2026-01-02", -490, "out")],
            {"end_to_end": "", "bank": "1234567890", "remittance": "US-0001 Rate Januar 2026"},
            id="deutsche-turn-of-the-year",
        ),
        pytest.param(
            "{1:F01INGBNL2ABXXX0000000000}\n{2:I940INGBNL2AXXXN}\n{4:\n:20:P140220000000001\n"
            ":25:NL69INGB0123456789EUR\n:28C:00000\n:60F:C140219EUR662,23\n"
            ":61:1402200220C1,56NTRFEREF//00000000001005\n/TRCD/00100/\n"
            ":86:/EREF/EV123//CNTP/NL32INGB0000012345/INGBNL2A/ING BANK NV///REMI/USTD//US-0001/\n"
            ":61:1402200220RC1,56NTRFEREF//00000000001007\n"
            ":86:/RTRN/MS03//EREF/EV123//CNTP/NL32INGB0000012345/INGBNL2A/J.Janssen///REMI/USTD//Fout/\n"
            ":62F:C140220EUR662,23\n:64:C140220EUR662,23\n:86:/SUM/2/2/1,56/1,56/\n-}\n",
            None,
            [("2014-02-20", "2014-02-20", 156, "in"), ("2014-02-20", "2014-02-20", -156, "in_reversed")],
            {"end_to_end": "EV123", "customer": "", "account": "NL32INGB0000012345", "remittance": "US-0001"},
            id="ing",
        ),
        pytest.param(
            ":940:\n:20:940S140102\n:25:NL50RABO0123456789 EUR\n:28C:14001/01\n"
            ":60F:C131231EUR000000000100,00\n:61:140102C000000000050,25N541EREF\nNL08RABO0100000001\n"
            ":86:/EREF/02-01-2014 10:00-001/BENM//NAME/J. Jansen/REMI/US-0001/ISDT/2014-01-02\n"
            ":62F:C140102EUR000000000150,25\n",
            "20140102-14001.1",
            [("2014-01-02", "2014-01-02", 5_025, "in")],
            {"end_to_end": "02-01-2014 10:00-001", "customer": "", "account": "NL08RABO0100000001", "remittance": "US-0001"},
            id="rabobank",
        ),
        pytest.param(
            "ABNANL2A\n940\nABNANL2A\n:20:ABN AMRO BANK NV\n:25:500950253\n:28:13501/1\n"
            ":60F:C120511EUR5138,61\n:61:1205120514C500,01N654NONREF\n"
            ":86:/TRTP/SEPA OVERBOEKING/IBAN/FR001234567890/BIC/GEFRADAM\n"
            "/NAME/QASD JGRED/REMI/US-0001/EREF/NOTPRO\nVIDED\n:62F:C120514EUR5638,62\n-\n",
            "20120514-13501.1",
            [("2012-05-14", "2012-05-12", 50_001, "in")],
            {"end_to_end": "", "account": "FR001234567890", "remittance": "US-0001"},
            id="abn-amro",
        ),
        pytest.param(
            ":20:STARTUMS\r\n:25:30050110/12345678\r\n:28C:00000/001\r\n:60F:C260630EUR0,00\r\n"
            ":61:2607010701CR117,00N060NONREF\r\n"
            ":86:166?00GUTSCHR. UEBERWEISUNG?10931?20EREF+R-77?21KREF+K1?22SVWZ+US-0001?30COBADEFFXXX"
            "?31DE12500105170648489890?32ERIKA MUSTER?34000\r\n:61:2607010701DR17,00N031NONREF\r\n"
            ":86:109?00RUECKLASTSCHRIFT?20SVWZ+RUECKGABE?34914\r\n:62F:C260701EUR100,00\r\n-\r\n",
            None,
            [("2026-07-01", "2026-07-01", 11_700, "in"), ("2026-07-01", "2026-07-01", -1_700, "in_reversed")],
            {"end_to_end": "R-77", "customer": "K1", "remittance": "US-0001"},
            id="sparkasse",
        ),
    ],
)  # fmt: skip
def test_banks_of_germany_and_the_netherlands(text, ident, entries, said):
    file = checked(read_statement(text.encode()))
    (statement,) = file.statements
    assert balanced(statement)
    assert not file.problems
    assert ident in (None, statement.id)
    told = [(str(e.booked_on), str(e.value_on), e.minor, e.meaning) for e in statement.entries]
    assert told == entries
    first = statement.entries[0]
    known = first.references.model_dump() | {
        "remittance": first.remittance, "account": first.counterparty.account,
    }  # fmt: skip
    assert {name: known[name] for name in said} == said


@pytest.mark.parametrize("raw", [b"<a>" + b"x" * 10_100_000 + b"</a>", b"<a>" * 3_000])
def test_a_text_or_a_depth_beyond_all_reason_is_refused_as_that(raw):
    with pytest.raises(UnreadableStatementError) as refused:
        read_statement(raw)
    assert refused.value.problems[0].code == "too_large"


def test_a_chinese_sheet_without_a_currency_is_guessed_to_be_in_yuan():
    text = (
        "交易日期,收入金额,支出金额,账户余额,对方户名,摘要\n"
        '2026-07-01,"1,195.00",,"2,195.00",张三,US-0001\n'
        '2026-07-02,,17.50,"2,177.50",电力,电费\n合计,"1,195.00",17.50,,,\n'
    )
    (statement,) = read_statement(text.encode("gb18030")).statements
    assert (statement.currency, [e.minor for e in statement.entries]) == ("CNY", [119_500, -1_750])
