import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contact import Channel
from models.reply import Concern, Meaning
from rules.reply import classify

SMS, EMAIL, PHONE = Channel.SMS, Channel.EMAIL, Channel.PHONE


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("pls dont text me any more, email is ok", {SMS}),
        ("别再给我发短信了", {SMS}),
        ("TD", {SMS}),
        ("ＴＤ", {SMS}),
        ("N", {SMS}),
        ("STOP", {SMS}),
        ("stop.", {SMS}),
        ("S T O P", {SMS}),
        ("Stop texting me", {SMS}),
        ("退订", {SMS}),
        ("退 订", {SMS}),
        ("退訂", {SMS}),
        ("不要再打电话了，发短信可以", {PHONE}),
        ("do not text or call me", {SMS, PHONE}),
        ("no more texts or emails", {SMS, EMAIL}),
        ("stop calling", {PHONE}),
        ("unsubscribe", {SMS}),
        ("别发了，烦死了", {SMS}),
        ("Please remove my number", {SMS}),
        ("STOP STOP", {SMS}),
        ("stopstopstop", {SMS}),
        ("ok stop", {SMS}),
        ("STOP thx", {SMS}),
        ("Thanks. Stop", {SMS}),
        ("td谢谢", {SMS}),
        ("🆂🆃🅾🅿", {SMS}),
        ("🇸🇹🇴🇵", {SMS}),
        ("I revoke my consent to be texted", {SMS}),
        ("I withdraw all my consent to be texted", {SMS}),
        ("I withdraw my consent.", {SMS}),
        ("revoke consent", {SMS}),
        ("DNC", {SMS}),
    ],
)
def test_a_plain_opt_out_closes_what_it_names_at_once(text, closed):
    reply = classify(text, SMS)
    assert reply.kind is Meaning.OPT_OUT
    assert reply.closed == closed
    assert not reply.human


def test_an_opt_out_by_mail_closes_the_mail():
    assert classify("unsubscribe", EMAIL).closed == {EMAIL}


def test_our_own_footer_in_a_quoted_mail_is_no_opt_out():
    text = "I will pay on Friday.\n\nOn Mon, 1 Jun 2026 Northlake wrote:\n> Reply STOP to stop."
    assert classify(text, EMAIL).meanings == (Meaning.OTHER,)
    assert classify("我周五还款\n\n发件人: 晨桥\n退订请回复 TD", EMAIL).closed == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "stop by tomorrow and I'll pay", "stopp", "can you stop the interest", "fed up",
        "什么时候能停止利息", "don't stop texting me", "ne me contactez plus", "no me llames",
        "Please email me instead of texting", "Hör auf mir zu schreiben", "Nein", "fuck off", "🛑",
        "Lassen Sie mich in Ruhe", "Ich will das nicht mehr", "No", "Nope", "basta", "PARE", "Detener",
        "Cancelar", "dejen de molestarme", "arrêtez de m'écrire", "dừng lại", "tuiding", "don't stop",
    ],
)  # fmt: skip
def test_what_may_be_an_opt_out_holds_the_channel_for_a_person(text):
    reply = classify(text, SMS)
    assert Meaning.AMBIGUOUS in reply.meanings
    assert reply.hold
    assert reply.human
    assert not reply.closed


@pytest.mark.parametrize(
    "text",
    [
        "stop contacting me", "Cease and desist.", "leave me alone", "别再联系我了",
        "I refuse to pay", "i'm not paying", "停止催收", "do not contact me again in any way",
    ],
)  # fmt: skip
def test_a_cease_request_is_not_an_opt_out(text):
    reply = classify(text, SMS)
    assert reply.kind is Meaning.CEASE
    assert reply.human


def test_stop_contacting_me_by_text_closes_texts_only():
    reply = classify("Please stop contacting me by text", SMS)
    assert reply.kind is Meaning.OPT_OUT
    assert reply.closed == {SMS}


@pytest.mark.parametrize(
    "text",
    [
        "I dispute this", "我不认这笔账", "不是我借的", "this is not my debt", "I don't owe this",
        "The amount is wrong", "金额不对", "我有异议", "send me proof of the debt",
    ],
)  # fmt: skip
def test_a_dispute_is_heard(text):
    reply = classify(text, SMS)
    assert reply.kind is Meaning.DISPUTE
    assert reply.human


def test_all_that_is_said_is_kept():
    reply = classify("STOP! I don't owe this and I have paid already", SMS)
    assert reply.meanings == (Meaning.OPT_OUT, Meaning.DISPUTE, Meaning.PAYMENT_CLAIM)
    assert reply.closed == {SMS}


@pytest.mark.parametrize("text", ["I already paid last week", "昨天已经还了", "payment was made"])
def test_a_claim_of_payment_is_heard(text):
    assert classify(text, SMS).kind is Meaning.PAYMENT_CLAIM


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("不想活了", Concern.SELF_HARM),
        ("I'd be better off dead", Concern.SELF_HARM),
        ("活 着 没 意 思", Concern.SELF_HARM),
        ("My husband passed away in May", Concern.DECEASED),
        ("我老公去世了", Concern.DECEASED),
        ("Someone stole my identity", Concern.IDENTITY_THEFT),
        ("我的身份证被冒用", Concern.IDENTITY_THEFT),
        ("I filed for chapter 7", Concern.BANKRUPTCY),
        ("我在breathing space", Concern.BANKRUPTCY),
        ("Talk to my attorney", Concern.ATTORNEY),
        ("请联系我的律师", Concern.ATTORNEY),
        ("You have the wrong number", Concern.WRONG_PARTY),
        ("你打错了", Concern.WRONG_PARTY),
        ("i'm 16", Concern.MINOR),
        ("我才16岁", Concern.MINOR),
        ("I lost my job", Concern.VULNERABILITY),
        ("我在住院", Concern.VULNERABILITY),
        ("I will complain to the ombudsman", Concern.COMPLAINT),
        ("我要投诉你们", Concern.COMPLAINT),
        ("لا تتصل بي", Concern.OTHER_LANGUAGE),
        ("СТОП", Concern.OTHER_LANGUAGE),
        ("стоп", Concern.OTHER_LANGUAGE),
        ("रुको", Concern.OTHER_LANGUAGE),
        ("im only 15", Concern.MINOR),
    ],
)
def test_a_grave_word_always_reaches_a_person(text, concern):
    reply = classify(text, SMS)
    assert concern in reply.concerns
    assert reply.human
    assert reply.hold


@pytest.mark.parametrize(
    "text", ["I paid him 10 yesterday", "My claim 12 was sent", "二〇二〇年我已还清"]
)
def test_a_part_of_a_word_makes_nobody_a_minor_or_a_foreigner(text):
    assert not {Concern.MINOR, Concern.OTHER_LANGUAGE} & set(classify(text, SMS).concerns)


@pytest.mark.parametrize(
    "text",
    [
        "ok thanks",
        "I will pay on Friday",
        "yes",
        "好的",
        "我会在周五还款",
        "👍",
        "",
    ],
)
def test_an_ordinary_reply_needs_nobody(text):
    reply = classify(text, SMS)
    assert reply.meanings == (Meaning.OTHER,)
    assert not reply.human


@pytest.mark.parametrize(
    "text",
    [
        "I am dead. This is his daughter", "q", "Ich überweise nichts", "<script>alert(1)</script>",
        "I will pay when the house is sold, my mother opens the letters here and must not know of it",
    ],
)  # fmt: skip
def test_what_no_pattern_knows_is_read_by_a_person_and_holds_nothing(text):
    reply = classify(text, SMS)
    assert reply.human
    assert not reply.hold


@pytest.mark.parametrize("text", ["嗯" * 5000 + "x", "ok " * 4000 + "x", "thank you " * 2000 + "x"])
def test_long_courtesies_are_read_in_no_time(text):
    began = time.process_time()
    assert classify(text, SMS).human
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["who is this", "How much is it?", "怎么还款", "多少钱"])
def test_a_question_reaches_a_person_without_holding_anything(text):
    reply = classify(text, SMS)
    assert reply.meanings == (Meaning.QUESTION,)
    assert reply.human
    assert not reply.hold


@pytest.mark.parametrize("text", ["Please don't call me at work", "STOP calling my mother"])
def test_a_wish_about_a_place_or_other_people_closes_and_is_read(text):
    reply = classify(text, SMS)
    assert reply.closed == {PHONE}
    assert reply.human


@given(st.text(), st.sampled_from(list(Channel)))
def test_any_text_gets_a_meaning(text, channel):
    assert classify(text, channel).meanings


@given(st.text(alphabet=" .!\n\u200b", max_size=6), st.text(alphabet=" .!\n\u200b", max_size=6))
def test_a_keyword_is_heard_through_noise(before, after):
    for word in ("STOP", "TD", "退订", "UNSUBSCRIBE"):
        assert classify(f"{before}{word}{after}", SMS).closed == {SMS}
