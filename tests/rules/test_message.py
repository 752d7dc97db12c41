import shutil
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.contact import Channel, Purpose
from models.wording import MessageFacts, MessageRefusedError, Refusal, Title
from rules.message import (
    WordingPackError,
    compose,
    day,
    load_wording,
    lost_in_translation,
    money,
)
from rules.strategy import load_strategies

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "packs" / "wording"
LIBRARY = load_wording(PACKS)
TRUE = tomllib.loads((ROOT / "tests/data/messages.toml").read_text(encoding="utf-8"))
LOCALES = {"US": "en-US", "GB": "en-GB", "CN": "zh-CN", "DE": "de-DE", "AU": "en-AU"}


def pack_of(place):
    return LIBRARY.pack(LOCALES[place])


def channels(words):
    written = [Channel.LETTER, Channel.EMAIL] if words.text else []
    by = {Channel.SMS: words.sms, Channel.PHONE: words.phone, Channel.VISIT: words.visit}
    return [*written, *(channel for channel, text in by.items() if text)]


EVERY = [
    pytest.param(place, name, channel, id=f"{place}-{name}-{channel}")
    for place in TRUE
    for name, words in pack_of(place).templates.items()
    for channel in channels(words)
]


def facts(place, template="reminder", channel="sms", **changes):
    words = pack_of(place).templates.get(template)
    settled = {"owed": 0, "parts": ()} if words and words.nothing_owed else {}
    purpose = words.purposes[0] if words else "collection"
    return MessageFacts.model_validate(
        TRUE[place]
        | {"template": template, "channel": channel, "purpose": purpose}
        | settled
        | changes
    )


def composed(place, *args, **changes):
    return compose(facts(place, *args, **changes), pack_of(place))


def refusal(place, *args, **changes):
    with pytest.raises(MessageRefusedError) as refused:
        composed(place, *args, **changes)
    return refused.value


def rewritten(place, template, old, new):
    """The pack with one template changed wherever the old text stands."""
    pack = pack_of(place)
    words = pack.templates[template]
    changed = {
        name: getattr(words, name).replace(old, new) for name in ("text", "sms", "phone", "visit")
    }
    templates = {**pack.templates, template: words.model_copy(update=changed)}
    return pack.model_copy(update={"templates": templates})


@pytest.mark.parametrize(("place", "template", "channel"), EVERY)
@pytest.mark.parametrize("changes", [{}, {"first": True}, {"time_barred": True}])
def test_every_template_of_every_locale_passes_its_own_guard(place, template, channel, changes):
    message = composed(place, template, channel, **changes)
    assert message.body
    assert "None" not in message.body
    assert (message.letter is not None) == (channel is Channel.LETTER)
    assert bool(message.subject) == (channel in {Channel.LETTER, Channel.EMAIL})


@pytest.mark.parametrize(("place", "template", "channel"), EVERY)
def test_a_collector_for_an_owner_and_a_person_without_title_pass_too(place, template, channel):
    owner = TRUE[place]["owner"] | {"legal_name": "Ashgrove Holding"}
    person = TRUE[place]["person"] | {"title": "", "family_name": ""}
    message = composed(place, template, channel, owner=owner, person=person, agent="Lee")
    assert pack_of(place).templates[template].private or "Ashgrove Holding" in message.body


EMPTY = {"parts", "instalments", "lines", "address"}

NEEDS = [
    pytest.param(place, name, channels(words)[0], path, id=f"{place}-{name}-{path}")
    for place in TRUE
    for name, words in pack_of(place).templates.items()
    for path in (*words.needs, "collector.legal_name", "owner.legal_name", "reference")
    if path != "offer.until"  # its type does not allow it to be empty
]


@pytest.mark.parametrize(("place", "template", "channel", "path"), NEEDS)
def test_a_message_without_a_needed_fact_is_refused_by_its_name(place, template, channel, path):
    raw = facts(place, template, channel).model_dump()
    *parents, last = path.split(".")
    holder = raw
    for name in parents:
        holder = holder[name]
    holder[last] = "" if isinstance(holder[last], str) else () if last in EMPTY else None
    with pytest.raises(MessageRefusedError) as refused:
        compose(MessageFacts.model_validate(raw), pack_of(place))
    assert refused.value.why is Refusal.FIELD
    assert path in refused.value.what
    assert template in str(refused.value)


SAYS = [
    pytest.param(place, name, channel, sentence, id=f"{place}-{name}-{channel}-{sentence}")
    for place in TRUE
    for name, words in pack_of(place).templates.items()
    for channel in channels(words)
    for sentence in words.says
]


@pytest.mark.parametrize(("place", "template", "channel", "sentence"), SAYS)
def test_a_message_without_a_mandatory_sentence_is_refused(place, template, channel, sentence):
    pack = rewritten(place, template, f"{{{{ say.{sentence} }}}}", "")
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts(place, template, channel), pack)
    assert refused.value.why in {Refusal.WORDING, Refusal.SENTENCE, Refusal.FIELD}


@pytest.mark.parametrize("place", TRUE)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_an_electronic_message_without_the_way_out_is_refused(place, channel):
    words = pack_of(place).sentences | {"opt_out_email": "-"}
    pack = rewritten(place, "reminder", "{{ say.opt_out_sms }}", "").model_copy(
        update={"sentences": words}
    )
    if channel == "email":
        assert "-" in compose(facts(place, channel=channel), pack).body
        pack = pack.model_copy(update={"sentences": words | {"opt_out_email": "{{ '' }}"}})
    with pytest.raises(MessageRefusedError):
        compose(facts(place, channel=channel), pack)


@pytest.mark.parametrize("place", TRUE)
def test_a_collecting_message_on_an_old_debt_says_so(place):
    sms = composed(place, time_barred=True).body
    assert sms != composed(place).body
    pack = rewritten(place, "reminder", "{{ say.time_barred }}", "")
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts(place, time_barred=True), pack)
    assert "S02.time_barred" in refused.value.what


def test_the_first_us_message_says_what_it_is_for():
    later, first = composed("US"), composed("US", first=True)
    assert "This communication is from a debt collector." in later.body
    assert "This is an attempt to collect a debt" in first.body


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            "US",
            (
                "Northlake Recovery, LLC for Northlake Capital, LLC, owner of your account "
                "(transferred by Harbor Card Bank). A friendly reminder: as of June 15, 2026 the "
                "balance is $1,170.00. Pay at https://northlake.example/pay or call (518) 555-0100 to "
                "talk about smaller payments or to dispute it. This communication is from a debt "
                "collector. Ref NL-7K2P9Q. Reply STOP to stop texts to this number."
            ),
        ),
        (
            "GB",
            (
                "Fernhill Accounts Ltd, owner of your account (assigned by Tarn Bank plc). A friendly "
                "reminder: as of 15 June 2026 the balance is £600.00. Pay at "
                "https://fernhill.example/pay or call 0113 496 0100 to talk about smaller payments or "
                "to dispute it. Ref FH-3M8. Reply STOP to stop texts to this number."
            ),
        ),
        (
            "CN",
            (
                "【晨桥资产管理有限公司】李雨桐您好，晨桥资产管理有限公司（示例消费金融有限公司债权受让方）"
                "提醒您：截至2026年3月2日，余额1,170.00元。还款：https://pay.chenqiao.example"
                "，客服400-000-0000。如您暂时有困难，请告诉我们，可以一起商量分期或延期，咨询不收取费用。"
                "如已还款，谢谢您。回复TD不再接收短信。"
            ),
        ),
    ],
)
def test_a_reminder_reads_well(place, text):
    assert composed(place).body == text


@pytest.mark.parametrize(
    ("person", "greeting"),
    [
        ({"title": "ms"}, "Dear Ms. Ruiz,"),
        ({"title": "mx"}, "Dear Mx. Ruiz,"),
        ({"title": ""}, "Dear Ana Ruiz,"),
        ({"title": "dr", "family_name": ""}, "Dear Dr. Ana Ruiz,"),
    ],
)
def test_a_person_is_greeted_as_known(person, greeting):
    email = composed("US", "reminder", "email", person=TRUE["US"]["person"] | person)
    assert email.body.startswith(greeting)


def test_a_chinese_title_follows_the_family_name():
    assert composed("CN", "reminder", "email").body.startswith("尊敬的李女士：")
    plain = TRUE["CN"]["person"] | {"title": ""}
    assert composed("CN", "reminder", "email", person=plain).body.startswith("李雨桐，您好：")


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (117_000, "USD", "en-US", "$1,170.00"),
        (117_000, "CNY", "zh-CN", "1,170.00元"),
        (60_000, "GBP", "en-GB", "£600.00"),
        (1_170, "JPY", "en-US", "¥1,170"),
        (1_170_500, "KWD", "en-GB", "KWD 1,170.500"),
        (5, "USD", "zh-CN", "US$0.05"),
        (0, "USD", "en-US", "$0.00"),
        (10**15 + 1, "USD", "en-US", "$10,000,000,000,000.01"),
        (117_000, "EUR", "de-DE", "1.170,00 €"),
        (1_170, "JPY", "de-DE", "1.170 ¥"),
        (117_000, "EUR", "fr-FR", "1\u202f170,00 €"),
        (117_000, "BRL", "pt-BR", "R$ 1.170,00"),
        (12_345_600, "INR", "en-IN", "₹1,23,456.00"),
    ],
)
def test_amounts_are_written_as_in_the_place(minor, currency, locale, text):
    assert money(minor, currency, locale) == text


def test_days_are_written_in_full_and_in_the_debtors_zone():
    assert [day(date(2026, 6, 29), locale) for locale in ("en-US", "en-GB", "zh-CN")] == [
        "June 29, 2026", "29 June 2026", "2026年6月29日",
    ]  # fmt: skip
    late = datetime(2026, 6, 16, 2, 0, tzinfo=UTC)
    assert "as of June 15, 2026" in composed("US", as_of=late).body


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD", "CNY", "EUR"]))
@example(91186, "USD")  # $911.86: no telephone number of the police
@example(911_813_404_690, "JPY")
def test_the_text_states_the_balance_to_the_last_unit(owed, currency):
    for place in TRUE:
        body = composed(place, owed=owed, parts=(), currency=currency).body
        assert money(owed, currency, LOCALES[place]) in body


def test_an_amount_that_is_not_the_ledgers_is_refused():
    pack = rewritten("US", "reminder", "{{ money(owed) }}", "{{ money(owed) }} ($1,170.01)")
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts("US"), pack)
    assert "L05.amount" in refused.value.what


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"parts": ({"bucket": "principal", "minor": 1},)}, "parts do not add up to owed"),
        ({"offer": {"total": 200_000, "until": "2026-08-10"}}, "offer does not add up"),
    ],
)
def test_figures_that_do_not_add_up_are_refused(changes, what):
    assert what in refusal("US", "settlement_offer", "letter", **changes).what


def test_a_kind_of_debt_without_a_word_in_the_language_is_refused():
    assert "个人贷款" in composed("CN", "assignment_notice", "letter").body
    refused = refusal("CN", "assignment_notice", "letter", product="yacht_loan")
    assert "yacht_loan" in refused.what


def test_a_zone_that_is_none_is_refused():
    assert refusal("GB", zone="Moon/Base").what == "zone is unknown"


def test_an_instant_without_a_zone_is_no_fact():
    with pytest.raises(ValueError, match="timezone"):
        facts("GB", as_of=datetime(2026, 6, 15, 14))


def test_an_itemisation_must_lead_to_the_balance():
    stale = TRUE["US"]["itemization"] | {"payments": 0}
    refused = refusal("US", "validation_notice", "letter", itemization=stale)
    assert refused.what == "itemization does not lead to owed"


def test_paid_in_full_is_said_only_when_it_is_true():
    refused = refusal("CN", "paid_in_full", "letter", owed=1, parts=())
    assert refused.what == "something is still owed"


def test_an_offer_never_ends_inside_the_dispute_period():
    offer = TRUE["US"]["offer"] | {"until": "2026-07-20"}
    assert "S06.overshadows" in refusal("US", "settlement_offer", "letter", offer=offer).what


def test_a_language_is_never_replaced_by_another():
    with pytest.raises(MessageRefusedError) as missing:
        LIBRARY.pack("es-US")
    assert missing.value.why is Refusal.LOCALE
    with pytest.raises(MessageRefusedError) as other:
        compose(facts("US", locale="es-US"), pack_of("US"))
    assert other.value.why is Refusal.LOCALE


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"country": "DE"}, Refusal.COUNTRY),
        ({"country": ""}, Refusal.COUNTRY),
        ({"template": "nothing"}, Refusal.TEMPLATE),
        ({"template": "final_letter"}, Refusal.TEMPLATE),
        ({"purpose": Purpose.RECEIPT}, Refusal.PURPOSE),
    ],
)
def test_what_the_pack_does_not_have_is_refused(changes, why):
    assert refusal("US", **changes).why is why


@pytest.mark.parametrize(
    "threat", ["We will tell your family.", "You will be arrested.", "不还款就去你单位。"]
)
@pytest.mark.parametrize("place", TRUE)
def test_a_template_with_a_threat_is_refused(place, threat):
    pack = rewritten(place, "reminder", "{{ money(owed) }}", f"{{{{ money(owed) }}}} {threat} ")
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts(place), pack)
    assert refused.value.why is Refusal.WORDING
    assert threat not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "去死", "Ana, you will be arrested", "Ana https://evil.example/x", "Ana\n\n[pay]\n\n# Pay now",
        "{{ owed }}", "{% raw %}", "Ana\u202eziuR", "#set page(width: 1pt)",
    ],
)  # fmt: skip
def test_a_name_cannot_bring_in_threats_links_or_markup(name):
    person = TRUE["US"]["person"] | {"name": name, "title": ""}
    try:
        body = composed("US", "reminder", "email", person=person).body
    except MessageRefusedError as refused:
        assert name not in str(refused)  # noqa: PT017
    else:
        assert body.count("Online: ") == 1
        assert "\u202e" not in body
        assert (
            body.splitlines()[0].replace("\u2060", "")
            == f"Dear {' '.join(name.replace(chr(0x202E), '').split())},"
        )


def test_brackets_in_a_name_are_text_and_block_nothing():
    person = TRUE["CN"]["person"] | {"name": "A [red] B"}
    made = composed("CN", "assignment_notice", "letter", person=person)
    assert "A [red] B" in made.body.replace("\u2060", "")


@given(st.text(max_size=30))
def test_any_name_is_either_written_on_one_line_or_refused(name):
    person = TRUE["GB"]["person"] | {"name": name, "title": Title.NONE}
    try:
        body = composed("GB", "reminder", "email", person=person).body
    except MessageRefusedError:
        return
    assert body.splitlines()[1] == ""


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ nothing }}",
        "{{ due_on }}",
        "{{ collector.nothing }}",
        "{{ say.no }}",
    ],
)
def test_a_template_reaches_nothing_but_its_facts(source):
    pack = rewritten("US", "reminder", "Ref {{ reference }}.", source)
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts("US"), pack)
    assert refused.value.why is Refusal.FIELD


@pytest.mark.parametrize("place", TRUE)
def test_a_script_names_no_debt_before_identity(place):
    body = composed(place, "call", "phone").body
    before, _, after = body.partition("[identity]")
    assert money(TRUE[place]["owed"], TRUE[place]["currency"], LOCALES[place]) in after
    assert TRUE[place]["transfer"]["assignor"]["legal_name"] not in before
    pack = rewritten(place, "call", "[identity]", "余额 overdue debt 欠款\n\n[identity]")
    with pytest.raises(MessageRefusedError) as refused:
        compose(facts(place, "call", "phone"), pack)
    assert refused.value.why is Refusal.SENTENCE


def test_an_envelope_that_tells_of_a_debt_is_refused():
    collector = TRUE["US"]["collector"] | {"envelope_name": "Northlake Debt Collection"}
    refused = refusal("US", "reminder", "letter", collector=collector)
    assert "collector.envelope_name" in refused.what


def test_a_voicemail_says_nothing_else():
    assert composed("US", "voicemail", "phone").body == (
        "Hello, this is Dana Cole calling from Northlake. Please return my call at "
        "(518) 555-0100. You may speak with any of our representatives."
    )


def test_a_validation_notice_has_its_form_at_the_foot():
    letter = composed("US", "validation_notice", "letter").letter
    assert letter is not None
    assert letter.tear_off is not None
    boxes = letter.tear_off.boxes
    assert [box.under for box in boxes] == [False, True, True, True, False, False]
    assert letter.tear_off.sent_by == ("Ana Ruiz", "12 Elm St Apt 4", "Brooklyn, NY 11201")


def test_the_same_facts_make_the_same_message():
    one, other = composed("US", "reminder", "email"), composed("US", "reminder", "email")
    assert one == other
    assert one.sha256 != composed("US", "reminder", "email", owed=1, parts=()).sha256
    assert one.version.startswith("2026-11-24+")


def test_every_language_has_every_message_and_channel():
    shape = {
        place: {name: channels(words) for name, words in pack_of(place).templates.items()}
        for place in TRUE
    }
    assert shape["US"].pop("validation_notice")
    assert shape["US"] == shape["GB"] == shape["CN"]


def test_every_step_of_every_strategy_has_its_words():
    library = load_strategies(ROOT / "packs" / "strategies")
    places = {"US": "US", "CN": "CN", "default": "GB"}
    for ref in library.refs:
        name, _, version = ref.rpartition("-")
        for place, section in library.get(name, int(version)).jurisdiction.items():
            words = pack_of(places[place]).templates
            for service in section.notice.services if section.notice else ():
                assert service.channel in channels(words[service.template])
                assert service.purpose in words[service.template].purposes
            for step in section.steps:
                if step.channel is None:
                    continue
                for channel in (step.channel, *step.instead):
                    assert channel in channels(words[step.template]), (ref, place, step.key)
                assert step.purpose in words[step.template].purposes


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("pack.toml", "locale = ", "pack.toml"),
        ("reminder.toml", 'purposes = ["collection"]\nsms = "{{"', "reminder.toml"),
        ("reminder.toml", 'purposes = ["collection"]\nsays = ["no"]', "no sentence 'no'"),
        ("reminder.toml", 'purposes = ["harass"]', "purposes"),
        ("reminder.toml", 'purposes = []\nsmss = ""', "smss"),
    ],
)
def test_a_pack_that_cannot_be_used_is_named_at_the_start(tmp_path, file, text, fault):
    folder = tmp_path / "en-US"
    folder.mkdir()
    (folder / "pack.toml").write_bytes((PACKS / "en-US" / "pack.toml").read_bytes())
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(WordingPackError, match=fault):
        load_wording(tmp_path)


def test_no_packs_at_all_is_an_error(tmp_path):
    with pytest.raises(WordingPackError, match="no wording packs"):
        load_wording(tmp_path)


DEMANDS = [
    (place, name, channel)
    for place in TRUE
    for name, words in pack_of(place).templates.items()
    for channel in ("letter", "email")
    if words.collects
    and words.text
    and not set(words.purposes) <= {Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION}
]


@pytest.mark.parametrize(("place", "template", "channel"), DEMANDS)
def test_every_written_demand_says_of_which_day_it_is_and_what_who_has_paid_need_do(
    place, template, channel
):
    told = {
        "US": "If you have paid in the meantime, thank you; please disregard this",
        "GB": "If you have paid in the meantime, thank you; please disregard this",
        "AU": "If you have paid in the meantime, thank you; please disregard this",
        "DE": "Wenn Sie inzwischen gezahlt haben, danken wir Ihnen; dann ist",
        "CN": "如您已经还款，谢谢您，请不必理会",
    }[place]
    body = composed(place, template, channel).body
    assert told in body
    assert body.count(day(facts(place).as_of.date(), LOCALES[place])) > (channel == "letter")


@pytest.mark.parametrize("place", TRUE)
def test_a_written_demand_that_leaves_either_out_is_refused(place):
    without = rewritten(place, "reminder", "{{ say.paid_already }}", "")
    with pytest.raises(MessageRefusedError, match="paid_already"):
        compose(facts(place, "reminder", "letter"), without)
    undated = rewritten(place, "reminder", "day(as_of)", "reference")
    for channel in ("letter", "email"):
        with pytest.raises(MessageRefusedError, match="of which day the amount is"):
            compose(facts(place, "reminder", channel), undated)


def test_a_pack_that_demands_and_has_no_word_for_who_has_paid_cannot_be_read(tmp_path):
    shutil.copytree(PACKS, tmp_path / "wording")
    pack = tmp_path / "wording" / "de-DE" / "pack.toml"
    pack.write_text(pack.read_text("utf-8").replace("paid_already = ", "paid_before = "), "utf-8")
    with pytest.raises(WordingPackError, match=r"de-DE/pack\.toml: no sentence 'paid_already'"):
        load_wording(tmp_path / "wording")


def test_a_translation_states_every_amount_and_day_that_the_others_do():
    assert not list(lost_in_translation(LIBRARY))


def test_one_that_loses_the_day_of_an_offer_is_named():
    pack = LIBRARY.pack("de-DE")
    words = pack.templates["plan_offer"]
    lost = words.model_copy(update={"text": words.text.replace("{{ day(offer.until) }}", "bald")})
    packs = {locale: LIBRARY.pack(locale) for locale in LIBRARY.locales}
    packs["de-DE"] = pack.model_copy(
        update={
            "templates": {**pack.templates, "plan_offer": lost},
            "sentences": {
                name: said.replace("{{ day(offer.until) }}", "bald")
                for name, said in pack.sentences.items()
            },
        }
    )
    found = list(lost_in_translation(type(LIBRARY)(packs)))
    assert ("de-DE", "plan_offer.toml: text", "offer.until") in found
    assert {locale for locale, *_ in found} == {"de-DE"}
