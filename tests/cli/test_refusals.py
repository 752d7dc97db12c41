"""Every command with input that it must refuse: what it says, how it ends, and that nothing changed."""

from __future__ import annotations

import inspect
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_type_hints

import pytest
from typer.core import TyperArgument, TyperGroup
from typer.testing import Result

from cli.main import COMMANDS, load
from tests.cli.conftest import SAMPLES, Installation

UNKNOWN = "no debt is known as 'XX-9'"
REFUSED_INPUT = 2
ZERO = "00000000-0000-0000-0000-000000000000"

REFUSED: tuple[tuple[str, int, str], ...] = (
    # What is typed, the exit code, and words of the answer
    ("nonsense", 2, "No such command"),
    ("portfolio check nowhere.csv", 2, "nowhere.csv: No such file"),
    ("portfolio check folder", 2, "folder: Is a directory"),
    ("portfolio check binary.csv", 2, "not_text"),
    ("portfolio check empty.csv", 2, "stop"),
    ("portfolio check cut.xlsx", 2, "broken or locked"),
    ("portfolio import nowhere.csv", 2, "nowhere.csv: No such file"),
    ("portfolio import folder", 2, "folder: Is a directory"),
    ("portfolio import binary.csv", 2, "Nothing was written"),
    ("portfolio import empty.csv", 2, "Nothing was written"),
    ("portfolio import cut.xlsx", 2, "Nothing was written"),
    ("portfolio map nowhere.csv", 2, "nowhere.csv: No such file"),
    ("portfolio map folder", 2, "folder: Is a directory"),
    ("portfolio map binary.csv", 2, "not a text file"),
    ("portfolio map cut.xlsx", 2, "broken or locked"),
    ("portfolio map empty.csv", 2, "it has no row of headings"),
    ("portfolio map list.json", 2, "is like a heading of a portfolio"),
    ("portfolio generate --out x.csv --form xlsx", 2, "does not go with the name x.csv"),
    ("portfolio generate --out x.xlsx --form bom", 2, "does not go with the name x.xlsx"),
    ("portfolio generate --out x.xlsx --rows 2000000", 2, "at most 1048575 debts"),
    ("portfolio generate --out folder/none/x.csv --rows -5", 2, "--rows"),
    ("portfolio generate --out x.csv --jurisdiction mars", 2, "mars"),
    ("db restore nowhere.gz", 2, "nowhere.gz"),
    ("db restore folder", 2, "folder"),
    ("db backup folder", 2, "folder"),
    ("reconcile --since someday", 2, "'someday'"),
    ("portfolio start XX-9", 2, "no portfolio XX-9; see `cession portfolio list`"),
    ("case show XX-9", 2, UNKNOWN),
    ("case show ''", 2, "no debt is known as ''"),
    ("case show ../../etc", 2, "no debt is known as '../../etc'"),
    ("case list --stage nowhere", 2, "'nowhere' is not one of"),
    ("case explain XX-9 --since 7d", 2, UNKNOWN),
    ("case explain US-0001 --since yesterday", 2, "write a day as 2026-03-10"),
    ("case explain US-0001 --since 2027-01-01", 2, "is still to come"),
    ("case timeline XX-9", 2, UNKNOWN),
    ("case hold XX-9 --until 7d --reason call", 2, UNKNOWN),
    ("case hold US-0001 --reason call", 2, "--until"),
    (
        "case hold US-0001 --until 2026-01-01 --reason call",
        2,
        "--until 2026-01-01 has passed; it is Wed 2026-03-18 12:00 America/New_York there now",
    ),
    ("case hold US-0001 --until 999w --reason call", 2, "within ten years"),
    ("case hold US-0001 --until 2026-04-01T10:00 --reason call", 2, "has no offset"),
    ("case hold US-0001 --until 7d --reason 'Mrs Example called'", 1, "must be a code"),
    ("case release XX-9 --reason done", 2, UNKNOWN),
    ("case release US-0001 --reason 'a b'", 1, "must be a code"),
    ("case recall XX-9 --reason sold", 2, UNKNOWN),
    ("case recall US-0001 --reason 'sold!'", 1, "must be a code"),
    ("case close XX-9 --reason goodwill", 2, UNKNOWN),
    ("case close US-0001 --reason ''", 1, "must be a code"),
    ("case restart XX-9 --reason lost_run", 2, UNKNOWN),
    ("case restart US-0001 --reason lost_run", 1, "it is not an open case"),
    ("case statement XX-9", 2, UNKNOWN),
    ("case documents XX-9", 2, UNKNOWN),
    ("case render XX-9 notice", 2, UNKNOWN),
    ("case render US-0001 nothing", 1, "US-0001 is not prepared yet"),
    ("case evidence XX-9", 2, UNKNOWN),
    ("desk take 42", 1, "no open item '42'; cession desk queue shows them"),
    (f"desk take {ZERO}", 1, "no open item"),
    ("desk identified 42", 1, "no open item '42'"),
    ("desk done 42", 1, "no open item '42'"),
    ("desk done 42 --result nothing", 2, "'nothing' is not one of"),
    ("desk note 42 hello", 1, "no open item '42'"),
    ("pay XX-9 5 --reference R-1", 2, UNKNOWN),
    ("pay US-0001 -5 --reference R-1", 2, "an amount must be more than nothing"),
    ("pay US-0001 -120.00 --reference R-1", 2, "an amount must be more than nothing"),
    ("pay US-0001 0 --reference R-1", 2, "must be more than nothing"),
    ("pay US-0001 0.00 --reference R-1", 2, "must be more than nothing"),
    ("pay US-0001 12.345 --reference R-1", 2, "USD has 2 decimals"),
    ("pay US-0001 NaN --reference R-1", 2, "digits with at most one decimal point"),
    ("pay US-0001 1,200.00 --reference R-1", 2, "digits with at most one decimal point"),
    ("pay US-0001 2340.01 --reference R-1", 1, "more than twice what was ever charged"),
    ("pay US-0001 99999999999 --reference R-1 --undirected", 1, "say --unusual"),
    ("pay US-0001 99999999999999999999 --reference R-1", 2, "too large"),
    ("pay US-0001 99999999999999999999 --reference R-1 --unusual", 2, "too large"),
    ("pay US-0001 5", 2, "--reference"),
    ("pay US-0001 5 --reference 'a b'", 2, "without spaces"),
    ("pay US-0001 5 --reference R-1 --date tomorrow", 2, "write it as 2026-03-10"),
    ("pay US-0001 5 --reference R-1 --date 2027-01-01", 2, "is still to come"),
    ("pay US-0001 5 --reference R-1 --currency EUR", 1, "US-0001 is owed in USD"),
    ("pay US-0001 5 --reference R-1 --method gold", 2, "'gold' is not one of"),
    ("wording check", 2, "--locale is missing"),
    ("wording check --locale xx-XX", 2, "the guard has no list for it"),
    ("wording check nowhere.txt --locale en-US", 2, "nowhere.txt: cannot be read"),
    ("wording check binary.csv --locale en-US", 2, "is not UTF-8; save it as UTF-8"),
    ("wording lint nowhere", 2, "no wording packs in nowhere"),
    ("evidence verify nowhere.json", 2, "no such file; give the JSON of a bundle"),
    ("evidence verify binary.csv", 2, "no bundle of evidence"),
    ("evidence verify folder", 2, "no bundle here; cession case evidence makes one"),
    ("law decide nowhere.json", 2, "nowhere.json: No such file"),
    ("law decide folder", 2, "folder: Is a directory"),
    ("law decide binary.csv", 2, "is not UTF-8 text"),
    ("law decide list.json", 2, "is not an object with the facts of a case"),
    ("law explain NO-RULE", 2, "no pack has a rule 'NO-RULE'; cession law packs"),
    ("law pages XX-9", 2, "XX-9: no such directory; make it first"),
    ("law pages binary.csv", 2, "binary.csv: no such directory"),
    ("law diff nowhere elsewhere", 2, "neither a file, nor a directory of packs"),
    ("law approve XX --note x", 2, "there is no law of 'XX' here"),
    ("law revoke XX --note x", 2, "there is no law of 'XX' here"),
    ("strategy show standard-9", 2, "there is no such version; there are: gentle-1"),
    ("strategy show gentle-2 --place mars", 2, "'mars' is no place; write a country as US"),
    ("strategy show ../secret", 2, "there is no such version"),
    ("strategy move --from standard-1 --to standard-9 --reason x", 2, "--to standard-9"),
    ("strategy move --from gentle-2 --to gentle-v2 --reason x", 2, "are both gentle-2"),
    ("strategy move --from gentle-2 --to standard-1 --reason x", 2, "no version of gentle"),
    ("strategy move --from gentle-1 --to gentle-2 --reason 'a b'", 2, "must be a code"),
    (
        "strategy move --from gentle-1 --to gentle-2 --reason x --portfolio XX-9",
        2,
        "no portfolio XX-9",
    ),
    ("strategy move --from gentle-1 --to gentle-2 --reason x --account XX-9", 2, UNKNOWN),
    (
        "strategy move --from gentle-1 --to gentle-2 --reason x --account US-0001",
        1,
        "US-0001 does not follow gentle-1: it is not prepared",
    ),
    ("strategy keep standard-9 --reason x", 2, "there is no such version"),
    ("plan propose XX-9 --instalments 6 --first 2026-03-31", 2, UNKNOWN),
    ("plan propose US-0001 --instalments 0 --first 2026-03-31", 2, "1 to 600 instalments"),
    ("plan propose US-0001 --instalments -3 --first 2026-03-31", 2, "1 to 600 instalments"),
    ("plan propose US-0001 --instalments 6 --first 2020-01-01", 2, "has passed where"),
    ("plan offer nothing", 1, "no arrangement begins with 'nothing'"),
    ("plan accept nothing", 1, "no arrangement begins with 'nothing'"),
    ("plan cancel nothing --reason x", 1, "no arrangement begins with 'nothing'"),
    ("plan show XX-9", 2, UNKNOWN),
    ("settle propose XX-9 --amount 5", 2, UNKNOWN),
    ("settle propose US-0001 --amount -5 --until 2026-04-10T23:59:59", 2, "not below zero"),
    (
        "settle propose US-0001 --amount 5 --until 2020-04-10",
        1,
        "would have ended already; it is Wed 2026-03-18 12:00 America/New_York there now",
    ),
    ("settle propose US-0001 --amount 5 --until 9999-12-31T23:59:59", 2, "within ten years"),
    ("refund propose XX-9", 2, UNKNOWN),
    ("refund propose US-0001", 1, "the credit of US-0001 is 0.00 USD"),
    ("refund paid nothing --reference R-1", 1, "no arrangement begins with 'nothing'"),
    ("ledger fold nowhere.json", 2, "nowhere.json cannot be read"),
    ("ledger fold binary.csv", 2, "this is not JSON"),
    ("ledger fold list.json", 2, "one JSON object with currency and entries"),
    ("ledger show XX-9", 2, UNKNOWN),
    ("ledger as-of XX-9 2026-03-01", 2, UNKNOWN),
    ("ledger as-of US-0001 someday", 2, "write it as 2026-06-30"),
    ("ledger export XX-9", 2, UNKNOWN),
    ("ledger verify XX-9", 2, UNKNOWN),
    ("ledger seller-paid XX-9 5 --date 2026-03-01 --reference R-1", 2, UNKNOWN),
    ("ledger seller-paid US-0001 -5 --date 2026-03-01 --reference R-1", 2, "more than nothing"),
    ("ledger accrue XX-9 --to 2026-03-10", 2, UNKNOWN),
    ("ledger accrue US-0001 --to someday", 2, "write it as 2026-06-30"),
    ("statement read nowhere.sta", 2, "nowhere.sta: No such file"),
    ("statement read folder", 2, "folder: Is a directory"),
    ("statement read empty.csv", 2, "1 problem "),
    ("statement read binary.csv", 2, "not_a_statement"),
    ("statement read cut.xlsx", 2, "unpack it first"),
    ("statement read binary.csv --write-mapping m.toml", 2, "nothing was guessed"),
    ("statement import nowhere.sta", 2, "nowhere.sta: No such file"),
    ("statement import binary.csv", 2, "not_a_statement"),
    ("suspense show nothing", 2, "is no id of an item"),
    (f"suspense show {ZERO}", 2, "is no item here; cession suspense list"),
    (f"suspense match {ZERO} US-0001", 2, "is no item here"),
    ("suspense release nothing --reason 'a b'", 2, "must be a code"),
    (f"suspense release {ZERO} --reason sent_back", 2, "is no item here"),
    ("inbox list --status nothing", 2, "'nothing' is not one of 'new', 'delivered', 'booked'"),
    ("inbox retry nothing", 2, "is no id of an item"),
    ("secret rotate payments nobody", 1, "no secret of 'nobody' is known"),
    ("secret retire nothing nobody", 2, "'nothing' is not one of 'payments', 'receipts'"),
    ("stop all", 2, "--reason"),
    ("stop portfolio XX --reason x", 2, "no portfolio XX; see `cession portfolio list`"),
    ("stop seller XX --reason x", 2, "no seller XX"),
    ("stop channel pigeon --reason x", 2, "'pigeon' is not one of"),
    ("stop jurisdiction nowhere --reason x", 2, "is no place; write a country as US"),
    ("stop jurisdiction XX --reason x", 2, "so nothing was stopped"),
    ("stop all --until 2020-01-01 --reason x", 2, "has passed"),
    ("stop lift 42 --reason x", 2, "names no kill switch"),
    ("person export XX-9 --to out", 2, UNKNOWN),
    ("person hold XX-9 --reason x", 2, UNKNOWN),
    ("person release XX-9 --reason x", 2, UNKNOWN),
    ("person erase XX-9 --reason x", 2, UNKNOWN),
    ("person erase US-0001 --reason x", 1, "a debt of this person is open"),
    ("retention plan --by someday", 2, "is no instant"),
    ("keys backup folder", 2, "is there already; give a new name"),
    ("keys restore nowhere", 2, "nowhere: No such file"),
    ("keys restore binary.csv", 2, "is no copy made by `cession keys backup`"),
    ("audit export folder", 2, "is there already; give a new name"),
    ("operator add anna --role agent", 1, "anna is taken"),
    ("operator add 'a b' --role agent", 2, "must be a code"),
    ("operator add zoe --role king", 2, "'king' is not one of"),
    ("operator role nobody --role agent", 1, "nobody is known as 'nobody'"),
    ("operator disable nobody", 1, "nobody is known as 'nobody'"),
    ("operator enable nobody", 1, "nobody is known as 'nobody'"),
    ("operator token nobody", 1, "nobody is known as 'nobody'"),
    # Every option that takes a text
    ("audit export out.txt --ref XX-9", 2, UNKNOWN),
    ("audit show --ref XX-9", 2, UNKNOWN),
    ("audit verify --ref XX-9", 2, UNKNOWN),
    ("audit show --since someday", 2, "is no instant"),
    ("case statement US-0001 --on someday", 2, "write a day as 2026-06-30"),
    ("case documents US-0001 --out binary.csv", 2, "binary.csv"),
    ("case evidence US-0001 --out binary.csv", 2, "binary.csv"),
    ("case render US-0001 notice --out binary.csv", 2, "binary.csv"),
    ("case statement US-0001 --out binary.csv", 2, "binary.csv"),
    ("case history US-0001 --out binary.csv", 1, "has no history yet"),
    ("case list --hold nothing", 2, "no such stop"),
    ("case fact US-0001 last_payment_date 2025-01-01 --evidence 'a b'", 2, "--evidence"),
    ("case close US-0001 --reason sold --as bo", 2, "nobody acts in another's name"),
    ("case hold US-0001 --until 7d --reason sold --as bo", 2, "nobody acts in another's name"),
    ("case recall US-0001 --reason sold --as bo", 2, "nobody acts in another's name"),
    ("case release US-0001 --reason sold --as bo", 2, "nobody acts in another's name"),
    ("case restart US-0001 --reason sold --as bo", 2, "nobody acts in another's name"),
    ("case show US-0001 --as bo", 2, "nobody acts in another's name"),
    ("desk arrive --as bo", 2, "nobody acts in another's name"),
    ("desk done 42 --as bo", 2, "nobody acts in another's name"),
    ("desk identified --as bo", 2, "nobody acts in another's name"),
    ("desk next --as bo", 2, "nobody acts in another's name"),
    ("desk note 42 1 --as bo", 2, "nobody acts in another's name"),
    ("desk queue --as bo", 2, "nobody acts in another's name"),
    ("desk release --as bo", 2, "nobody acts in another's name"),
    ("desk renew --as bo", 2, "nobody acts in another's name"),
    ("desk take 42 --as bo", 2, "nobody acts in another's name"),
    ("pay US-0001 5 --reference R-1 --as bo", 2, "nobody acts in another's name"),
    ("suspense match 42 US-0001 --as bo", 2, "nobody acts in another's name"),
    ("suspense release 42 --reason sold --as bo", 2, "nobody acts in another's name"),
    ("desk away --until someday", 2, "--until: 'someday' is no instant"),
    ("desk away --until 7d --from someday", 2, "--from: 'someday' is no instant"),
    ("desk away --until 7d --operator nobody", 1, "nobody does not work at the desk"),
    ("desk back --operator nobody", 1, "nobody is not away"),
    ("desk complaint US-0001 --text ''", 2, "say what they complain of"),
    ("desk complaint US-0001 --about 'a b'", 2, "give one of conduct, amount"),
    ("desk complaint US-0001 --text rude --about conduct --received someday", 2, "someday"),
    ("desk complaint US-0001 --text rude --of nobody", 1, "nobody never worked here"),
    ("desk queue --team nowhere", 1, "no seller and no portfolio is called that; there are"),
    ("desk staff admin --team nowhere", 1, "no seller and no portfolio is called that; there are"),
    ("desk staff anna --language 'Klingon!'", 2, "Klingon!"),
    ("desk vulnerable --kind nonsense", 2, "give one of reported, health"),
    ("keys backup out.key --passphrase-file nowhere.txt", 2, "nowhere.txt: No such file"),
    ("law diff packs packs --cases nowhere.json", 2, "neither a file, nor a directory of packs"),
    ("ledger as-of US-0001 2026-03-01 --known someday", 2, "is no instant with offset"),
    ("ledger quote US-0001 5 USD --source ecb --rate -1", 2, "must be more than nothing"),
    ("ledger quote US-0001 5 USD --rate 1 --source ''", 2, "a short code of letters"),
    ("media cancel nothing --reason 'a b'", 2, "must be a code of lower-case letters"),
    ("media refused nothing --reason 'a b'", 2, "must be a code of lower-case letters"),
    ("media list --portfolio XX-9", 2, "no portfolio XX-9"),
    ("media list --csv binary.csv", 2, "binary.csv exists; it was left as it is"),
    ("media received nothing --doc-ref 'a b'", 2, "--doc-ref must be a code"),
    ("media received nothing --doc-ref D-1 --file nowhere.pdf", 2, "nowhere.pdf: No such file"),
    ("media received nothing --doc-ref D-1 --sha256 zz", 2, "64 small hexadecimal digits"),
    ("media request --kind contract --portfolio XX-9", 2, "no portfolio XX-9"),
    ("media request US-0001 --kind contract --due someday", 2, "someday"),
    ("media request US-0001 --kind contract --reason 'a b'", 2, "must be a code"),
    (
        "media request --kind contract --portfolio HL-2026-02 --seller XX",
        2,
        "no portfolio HL-2026-02",
    ),
    (
        "plan propose US-0001 --first 2026-03-31 --amount 1,2,3",
        2,
        "digits with at most one decimal point",
    ),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --also XX-9", 2, UNKNOWN),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --income 1,2,3", 2, "--income"),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --outgoings 1,2,3", 2, "--outgoings"),
    (
        "plan propose US-0001 --instalments 6 --first 2026-03-31 --income 9 --outgoings 5 --other-plans 1,2,3",
        2,
        "--other-plans",
    ),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --until someday", 2, "someday"),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --zone Asia/Tokyo", 2, "no --until"),
    ("settle propose US-0001 --waive-interest 1 --zone Asia/Tokyo", 2, "no --until"),
    (
        "plan propose US-0001 --instalments 6 --first 2026-03-31 --until 2026-04-10T10:00 --zone Mars/Base",
        2,
        "with --zone as America/New_York",
    ),
    ("plan propose US-0001 --instalments 6 --first 2026-03-31 --reward 1,2,3", 2, "--reward"),
    ("portfolio check binary.csv --mapping nowhere.toml", 2, "there is no such mapping file"),
    ("portfolio check binary.csv --report binary.csv", 2, "it is left as it is, name another file"),
    ("portfolio import binary.csv --mapping nowhere.toml", 2, "there is no such mapping file"),
    (
        "portfolio import binary.csv --report binary.csv",
        2,
        "it is left as it is, name another file",
    ),
    ("portfolio generate --out x.csv --defects 200%", 2, "write a share of the rows, as 2%"),
    ("portfolio generate --out x.csv --defect nonsense", 2, "choose among reference_empty"),
    ("portfolio own-as-of someday", 2, "someday"),
    ("portfolio own-as-of 2026-03-01 --portfolio XX-9", 2, "no portfolio XX-9"),
    ("portfolio own-as-of 2026-03-01 --account XX-9", 2, UNKNOWN),
    ("portfolio own-as-of 2026-03-01 --out binary.csv", 2, "binary.csv exists"),
    ("portfolio own-as-of 2026-03-01 --seller XX", 2, "says whose --portfolio is meant"),
    ("portfolio pause HL-2026-02 --reason 'a b'", 2, "must be a code of lower-case letters"),
    ("portfolio recall HL-2026-02 --reason 'a b'", 2, "must be a code of lower-case letters"),
    ("portfolio resume HL-2026-02 --reason 'a b'", 2, "must be a code of lower-case letters"),
    ("portfolio pause HL-2026-02 --reason sold --until someday", 2, "is no instant"),
    (
        "portfolio recall HL-2026-02 --reason sold --on someday",
        2,
        "is no day; write it as 2026-03-10",
    ),
    ("portfolio pause HL-2026-02 --reason sold --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio recall HL-2026-02 --reason sold --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio resume HL-2026-02 --reason sold --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio putback HL-2026-02 --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio start HL-2026-02 --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio status HL-2026-02 --seller XX", 2, "no portfolio HL-2026-02"),
    ("portfolio putback HL-2026-02 --account XX-9", 1, "XX-9 is not on the list of HL-2026-02"),
    ("refund propose US-0001 --amount 1,2,3", 2, "digits with at most one decimal point"),
    ("settle propose US-0001 --until 2026-04-10T23:59:59 --percent 101", 2, "--percent"),
    ("settle propose US-0001 --until 2026-04-10T23:59:59 --amount 500 --also XX-9", 2, UNKNOWN),
    (
        "settle propose US-0001 --until 2026-04-10T23:59:59 --amount 500 --zone Mars/Base",
        2,
        "with --zone as America/New_York",
    ),
    (
        "settle propose US-0001 --until 2026-04-10T23:59:59 --amount 500 --instalments 3 --first someday",
        2,
        "someday",
    ),
    ("settle propose US-0001 --waive-interest 1,2,3", 2, "--waive-interest"),
    ("statement read empty.csv --mapping nowhere.toml", 2, "nowhere.toml: No such file"),
    ("statement import empty.csv --mapping nowhere.toml", 2, "nowhere.toml: No such file"),
    ("stop channel sms --reason sold --until someday", 2, "is no instant"),
    ("stop jurisdiction US --reason sold --until someday", 2, "is no instant"),
    ("stop portfolio HL-2026-02 --reason sold --until someday", 2, "is no instant"),
    ("stop portfolio HL-2026-02 --reason sold --seller XX", 2, "no portfolio HL-2026-02"),
    ("stop seller harbour-lantern --reason sold --until someday", 2, "is no instant"),
    ("wording approve en-US --note ''", 2, "--note is empty"),
    ("wording revoke en-US --note ''", 2, "--note is empty"),
)


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command below one, as it is typed, and what it takes."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from leaves(below, f"{path} {name}")
    else:
        yield path, command


EVERY = dict(sorted(leaf for name in COMMANDS for leaf in leaves(load(name), name)))


def state(here: Installation) -> tuple[tuple[str, ...], list[str]]:
    """All rows of the store, and the names of all files beside it."""
    with sqlite3.connect(here.var / "cession.db") as store:
        rows = tuple(store.iterdump())
    beside = [str(path) for path in here.var.parent.rglob("*") if "cession.db-" not in path.name]
    return rows, sorted(beside)


def faults(typed: str, done: Result, code: int, words: str) -> Iterator[str]:
    """What a refusal should not be like."""
    said = " ".join((done.stdout + done.stderr).replace("│", " ").split())
    if done.exit_code != code:
        yield f"{typed}: ended with {done.exit_code}, not {code}: {said[:200]}"
    if " ".join(words.split()) not in said:
        yield f"{typed}: does not say {words!r}: {said[:300]}"
    for trace in ("Traceback", "fault of the program", "site-packages"):
        if trace in said:
            yield f"{typed}: shows our insides: {said[:200]}"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        yield f"{typed}: {done.exception!r}"


@pytest.fixture
def files(tmp_path):
    """What lies about and is none of what it is taken for."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "cut.xlsx").write_bytes(b"PK\x03\x04" + bytes(50))
    (tmp_path / "list.json").write_text("[1, 2]", "utf-8")
    for name in ("empty", "binary", "cut"):
        shutil.copy(SAMPLES / "portfolio.manifest.json", tmp_path / f"{name}.manifest.json")


@pytest.mark.parametrize("part", range(4))
def test_refused_input_is_answered_in_words_and_changes_nothing(here, files, part):
    before = state(here)
    found = [
        fault
        for typed, code, words in REFUSED[part::4]
        for fault in faults(typed, here(*shlex.split(typed)), code, words)
    ]
    assert found == []
    assert state(here) == before


def test_every_command_names_an_option_that_it_does_not_know(here):
    before = state(here)
    found = [
        fault
        for path in EVERY
        for fault in faults(path, here(*path.split(), "--nonsense"), 2, "No such option")
    ]
    assert found == []
    assert state(here) == before


def test_a_command_that_has_no_line_in_the_table_refuses_what_nobody_knows(here):
    before, found = state(here), []
    for path, command in EVERY.items():
        wanted = [each for each in command.params if isinstance(each, TyperArgument)]
        known = any(f"{typed} ".startswith(f"{path} ") for typed, _, _ in REFUSED)
        if known or not any(each.required for each in wanted):
            continue
        done = here(*path.split(), *("XX-9" for each in wanted if each.required))
        found += faults(path, done, done.exit_code or REFUSED_INPUT, "")
    assert found == []
    assert state(here) == before


ANY_TEXT = frozenset({
    # Filters, which find nothing then, and what a person says freely
    "audit show --actor", "audit show --what", "case list --portfolio",
    "desk queue --language", "media list --seller", "portfolio generate --portfolio",
    "ledger export --output", "evidence verify --seal",
})  # fmt: skip

IN_HAND = frozenset({
    "case fact --party", "desk done --amount", "desk done --on", "desk done --at", "desk done --zone",
    "desk done --country", "desk done --note", "desk handover --to", "desk release --at",
    "desk wish --hours", "desk wish --not", "desk wish --on", "desk wish --language",
    "keys restore --passphrase-file", "law diff --portfolio", "plan accept --at", "settle accept --at",
    "settle cancel --reason", "refund cancel --reason",
})  # fmt: skip
"""What needs an item in hand, an arrangement or a copy before it can be wrong: other tests try it."""


def typed_as_text(command: Any) -> Iterator[tuple[str, bool]]:
    """Each option that takes a value, and whether any text can be typed there."""
    hints = get_type_hints(inspect.unwrap(command.callback))
    for option in command.params:
        if isinstance(option, TyperArgument) or option.name not in hints:
            continue
        kinds = [each for each in flat(hints[option.name]) if each not in (type(None), bool)]
        if kinds:
            yield option.opts[0], not any(issubclass(each, (Enum, int, float)) for each in kinds)


def flat(hint: Any) -> Iterator[type]:
    if within := get_args(hint):
        yield from (kind for each in within for kind in flat(each))
    elif isinstance(hint, type):
        yield hint


def test_every_option_that_takes_a_text_has_a_line_in_the_table():
    apart = ANY_TEXT | IN_HAND
    missing = []
    for path, command in EVERY.items():
        lines = [
            shlex.split(typed) for typed, _, _ in REFUSED if f"{typed} ".startswith(f"{path} ")
        ]
        tried = {word for line in lines for word in line}
        for option, free in typed_as_text(command):
            if free and option not in tried and f"{path} {option}" not in apart:
                missing.append(f"{path} {option}")
    assert missing == []


def test_an_option_that_takes_one_of_some_words_or_a_number_names_what_it_takes(here):
    before = state(here)
    found = [
        fault
        for path, command in EVERY.items()
        for option, free in typed_as_text(command)
        if not free
        for fault in faults(
            f"{path} {option}",
            here(*path.split(), option, "nonsense"),
            REFUSED_INPUT,
            f"Invalid value for '{option}",
        )
    ]
    assert found == []
    assert state(here) == before


SETTINGS = (
    ("CESSION_NONSENSE", "1", "CESSION_NONSENSE"),
    ("CESSION_SMTP_PORT", "many", "CESSION_SMTP_PORT"),
    ("CESSION_SIMULATION", "perhaps", "CESSION_SIMULATION"),
    ("CESSION_VAR", "binary.csv", "binary.csv"),
    ("CESSION_VAR", "/proc/nowhere", "/proc/nowhere"),
    ("CESSION_DATABASE_URL", "nonsense", "CESSION_DATABASE_URL"),
    ("CESSION_DATABASE_URL", "sqlite:///binary.csv", "binary.csv"),
    ("CESSION_DATABASE_URL", "sqlite:///folder", "folder"),
    (
        "CESSION_DATABASE_URL",
        "postgresql+psycopg://cession:hush@127.0.0.1:1/cession",
        "127.0.0.1:1",
    ),
)
"""A setting, a value that does not work, and words of the answer."""


def test_a_setting_that_does_not_work_is_named_and_no_secret_of_it(here, files, monkeypatch):
    before, found, said = state(here), [], ""
    for name, value, words in SETTINGS:
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            done = here("case", "list")
        found += faults(f"{name}={value}", done, 2, words)
        said += done.stdout + done.stderr
    assert found == []
    assert "hush" not in said
    assert state(here) == before


def test_a_token_that_is_none_is_refused_and_the_attempt_is_all_that_is_on_record(here):
    (before, files), done = state(here), here("login")
    assert list(faults("login", done, 2, "this token is not valid here")) == []
    after, beside = state(here)
    fresh = {row.split('"')[1] for row in set(after) - set(before)}
    assert (fresh, beside) == ({"act", "chain_link"}, files)


def test_without_temporal_what_needs_it_says_where_it_was_sought(here):
    done = here("portfolio", "start", "HL-2026-02")
    assert list(faults("portfolio start", done, 2, "no Temporal server answers at 127.0.0.1")) == []


def test_a_payment_that_is_unusual_is_taken_once_somebody_says_so(here):
    assert here("pay", "US-0001", "9000.00", "--reference", "R-1", "--unusual").exit_code == 0
