"""One row of a transfer file: from cells to a debt with its people, or to the reasons why not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Literal

import phonenumbers

from models.contact import Channel
from models.ledger import Bucket
from models.money import Money, MoneyError
from models.stop import Scope, StopKind
from models.transfer import (
    ROLES,
    Address,
    Flag,
    Liable,
    Link,
    Manifest,
    Person,
    Point,
    Problem,
    Row,
    Severity,
)
from rules.place import (
    all_zones,
    is_zone,
    law_of,
    regions_of,
    zones_of_address,
    zones_of_phone,
)

OF_AGE = 18
"""Years at origination below which a row is refused: capacity is for a court, not for us."""

MANY = 9
"""Numbered columns go from 1 to this."""

BUCKETS = tuple(Bucket)

NAMES = ("title", "first_name", "middle_name", "last_name", "full_name", "native_name", "script")

LITIGATION = {
    "not_sued": "not_sued", "未诉": "not_sued",
    "in_litigation": "in_litigation", "诉讼中": "in_litigation",
    "judgment": "judgment", "已判未执": "judgment",
    "enforcing": "enforcing", "执行中": "enforcing",
    "enforcement_suspended": "enforcement_suspended", "终本执行": "enforcement_suspended",
    "enforcement_ended": "enforcement_ended", "终结执行": "enforcement_ended",
}  # fmt: skip
"""Stages as the platforms for non-performing loans publish them, and our codes for them."""

ITEMIZATIONS = ("last_statement", "charge_off", "last_payment", "transaction", "judgment")
"""Reference dates that 12 CFR 1006.34(b)(3) allows."""

VULNERABILITIES = (
    "self_harm_risk", "health", "mental_health", "bereavement", "domestic_abuse", "capacity",
    "other",
)  # fmt: skip

BANKRUPTCIES = ("chapter_7", "chapter_11", "chapter_13", "iva", "dro", "bankruptcy", "insolvency")

LINES = ("mobile", "landline", "work", "home", "personal", "unknown")

BASES = ("consent", "consumer_used", "creditor_notice", "prior_collector")
"""Procedures of 12 CFR 1006.6(d)(3)-(5) by which an address or number may be used."""

PAST = (
    "origination_date", "delinquency_date", "charge_off_date", "last_payment_date",
    "last_statement_date", "judgment_date", "mandate_date",
)  # fmt: skip
"""Dates of a debt that have happened."""

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SERIAL = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?", re.ASCII)
_RATE = re.compile(r"0|0\.[0-9]{1,6}|[1-9](\.[0-9]{1,6})?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", re.ASCII)
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_RESIDENT = re.compile(
    r"[1-9][0-9]{5}((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])[0-9]{3}[0-9X]", re.ASCII
)
_SOCIAL = re.compile(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}", re.ASCII)
_SHOWN = re.compile(r"[0-9]", re.ASCII)
_HIDDEN = re.compile(r"[*xX\u00b7\u2022\u2026\u2588#\uff0a]|\.{3}")
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NUMBERED = re.compile(r"(.+?)_([1-9])(?:_(.+))?")
_PARTY = re.compile(r"party_[1-9]_(.+)")
_GROUP = re.compile(
    r"party_[1-9](?=_(?!phone_|email_))|(?:party_[1-9]_)?(?:phone|email)_[1-9](?=_)"
)
_DIALLED = re.compile(r"(party_[1-9]_)?phone_[1-9]")

MOST_SHOWN = 12
"""Digits of an account number that may be seen: as many as PCI DSS 4.0, 3.4.1 shows of a long card
number, the first eight and the last four."""

FEW = 6
"""So many digits may stand alone: the last four, or six, of a number."""

MONEY = frozenset({
    *BUCKETS, "total", "last_payment_amount", "itemization_balance", "interest_since", "fees_since",
    "payments_since", "credits_since", "income_monthly", "outgoings_monthly", "judgment_amount",
})  # fmt: skip

PERSON = frozenset({
    "customer_ref", *NAMES, "kind", "dob", "id_number_type", "id_number_hash", "language",
    "address_line1", "address_line2", "city", "region", "postcode", "country", "address_as_of",
    "time_zone", "preferred_hours", "minor",
})  # fmt: skip

POINT = {
    "phone": frozenset({
        "", "type", "as_of", "source", "sms", "call", "autodial", "recording", "basis",
        "consent_from", "consent_on", "consent_evidence", "revoked_on",
    }),
    "email": frozenset({
        "", "type", "as_of", "source", "email", "basis", "consent_from", "consent_on",
        "consent_evidence", "revoked_on", "notice_sent_on", "optout_by",
    }),
}  # fmt: skip
"""What may be said about a number or address, as ``phone_1_type``; the value itself is bare."""

CONSENTS = {
    "sms": ("sms", "text"),
    "call": ("phone", "manual"),
    "autodial": ("autodial", "auto_dialled"),
    "recording": ("recording", "recording"),
    "email": ("email", "email"),
}
"""Column, then key and kind of the consent in the store."""

NUMBERED = {
    "previous_owner": frozenset({""}),
    "assigned_on": frozenset({""}),
    "assignment_doc_ref": frozenset({""}),
    "notice_sent_on": frozenset({""}),
    "notice_delivered_on": frozenset({""}),
    "notice_evidence": frozenset({""}),
    "doc": frozenset({"type", "ref", "sha256"}),
    **POINT,
}

DEBT = frozenset({
    "account_ref", "account_number_masked", "product_type", "contract_ref",
    "merchant_or_affinity_name", "store_brand", "original_creditor_name",
    "creditor_on_itemization_date", "creditor_type", "lpr_at_contract", "notice_by",
    "contract_allows_sms_notice", *PAST, "due_date", "statute_date", "currency", *MONEY,
    "itemization_type", "itemization_date", "annual_rate", "rate_basis", "interest_stops_on",
    "accrues_after_transfer", "do_not_contact", "cease_requested_on", "cease_written",
    "attorney_name", "attorney_address", "attorney_phone", "attorney_email", "dispute_open",
    "dispute_reason", "dispute_submitted_on", "dispute_received_on", "dispute_written",
    "bankruptcy_type", "bankruptcy_case", "bankruptcy_filed_on", "bankruptcy_status", "deceased_on",
    "vulnerability", "military", "identity_theft_claimed", "fraud", "complaint_open", "hardship",
    "payment_plan_open", "payment_plan_until", "litigation_stage", "judgment_court", "judgment_no",
    "credit_reported", "credit_defaults", "employment_status", "five_class", "overdue_days",
    "guarantee_type", "guarantee_bans_assignment", "guarantor_consented", "assignable",
    "debt_unlawful", "said_wont_pay_barred", "contact_in_limitation", "hand", "batch_no",
    "withdraw_date",
})  # fmt: skip

REQUIRED = (
    "account_ref", "customer_ref", "product_type", "original_creditor_name", "total", "country",
)  # fmt: skip
"""Columns without which no row can be taken."""

YES_NO = frozenset({
    "accrues_after_transfer", "military", "hardship", "credit_reported", "fraud", "complaint_open",
    "payment_plan_open", "dispute_open", "dispute_written", "cease_written",
    "identity_theft_claimed", "minor", "contract_allows_sms_notice",
    "guarantee_bans_assignment", "guarantor_consented", "assignable", "debt_unlawful",
    "said_wont_pay_barred", "contact_in_limitation",
})  # fmt: skip

REFERENCES = frozenset({"account_ref", "customer_ref", "contract_ref"})

RATES = frozenset({"annual_rate", "lpr_at_contract"})

Kind = Literal["money", "rate", "date", "yes_no", "reference", "postcode", "phone", "text"]

DOCUMENTS = (
    "contract",
    "statement",
    "ledger",
    "assignment",
    "notice",
    "delivery_proof",
    "judgment",
)


def known_column(name: str) -> bool:
    """Say whether a header belongs to the format."""
    if name in DEBT or name in PERSON:
        return True
    if party := _PARTY.fullmatch(name):
        rest = party.group(1)
        return rest == "role" or rest in PERSON or _numbered(rest, POINT)
    return _numbered(name, NUMBERED)


@cache
def kind_of(name: str) -> Kind:
    """Say what a column holds, so that a cell of it can be read however it is written."""
    party = _PARTY.fullmatch(name)
    bare = party.group(1) if party else name
    part = _NUMBERED.fullmatch(bare)
    base, rest = (part.group(1), part.group(3) or "") if part else (bare, "")
    if bare in MONEY:
        return "money"
    if bare in RATES:
        return "rate"
    if bare in YES_NO or (base in POINT and rest in CONSENTS):
        return "yes_no"
    if bare in REFERENCES:
        return "reference"
    if bare == "postcode":
        return "postcode"
    if base == "phone" and part and not rest:
        return "phone"
    dated = (rest or base).endswith(("_date", "_on", "as_of", "_until", "optout_by"))
    if bare == "dob" or (dated and bare != "creditor_on_itemization_date"):
        return "date"
    return "text"


def _numbered(name: str, groups: Mapping[str, frozenset[str]]) -> bool:
    found = _NUMBERED.fullmatch(name)
    return bool(found) and (found.group(3) or "") in groups.get(found.group(1), frozenset())


def read_row(
    number: int, cells: Mapping[str, str], manifest: Manifest, today: date
) -> tuple[Row | None, tuple[Problem, ...]]:
    """Read one row. ``cells`` holds the filled cells by column; ``today`` is the latest date on
    Earth, for what must not lie in the future. A row with a refusal is not answered.
    """
    reading = _Reading(number, cells, today)
    row = reading.debt(manifest)
    return row, tuple(dict.fromkeys(reading.problems))


def total_of(cells: Mapping[str, str], manifest: Manifest) -> Money | None:
    """Answer the stated total of a row for the control total; None if it cannot be read."""
    currency = cells.get("currency") or _only(manifest.currencies)
    try:
        return Money.parse(cells.get("total", ""), currency or "")
    except MoneyError:
        return None


def _only(values: Sequence[str]) -> str | None:
    return values[0] if len(values) == 1 else None


class _Reading:
    """Collects what is wrong while it reads; every message names the cell and quotes nothing."""

    def __init__(self, number: int, cells: Mapping[str, str], today: date) -> None:
        self.number = number
        self.cells = cells
        self.today = today
        self.problems: list[Problem] = []
        self.groups = {found.group() for name in cells if (found := _GROUP.match(name))}
        self.parties = {name[: len("party_1_")] for name in cells if name.startswith("party_")}
        ref = cells.get("account_ref", "")
        self.ref = ref if _REF.fullmatch(ref) else None

    # Findings

    def refuse(self, code: str, field: str, message: str) -> None:
        self._note(code, Severity.REFUSED, field, message)

    def warn(self, code: str, field: str, message: str) -> None:
        self._note(code, Severity.WARNING, field, message)

    def _note(self, code: str, severity: Severity, field: str, message: str) -> None:
        self.problems.append(
            Problem(
                code=code,
                severity=severity,
                message=message,
                row=self.number,
                account_ref=self.ref,
                field=field,
            )
        )

    @property
    def refused(self) -> bool:
        return any(problem.severity is Severity.REFUSED for problem in self.problems)

    # Cells

    def text(self, field: str, *, limit: int = 200) -> str | None:
        value = self.cells.get(field)
        if value is None:
            return None
        if len(value) > limit:
            self.refuse("too_long", field, f"at most {limit} characters fit here")
            return None
        return value

    def needed(self, field: str) -> str:
        value = self.text(field)
        if value is None:
            self.refuse("missing", field, "this cell must not be empty; ask the seller")
            return ""
        return value

    def code(self, field: str) -> str | None:
        value = self.cells.get(field)
        if value is not None and not _CODE.fullmatch(value):
            self.refuse("not_a_code", field, "write a short code of letters, digits and _ . : / -")
            return None
        return value

    def choice(self, field: str, allowed: Sequence[str] | Mapping[str, str]) -> str | None:
        value = self.cells.get(field)
        if value is None:
            return None
        if value not in allowed:
            words = ", ".join(dict.fromkeys(allowed))
            self.refuse("unknown_word", field, f"write one of: {words}")
            return None
        return allowed[value] if isinstance(allowed, Mapping) else value

    def says(self, field: str) -> bool | None:
        """Read yes or no; None when it is unknown or empty."""
        answer = self.choice(field, ("yes", "no", "unknown"))
        return None if answer in (None, "unknown") else answer == "yes"

    def day(self, field: str, *, may_come: bool = False) -> date | None:
        value = self.cells.get(field)
        if value is None:
            return None
        if not _DAY.fullmatch(value):
            advice = "write the date as 2026-01-31"
            if _SERIAL.fullmatch(value):
                advice += "; this looks like a spreadsheet's day number"
            self.refuse("bad_date", field, advice)
            return None
        try:
            found = date.fromisoformat(value)
        except ValueError:
            self.refuse("bad_date", field, "there is no such day; write the date as 2026-01-31")
            return None
        if not may_come and found > self.today:
            self.refuse("future_date", field, "this lies in the future; ask the seller")
            return None
        if found.year < 1900:
            self.refuse("bad_date", field, "this lies before 1900; ask the seller")
            return None
        return found

    def amount(self, field: str, currency: str) -> int | None:
        """Read minor units; refuse what is negative or finer than the currency."""
        value = self.cells.get(field)
        if value is None:
            return None
        try:
            minor = Money.parse(value, currency).minor
        except MoneyError as error:
            self.refuse("bad_amount", field, str(error))
            return None
        if minor < 0:
            self.refuse("negative", field, "a debt has no negative parts; book it as a payment")
            return None
        return minor

    # The debt

    def debt(self, manifest: Manifest) -> Row | None:
        self._look_for_tricks()
        if "account_ref" in self.cells and self.ref is None:
            self.refuse(
                "bad_reference", "account_ref", "use at most 64 letters, digits and . _ / -"
            )
        self._look_for_people()
        ref, product = self.needed("account_ref"), self.needed("product_type")
        self.code("product_type")
        currency = self._currency(manifest)
        if currency is None:
            return None
        total, buckets = self._balance(currency)
        chain, documented = self._title(manifest)
        debtor = self._person("", currency)
        liable = self._liable(currency)
        self._look_for_twins(debtor, liable)
        facts = self._facts(currency, debtor, documented=documented)
        if debtor and debtor.jurisdiction == "US":
            facts["itemization"] = self._itemization(currency, total)
        facts["total"] = total
        flags = self._flags()
        private = self._private()
        self._look_at_order()
        limitation = self._limitation()
        if self.refused or debtor is None or total is None:
            return None
        return Row(
            row=self.number,
            account_ref=ref,
            product_type=product,
            currency=currency,
            total=total,
            buckets=buckets,
            facts={key: value for key, value in facts.items() if value is not None},
            private=private,
            chain=chain,
            limitation_date=limitation,
            debtor=debtor,
            liable=liable,
            flags=flags,
        )

    def _look_for_tricks(self) -> None:
        """Text that a spreadsheet would run as a formula never enters the store or a report."""
        for field, value in self.cells.items():
            if _CONTROL.search(value):
                self.refuse(
                    "control_character", field, "remove line breaks and invisible characters"
                )
            if field in MONEY or _DIALLED.fullmatch(field):
                continue
            if value[0] in "=+-@\uff1d\uff0b\uff0d\uff20":
                self.refuse(
                    "formula", field, "text must not begin with = + - or @; spreadsheets run it"
                )

    def _look_for_people(self) -> None:
        """References name cases in every log and screen, so they must not name a person."""
        for field, value in self.cells.items():
            if kind_of(field) == "reference" and names_a_person(value):
                self.refuse(
                    "personal_reference",
                    field,
                    "this is the number of a person's identity; use a code of the seller's own",
                )

    def _look_for_twins(self, debtor: Person | None, liable: Sequence[Liable]) -> None:
        refs = [debtor.customer_ref] if debtor else []
        for n, party in enumerate(liable, 1):
            if party.person.customer_ref in refs:
                self.refuse(
                    "party_twice",
                    f"party_{n}_customer_ref",
                    "the same person stands twice in this row; name each person once",
                )
            refs.append(party.person.customer_ref)

    def _currency(self, manifest: Manifest) -> str | None:
        currency = self.cells.get("currency") or _only(manifest.currencies)
        if currency is None:
            self.refuse("missing", "currency", "the file has several currencies: name this row's")
        elif currency not in manifest.currencies:
            self.refuse(
                "currency_not_listed",
                "currency",
                f"the manifest has control totals for {', '.join(manifest.currencies)} only",
            )
            return None
        return currency

    def _look_at_order(self) -> None:
        """Nothing of a debt happened before it began, and nobody died unborn."""
        for first, later, message in (
            ("origination_date", PAST, "this is before the debt began"),
            ("dob", ("deceased_on",), "this is before the birth"),
        ):
            for field in later:
                if self._is_before(field, first):
                    told = f"{message}; ask the seller which date is wrong"
                    self.refuse("date_order", field, told)

    def _is_before(self, field: str, first: str) -> bool:
        days = self.cells.get(field, ""), self.cells.get(first, "")
        return all(map(_DAY.fullmatch, days)) and days[0] < days[1]

    def _balance(self, currency: str) -> tuple[int | None, dict[Bucket, int]]:
        total = self.amount("total", currency)
        if "total" not in self.cells:
            self.refuse("missing", "total", "state what is owed in all")
        buckets = {bucket: minor for bucket in BUCKETS if (minor := self.amount(bucket, currency))}
        if total is None:
            return None, buckets
        if total == 0:
            self.refuse("nothing_owed", "total", "a debt of zero is not collected; leave it out")
        elif sum(buckets.values()) != total:
            self.refuse(
                "sum_mismatch",
                "total",
                "principal, interest, penalty, fees and costs do not add up to it",
            )
        return total, buckets

    def _title(self, manifest: Manifest) -> tuple[tuple[Link, ...], bool]:
        """Read who owned the claim when; the seller must be the last to sell, the buyer owns it."""
        original = self.needed("original_creditor_name")
        sellers = [self.text(f"previous_owner_{n}") for n in range(1, MANY + 1)]
        count = max((n for n, name in enumerate(sellers, 1) if name), default=0)
        names = [name for name in sellers[:count] if name]
        if not names:
            self.refuse("title_empty", "previous_owner_1", "name everybody who sold the claim")
            return (), False
        if len(names) < count:
            self.refuse("title_gap", f"previous_owner_{count}", "an owner before this is missing")
        if original and not _same(names[0], original):
            self.refuse(
                "title_gap", "previous_owner_1", "the first to sell must be the original creditor"
            )
        if not _same(names[-1], manifest.seller_legal_name):
            self.refuse(
                "title_gap",
                f"previous_owner_{count}",
                "the last to sell must be the seller of the manifest",
            )
        links = [Link(owner=original or names[0])]
        owners = [*names[1:], manifest.buyer_legal_name]
        documented = True
        for n, owner in enumerate(owners, 1):
            link = self._link(n, owner)
            if link.assigned_on is None or link.doc_ref is None:
                documented = False
                self.warn(
                    "title_undocumented",
                    f"assigned_on_{n}" if link.assigned_on is None else f"assignment_doc_ref_{n}",
                    "an assignment lacks its date or document; preparation will wait for it",
                )
            before = links[-1].assigned_on
            if before and link.assigned_on and link.assigned_on < before:
                self.refuse(
                    "title_order", f"assigned_on_{n}", "this is before the assignment before"
                )
            links.append(link)
        sold_before = links[1].assigned_on and self._is_before("assigned_on_1", "origination_date")
        if sold_before and not manifest.forward_flow:
            self.refuse("title_order", "assigned_on_1", "this is before the debt began")
        last = links[-1].assigned_on
        if last and last > manifest.transfer_effective_date:
            self.refuse(
                "title_order", f"assigned_on_{len(owners)}", "this is after the transfer's date"
            )
        return tuple(links), documented

    def _link(self, n: int, owner: str) -> Link:
        link = Link(
            owner=owner,
            assigned_on=self.day(f"assigned_on_{n}"),
            doc_ref=self.code(f"assignment_doc_ref_{n}"),
            notice_sent_on=self.day(f"notice_sent_on_{n}"),
            notice_delivered_on=self.day(f"notice_delivered_on_{n}"),
            notice_evidence=self.code(f"notice_evidence_{n}"),
        )
        if link.notice_delivered_on:
            if link.notice_sent_on and link.notice_delivered_on < link.notice_sent_on:
                self.refuse(
                    "notice_order", f"notice_delivered_on_{n}", "this is before it was sent"
                )
            if link.notice_evidence is None:
                self.warn(
                    "notice_without_evidence",
                    f"notice_evidence_{n}",
                    "without proof of delivery the notice is sent again",
                )
        return link

    def _itemization(self, currency: str, total: int | None) -> dict[str, Any] | None:
        """Read what 12 CFR 1006.34(c)(2)(viii) puts into a validation notice."""
        kind = self.choice("itemization_type", ITEMIZATIONS)
        day = self.day("itemization_date")
        parts = {
            name: self.amount(field, currency)
            for name, field in (
                ("balance", "itemization_balance"),
                ("interest", "interest_since"),
                ("fees", "fees_since"),
                ("payments", "payments_since"),
                ("credits", "credits_since"),
            )
        }
        creditor = self.text("creditor_on_itemization_date")
        if kind is None or day is None or creditor is None or None in parts.values():
            if not self.refused:
                self.refuse(
                    "itemization_missing",
                    "itemization_type",
                    "US debts need itemization_type, _date, _balance, interest_since, fees_since, "
                    "payments_since, credits_since and creditor_on_itemization_date",
                )
            return None
        known = {name: minor for name, minor in parts.items() if minor is not None}
        owed = known["balance"] + known["interest"] + known["fees"]
        owed -= known["payments"] + known["credits"]
        if total is not None and owed != total:
            self.refuse(
                "itemization_mismatch",
                "itemization_balance",
                "balance plus interest and fees less payments and credits is not the total",
            )
        return {"type": kind, "date": day.isoformat(), "creditor": creditor, **known}

    def _facts(self, currency: str, debtor: Person | None, *, documented: bool) -> dict[str, Any]:
        facts: dict[str, Any] = {
            field: found.isoformat() for field in PAST if (found := self.day(field))
        }
        for field in ("due_date", "interest_stops_on", "withdraw_date"):
            if found := self.day(field, may_come=True):
                facts[field] = found.isoformat()
        for field in (
            "creditor_type", "rate_basis", "guarantee_type", "hand", "batch_no",
        ):  # fmt: skip
            facts[field] = self.code(field)
        facts["five_class"] = self.text("five_class", limit=20)
        for field in ("annual_rate", "lpr_at_contract"):
            facts[field] = self._rate(field)
        for field in (
            "accrues_after_transfer", "military", "hardship", "credit_reported", "fraud",
            "complaint_open", "payment_plan_open", "guarantee_bans_assignment",
            "guarantor_consented", "assignable", "debt_unlawful", "said_wont_pay_barred",
            "contact_in_limitation",
        ):  # fmt: skip
            facts[field] = self.says(field)
        facts["product_type"] = self.cells.get("product_type")
        facts["litigation_stage"] = self.choice("litigation_stage", LITIGATION)
        facts["last_payment_minor"] = self.amount("last_payment_amount", currency)
        facts["overdue_days"] = self._count("overdue_days")
        defaults = self._count("credit_defaults")
        facts["credit_record"] = None if defaults is None else {"defaults": defaults}
        facts["chain_ok"] = documented
        facts["assignment_notice"] = self._notice()
        facts["judgment"] = self._judgment(currency)
        facts["documents"] = self._documents() or None
        if debtor:
            facts |= _means(debtor.finances)
        return facts

    def _notice(self) -> dict[str, Any]:
        """Read who may notify and how; evidence stands in the chain of title (Civil Code 546)."""
        return {
            "by": self.choice("notice_by", ("assignor", "assignee", "both")),
            "contract_allows_sms": self.says("contract_allows_sms_notice"),
        }

    def _judgment(self, currency: str) -> dict[str, Any] | None:
        found = {
            "court": self.text("judgment_court"),
            "no": self.text("judgment_no", limit=64),
            "minor": self.amount("judgment_amount", currency),
        }
        return found if any(value is not None for value in found.values()) else None

    def _documents(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for n in range(1, MANY + 1):
            kind = self.choice(f"doc_{n}_type", DOCUMENTS)
            ref, digest = self.code(f"doc_{n}_ref"), self.cells.get(f"doc_{n}_sha256")
            if digest is not None and not _HASH.fullmatch(digest):
                self.refuse("bad_hash", f"doc_{n}_sha256", "write 64 hexadecimal digits, small")
            if kind and ref:
                found.append({"type": kind, "ref": ref, **({"sha256": digest} if digest else {})})
            elif kind or ref:
                self.warn("document_incomplete", f"doc_{n}_ref", "give type and reference together")
        return found

    def _rate(self, field: str) -> str | None:
        value = self.cells.get(field)
        if value is not None and not _RATE.fullmatch(value):
            self.refuse("bad_rate", field, "write a yearly rate as a fraction: 0.24 is 24 %")
            return None
        return value

    def _count(self, field: str) -> int | None:
        value = self.cells.get(field)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 7):
            self.refuse("bad_number", field, "write a whole number, zero or more")
            return None
        return int(value)

    def _limitation(self) -> date | None:
        found = self.day("statute_date", may_come=True)
        anchors = ("last_payment_date", "charge_off_date", "delinquency_date")
        if found is None and "statute_date" not in self.cells:
            missing = not any(field in self.cells for field in anchors)
            self.warn(
                "limitation_unknown",
                "statute_date",
                "give it, or the last payment, charge-off or delinquency date"
                if missing
                else "not given; no legal step is ever mentioned before a person has set it",
            )
        return found

    def _private(self) -> dict[str, str]:
        fields = (
            "account_number_masked", "contract_ref", "merchant_or_affinity_name", "store_brand",
        )  # fmt: skip
        found = {field: value for field in fields if (value := self.text(field))}
        if not is_masked(found.get("account_number_masked", "")):
            self.refuse(
                "not_masked",
                "account_number_masked",
                "hide the middle of the number with *, as ****1234; it stands in messages",
            )
        if not found.keys() & {"contract_ref", "merchant_or_affinity_name", "store_brand"}:
            self.refuse(
                "missing",
                "contract_ref",
                "the debtor must recognise the debt: contract, merchant or store brand",
            )
        return found

    # People

    def _liable(self, currency: str) -> tuple[Liable, ...]:
        found: list[Liable] = []
        for n in range(1, MANY + 1):
            prefix = f"party_{n}_"
            if prefix not in self.parties:
                continue
            role = self.choice(f"{prefix}role", ROLES)
            if role is None:
                if f"{prefix}role" not in self.cells:
                    self.refuse("missing", f"{prefix}role", f"write {', '.join(ROLES)}")
                continue
            if person := self._person(prefix, currency):
                found.append(Liable(role=role, person=person))
        return tuple(found)

    def _person(self, prefix: str, currency: str) -> Person | None:
        ref = self.needed(f"{prefix}customer_ref")
        if ref and not _REF.fullmatch(ref):
            self.refuse(
                "bad_reference",
                f"{prefix}customer_ref",
                "use a code of letters, digits and . _ / -; never a name or an id number",
            )
        kind = self.choice(f"{prefix}kind", ("person", "company")) or "person"
        names = {name: value for name in NAMES if (value := self.text(prefix + name))}
        if not names.keys() & {"full_name", "native_name", "last_name"}:
            self.refuse("missing", f"{prefix}full_name", "give a full, native or last name")
        address = self._address(prefix)
        if address is None:
            return None
        law = law_of(address.country, address.region, address.city, address.postcode)
        if law is None:
            self.refuse(
                "country_without_law",
                f"{prefix}country",
                "we hold no law for this country, so nobody there can be contacted lawfully",
            )
            return None
        points = self._points(prefix)
        declared = self._declared_zone(prefix)
        zones = all_zones(
            [zones_of_address(address.country, address.region), *(p.zones for p in points)]
        )
        if not zones and declared is None:
            self.warn(
                "zone_unknown",
                f"{prefix}region",
                "no zone follows from address and phones; nothing is sent until it is known",
            )
        return Person(
            customer_ref=ref,
            kind=kind,
            names=names,
            dob=self.day(f"{prefix}dob"),
            id_number_type=self.code(f"{prefix}id_number_type"),
            id_number_hash=self._id_hash(prefix),
            language=self._language(prefix),
            address=address,
            points=points,
            jurisdiction=law[0],
            sub=law[1],
            zones=zones,
            declared_zone=declared,
            minor_at_origination=self._minor(prefix, kind),
            finances={} if prefix else self._finances(currency),
            preferred_hours=self._hours(prefix),
        )

    def _address(self, prefix: str) -> Address | None:
        country = self.cells.get(f"{prefix}country", "")
        if len(country) != 2 or not (country.isascii() and country.isupper()):
            self.refuse("bad_country", f"{prefix}country", "write two capital letters, as CN or US")
            return None
        region = self.text(f"{prefix}region")
        codes = regions_of(country)
        if codes and (region or "").upper() not in codes:
            self.warn(
                "region_unknown",
                f"{prefix}region",
                "write the usual code of the state or province; law and zone depend on it",
            )
        address = Address(
            line1=self.text(f"{prefix}address_line1"),
            line2=self.text(f"{prefix}address_line2"),
            city=self.text(f"{prefix}city"),
            region=region,
            postcode=self.text(f"{prefix}postcode", limit=16),
            country=country,
            as_of=self.day(f"{prefix}address_as_of"),
        )
        if not (address.line1 and address.city):
            self.warn(
                "address_incomplete",
                f"{prefix}address_line1",
                "without street and city no letter can be sent",
            )
        return address

    def _declared_zone(self, prefix: str) -> str | None:
        zone = self.cells.get(f"{prefix}time_zone")
        if zone is not None and not is_zone(zone):
            self.refuse("bad_zone", f"{prefix}time_zone", "write an IANA name, as Asia/Shanghai")
            return None
        return zone

    def _id_hash(self, prefix: str) -> str | None:
        digest = self.cells.get(f"{prefix}id_number_hash")
        if digest is None:
            return None
        if not _HASH.fullmatch(digest):
            self.refuse(
                "bad_hash",
                f"{prefix}id_number_hash",
                "write the SHA-256 in 64 small hexadecimal digits; never the number itself",
            )
            return None
        if f"{prefix}id_number_type" not in self.cells:
            self.refuse("missing", f"{prefix}id_number_type", "say which kind of number was hashed")
        return digest

    def _language(self, prefix: str) -> str | None:
        language = self.cells.get(f"{prefix}language")
        if language is None:
            self.warn(
                "language_unknown",
                f"{prefix}language",
                "we never guess a language; nothing is sent until it is known",
            )
        elif not _LANGUAGE.fullmatch(language):
            self.refuse("bad_language", f"{prefix}language", "write it as zh-CN or en-US")
            return None
        return language

    def _hours(self, prefix: str) -> str | None:
        hours = self.cells.get(f"{prefix}preferred_hours")
        if hours is not None and not _HOURS.fullmatch(hours):
            self.refuse("bad_hours", f"{prefix}preferred_hours", "write them as 09:00-18:00")
            return None
        return hours

    def _minor(self, prefix: str, kind: str) -> bool | None:
        """Refuse whoever was under age when the debt began; None if nobody knows."""
        said = self.says(f"{prefix}minor")
        field = f"{prefix}minor"
        born, began = self.cells.get(f"{prefix}dob"), self.cells.get("origination_date")
        young = said
        if kind == "person" and born and began and _DAY.fullmatch(born) and _DAY.fullmatch(began):
            field = f"{prefix}dob"
            young = years_between(born, began) < OF_AGE or bool(said)
        if kind == "company":
            young = False
        if young:
            self.refuse(
                "minor",
                field,
                "under age when the debt began: give it back to the seller, contact nobody",
            )
        elif young is None:
            self.warn(
                "age_unknown",
                f"{prefix}dob",
                "give birth date and origination date, or minor=no",
            )
        return young

    def _finances(self, currency: str) -> dict[str, str | int]:
        found: dict[str, str | int] = {}
        for field in ("income_monthly", "outgoings_monthly"):
            if (minor := self.amount(field, currency)) is not None:
                found[field] = minor
        if status := self.code("employment_status"):
            found["employment_status"] = status
        return found

    def _points(self, prefix: str) -> tuple[Point, ...]:
        found: list[Point] = []
        for kind in POINT:
            for n in range(1, MANY + 1):
                field = f"{prefix}{kind}_{n}"
                value = self.cells.get(field)
                if value is None:
                    if field in self.groups:
                        self.refuse("missing", field, "its further columns are filled, it is not")
                    continue
                read = self._phone(field, value) if kind == "phone" else self._email(field, value)
                if read is not None:
                    found.append(self._point(kind, field, read))
        return tuple(found)

    def _point(self, kind: str, field: str, value: str) -> Point:
        consents: dict[str, dict[str, str]] = {}
        for column, (key, what) in CONSENTS.items():
            if column not in POINT[kind]:
                continue
            if (answer := self.says(f"{field}_{column}")) is not None:
                consents[key] = self._consent(field, what, given=answer)
        return Point(
            kind=kind,
            value=value,
            line=self.choice(f"{field}_type", LINES) or "unknown",
            zones=zones_of_phone(value) if kind == "phone" else (),
            source=self.code(f"{field}_source"),
            as_of=self.day(f"{field}_as_of"),
            consents=consents,
        )

    def _consent(self, field: str, what: str, *, given: bool) -> dict[str, str]:
        """Read a consent; one without date or evidence is unknown, a revoked one is a no."""
        on, evidence = self.day(f"{field}_consent_on"), self.code(f"{field}_consent_evidence")
        revoked = self.day(f"{field}_revoked_on")
        consent = "yes" if given and not revoked else "no"
        if consent == "yes" and (on is None or evidence is None):
            consent = "unknown"
            self.warn(
                "consent_without_evidence",
                f"{field}_consent_evidence",
                "a consent without date and evidence counts as unknown",
            )
        found = {
            "consent": consent,
            "kind": what,
            "at": _instant(on),
            "evidence": evidence,
            "from": self.code(f"{field}_consent_from"),
            "basis": self.choice(f"{field}_basis", BASES),
            "revoked": _instant(revoked),
        }
        if what == "email":
            sent, until = (
                self.day(f"{field}_notice_sent_on"),
                self.day(f"{field}_optout_by", may_come=True),
            )
            found |= {
                "sent": sent.isoformat() if sent else None,
                "optout_by": until.isoformat() if until else None,
            }
        return {key: value for key, value in found.items() if value is not None}

    def _phone(self, field: str, value: str) -> str | None:
        prefix = field.rpartition("phone_")[0]
        country = self.cells.get(f"{prefix}country")
        number = _dialled(value, country)
        if number and not value.lstrip().startswith(("+", "00")):
            self.warn(
                "phone_completed",
                field,
                "read as a number of the address's country; write it with +",
            )
        if number is None:
            self.refuse("bad_phone", field, "write it in international form with +, as +86 or +1 …")
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def _email(self, field: str, value: str) -> str | None:
        if not _EMAIL.fullmatch(value) or len(value) > 254:
            self.refuse("bad_email", field, "write one address, as name@example.com")
            return None
        local, _, domain = value.rpartition("@")
        return f"{local}@{domain.lower()}"

    # Flags

    def _flags(self) -> tuple[Flag, ...]:
        flags = [
            self._cease(),
            self._attorney(),
            self._dispute(),
            self._bankruptcy(),
            self._deceased(),
            self._vulnerability(),
            *self._closed_channels(),
            *self._held(),
        ]
        if self.says("identity_theft_claimed"):
            flags.append(
                Flag(
                    kind=StopKind.IDENTITY_THEFT,
                    scope=Scope.DEBT,
                    reason="reported_by_seller",
                    facts={"claimed": True},
                )
            )
        return tuple(flag for flag in flags if flag is not None)

    def _cease(self) -> Flag | None:
        on = self.day("cease_requested_on")
        if on is None:
            return None
        return Flag(
            kind=StopKind.CEASE,
            scope=Scope.DEBTOR,
            reason="reported_by_seller",
            effective_from=on,
            facts={"written": self.says("cease_written"), "received_at": _instant(on)},
        )

    def _attorney(self) -> Flag | None:
        fields = ("attorney_name", "attorney_address", "attorney_phone", "attorney_email")
        private = {field: value for field in fields if (value := self.text(field))}
        if not private:
            return None
        return Flag(
            kind=StopKind.ATTORNEY,
            scope=Scope.DEBT,
            reason="reported_by_seller",
            facts={"known": True, "responsive": None, "type": "lawyer"},
            private=private,
        )

    def _dispute(self) -> Flag | None:
        if not self.says("dispute_open"):
            return None
        received = self.day("dispute_received_on")
        submitted = self.day("dispute_submitted_on") or received
        return Flag(
            kind=StopKind.DISPUTE,
            scope=Scope.DEBT,
            reason=self.code("dispute_reason") or "reported_by_seller",
            effective_from=received,
            facts={
                "written": self.says("dispute_written"),
                "submitted": submitted.isoformat() if submitted else None,
                "received": received.isoformat() if received else None,
                "verified_sent": False,
                "valid_grounds": None,
            },
        )

    def _bankruptcy(self) -> Flag | None:
        kind = self.choice("bankruptcy_type", BANKRUPTCIES)
        filed = self.day("bankruptcy_filed_on")
        if kind is None and filed is None:
            return None
        states = ("pending", "discharged", "dismissed", "closed")
        status = self.choice("bankruptcy_status", states) or "pending"
        case = self.text("bankruptcy_case", limit=64)
        return Flag(
            kind=StopKind.BANKRUPTCY,
            scope=Scope.DEBTOR,
            reason="reported_by_seller",
            effective_from=filed,
            facts={
                "filed": filed.isoformat() if filed else None,
                "status": status,
                "type": kind,
            },
            private={"case": case} if case else {},
        )

    def _deceased(self) -> Flag | None:
        on = self.day("deceased_on")
        if on is None:
            return None
        return Flag(
            kind=StopKind.DECEASED,
            scope=Scope.DEBTOR,
            reason="reported_by_seller",
            effective_from=on,
            facts={"on": on.isoformat()},
        )

    def _vulnerability(self) -> Flag | None:
        kind = self.choice("vulnerability", VULNERABILITIES)
        if kind is None:
            return None
        return Flag(
            kind=StopKind.VULNERABILITY,
            scope=Scope.DEBTOR,
            reason="reported_by_seller",
            facts={"kind": kind},
        )

    def _closed_channels(self) -> list[Flag]:
        closed: list[Flag] = []
        for word in (self.cells.get("do_not_contact") or "").split():
            if word not in tuple(Channel):
                self.refuse(
                    "unknown_word",
                    "do_not_contact",
                    f"write channels with spaces between: {', '.join(Channel)}",
                )
                continue
            closed.append(
                Flag(
                    kind=StopKind.OPT_OUT,
                    scope=Scope.CHANNEL,
                    channel=Channel(word),
                    reason="reported_by_seller",
                )
            )
        return closed

    def _held(self) -> list[Flag]:
        """What another issue of the seller leaves open holds the case until a person looks."""
        until = self.day("payment_plan_until", may_come=True)
        held = [
            Flag(kind=StopKind.HOLD, scope=Scope.DEBT, reason=field)
            for field in ("fraud", "complaint_open")
            if self.says(field)
        ]
        if self.says("payment_plan_open"):
            held.append(
                Flag(
                    kind=StopKind.HOLD,
                    scope=Scope.DEBT,
                    reason="payment_plan_open",
                    until=until,
                )
            )
        return held


def names_a_person(reference: str) -> bool:
    """Whether a reference is a resident identity number of China (GB 11643-1999, with its date and
    check digit) or a social security number of the United States as it is written.
    """
    if _SOCIAL.fullmatch(reference):
        return True
    number = _RESIDENT.fullmatch(reference.upper())
    if number is None:
        return False
    try:
        date(*map(int, number.groups()))
    except ValueError:
        return False
    digits = [10 if sign == "X" else int(sign) for sign in reference.upper()]
    return sum(digit * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11 == 1


def is_masked(number: str) -> bool:
    """Whether of an account number no more can be seen than may be."""
    shown = len(_SHOWN.findall(number))
    return shown <= (MOST_SHOWN if _HIDDEN.search(number) else FEW)


def _dialled(value: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    """Read a number in international form, or as people dial it in the country of the address."""
    tries = [(value, None)]
    if value.startswith("00"):
        tries = [(f"+{value[2:]}", None)]
    elif not value.startswith("+"):
        code = phonenumbers.country_code_for_region(country or "")
        digits = "".join(letter for letter in value if letter.isdigit())
        tries = [(value, country)]
        if code and digits.startswith(str(code)):
            tries.append((f"+{digits}", None))
    for text, region in tries:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        # What is completed must be a number that exists there: a stranger could answer otherwise.
        fits = phonenumbers.is_valid_number if text != value or region else _possible
        if fits(number):
            return number
    return None


def _possible(number: phonenumbers.PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def _means(finances: Mapping[str, str | int]) -> dict[str, Any]:
    """Say how much of the debtor's finances is known, and what is left each month."""
    income, outgoings = finances.get("income_monthly"), finances.get("outgoings_monthly")
    if isinstance(income, int) and isinstance(outgoings, int):
        return {"finances": "full", "free_monthly": income - outgoings}
    return {"finances": "partial" if finances else "none"}


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def years_between(born: str, on: str) -> int:
    """Count completed years between two ISO dates."""
    return int(on[:4]) - int(born[:4]) - (on[5:] < born[5:])


def _instant(day: date | None) -> str | None:
    """Write a day of the file as an instant: its beginning in UTC."""
    return f"{day.isoformat()}T00:00:00+00:00" if day else None
