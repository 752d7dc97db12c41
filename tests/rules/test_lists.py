"""What the guard looks for is data: read, tried, and refused by name."""

import re

import pytest

from rules.lists import GuardListError, guard_lists, read_list
from rules.phrases import ADVICE

LIST = """
language = "fr"
locales = ["fr-FR"]
[parts]
kin = ['mere', 'pere']
[[concept]]
rule = "L07.fr"
any = ['(?:dire|parler) a (?:ta|votre) {kin}', 'tes voisins']
[denial]
says_no = ['\\bpas\\b', '\\bjamais\\b']
"""


def written(folder, text, name="fr.toml"):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_language_is_added_by_a_file(tmp_path):
    found = read_list(written(tmp_path, LIST))
    pattern = found.compiled("L07.fr", found.concept[0].any)
    assert found.locales == ("fr-FR",)
    assert pattern.search("on va parler a votre mere")
    assert not pattern.search("on va parler a votre banque")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('rule = "L07.fr"', 'rule = "L21.fr"', "fr.toml: concept.0.rule"),
        ("any = [", "some = [", "concept.0.any"),
        ("[denial]", "[denail]", "denail"),
        ('language = "fr"', 'language = "it"', "language: says that it is it"),
        ("[parts]", "[parts", "fr.toml: "),
        ('locales = ["fr-FR"]', "locales = []", "locales"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_key(tmp_path, old, new, said):
    with pytest.raises(GuardListError, match=re.escape(said)):
        read_list(written(tmp_path, LIST.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{kin}", "{family}", "fr.toml: L07.fr: no part 'family' in"),
        ("'tes voisins'", "'tes (voisins'", "missing ), unterminated subpattern"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_quoted(tmp_path, old, new, said):
    found = read_list(written(tmp_path, LIST.replace(old, new)))
    with pytest.raises(GuardListError, match=re.escape(said)):
        found.compiled("L07.fr", found.concept[0].any)


@pytest.mark.parametrize("language", guard_lists())
def test_every_pattern_that_is_shipped_can_be_used(language):
    guard_lists()[language].try_all()


def test_a_pattern_that_would_fail_only_when_it_is_wanted_is_found_by_trying(tmp_path):
    found = read_list(written(tmp_path, LIST.replace("'tes voisins'", "'tes (voisins'")))
    with pytest.raises(GuardListError, match=re.escape("fr.toml: L07.fr: missing )")):
        found.try_all()


@pytest.mark.parametrize("language", guard_lists())
def test_every_language_knows_every_category_that_words_can_have(language):
    known = {concept.rule[:3] for concept in guard_lists()[language].concept}
    assert known >= set(ADVICE) - {"L19"}


def test_no_pattern_stands_twice_under_one_rule():
    for read in guard_lists().values():
        for concept in read.concept:
            assert len(set(concept.any)) == len(concept.any), (read.language, concept.rule)
