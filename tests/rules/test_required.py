"""What letters must carry: a table in data, held for every document and jurisdiction."""

import shutil
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.wording import MessageFacts, MessageRefusedError, Refusal
from rules.message import WordingPackError, compose, load_wording

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "packs" / "wording"
LIBRARY = load_wording(PACKS)
TRUE = tomllib.loads((ROOT / "tests/data/messages.toml").read_text(encoding="utf-8"))

ALWAYS_THERE = {"owed", "as_of", "transfer.on"}
"""Their types do not allow them to be missing."""

FRAME = {
    "person.name", "person.lines", "reference", "collector.legal_name", "collector.address",
    "collector.phone", "collector.email", "collector.licence", "as_of",
    "collector.account_holder", "owner.registration", "owner.legal_name",
}  # fmt: skip
"""The layout shows these around every text, or the same words for the collector."""

FIELDS = [
    (place, letter, field)
    for place, true in TRUE.items()
    for name in LIBRARY.pack(true["locale"]).templates
    if (letter := LIBRARY.pack(true["locale"]).required_of(name, true["country"]))
    for field in letter.fields
]


def each(*of):
    return [
        pytest.param(place, letter, field, one, id=f"{place}-{letter.template}-{field.n}-{one}")
        for place, letter, field in FIELDS
        for kind in of
        for one in getattr(field, kind)
    ]


def true_of(place, template):
    words = LIBRARY.pack(TRUE[place]["locale"]).templates[template]
    settled = {"owed": 0, "parts": []} if words.nothing_owed else {}
    given = {"channel": "letter", "template": template, "purpose": words.purposes[0], **settled}
    return MessageFacts.model_validate(TRUE[place] | given)


def without(facts, path):
    """Take a fact away as a file that lacks it would; with its holder if it can't be empty."""
    raw = facts.model_dump()
    *parents, last = path.split(".")
    holder = raw
    for name in parents:
        holder = holder[name]
    kept = holder[last]
    holder[last] = "" if isinstance(kept, str) else () if isinstance(kept, tuple) else None
    try:
        return MessageFacts.model_validate(raw)
    except ValidationError:
        return MessageFacts.model_validate(raw | {parents[0]: None})


def bare_pack(place, letter, field, **kept):
    """The pack with a template that says next to nothing and one demand on it."""
    pack = LIBRARY.pack(TRUE[place]["locale"])
    demand = {"needs": (), "states": (), "shows": (), "says": (), **kept}
    stub = pack.templates[letter.template].model_copy(
        update={"text": "{{ owner.legal_name }}", "needs": (), "states": (), "says": ()}
    )
    only = letter.model_copy(update={"fields": (field.model_copy(update=demand),)})
    return pack.model_copy(
        update={"templates": {**pack.templates, letter.template: stub}, "required": (only,)}
    )


@pytest.mark.parametrize(("place", "letter", "field", "path"), each("needs", "states"))
def test_a_letter_that_lacks_a_field_is_refused_by_name(place, letter, field, path):
    if path in ALWAYS_THERE:
        return
    pack = LIBRARY.pack(TRUE[place]["locale"])
    with pytest.raises(
        MessageRefusedError, match=f"{path.split('.', maxsplit=1)[0]}.* is empty"
    ) as refused:
        compose(without(true_of(place, letter.template), path), pack)
    assert refused.value.why is Refusal.FIELD


@pytest.mark.parametrize(("place", "letter", "field", "path"), each("needs", "states"))
def test_a_missing_field_is_explained_by_number_and_source(place, letter, field, path):
    if path in ALWAYS_THERE:
        return
    pack = bare_pack(place, letter, field, needs=(path,))
    with pytest.raises(MessageRefusedError) as refused:
        compose(without(true_of(place, letter.template), path), pack)
    assert refused.value.what == f"{path} is empty"
    assert f"field {field.n}, {field.what} ({field.source})" in refused.value.advice


@pytest.mark.parametrize(("place", "letter", "field", "path"), each("states", "shows"))
def test_a_letter_whose_text_does_not_show_a_field_is_refused(place, letter, field, path):
    if path in FRAME:
        return
    pack = bare_pack(place, letter, field, states=(path,))
    with pytest.raises(MessageRefusedError, match=f"does not state {path}"):
        compose(true_of(place, letter.template), pack)


@pytest.mark.parametrize(("place", "letter", "field", "sentence"), each("says"))
def test_a_letter_without_a_required_sentence_is_refused(place, letter, field, sentence):
    pack = bare_pack(place, letter, field, says=(sentence,))
    with pytest.raises(MessageRefusedError, match=sentence) as refused:
        compose(true_of(place, letter.template), pack)
    assert refused.value.why is Refusal.WORDING


def test_every_legal_document_has_its_table():
    demanded = {letter.template for letter in LIBRARY.pack("en-US").required}
    assert demanded == {
        "assignment_notice", "validation_notice", "statement", "plan_agreement",
        "settlement_agreement", "paid_in_full", "verification",
    }  # fmt: skip
    for place, true in TRUE.items():
        pack = LIBRARY.pack(true["locale"])
        for name in demanded - {"validation_notice"}:
            assert pack.required_of(name, true["country"]), (place, name)
    assert LIBRARY.pack("en-US").required_of("validation_notice", "US")
    for _, letter, field in FIELDS:
        assert field.source, letter.template
        assert field.what, letter.template


def test_the_notice_of_china_has_the_twelve_fields_of_its_list():
    letter = LIBRARY.pack("zh-CN").required_of("assignment_notice", "CN")
    assert letter is not None
    assert [field.n for field in letter.fields] == [str(n) for n in range(1, 13)]


def test_the_validation_notice_has_its_fields_in_the_order_of_the_model_form():
    place = "US"
    letter = LIBRARY.pack("en-US").required_of("validation_notice", "US")
    assert letter is not None
    body = compose(true_of(place, "validation_notice"), LIBRARY.pack("en-US")).body
    order = [
        "Northlake Recovery, LLC", "Ana Ruiz", "from a debt collector", "Our information shows",
        "Harbor Card Bank, account number ending in 4417", "December 31, 2025", "$1,100.00",
        "$120.00", "$50.00", "$100.00", "$0.00", "$1,170.00", "How can you dispute the debt?",
        "by July 23, 2026", "What else can you do?", "name and address of the original creditor",
        "www.cfpb.gov/debt-collection", "How do you want to respond?", "This is not my debt.",
        "The amount is wrong.", "Other (please", "I want you to send me the name",
        "Mail this form to",
    ]  # fmt: skip
    at = 0
    for words in order:
        at = body.find(words, at)
        assert at >= 0, words


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"contract_ref", "contract_date", "product"', '"contract_rf"', "no fact 'contract_rf'"),
        ('says = ["verify"]', 'says = ["verfy"]', "no sentence 'verfy'"),
        ('at = "start"', 'at = "someday"', "at"),
        ("[[letter]]", "[[letter]", "required.toml"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_at_the_start(tmp_path, old, new, fault):
    folder = shutil.copytree(PACKS, tmp_path / "wording")
    table = folder / "required.toml"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WordingPackError, match=fault):
        load_wording(folder)


def test_a_folder_without_the_table_is_not_used(tmp_path):
    folder = shutil.copytree(PACKS, tmp_path / "wording")
    (folder / "required.toml").unlink()
    with pytest.raises(WordingPackError, match=r"required\.toml"):
        load_wording(folder)
