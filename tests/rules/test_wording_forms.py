"""What a message must have and how it may be built: present, missing, twice, in another form."""

import json

import pytest

from rules.wording import check
from rules.written_text import read_text

DISCLOSED = "This communication is from a debt collector."
ENGLISH = (
    "Northlake Recovery LLC\n\nHello Mr Lee, we have a message about your account. "
    f"{DISCLOSED} Call us on 555-0100. Reply STOP to opt out."
)
CHINESE = "江岸资产管理有限公司：您好，您的账户有一则消息，请致电021-5550-0100。拒收请回复R。"


def judged(text, locale, *, complete=False, **line):
    asked = read_text(json.dumps({"id": "1", "text": text, **line}), locale)
    answer = check(asked.text, locale, asked.context, complete=complete)
    return str(answer.judgement), {finding.rule for finding in answer.findings}


def holds(rule, *told, **line):
    """``rule`` is what must block it; nothing, and it passes."""
    judgement, rules = judged(*told, **line)
    assert judgement == ("block" if rule else "pass"), rules
    assert not rule or any(found.startswith(rule) for found in rules), rules


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("L02", "Please note that not paying a debt is a crime."),
        ("", "We are, of course, not calling your employer."),
        ("", "We commit to not calling your employer."),
        ("L12", "Please pay into my private account, thank you."),
        ("L07", "You may ask for a copy, and we'll tell your boss."),
        ("", "If you agree, we can speak to your wife."),
    ],
)
def test_what_is_not_done_is_denied_and_not_what_follows_from_it(rule, text):
    holds(rule, text, "en-US")


def test_a_whole_message_with_all_its_parts_passes():
    holds("", ENGLISH, "en-US", channel="sms", complete=True)
    holds("", CHINESE, "zh-CN", channel="sms", complete=True)


@pytest.mark.parametrize(
    "name",
    ["Northlake Recovery, LLC", "Northlake Recovery Ltd.", "NORTHLAKE RECOVERY INC.",
     "Alder Capital Partners LP", "Meridian Bank N.A.", "Northlake & Sons, P.C.",
     "Alder Receivables Pty Ltd", "Northlake Recovery Corp"],
)  # fmt: skip
def test_a_sender_is_known_by_the_form_of_its_name(name):
    said = ENGLISH.replace("Northlake Recovery LLC", name)
    holds("", said, "en-US", channel="letter", complete=True)


@pytest.mark.parametrize(
    "name", ["江岸资产管理股份有限公司", "江东银行", "君和律师事务所", "江岸資產管理有限公司"]
)
def test_so_is_a_chinese_one(name):
    holds("", CHINESE.replace("江岸资产管理有限公司", name), "zh-CN", channel="sms", complete=True)


@pytest.mark.parametrize(
    ("text", "locale", "old", "new"),
    [
        (ENGLISH, "en-US", "Northlake Recovery LLC", ""),
        (ENGLISH, "en-US", "Northlake Recovery LLC", "Your collections team"),
        (CHINESE, "zh-CN", "江岸资产管理有限公司：", ""),
        (CHINESE, "zh-CN", "江岸资产管理有限公司：", "【江岸资产】"),
    ],
)
def test_a_message_without_the_legal_name_of_its_sender_is_refused(text, locale, old, new):
    holds("S01", text.replace(old, new), locale, channel="sms", complete=True)


@pytest.mark.parametrize(
    "words",
    [
        DISCLOSED,
        DISCLOSED.replace("from a", "from a\n"),
        "This is an attempt to collect a debt and any information obtained will be used for that purpose.",
        "This is an attempt to collect a debt. Any information obtained will be used for that purpose.",
        "This is an attempt by a debt collector to collect a debt and any information obtained will be used for that purpose.",
        f"{DISCLOSED} {DISCLOSED}",
    ],
)
def test_the_american_disclosure_is_known_in_its_forms(words):
    holds("", ENGLISH.replace(DISCLOSED, words), "en-US", channel="email", complete=True)


def test_without_it_an_american_message_is_refused_and_a_british_one_is_not():
    bare = ENGLISH.replace(DISCLOSED, "")
    holds("S02", bare, "en-US", channel="letter", complete=True)
    holds("", bare.replace("LLC", "Ltd"), "en-GB", channel="email", complete=True)


@pytest.mark.parametrize(
    ("text", "locale", "old", "new"),
    [
        (ENGLISH, "en-US", "Reply STOP to opt out.", way)
        for way in ("Text STOP to end messages.", "To unsubscribe, click below.",
                    'Reply "STOP" to unsubscribe', "You can stop these messages by replying STOP.",
                    "Don\u2019t want these texts? Reply STOP.")
    ] + [
        (CHINESE, "zh-CN", "拒收请回复R。", way)
        for way in ("退订回T", "回复TD退订", "如不愿接收请回复N", "不想再收到短信，请回复“退订”")
    ],
)  # fmt: skip
def test_a_way_out_is_known_in_its_forms(text, locale, old, new):
    holds("", text.replace(old, new), locale, channel="sms", complete=True)


@pytest.mark.parametrize(
    ("text", "locale", "old"),
    [(ENGLISH, "en-US", "Reply STOP to opt out."), (CHINESE, "zh-CN", "拒收请回复R。")],
)
def test_an_electronic_message_needs_one_and_a_letter_does_not(text, locale, old):
    bare = text.replace(old, "")
    holds("S03", bare, locale, channel="sms", complete=True)
    holds("S03", bare, locale, channel="email", complete=True)
    holds("", bare, locale, channel="letter", complete=True)


def test_a_debt_that_is_too_old_says_so():
    old = {"time_barred": True}
    holds("S02", ENGLISH, "en-US", channel="sms", case=old, complete=True)
    holds("S02", CHINESE, "zh-CN", channel="sms", case=old, complete=True)
    told = "本债务可能已超过诉讼时效，我们不会起诉。"
    holds("", CHINESE.replace("您好，", f"您好，{told}"), "zh-CN", channel="sms", case=old,
          complete=True)  # fmt: skip


# Amounts


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "$1,170.00"), ("", "$1170"), ("", "USD 1,170.00"), ("", "1,170.00 USD"),
        ("", "US$1,170.00"), ("", "1170 dollars"), ("", "＄1,170.00"), ("", "$ 1 170.00"),
        ("", "$1'170.00"), ("", "1\u202f170.00 USD"), ("", "1 170,00 USD"), ("L05", "$1 180.00"),
        ("L05", "$170 1170"),
        ("", "$1.17k"), ("", "one thousand one hundred seventy dollars"),
        ("", "eleven hundred and seventy dollars"),
        ("L05", "$1,171.00"), ("L05", "£1,170.00"), ("L05", "$1.170,00"),
        ("L05", "two thousand dollars"), ("L05", "1,170 euros"),
    ],
)  # fmt: skip
def test_an_amount_is_the_ledgers_however_it_is_written(rule, said):
    text = f"As of June 10, 2026 you owe {said}."
    holds(rule, text, "en-US", case={"balance": "1170.00 USD"})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "5,230.00元"), ("", "５２３０元"), ("", "¥5,230.00"), ("", "￥5230"), ("", "CNY 5,230.00"),
        ("", "人民币5230元整"), ("", "五千二百三十元"), ("", "伍仟贰佰叁拾元整"), ("", "0.523万元"),
        ("", "5 230元"), ("", "5 230.00元"), ("", "５ ２３０元"), ("", "5.23千元"), ("", "5230元整"),
        ("L05", "5 320元"), ("L05", "5230元5角"), ("L05", "52 30元"), ("L05", "5.32千元"),
        ("L05", "5,320.00元"), ("L05", "六千元"), ("L05", "陆仟元整"), ("L05", "5230美元"),
        ("L05", "5230港币"),
    ],
)  # fmt: skip
def test_so_is_one_in_chinese(rule, said):
    text = f"截至2026年6月10日，您应还{said}。"
    holds(rule, text, "zh-CN", case={"balance": "5230.00 CNY"})


@pytest.mark.parametrize(
    ("rule", "said"),
    [("", "5230元5角"), ("", "5230元5角0分"), ("", "五千二百三十元五角"), ("", "伍仟贰佰叁拾元伍角整"),
     ("", "5230.50元"), ("L05", "5230元"), ("L05", "5230元6角"), ("L05", "5230元0角5分")],
)  # fmt: skip
def test_tenths_of_a_yuan_count(rule, said):
    holds(rule, f"截至2026年6月10日，您应还{said}。", "zh-CN", case={"balance": "5230.50 CNY"})


@pytest.mark.parametrize(
    ("rule", "said"),
    [("", "5 230,00 €"), ("", "5.230,00 €"), ("", "5230 Euro"), ("L05", "5 320,00 €")],
)
def test_a_space_marks_thousands_in_german(rule, said):
    holds(rule, f"Zum 10.06.2026 schulden Sie {said}.", "de-DE", case={"balance": "5230.00 EUR"})


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("", "On 3 November 2026 we filed a case in Leeds County Court."),
        ("", "We filed a case in the County Court at Leeds on November 3, 2026."),
        ("", "A case was filed. You can still settle by 14 December 2026."),
        ("", "We filed a case in court."),
        ("S05", "On 13 November 2026 we filed a case in Leeds County Court."),
        ("S05", "On 3 November 2026 we filed a case in Bradford County Court."),
        ("S05", "On 3 November 2026 we filed a case in the High Court."),
        ("S05", "We filed a case in 2026-11-04."),
    ],
)
def test_a_step_is_told_with_the_court_and_the_day_on_record(rule, text):
    event = {"type": "filed", "court": "Leeds County Court", "date": "2026-11-03"}
    holds(rule, text, "en-GB", case={"legal_event": event})


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("", "我方已于2026年11月3日向北京市朝阳区人民法院提交起诉材料。"),
        ("", "我方已于11月3日向朝阳区法院起诉。"),
        ("", "我方已向法院提起诉讼，您仍可与我们协商。"),
        ("S05", "我方已于2026年11月3日向北京市海淀区人民法院提交起诉材料。"),
        ("S05", "我方已于2026年10月3日向北京市朝阳区人民法院提交起诉材料。"),
        ("S05", "我方已向天津市和平区人民法院起诉。"),
    ],
)
def test_so_is_one_in_chinese_courts(rule, text):
    event = {"type": "filed", "court": "北京市朝阳区人民法院", "date": "2026-11-03"}
    holds(rule, text, "zh-CN", case={"legal_event": event})


@pytest.mark.parametrize(
    ("rule", "text", "locale"),
    [
        ("L14", "Just make a token payment and we will call it a day.", "en-US"),
        ("L14", "Please sign the form to confirm the account is yours.", "en-US"),
        ("L14", "先还十块钱就好。", "zh-CN"), ("L14", "在单子上签个字就没事了。", "zh-CN"),
        ("", "Before you pay: even a token payment can restart the time limit.", "en-US"),
        ("", "还款可能使诉讼时效重新计算，还或不还由您自愿决定。", "zh-CN"),
    ],
)  # fmt: skip
def test_nobody_is_led_to_start_the_clock_again(rule, text, locale):
    holds(rule, text, locale, case={"time_barred": True})


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("", "As of June 10, 2026: principal $1,000.00, interest $170.00, total $1,170.00."),
        ("L05", "As of June 10, 2026: principal $1,000.00, interest $180.00, total $1,170.00."),
        ("", "A payment of $50 a month would clear the $1,170.00 you owe as of June 10, 2026."),
        ("", "We can settle for $700 of the $1,170.00 owed as of June 10, 2026."),
        ("L05", "We received $1,500.00 from you."),
    ],
)
def test_parts_add_up_and_offers_are_smaller(rule, text):
    holds(rule, text, "en-US", case={"balance": "1170.00 USD"})


@pytest.mark.parametrize(
    "day",
    ["As of June 10, 2026", "As of 10 June 2026", "As at 10/06/2026", "On 06/10/26",
     "As of Jun. 10, 2026", "On 2026/06/10"],
)  # fmt: skip
def test_what_is_owed_has_its_day_in_any_form(day):
    told = f"Northlake Recovery LLC\n{DISCLOSED}\n{day} you owe $1,170.00."
    case = {"balance": "1170.00 USD"}
    holds("", told, "en-US", channel="letter", case=case, complete=True)
    holds("L05", told.replace(f"{day} you", "You"), "en-US", channel="letter", case=case,
          complete=True)  # fmt: skip


# Deadlines, capitals, links


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("S06", "Please pay within 3 days."), ("S06", "Please pay within three days."),
        ("S06", "You have 48 hours to pay."), ("S06", "Pay by tomorrow."),
        ("S06", "Please let us know within two days."),
        ("", "Please pay within 10 days."), ("", "We will answer within 3 days."),
        ("", "Please reply within 5 days. You can still contact us afterwards."),
        ("", "We will reply within two days."), ("", "Payments take 3 days to arrive."),
        ("", "You have thirty days to dispute this debt."),
        ("S06", "请在3日内还款。"), ("S06", "请于三日内还款。"), ("S06", "请48小时内处理欠款。"),
        ("", "请在10日内还款。"), ("", "我们会在三个工作日内答复您。"),
        ("", "请在5天内回复，之后您仍可联系我们。"), ("", "款项一般1-2个工作日内到账。"),
    ],
)  # fmt: skip
def test_nobody_is_hurried(rule, text):
    holds(rule, text, "zh-CN" if text[0] > "z" else "en-US")


def test_a_note_tells_of_days_that_were_promised():
    holds("", "Customer will pay within 3 days.", "en-US", channel="note")
    holds("", "客户承诺三天内还款。", "zh-CN", channel="note")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("S07", "PLEASE CALL US BACK"), ("S07", "Thank you!! We got it."), ("S07", "谢谢！！"),
        ("", "Thank you! We got it."), ("", "Please call NORTHLAKE RECOVERY LLC any day."),
        ("", "The CFPB and the FTC explain your rights."), ("", "谢谢！"),
        ("S10", "Pay at https://bit.ly/abc"), ("S10", "Pay at bit.ly/abc"),
        ("S10", "Pay at bit . ly/abc"), ("S10", "Pay at ｂｉｔ．ｌｙ/abc"),
        ("S10", "See http://pay.example.com/x"), ("S10", "Pay at https://раy.example.com/x"),
        ("S10", "请点击 dwz.cn/abc 查询"),
        ("", "See https://pay.example.com/x"), ("", "请登录 https://pay.example.com 查询"),
    ],
)  # fmt: skip
def test_capitals_exclamations_and_links(rule, text):
    holds(rule, text, "zh-CN" if "请" in text or "谢" in text else "en-US")


def test_lines_of_windows_are_no_paragraphs():
    text = "We will\r\nnot tell\r\nyour family."
    holds("", text, "en-US")
    holds("L07", text.replace("not ", ""), "en-US")


def test_a_finding_points_into_the_text_as_it_was_written():
    text = "Hello <b>there</b>.\r\nWe&#32;will tell your b&#111;ss."
    asked = read_text(json.dumps({"id": "1", "text": text}), "en-US")
    spans = [text[slice(*f.span)] for f in check(asked.text, "en-US", asked.context).findings]
    assert any("tell your b" in said for said in spans), spans
