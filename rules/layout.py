"""Guessing which heading of a seller's table is which column of ours, for a person to confirm."""

from __future__ import annotations

import json
import re
import unicodedata
from difflib import get_close_matches

from models.transfer import Layout
from rules.row import DEBT, PERSON, REQUIRED, known_column
from rules.sheet import Sheet, Source, UnreadableError, open_sheet, stop

HEADINGS = {
    "account_ref": ("账号", "账户号", "借据号", "借据编号", "债权编号", "资产编号", "account", "account no", "account number", "loan id", "konto", "forderungsnummer", "aktenzeichen"),
    "customer_ref": ("客户号", "客户编号", "债务人编号", "customer no", "customer number", "customer id", "client id", "debtor id", "kundennummer"),
    "contract_ref": ("合同号", "合同编号", "借款合同编号", "贷款合同编号", "contract", "contract no", "contract number", "agreement no", "vertragsnummer"),
    "product_type": ("产品类型", "业务品种", "贷款类型", "product", "loan type", "produkt"),
    "original_creditor_name": ("原债权人", "原始债权人", "放款机构", "original creditor", "originator", "ursprünglicher gläubiger"),
    "full_name": ("姓名", "借款人姓名", "债务人姓名", "客户姓名", "name", "debtor name", "customer name", "borrower"),
    "first_name": ("名", "first name", "given name", "forename", "vorname"),
    "last_name": ("姓", "last name", "surname", "family name", "nachname"),
    "dob": ("出生日期", "date of birth", "birth date", "birthdate", "geburtsdatum"),
    "address_line1": ("地址", "住址", "通讯地址", "联系地址", "家庭地址", "address", "street", "address 1", "straße", "strasse", "anschrift"),
    "address_line2": ("address 2",),
    "city": ("城市", "市", "town", "ort", "stadt"),
    "region": ("省", "省份", "state", "province", "bundesland"),
    "postcode": ("邮编", "邮政编码", "zip", "zip code", "postal code", "plz", "postleitzahl"),
    "country": ("国家", "land", "country code"),
    "language": ("语言", "sprache", "preferred language"),
    "phone_1": ("手机", "手机号", "手机号码", "电话", "联系电话", "phone", "mobile", "cell", "telephone", "telefon", "handy"),
    "phone_2": ("电话2", "固定电话", "phone 2", "landline", "festnetz"),
    "email_1": ("邮箱", "电子邮箱", "email", "e-mail", "mail"),
    "currency": ("币种", "货币", "währung", "ccy"),
    "principal": ("本金", "剩余本金", "本金余额", "未偿本金", "principal balance", "hauptforderung", "capital"),
    "interest": ("利息", "欠息", "利息余额", "interest balance", "zinsen"),
    "penalty": ("罚息", "违约金", "复利及罚息", "penalties", "late charges", "verzugszinsen"),
    "fees": ("费用", "手续费", "fee", "gebühren"),
    "costs": ("垫付费用", "诉讼费", "collection costs", "court costs", "kosten", "mahnkosten"),
    "total": ("合计", "总额", "债权总额", "本息合计", "欠款总额", "total due", "balance", "amount due", "total balance", "gesamtforderung", "gesamt"),
    "annual_rate": ("年利率", "利率", "interest rate", "rate", "apr", "zinssatz"),
    "origination_date": ("放款日期", "发放日期", "贷款发放日", "open date", "opened", "vertragsdatum"),
    "due_date": ("到期日", "到期日期", "贷款到期日", "due", "maturity date", "fälligkeit"),
    "delinquency_date": ("逾期日期", "逾期开始日", "default date", "verzug seit"),
    "charge_off_date": ("核销日期", "charge off", "write-off date"),
    "last_payment_date": ("最后还款日", "最近还款日期", "last payment", "letzte zahlung"),
    "last_payment_amount": ("最后还款金额", "last payment amount"),
    "statute_date": ("诉讼时效届满日", "诉讼时效到期日", "limitation date", "verjährung"),
    "five_class": ("五级分类",),
    "overdue_days": ("逾期天数", "days past due", "dpd"),
    "litigation_stage": ("诉讼阶段", "诉讼状态", "司法阶段"),
    "guarantee_type": ("担保方式",),
    "guarantee_bans_assignment": ("担保合同禁止转让", "保证合同禁止债权转让", "禁止债权转让"),
    "guarantor_consented": ("保证人书面同意", "担保人书面同意", "保证人同意"),
    "party_1_role": ("责任类型", "共同债务人类型"),
    "party_1_full_name": ("保证人姓名", "担保人姓名", "共同借款人姓名"),
    "party_1_customer_ref": ("保证人编号", "担保人编号", "共同借款人编号"),
    "assignable": ("可转让", "是否可转让", "债权可转让"),
    "debt_unlawful": ("非法债务", "是否非法债务"),
    "said_wont_pay_barred": ("债务人主张时效抗辩", "已主张时效抗辩"),
    "contact_in_limitation": ("时效期内曾联系", "时效期内是否联系"),
    "hand": ("手别",),
    "batch_no": ("批次号", "batch"),
    "mandate_date": ("委案日期",),
    "withdraw_date": ("撤案日期",),
    "previous_owner_1": ("转让方", "assignor", "sold by", "zedent"),
    "assigned_on_1": ("转让日期", "债权转让日", "assignment date", "abtretungsdatum"),
    "notice_sent_on_1": ("通知日期", "转让通知日期", "notice date"),
}  # fmt: skip
"""What sellers call our columns, in Chinese, English and German."""

_ALIASES = {alias: column for column, known in HEADINGS.items() for alias in known}


def guessed(heading: str) -> str | None:
    """Answer the column that a heading probably means, or None."""
    plain = _plain(heading)
    snake = plain.replace(" ", "_").replace("-", "_")
    if known_column(snake):
        return snake
    if plain in _ALIASES:
        return _ALIASES[plain]
    near = get_close_matches(plain, _ALIASES, n=1, cutoff=0.85)
    if near:
        return _ALIASES[near[0]]
    close = get_close_matches(snake, (*DEBT, *PERSON), n=1, cutoff=0.85)
    return close[0] if close else None


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"[\s_]+", " ", re.sub(r"[（(].*?[)）]", "", text)).strip(" :*.#")


def draft(raw: bytes | Source) -> str:
    """Write a mapping file for a table: every heading with a guess, unconfirmed.

    Headings are the seller's words and no personal data. Raises ``UnreadableError``, also for a
    table none of whose headings can be guessed: its first row may be of a person.
    """
    bare = open_sheet(raw)
    header = [name.strip() for name in next(bare.records(), (0, list[str]()))[1]]
    if not any(header):
        raise UnreadableError(stop("file_empty", "the file is empty: it has no row of headings"))
    if not any(known_column(name) or guessed(name) for name in header if name):
        raise UnreadableError(
            stop(
                "no_heading",
                "none of the cells in its first row is like a heading of a portfolio; see that the "
                "first row holds the headings, and that this is the file",
            )
        )
    columns: dict[str, str] = {}
    for name in header:
        if name and not known_column(name):
            column = guessed(name) or ""
            taken = column in header or column in columns.values()
            columns[name] = "" if taken else column
    sheet = open_sheet(raw, Layout(columns={key: value for key, value in columns.items() if value}))
    return "\n".join(_lines(sheet, header, columns)) + "\n"


def _lines(sheet: Sheet, header: list[str], columns: dict[str, str]) -> list[str]:
    mark, order = sheet.decimal, sheet.order
    found = {*header, *columns.values()}
    missing = [name for name in REQUIRED if name not in found]
    return [
        "# A guess. Look at every line, complete what is empty, then:",
        "confirmed = false",
        f'decimal = "{mark}"' if mark != "?" else '# decimal = "."   the file uses both marks',
        *([f'date_order = "{order}"'] if order in ("dmy", "mdy") else []),
        *(['# date_order = "dmy"   the file shows dates of both orders'] if order == "?" else []),
        "",
        "[columns]",
        "# the seller's heading = our column; an empty one is not read",
        *(f"{_quoted(name)} = {_quoted(column)}" for name, column in columns.items()),
        "",
        "[constants]",
        "# what is true of every row and stands in no column",
        *(f'# {name} = ""   required' for name in missing),
    ]


def _quoted(text: str) -> str:
    """Write a TOML basic string; JSON's is one as long as nothing beyond its escapes is used."""
    return json.dumps(text, ensure_ascii=False)
