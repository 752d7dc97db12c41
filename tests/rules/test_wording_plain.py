"""One plain sentence for each category and each structural rule, in each language that is judged.

A corpus shows how much gets through; this shows that no category is deaf in any language.
"""

import json

import pytest

from models.wording import Judgement, WordingContext
from rules.wording import check, neutral
from rules.written_text import read_text

_BLOCK, _REVIEW = Judgement.BLOCK, Judgement.REVIEW
TOO_OLD = {"time_barred": True}

PLAIN = {
    "L01": (
        "再不还钱，小心你的腿。",
        "Pay up or we'll break your legs.",
        "Pay up or the lads will come round and hurt you.",
        "Zahlen Sie, sonst tun wir Ihnen weh.",
    ),
    "L02": (
        "不还款的话，警察会来抓您。",
        "If you don't pay, you will be arrested.",
        "The police will come and arrest you.",
        "Wenn Sie nicht zahlen, werden Sie verhaftet.",
    ),
    "L03": (
        "法院已经受理我们对您的起诉。",
        "We have filed a lawsuit against you.",
        "Bailiffs will take your belongings on Monday.",
        "Wir haben Klage gegen Sie eingereicht.",
    ),
    "L04": (
        "我是法院的工作人员。",
        "I'm calling from the sheriff's office.",
        "This is HM Revenue and Customs.",
        "Hier spricht die Staatsanwaltschaft.",
    ),
    "L05": (
        "另外要收您五百元催收费。",
        "We have added a $200 collection fee.",
        "A collection fee of £150 has been added.",
        "Eine Inkassogebühr von 90 Euro kommt hinzu.",
    ),
    "L06": (
        "您会被列入全国黑名单。",
        "You will be on a blacklist for life.",
        "You will be on a blacklist for life.",
        "Sie kommen auf eine schwarze Liste.",
    ),
    "L07": (
        "我们会把这件事告诉您的家人和同事。",
        "We will tell your boss about this debt.",
        "We will tell your neighbours about this debt.",
        "Wir werden Ihrem Arbeitgeber davon erzählen.",
    ),
    "L08": (
        "你真是个不要脸的骗子。",
        "You are a liar and a deadbeat.",
        "You are a lazy scrounger.",
        "Sie sind ein Betrüger.",
    ),
    "L09": (
        "不还钱，您的工作就保不住了。",
        "You will lose your job over this.",
        "Social services will take your children.",
        "Sie werden Ihren Job verlieren.",
    ),
    "L11": (
        "您可以先去别的平台借钱还我们。",
        "Take out a payday loan to pay us.",
        "Borrow from your friends and pay us tonight.",
        "Leihen Sie sich das Geld bei Freunden.",
    ),
    "L12": (
        "请转到我个人的微信。",
        "Send the money to my own Venmo.",
        "Pay it into my personal account.",
        "Überweisen Sie auf mein privates Konto.",
    ),
    "L13": (
        "您有一个快递未领取，请回电。",
        "You have a package waiting, call us back.",
        "You missed a delivery, ring us back.",
        "Sie haben ein Paket verpasst, rufen Sie zurück.",
    ),
    "L15": (
        "您不能提出异议，投诉也没有用。",
        "You cannot dispute this debt.",
        "Complaining to the ombudsman is pointless.",
        "Eine Beschwerde bringt nichts.",
    ),
    "L16": (
        "我们会天天打电话，直到您还钱。",
        "We will call you every hour until you pay.",
        "We will ring you day and night until you pay.",
        "Wir rufen Sie jede Stunde an.",
    ),
    "L17": (
        "法院传票：请于周五到庭。",
        "SUMMONS: you must appear in court on Friday.",
        "Court summons: appear on Friday.",
        "Gerichtliche Vorladung: erscheinen Sie am Freitag.",
    ),
    "L18": (
        "生病是你的报应。",
        "Being sick is no excuse.",
        "Being disabled is no excuse.",
        "Dass Sie krank sind, ist keine Ausrede.",
    ),
}  # fmt: skip
"""Sentences of zh-CN, en-US, en-GB and de-DE; L10, L14, L19 and L20 have tables of their own."""

LOCALES = ("zh-CN", "en-US", "en-GB", "de-DE")

DOUBTFUL = {
    "L10": (
        "今晚十二点前不还，后果自负。",
        "Pay within two hours or face the consequences.",
        "Pay by tonight or else.",
        "Das ist Ihre letzte Chance.",
    ),
    "L20": (
        "现在还款，保证删除您的征信记录。",
        "Pay today and we guarantee to delete your credit record.",
        "Pay now and we guarantee your record disappears.",
        "Wir garantieren, dass der Eintrag verschwindet.",
    ),
}  # fmt: skip
"""Where the law of wording leaves the choice between refusing and a person's reading."""


def asked(text, locale, **line):
    context = read_text(json.dumps({"id": "1", "text": text, **line}), locale).context
    return check(text, locale, context)


def categories(verdict):
    return {finding.category for finding in verdict.findings}


@pytest.mark.parametrize(
    ("category", "locale", "text"),
    [
        (category, locale, text)
        for category, texts in PLAIN.items()
        for locale, text in zip(LOCALES, texts, strict=True)
    ],
)
def test_each_category_is_refused_in_each_language(category, locale, text):
    verdict = asked(text, locale)
    assert verdict.judgement is _BLOCK
    assert category in categories(verdict)


@pytest.mark.parametrize(
    ("category", "locale", "text"),
    [
        (category, locale, text)
        for category, texts in DOUBTFUL.items()
        for locale, text in zip(LOCALES, texts, strict=True)
    ],
)
def test_haste_and_promises_are_stopped_in_each_language(category, locale, text):
    verdict = asked(text, locale)
    assert not verdict.passed
    assert category in categories(verdict)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("zh-CN", "您先还十块钱就行。"),
        ("en-US", "Just pay $5 to show good faith."),
        ("en-GB", "Just send us a pound as a gesture."),
        ("de-DE", "Zahlen Sie einen symbolischen Euro."),
    ],
)
def test_a_token_payment_on_a_debt_that_is_too_old_is_refused_in_each_language(locale, text):
    verdict = asked(text, locale, case=TOO_OLD)
    assert verdict.judgement is _BLOCK
    assert "L14" in categories(verdict)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("number", ["110101199003078515", "4111 1111 1111 1111", "078-05-1120"])
def test_personal_numbers_are_refused_in_each_language(locale, number):
    verdict = asked(f"{number}", locale)
    assert verdict.judgement is _BLOCK
    assert "L19" in categories(verdict)


# How a message is built

STRUCTURE = {
    "S05": (
        "法院已立案，案号1234。",
        "A case was filed, number 26-114.",
        "A claim was issued, number 26-114.",
        "Es wurde Klage erhoben, Aktenzeichen 26-114.",
    ),
    "S06": (
        "请在两天内付款。",
        "Please pay within two days.",
        "Please pay within two days.",
        "",
    ),
    "S07": (
        "请尽快付款!!!",
        "PLEASE PAY THIS ACCOUNT NOW",
        "Please pay!!!",
        "Bitte zahlen Sie!!!",
    ),
    "S10": (
        "请点击 https://t.cn/A6h7 查看。",
        "See https://bit.ly/3xYz9 for details.",
        "See tinyurl.com/ab12 for details.",
        "Siehe https://bit.ly/3xYz9 dazu.",
    ),
    "S14": (
        "不还就拉进h m d",
        "You are a d.e.a.d.b.e.a.t and a l1ar.",
        "We kn0w where you l1ve.",
        "W1r wi$$en, wo Sie wohnen.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "locale", "text"),
    [
        (rule, locale, text)
        for rule, texts in STRUCTURE.items()
        for locale, text in zip(LOCALES, texts, strict=True)
        if text
    ],
)
def test_each_rule_of_form_holds_in_each_language(rule, locale, text):
    assert asked(text, locale, channel="letter").judgement is _BLOCK, rule


@pytest.mark.parametrize(
    ("locale", "said", "denied"),
    [
        ("zh-CN", "我们不会放过您。", "我们不会起诉您。"),
        ("en-US", "We will not hesitate to sue you.", "We will not sue you."),
        ("en-GB", "We won't hesitate to tell your boss.", "We won't tell your boss."),
        ("de-DE", "Wir werden nicht zögern, Sie zu verklagen.", "Wir werden Sie nicht verklagen."),
    ],
)
def test_a_denial_passes_and_a_threat_in_its_form_does_not(locale, said, denied):
    assert not asked(said, locale).passed
    assert asked(denied, locale).passed


@pytest.mark.parametrize(
    ("locale", "amount"),
    [
        ("zh-CN", "截至今日您尚欠6000.00元。"),
        ("en-US", "As of today you owe $6,000.00."),
        ("en-GB", "As of today you owe £6,000.00."),
        ("de-DE", "Ihr Saldo beträgt 6.000,00 €."),
    ],
)
def test_an_amount_that_is_not_the_ledgers_is_refused_in_each_language(locale, amount):
    currency = {"zh-CN": "CNY", "en-US": "USD", "en-GB": "GBP", "de-DE": "EUR"}[locale]
    assert asked(amount, locale, case={"balance": f"6000.00 {currency}"}).passed
    verdict = asked(amount, locale, case={"balance": f"5230.00 {currency}"})
    assert verdict.judgement is _BLOCK
    assert "L05" in categories(verdict)


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("zh-CN", "您的欠款提醒"),
        ("en-US", "Your overdue debt"),
        ("en-GB", "Your arrears"),
        ("de-DE", "Ihre offene Forderung"),
    ],
)
def test_a_subject_line_names_no_debt_in_any_language(locale, subject):
    assert "S08" in categories(check("", locale, WordingContext(subject=subject)))
    assert not neutral(subject)
    head = {"zh-CN": "主题：", "de-DE": "Betreff: "}.get(locale, "Subject: ")
    hello = {"zh-CN": "您好。", "de-DE": "Guten Tag."}.get(locale, "Good morning.")
    assert "S08" in categories(asked(f"{head}{subject}\n\n{hello}", locale, channel="email"))
    assert asked(f"{head}{hello}\n\n{hello}", locale, channel="email").passed


# A promise that is sold, what befalls people, and what they are called


@pytest.mark.parametrize(
    ("locale", "bought", "given"),
    [
        (
            "zh-CN",
            "只要您今天还款，我们就不会告诉您的家人。",
            "无论您是否还款，我们都不会告诉您的家人。",
        ),
        (
            "en-US",
            "We won't tell your boss if you pay today.",
            "We won't tell your boss if you ask us not to.",
        ),
        (
            "en-GB",
            "As long as you settle on Friday, we won't ring your mother.",
            "As you asked, we won't ring your mother.",
        ),
    ],
)
def test_a_promise_that_must_be_bought_is_a_threat(locale, bought, given):
    assert asked(bought, locale).judgement is _BLOCK
    assert asked(given, locale).passed


@pytest.mark.parametrize(
    ("locale", "life", "threat"),
    [
        ("zh-CN", "客户在派出所当辅警。", "客户应该去坐牢。"),
        ("zh-CN", "债务人因车祸断腿住院。", "告知客户会被打断腿。"),
        ("zh-CN", "客户丈夫在监狱服刑。", "对客户说要让他坐牢。"),
        ("en-US", "Debtor's car was repossessed by another lender.", "Told him we'd take his car."),
        ("en-GB", "His son is in prison.", "He should be in prison."),
        ("en-GB", "She works for the police.", "Debtor was told the police would come."),
    ],
)
def test_a_note_may_tell_what_befell_a_person_and_not_what_should(locale, life, threat):
    assert asked(life, locale, channel="note").passed
    assert asked(threat, locale, channel="note").judgement is _BLOCK


@pytest.mark.parametrize(
    ("locale", "name", "curse"),
    [
        ("zh-CN", "尊敬的孟克夫先生：您好。", "你就是克夫命。"),
        ("zh-CN", "收件人：卫断子", "你要断子绝孙。"),
        ("zh-CN", "王咒安女士，您好。", "我咒你全家。"),
        ("zh-CN", "请问是周报应先生吗？", "这是你的报应。"),
        ("zh-CN", "地址是公安巷12号。", "公安明天去找您。"),
        ("zh-CN", "尊敬的赖小克先生：您好。", "尊敬的老赖先生：您好。"),
        ("zh-CN", "白小狼女士您好。", "尊敬的白眼狼女士：您好。"),
        ("en-US", "Dear Ms. Crook, here is your statement.", "Dear Ms. Crook, you crook."),
        ("en-GB", "Dear Mr Coward, thank you.", "You coward, Mr Coward."),
        ("en-GB", "We are at 12 Prison Lane, York.", "Next stop is prison."),
        ("en-GB", "Dear Anna Savage, thank you.", "Dear Mr Deadbeat, thank you."),
    ],
)
def test_a_name_is_a_name_and_a_curse_a_curse(locale, name, curse):
    assert asked(name, locale).passed
    assert not asked(curse, locale).passed
