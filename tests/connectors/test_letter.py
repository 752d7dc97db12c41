import asyncio
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from connectors.letter import LetterNotSetError, PrintFolder, typeset
from models.contact import Channel, Mode
from models.letter import Heading, Paragraph, Row
from models.message import Accepted, Gone, NotFound, Refused, Withdrawn
from models.wording import MessageFacts
from rules.message import compose, load_wording

ROOT = Path(__file__).parents[2]
LIBRARY = load_wording(ROOT / "packs" / "wording")
TRUE = tomllib.loads((ROOT / "tests/data/messages.toml").read_text(encoding="utf-8"))


def letter(place, template):
    words = LIBRARY.pack(TRUE[place]["locale"]).templates[template]
    settled = {"owed": 0, "parts": ()} if words.nothing_owed else {}
    facts = MessageFacts.model_validate(
        TRUE[place] | {"template": template, "purpose": words.purposes[0]} | settled
    )
    made = compose(facts, LIBRARY.pack(facts.locale)).letter
    assert made is not None
    return made


def pages(pdf):
    return PdfReader(BytesIO(pdf)).pages


def words(pdf):
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages(pdf)))


EVERY = [
    pytest.param(place, name, id=f"{place}-{name}")
    for place, true in TRUE.items()
    for name, template in LIBRARY.pack(true["locale"]).templates.items()
    if template.text
]


@pytest.mark.parametrize(("place", "template"), EVERY)
def test_every_letter_is_set_with_all_its_words(place, template):
    content = letter(place, template)
    text = words(typeset(content))
    said = [
        content.subject, content.salutation, *content.recipient, *content.sender, content.date,
        *(block.text for block in content.blocks if isinstance(block, Heading | Paragraph)),
        *(() if content.form else content.signature),
    ]  # fmt: skip
    for words_of_letter in said:
        plain = re.sub(r"[\s\u2010-]", "", words_of_letter)
        assert plain in re.sub(r"[\u2010-]", "", text)


def test_a_letter_has_its_fonts_in_it_and_no_date_of_printing():
    pdf = typeset(letter("CN", "assignment_notice"))
    reader = PdfReader(BytesIO(pdf))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    for font in fonts.values():
        inner = font.get_object().get("/DescendantFonts", [font])[0].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"])
    assert "李雨桐" not in str(reader.metadata)
    assert "/CreationDate" not in (reader.metadata or {}) or "1970" in str(reader.metadata)


def test_the_same_letter_is_the_same_bytes_in_another_process():
    content = letter("US", "validation_notice")
    script = (
        "import sys, hashlib; from connectors.letter import typeset; "
        "from models.letter import LetterContent; "
        "pdf = typeset(LetterContent.model_validate_json(sys.stdin.read())); "
        "print(hashlib.sha256(pdf).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", script],
        input=content.model_dump_json(),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert other.stdout.strip() == hashlib.sha256(typeset(content)).hexdigest()
    assert typeset(content) == typeset(content)


def test_paper_and_page_numbers_are_those_of_the_place():
    us, cn = typeset(letter("US", "validation_notice")), typeset(letter("CN", "assignment_notice"))
    assert [round(float(x)) for x in pages(us)[0].mediabox[2:]] == [612, 792]
    assert [round(float(x)) for x in pages(cn)[0].mediabox[2:]] == [595, 842]
    assert "Page1of2" in words(typeset(letter("US", "settlement_agreement")))
    assert "第2页,共2页" in words(cn).replace("，", ",")


def test_the_form_of_a_validation_notice_is_on_one_page():
    last = pages(typeset(letter("US", "validation_notice")))[-1].extract_text()
    assert "This is not my debt." in last
    assert "Brooklyn, NY 11201" in last


@pytest.mark.parametrize(
    "name",
    [
        '#read("/etc/passwd")', "#set page(width: 1pt)", "*bold* _it_ $x$ @ref <l>", "\\ \" ' `code`",
        "= Heading", "Zoë Łęcka 王伟 Ωmega", "]#panic()[", "//x /* y */", '#include "letter.typ"',
    ],
)  # fmt: skip
def test_a_name_is_never_read_as_markup(name):
    content = letter("US", "reminder").model_copy(
        update={"recipient": (name, "1 Elm St"), "salutation": f"Dear {name},"}
    )
    pdf = typeset(content)
    assert len(pages(pdf)) == 1
    text = words(pdf).replace("’", "'").replace("“", '"').replace("”", '"').replace("‘", "'")
    assert text.count(re.sub(r"\s", "", name)) == 2


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_name_can_be_set(name):
    content = letter("GB", "thanks").model_copy(update={"recipient": (name, "1 Elm St")})
    assert typeset(content).startswith(b"%PDF")


def test_a_letter_that_cannot_be_set_is_reported_without_its_words():
    content = letter("US", "thanks").model_copy(update={"paper": "parchment"})
    with pytest.raises(LetterNotSetError) as failed:
        typeset(content)
    assert "Ruiz" not in str(failed.value)
    assert failed.value.__cause__ is None


# The print folder


async def test_a_letter_lies_in_the_folder_with_its_ticket(tmp_path, make_message):
    message = make_message(Channel.LETTER)
    answer = await PrintFolder(tmp_path).deliver(message)
    assert answer == Accepted(provider_id=f"{message.contact_id}.pdf")
    assert (tmp_path / f"{message.contact_id}.pdf").read_bytes() == b"%PDF-1.7 x"
    ticket = (tmp_path / "jobs" / f"{message.contact_id}.json").read_text()
    assert json.loads(ticket)["sha256"] == hashlib.sha256(b"%PDF-1.7 x").hexdigest()
    assert "Example" not in ticket
    assert {path.name for path in tmp_path.iterdir()} == {"jobs", f"{message.contact_id}.pdf"}


async def test_a_letter_that_the_printer_took_is_not_printed_again(tmp_path, make_message):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    await folder.deliver(message)
    (tmp_path / f"{message.contact_id}.pdf").unlink()
    assert isinstance(await folder.deliver(message), Accepted)
    assert isinstance(await folder.lookup(message.contact_id), Accepted)
    assert not list(tmp_path.glob("*.pdf"))


async def test_a_crash_before_the_ticket_hands_nothing_over(tmp_path, make_message):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    (tmp_path / f".{message.contact_id}.pdf").write_bytes(b"half")
    assert await folder.lookup(message.contact_id) == NotFound()
    await folder.deliver(message)
    assert (tmp_path / f"{message.contact_id}.pdf").read_bytes() == b"%PDF-1.7 x"


async def test_a_crash_after_the_ticket_is_finished_by_the_next_question(tmp_path, make_message):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    await folder.deliver(message)
    shown = tmp_path / f"{message.contact_id}.pdf"
    shown.rename(tmp_path / f".{message.contact_id}.pdf")
    assert isinstance(await folder.lookup(message.contact_id), Accepted)
    assert shown.exists()


async def test_a_letter_nobody_picked_up_is_taken_back_for_good(tmp_path, make_message):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    ident = message.contact_id
    await folder.deliver(message)
    assert await folder.withdraw(ident) == Withdrawn()
    assert await folder.withdraw(ident) == Withdrawn()
    assert [path.name for path in tmp_path.iterdir()] == ["jobs"]
    jobs = {path.name for path in (tmp_path / "jobs").iterdir()}
    assert jobs == {f"{ident}.json", f"{ident}.withdrawn"}
    await folder.lookup(ident)
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.parametrize("by", ["moving it", "saying so"])
async def test_a_letter_that_was_picked_up_stays_with_the_printer(tmp_path, make_message, by):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    page = tmp_path / f"{message.contact_id}.pdf"
    await folder.deliver(message)
    if by == "moving it":
        page.rename(tmp_path / "jobs" / "printing.pdf")
    else:
        (tmp_path / "jobs" / f"{message.contact_id}.taken").touch()
    for _ in range(2):
        assert await folder.withdraw(message.contact_id) == Gone(reason="picked_up")
    assert page.exists() == (by == "saying so")
    assert await folder.withdraw(uuid4()) == Gone(reason="picked_up")


@pytest.mark.parametrize("noted", [False, True])
async def test_a_withdrawal_that_was_cut_off_is_finished(tmp_path, make_message, noted):
    folder, message = PrintFolder(tmp_path), make_message(Channel.LETTER)
    ident = message.contact_id
    await folder.deliver(message)
    (tmp_path / f"{ident}.pdf").rename(tmp_path / f".{ident}.withdrawn.pdf")
    if noted:
        (tmp_path / "jobs" / f"{ident}.withdrawn").touch()
    assert await folder.withdraw(ident) == Withdrawn()
    assert [path.name for path in tmp_path.iterdir()] == ["jobs"]


async def test_of_a_printer_and_a_withdrawal_at_once_exactly_one_has_the_letter(
    tmp_path, make_message
):
    folder = PrintFolder(tmp_path)
    messages = [make_message(Channel.LETTER) for _ in range(30)]
    for message in messages:
        await folder.deliver(message)

    def pick_up(message):
        try:
            (tmp_path / f"{message.contact_id}.pdf").rename(
                tmp_path / "jobs" / f"p{message.contact_id}"
            )
        except FileNotFoundError:
            return False
        return True

    got = await asyncio.gather(
        *(
            asyncio.gather(asyncio.to_thread(pick_up, message), folder.withdraw(message.contact_id))
            for message in messages
        )
    )
    assert all(printed != isinstance(back, Withdrawn) for printed, back in got)


async def test_what_is_no_live_letter_is_refused(tmp_path, make_message):
    folder = PrintFolder(tmp_path)
    for message in (
        make_message(Channel.LETTER, Mode.SHADOW),
        make_message(Channel.SMS),
        make_message(Channel.LETTER, attachments=()),
    ):
        answer = await folder.deliver(message)
        assert isinstance(answer, Refused)
        assert answer.permanent
    assert await folder.lookup(uuid4()) == NotFound()


async def test_a_folder_that_cannot_be_written_refuses_for_now(tmp_path, make_message):
    (tmp_path / "file").write_text("")
    answer = await PrintFolder(tmp_path / "file").deliver(make_message(Channel.LETTER))
    assert isinstance(answer, Refused)
    assert not answer.permanent


# Long content, and people who hear a letter read


def test_a_statement_of_many_lines_runs_over_pages_with_its_head_on_each():
    content = letter("CN", "statement")
    blocks = [
        block.model_copy(update={"rows": block.rows * 25}) if block.kind == "listing" else block
        for block in content.blocks
    ]
    found = pages(typeset(content.model_copy(update={"blocks": tuple(blocks)})))
    assert len(found) >= 3
    listed = [page.extract_text() for page in found if "应付" in page.extract_text()]
    assert all("事项" in text for text in listed[1:])
    assert "1,170.00元" in re.sub(r"\s", "", found[-1].extract_text() + found[-2].extract_text())


def test_a_plan_of_forty_payments_is_set_without_a_loss():
    content = letter("GB", "plan_agreement")
    blocks = [
        block.model_copy(
            update={"rows": tuple(Row(label=f"day {n}", amount=f"£{n}.00") for n in range(40))}
        )
        if block.kind == "table"
        else block
        for block in content.blocks
    ]
    text = words(typeset(content.model_copy(update={"blocks": tuple(blocks)})))
    assert all(f"day{n}£{n}.00" in text for n in range(40))


ENDS_ONLY = [
    (place, template)
    for place in TRUE
    for template in ("first_contact", "plan_offer", "final_letter", "reminder", "settlement_offer")
]


@pytest.mark.parametrize(("place", "template"), ENDS_ONLY)
def test_a_letter_does_not_put_only_its_last_words_on_a_second_sheet(place, template):
    assert len(pages(typeset(letter(place, template)))) == 1


def test_a_letter_that_runs_on_in_any_case_is_not_set_smaller():
    content = letter("GB", "first_contact")
    long = content.model_copy(update={"blocks": content.blocks * 3})
    assert len(pages(typeset(long))) >= 2
    sizes: set[float] = set()
    pages(typeset(long))[0].extract_text(
        visitor_text=lambda text, _, __, ___, size: sizes.add(round(size, 2)) if text.strip() else 0
    )
    assert 10.5 in sizes


@pytest.mark.parametrize("template", ["first_contact", "plan_offer", "reminder"])
def test_a_telephone_number_is_never_broken_at_its_hyphen(template):
    lines = "\n".join(page.extract_text() for page in pages(typeset(letter("US", template))))
    assert lines.count("555-0100") == lines.replace("\n", "").count("555-0100") > 0


def test_the_validation_notice_is_one_sheet_with_its_form_to_cut_off():
    found = pages(typeset(letter("US", "validation_notice")))
    assert len(found) == 1
    assert "How do you want to respond?" in found[0].extract_text()


def test_a_very_long_name_and_address_stay_inside_the_page():
    long = "Wolfeschlegelsteinhausenbergerdorff " * 3
    content = letter("US", "validation_notice").model_copy(
        update={"recipient": (long.strip(), long.strip(), "Brooklyn, NY 11201")}
    )
    for page in pages(typeset(content)):
        spots: list[float] = []
        page.extract_text(visitor_text=lambda text, _, tm, *__: spots.append(tm[4]))  # noqa: B023
        assert max(spots) < float(page.mediabox[2])


def test_a_very_long_word_of_an_address_does_not_run_into_the_boxes_of_the_form():
    content = letter("US", "validation_notice")
    assert content.tear_off is not None
    long = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    form = content.tear_off.model_copy(update={"sent_by": (long, "Brooklyn, NY 11201")})
    text = pages(typeset(content.model_copy(update={"tear_off": form})))[0].extract_text()
    assert "Llanfair" in text
    assert not any(long in line for line in text.split("\n"))


@pytest.mark.parametrize("place", list(TRUE))
def test_a_letter_says_its_title_and_language_and_is_tagged(place):
    reader = PdfReader(BytesIO(typeset(letter(place, "paid_in_full"))))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == TRUE[place]["locale"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == letter(place, "paid_in_full").subject


@pytest.mark.parametrize("template", ["plan_agreement", "settlement_agreement"])
@pytest.mark.parametrize("place", list(TRUE))
def test_what_both_sides_sign_stands_under_words_on_its_page(place, template):
    content = letter(place, template)
    at = next(n for n, block in enumerate(content.blocks) if block.kind == "signatures")
    before = re.sub(r"\s", "", content.blocks[at - 1].text)
    signed = re.sub(r"\s", "", content.blocks[at].caption)
    for page in pages(typeset(content)):
        read = re.sub(r"\s", "", page.extract_text())
        assert signed not in read or before[-12:] in read
