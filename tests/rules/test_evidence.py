"""A bundle of evidence tells whether it is whole, and by name what is not."""

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evidence import Manifest
from rules.evidence import BundleError, chained, checked, listed, sealed, sha256, written

PDF = b"%PDF-1.7 evidence"
PAGE = b"%PDF-1.7 letter"
WORDS = {"subject": "Your account", "body": "Dear Ms. Example,\n王伟 \u2028 \U0001f600"}
TOLD = [
    ("party", "party: debtor D1", {"person": {"full_name": "Alex Example"}, "role": "debtor"}),
    ("title", "title: owner 0, from the start", {"owner": "Example Bank", "n": 0}),
    ("decision", "decision: letter notice, allow", {"kind": "allow", "failures": [], "n": 1.5}),
    (
        "message",
        "message: letter out, sent",
        {
            "channel": "letter",
            "sha256": sha256(f"letter\n{WORDS['subject']}\n{WORDS['body']}"),
            "words": WORDS,
            "pdf": {"sha256": sha256(PAGE), "base64": b64encode(PAGE).decode()},
        },
    ),
    ("money", "money: entry 1, charge", {"minor": 117000, "currency": "USD", "of": None}),
]


def made(told=TOLD):
    chain = chained(told)
    manifest = sealed(
        Manifest(
            case="case-x", account="A-1", made_at="2026-06-15T14:00:00+00:00", made_by="anna",
            head=chain[-1].hash, records=listed(chain), pdf="evidence.pdf",
            pdf_sha256=sha256(PDF), pdf_bytes=len(PDF), layout="evidence-1",
        )
    )  # fmt: skip
    return written(chain, manifest), manifest.seal


BUNDLE, SEAL = made()
LINES = BUNDLE.split(b"\n")


def changes(bundle, pdf=PDF, seal=""):
    return checked(bundle, pdf, seal).changes


def rebuilt(*lines):
    return b"\n".join([LINES[0], *lines, *LINES[-2:]])


def test_a_bundle_as_it_was_made_is_whole():
    answer = checked(BUNDLE, PDF, SEAL)
    assert answer.whole
    assert (answer.records, answer.seal, answer.case) == (5, SEAL, "case-x")
    assert json.loads(BUNDLE)["records"][3]["content"]["words"] == WORDS
    assert "personal data" in json.loads(BUNDLE)["notice"]


def test_the_same_case_makes_the_same_bytes():
    assert made() == (BUNDLE, SEAL)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(BUNDLE) - 1), st.integers(0, 255))
def test_any_changed_byte_is_found_and_its_record_named(at, byte):
    if BUNDLE[at] == byte:
        return
    found = changes(BUNDLE[:at] + bytes([byte]) + BUNDLE[at + 1 :])
    assert found
    line = BUNDLE[:at].count(b"\n")
    in_record = 1 <= line <= len(TOLD) and BUNDLE[at : at + 1] != b"\n" and byte != 0x0A
    if in_record:
        assert {change.what for change in found} == {f"record {line} ({TOLD[line - 1][1]})"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 40))
def test_whatever_is_cut_out_is_found(at, length):
    assert changes(BUNDLE[:at] + BUNDLE[at + length :])


@pytest.mark.parametrize("n", range(1, 6))
def test_a_record_that_was_taken_out_is_named(n):
    kept = [line for at, line in enumerate(LINES[1:-2], start=1) if at != n]
    kept[-1] = kept[-1].removesuffix(b",")
    named = {change.what: change.why for change in changes(rebuilt(*kept))}
    assert named[f"record {n} ({TOLD[n - 1][1]})"] == "it is missing"


def test_records_in_another_order_twice_or_added_are_named():
    one, two, three, four, five = LINES[1:-2]
    swapped = changes(rebuilt(two, one, three, four, five))
    assert {change.what for change in swapped} >= {
        "record 1 (party: debtor D1)", "record 2 (title: owner 0, from the start)",
    }  # fmt: skip
    doubled = changes(rebuilt(one, two, two, three, four, five))
    assert "record 2 (title: owner 0, from the start)" in {change.what for change in doubled}
    longer = chained([*TOLD, ("act", "act: invented", {})])[-1]
    extra = json.dumps(
        longer.model_dump(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    added = changes(rebuilt(one, two, three, four, five + b",", extra))
    assert [change.what for change in added if "6" in change.what] == ["record 6 (act: invented)"]
    assert "it was added" in added[0].why


def test_a_record_with_a_new_hash_of_its_own_is_still_named():
    forged = [*TOLD]
    forged[4] = ("money", "money: entry 1, charge", {"minor": 1, "currency": "USD", "of": None})
    line = made(forged)[0].split(b"\n")[5]
    (change,) = changes(rebuilt(*LINES[1:5], line))
    assert change.what == "record 5 (money: entry 1, charge)"
    assert "content and hash were changed" in change.why


def test_a_bundle_made_anew_as_a_whole_is_found_by_its_seal():
    forged, seal = made([*TOLD[:4], ("money", "money: entry 1, charge", {"minor": 1})])
    assert not changes(forged)
    assert seal != SEAL
    assert [change.what for change in changes(forged, seal=SEAL)] == ["seal"]


def test_the_pdf_is_checked_by_name():
    assert [change.what for change in changes(BUNDLE, PDF + b" ")] == ["evidence.pdf"]
    assert [change.why for change in changes(BUNDLE, None)] == ["the file is missing"]


def test_words_and_pages_that_do_not_give_their_hash_are_named():
    words = {**TOLD[3][2], "words": {**WORDS, "body": "other"}}
    page = {**TOLD[3][2], "pdf": {"sha256": sha256(PAGE), "base64": b64encode(b"x").decode()}}
    for content, said in ((words, "words"), (page, "page")):
        bundle, _ = made([*TOLD[:3], (*TOLD[3][:2], content)])
        (change,) = changes(bundle)
        assert change.what == "record 4 (message: letter out, sent)"
        assert said in change.why


@pytest.mark.parametrize("content", [b"", b"{}", b'{"a":1}\n', b"\x00\xff" * 40, PDF])
def test_what_never_was_a_bundle_is_refused(content):
    with pytest.raises(BundleError, match="no bundle of evidence"):
        checked(content, None)
