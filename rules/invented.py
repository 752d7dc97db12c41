"""Portfolios of people who do not exist: seeded, of any size, with the defects that are asked for.

Numbers are of ranges that regulators keep free (US 555-01xx; Ofcom's, Bundesnetzagentur's and ACMA's
numbers for drama; in China local numbers that begin with 0, as none does), addresses end in
example.com, streets do not exist. What a check must find is known by who planted it and not by asking the check.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from models.transfer import FORMAT, Severity

SELLER, BUYER = "Invented Harbour Bank", "Invented Receivables Ltd"

PRODUCTS = ("credit_card", "consumer_loan", "overdraft")
"""What was lent in an invented portfolio: each has its word in every wording pack."""

TRANSFER = date(2026, 2, 16)
"""When the invented claims pass."""

ELSEWHERE = "CAD"
"""A currency that no manifest of ours has a total for."""

NAMES = 400
"""First and last names that are drawn for a language; people are pairs of them."""

SEVERAL, SHARED, FLAGGED = 0.03, 0.01, 0.05
"""Shares of debtors with two to five debts, with a co-debtor, with a stop from the first day."""


@dataclass(frozen=True)
class Place:
    """How people of one law live, write and are reached."""

    country: str
    currency: str
    language: str
    locale: str
    towns: Sequence[tuple[str, str, str]]
    """Region, town, postcode."""
    street: str
    phone: Callable[[int], str]
    native: bool = False
    """Whether the name stands in ``native_name``."""


PLACES = {
    "us": Place(
        "US", "USD", "en-US", "en_US",
        (("NY", "Albany", "12207"), ("CA", "Sacramento", "95814"), ("TX", "Austin", "78701"),
         ("IL", "Springfield", "62701"), ("WA", "Olympia", "98501"), ("MA", "Boston", "02108")),
        "{n} Example Street",
        lambda n: f"+1{(518, 916, 512, 217, 360, 617)[n % 6]}555{100 + n // 6 % 100:04d}",
    ),
    "cn": Place(
        "CN", "CNY", "zh-CN", "zh_CN",
        (("上海市", "上海市", "200000"), ("广东省", "广州市", "510000"), ("北京市", "北京市", "100000"),
         ("四川省", "成都市", "610000")),
        "示例路{n}号",
        lambda n: f"+8610000{n % 100_000:05d}", native=True,
    ),
    "gb": Place(
        "GB", "GBP", "en-GB", "en_GB",
        (("England", "London", "E1 1AA"), ("Scotland", "Edinburgh", "EH1 1AA"),
         ("England", "Leeds", "LS1 1AA"), ("Wales", "Cardiff", "CF10 1AA")),
        "{n} Example Road",
        lambda n: f"+447700900{n % 1000:03d}",
    ),
    "de": Place(
        "DE", "EUR", "de-DE", "de_DE",
        (("BE", "Berlin", "10115"), ("SN", "Leipzig", "04109"), ("HH", "Hamburg", "20095")),
        "Beispielweg {n}",
        lambda n: f"+493023125{n % 1000:03d}",
    ),
    "au": Place(
        "AU", "AUD", "en-AU", "en_AU",
        (("NSW", "Sydney", "2000"), ("VIC", "Melbourne", "3000"), ("QLD", "Brisbane", "4000")),
        "{n} Example Parade",
        lambda n: f"+6125550{n % 10_000:04d}",
    ),
}  # fmt: skip

Cells = dict[str, str]


@dataclass(frozen=True)
class Finding:
    """What the check must say of a row, but for the words."""

    severity: Severity
    code: str
    field: str


def _refused(code: str, field: str) -> Finding:
    return Finding(Severity.REFUSED, code, field)


def _warned(code: str, field: str) -> Finding:
    return Finding(Severity.WARNING, code, field)


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with a row, and what must be said of it."""

    changes: Mapping[str, str]
    finds: tuple[Finding, ...]
    of: str = ""
    """A place without whose law it would be none."""


DEFECTS: dict[str, Defect] = {
    # Refused
    "reference_empty": Defect({"customer_ref": ""}, (_refused("missing", "customer_ref"),)),
    "reference_a_name": Defect(
        {"customer_ref": "Not A Code"}, (_refused("bad_reference", "customer_ref"),)
    ),
    "future_date": Defect(
        {"delinquency_date": "2199-01-01"}, (_refused("future_date", "delinquency_date"),)
    ),
    "no_such_day": Defect(
        {"delinquency_date": "2025-02-30"}, (_refused("bad_date", "delinquency_date"),)
    ),
    "day_or_month": Defect(
        {"charge_off_date": "01/02/2025"}, (_refused("ambiguous_date", "charge_off_date"),)
    ),
    "sum_mismatch": Defect({"fees": "999999.00"}, (_refused("sum_mismatch", "total"),)),
    "thousands_or_thousandths": Defect(
        {"income_monthly": "2345,67", "outgoings_monthly": "1345.67", "last_payment_amount": "1,234"},
        (_refused("ambiguous_amount", "last_payment_amount"),),
    ),
    "currency_sign": Defect(
        {"last_payment_amount": "$ 12"}, (_refused("bad_amount", "last_payment_amount"),)
    ),
    "negative_part": Defect({"costs": "-5.00"}, (
        _refused("negative", "costs"),
    )),
    "zero_balance": Defect(
        {"principal": "", "interest": "", "fees": "", "total": "0.00"},
        (_refused("nothing_owed", "total"),),
        of="cn",
    ),
    "negative_balance": Defect(
        {"principal": "", "interest": "", "fees": "", "total": "-10.00"},
        (_refused("negative", "total"),),
        of="cn",
    ),
    "minor": Defect({"dob": "2006-05-05"}, (_refused("minor", "dob"),)),
    "minor_said": Defect({"minor": "yes"}, (_refused("minor", "dob"),)),
    "title_empty": Defect(
        {"previous_owner_1": ""}, (_refused("title_empty", "previous_owner_1"),)
    ),
    "title_gap": Defect(
        {"previous_owner_1": "Somebody Else Bank"},
        (_refused("title_gap", "previous_owner_1"), _refused("title_gap", "previous_owner_1")),
    ),
    "title_owner_missing": Defect(
        {"previous_owner_3": SELLER},
        (
            _refused("title_gap", "previous_owner_3"),
            _warned("title_undocumented", "assigned_on_2"),
        ),
    ),
    "title_order": Defect(
        {"assigned_on_1": "2026-02-20"}, (_refused("title_order", "assigned_on_1"),)
    ),
    "sold_before_it_began": Defect(
        {"assigned_on_1": "1999-01-01"}, (_refused("title_order", "assigned_on_1"),)
    ),
    "written_off_before_it_began": Defect(
        {"charge_off_date": "1999-01-01"}, (_refused("date_order", "charge_off_date"),)
    ),
    "reference_a_person": Defect(
        {"customer_ref": "123-45-6789"}, (_refused("personal_reference", "customer_ref"),)
    ),
    "account_not_masked": Defect(
        {"account_number_masked": "0000000000000001"},
        (_refused("not_masked", "account_number_masked"),),
    ),
    "notice_order": Defect(
        {"notice_sent_on_1": "2026-02-20", "notice_delivered_on_1": "2026-02-18",
         "notice_evidence_1": "R-1"},
        (_refused("notice_order", "notice_delivered_on_1"),),
    ),
    "name_missing": Defect(
        {"full_name": "", "native_name": "", "last_name": ""}, (_refused("missing", "full_name"),)
    ),
    "formula": Defect({"full_name": "=cmd|' /C calc'!A0"}, (_refused("formula", "full_name"),)),
    "formula_at": Defect({"store_brand": "@SUM(A1:A9)"}, (_refused("formula", "store_brand"),)),
    "line_break": Defect(
        {"store_brand": "two\nlines"}, (_refused("control_character", "store_brand"),)
    ),
    "too_long": Defect({"store_brand": "x" * 201}, (_refused("too_long", "store_brand"),)),
    "phone_unreadable": Defect({"phone_1": "no number"}, (_refused("bad_phone", "phone_1"),)),
    "email_unreadable": Defect({"email_1": "at example.com"}, (_refused("bad_email", "email_1"),)),
    "country_unreadable": Defect({"country": "Mars"}, (_refused("bad_country", "country"),)),
    "country_without_law": Defect(
        {"country": "ZZ"}, (_refused("country_without_law", "country"),), of="cn"
    ),
    "language_unreadable": Defect(
        {"language": "Klingon"}, (_refused("bad_language", "language"),)
    ),
    "zone_unreadable": Defect({"time_zone": "Nowhere/At_All"}, (_refused("bad_zone", "time_zone"),)),
    "number_in_the_clear": Defect(
        {"id_number_type": "passport", "id_number_hash": "X123"},
        (_refused("bad_hash", "id_number_hash"),),
    ),
    "rate_unreadable": Defect({"annual_rate": "24"}, (_refused("bad_rate", "annual_rate"),)),
    "word_unknown": Defect(
        {"litigation_stage": "perhaps"}, (_refused("unknown_word", "litigation_stage"),)
    ),
    "debt_unrecognisable": Defect({"contract_ref": ""}, (_refused("missing", "contract_ref"),)),
    "zeros_lost": Defect({"contract_ref": "12345"}, (_refused("zeros_lost", "contract_ref"),)),
    "number_mangled": Defect(
        {"contract_ref": "1.23457E+15"}, (_refused("number_mangled", "contract_ref"),)
    ),
    "itemization_missing": Defect(
        {"itemization_date": ""}, (_refused("itemization_missing", "itemization_type"),), of="us"
    ),
    "itemization_mismatch": Defect(
        {"payments_since": "1.00"}, (_refused("itemization_mismatch", "itemization_balance"),),
        of="us",
    ),
    # Taken, with a warning
    "language_unknown": Defect({"language": ""}, (_warned("language_unknown", "language"),)),
    "region_unknown": Defect({"region": "Nowhere"}, (_warned("region_unknown", "region"),), of="us"),
    "address_incomplete": Defect(
        {"address_line1": ""}, (_warned("address_incomplete", "address_line1"),)
    ),
    "age_unknown": Defect({"dob": ""}, (_warned("age_unknown", "dob"),)),
    "limitation_unknown": Defect(
        {"statute_date": ""}, (_warned("limitation_unknown", "statute_date"),)
    ),
    "title_undocumented": Defect(
        {"assignment_doc_ref_1": ""}, (_warned("title_undocumented", "assignment_doc_ref_1"),)
    ),
    "notice_without_evidence": Defect(
        {"notice_sent_on_1": "2026-02-17", "notice_delivered_on_1": "2026-02-18"},
        (_warned("notice_without_evidence", "notice_evidence_1"),),
    ),
    "consent_without_evidence": Defect(
        {"phone_1_sms": "yes"}, (_warned("consent_without_evidence", "phone_1_consent_evidence"),)
    ),
    "spreadsheet_date": Defect(
        {"delinquency_date": "45717"}, (_warned("spreadsheet_date", "delinquency_date"),)
    ),
    "postcode_zeros": Defect(
        {"postcode": "2108"}, (_warned("zeros_restored", "postcode"),), of="us"
    ),
    "document_incomplete": Defect(
        {"doc_1_type": "contract"}, (_warned("document_incomplete", "doc_1_ref"),)
    ),
    # Several at once
    "many": Defect(
        {"total": "12.34", "previous_owner_1": "", "email_1": "nowhere", "language": ""},
        (
            _refused("sum_mismatch", "total"),
            _refused("title_empty", "previous_owner_1"),
            _refused("bad_email", "email_1"),
            _warned("language_unknown", "language"),
        ),
        of="cn",
    ),
}  # fmt: skip
"""By name. Those that only two rows together show are planted by ``Portfolio`` itself."""

PAIRED = (
    "account_twice",
    "two_people_one_reference",
    "one_person_two_references",
    "currency_not_listed",
)
"""Defects that another row or the manifest makes one."""

SPOILS = {
    "sha256": "sha256_mismatch",
    "row_count": "row_count_mismatch",
    "control_total": "control_total_mismatch",
}
"""What a manifest may promise wrongly, and what the check must say."""

COLUMNS = (
    "account_ref", "customer_ref", "product_type", "account_number_masked", "contract_ref",
    "store_brand", "origination_date", "original_creditor_name", "creditor_on_itemization_date",
    "previous_owner_1", "assigned_on_1", "assignment_doc_ref_1", "notice_sent_on_1",
    "notice_delivered_on_1", "notice_evidence_1", "previous_owner_3", "due_date",
    "delinquency_date", "charge_off_date", "last_payment_date", "last_payment_amount",
    "statute_date", "currency", "principal", "interest", "fees", "costs", "total", "annual_rate",
    "rate_basis", "itemization_type", "itemization_date", "itemization_balance", "interest_since",
    "fees_since", "payments_since", "credits_since", "full_name", "native_name", "last_name",
    "dob", "minor", "id_number_type", "id_number_hash", "language", "time_zone", "address_line1",
    "city", "region", "postcode", "country", "address_as_of", "phone_1", "phone_1_type",
    "phone_1_as_of", "phone_1_source", "phone_1_sms", "phone_1_consent_on",
    "phone_1_consent_evidence", "email_1", "email_1_type", "party_1_role", "party_1_customer_ref",
    "party_1_full_name", "party_1_native_name", "party_1_dob", "party_1_language",
    "party_1_address_line1", "party_1_city", "party_1_region", "party_1_country",
    "income_monthly", "outgoings_monthly", "do_not_contact", "cease_requested_on",
    "cease_written", "attorney_name", "dispute_open", "dispute_received_on", "bankruptcy_type",
    "bankruptcy_filed_on", "deceased_on", "vulnerability", "military", "identity_theft_claimed",
    "fraud", "complaint_open", "payment_plan_open", "litigation_stage", "doc_1_type", "doc_1_ref",
    "doc_1_sha256",
)  # fmt: skip

_FLAGS: tuple[Cells, ...] = (
    {"cease_requested_on": "2026-01-10", "cease_written": "yes"},
    {"attorney_name": "Invented & Partners"},
    {"dispute_open": "yes", "dispute_received_on": "2026-01-12"},
    {"bankruptcy_type": "bankruptcy", "bankruptcy_filed_on": "2026-01-15"},
    {"deceased_on": "2026-01-05"},
    {"vulnerability": "health"},
    {"do_not_contact": "sms"},
    {"military": "yes"},
    {"identity_theft_claimed": "yes"},
    {"fraud": "yes"},
    {"complaint_open": "yes"},
    {"payment_plan_open": "yes"},
    {"litigation_stage": "in_litigation"},
)


@dataclass
class Portfolio:
    """An invented file: iterate over its rows, then ask for its manifest and what a check must say."""

    rows: int
    seed: int
    places: Sequence[str]
    defects: Sequence[str] = ()
    """Names of what is wrong, planted in turn."""
    share: float = 0.0
    """Of rows with a defect."""
    decimal: str = "."
    name: str = ""
    transferred: date = TRANSFER
    found: list[dict[str, Any]] = field(default_factory=list)
    taken: int = 0
    promised: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[list[str]]:
        """Give the header and the rows; each pass is the same."""
        self._begin()
        yield list(COLUMNS)
        for number in range(1, self.rows + 1):
            yield self._line(number)

    # Who and how much

    def _begin(self) -> None:
        self._random = Random(self.seed)  # noqa: S311  # invented people need no secret
        self._people = {place: _people(PLACES[place].locale, self.seed) for place in self.places}
        self._met: set[int] = set()
        self._again = 0
        self._last: Cells = {}
        self._good: Cells = {}
        self._turn = self._owed = 0
        self.found, self.taken = [], 0
        self.promised, self.totals, self.codes = Counter(), Counter(), Counter()

    def _line(self, number: int) -> list[str]:
        row = self._row(number)
        finds: tuple[Finding, ...] = ()
        self._owed += self.share
        if self.defects and self._owed >= 1 and number > 1:
            self._owed -= 1
            name = self.defects[self._turn % len(self.defects)]
            self._turn += 1
            row, finds = self._spoilt(name, row, number)
        else:
            self._good = row
        ref = row["account_ref"]
        refused = any(find.severity is Severity.REFUSED for find in finds)
        self.codes.update(find.code for find in finds)
        self.found += [
            {
                "row": number + 1,
                "account_ref": ref,
                "severity": find.severity.value,
                "code": find.code,
                "field": find.field or None,
            }
            for find in finds
        ]
        minor = round(float(row["total"]) * 100)
        self.promised[row["currency"]] += minor
        if not refused:
            self.taken += 1
            self.totals[row["currency"]] += minor
        return [self._written(name, row.get(name, "")) for name in COLUMNS]

    def _written(self, name: str, value: str) -> str:
        return value.replace(".", ",") if self.decimal == "," and name in _AMOUNTS else value

    def _row(self, number: int) -> Cells:
        draw = self._random
        if self._again and self._last:
            self._again -= 1
            person = {name: self._last[name] for name in _OF_PERSON if name in self._last}
            place = next(p for p in self.places if PLACES[p].country == self._last["country"])
        else:
            place = self.places[draw.randrange(len(self.places))]
            person = self._person(place, number)
            self._again = draw.randint(1, 4) if draw.random() < SEVERAL else 0
        row = {**_debt(draw, PLACES[place], number, self.seed), **person}
        if draw.random() < SHARED:
            row |= self._party(place, number)
        if draw.random() < FLAGGED:
            row |= _FLAGS[draw.randrange(len(_FLAGS))]
        self._last = row
        return row

    def _person(self, place: str, number: int) -> Cells:
        of, draw = PLACES[place], self._random
        region, town, postcode = of.towns[draw.randrange(len(of.towns))]
        name, born = self._named(place)
        return {
            "customer_ref": f"P{self.seed}-{number:07d}",
            **({"native_name": name} if of.native else {"full_name": name}),
            "dob": born,
            "language": of.language,
            "address_line1": of.street.format(n=number % 999 + 1),
            "city": town,
            "region": region,
            "postcode": postcode,
            "country": of.country,
            "address_as_of": "2025-11-30",
            "phone_1": of.phone(number),
            "phone_1_type": "mobile",
            "phone_1_as_of": "2025-11-30",
            "phone_1_source": "contract",
            "email_1": f"p{number}.{self.seed}@{of.country.lower()}.example.com",
            "email_1_type": "personal",
        }

    def _named(self, place: str) -> tuple[str, str]:
        """Answer a name and a birth date that no other person of the file has together."""
        first, last = self._people[place]
        draw = self._random
        given, family = draw.choice(first), draw.choice(last)
        name = f"{family}{given}" if PLACES[place].native else f"{given} {family}"
        born = date(1950, 1, 1) + timedelta(days=draw.randrange(18_000))
        while (key := hash((name, born))) in self._met:
            born += timedelta(days=1)
        self._met.add(key)
        return name, born.isoformat()

    def _party(self, place: str, number: int) -> Cells:
        other = self._person(place, number)
        kept = (
            "full_name",
            "native_name",
            "dob",
            "language",
            "address_line1",
            "city",
            "region",
            "country",
        )
        return {
            "party_1_role": "co_debtor",
            "party_1_customer_ref": f"{other['customer_ref']}-B",
            **{f"party_1_{name}": other[name] for name in kept if name in other},
        }

    # Defects

    def _spoilt(self, name: str, row: Cells, number: int) -> tuple[Cells, tuple[Finding, ...]]:
        plain = {key: value for key, value in row.items() if key not in _ALONE}
        plain["customer_ref"] = f"P{self.seed}-{number:07d}-D"
        self._again = 0
        if name in DEFECTS:
            defect = DEFECTS[name]
            if defect.of and defect.of not in self.places:
                return row, ()
            if defect.of and PLACES[defect.of].country != plain["country"]:
                plain = {**_debt(self._random, PLACES[defect.of], number, self.seed),
                         **self._person(defect.of, number)}  # fmt: skip
            changed = dict(defect.changes)
            if changed.get("full_name"):
                plain.pop("native_name", None)
            else:
                fresh, born = self._named(_place_of(plain["country"]))
                plain["native_name" if "native_name" in plain else "full_name"] = fresh
                plain["dob"] = born
            return {**plain, **changed}, defect.finds
        fresh, born = self._named(_place_of(plain["country"]))
        plain["native_name" if "native_name" in plain else "full_name"] = fresh
        plain["dob"] = born
        return self._paired(name, plain)

    def _paired(self, name: str, row: Cells) -> tuple[Cells, tuple[Finding, ...]]:
        good = self._good
        match name:
            case "account_twice":
                return row | {"account_ref": good["account_ref"]}, (
                    _refused("duplicate_ref", "account_ref"),
                )
            case "two_people_one_reference":
                return row | {"customer_ref": good["customer_ref"]}, (
                    _refused("customer_ref_reused", "customer_ref"),
                )
            case "one_person_two_references":
                same = {
                    key: good[key] for key in ("full_name", "native_name", "dob") if key in good
                }
                kept = {
                    key: value
                    for key, value in row.items()
                    if key not in ("full_name", "native_name")
                }
                return kept | same, (_warned("person_twice", "customer_ref"),)
            case "currency_not_listed":
                return row | {"currency": ELSEWHERE, "total": "0.00"}, (
                    _refused("currency_not_listed", "currency"),
                )
            case other:
                raise KeyError(other)

    # Papers beside it

    def manifest(self, digest: str, spoil: Sequence[str] = ()) -> dict[str, Any]:
        """Answer the manifest of the rows that were given; ``digest`` is the file's SHA-256."""
        totals = {code: minor for code, minor in sorted(self.promised.items()) if code != ELSEWHERE}
        wrong = next(iter(totals))
        return {
            "format": FORMAT,
            "portfolio_id": self.name or f"INVENTED-{self.seed}-{self.rows}",
            "seller_code": "invented-harbour",
            "seller_legal_name": SELLER,
            "seller_registration": "INV-0001",
            "seller_address": "1 Example Quay",
            "seller_phone": "+12025550100",
            "seller_email": "transfers@harbour.example.com",
            "seller_contact": "Transfers desk",
            "buyer_legal_name": BUYER,
            "agreement_ref": f"AGR-{self.seed}",
            "agreement_date": (self.transferred - timedelta(days=14)).isoformat(),
            "cut_off_date": (self.transferred - timedelta(days=16)).isoformat(),
            "transfer_effective_date": self.transferred.isoformat(),
            "recourse_until": (self.transferred + timedelta(days=365)).isoformat(),
            "resale_allowed": False,
            "row_count": self.rows + ("row_count" in spoil),
            "control_total_minor": totals
            | ({wrong: totals[wrong] + 1} if "control_total" in spoil else {}),
            "sha256": sha256(b"another file").hexdigest() if "sha256" in spoil else digest,
        }

    def expected(self, spoil: Sequence[str] = ()) -> dict[str, Any]:
        """Answer what ``portfolio check`` must say of it, but for the words of its messages."""
        fields = {
            "sha256": "sha256",
            "row_count": "row_count",
            "control_total": "control_total_minor",
        }
        stops = [
            {"row": None, "account_ref": None, "severity": "stop", "code": SPOILS[name],
             "field": fields[name]}
            for name in SPOILS if name in spoil
        ]  # fmt: skip
        codes = self.codes + Counter(each["code"] for each in stops)
        return {
            "rows": self.rows,
            "accepted": self.taken,
            "refused": self.rows - self.taken,
            "totals": dict(sorted(self.totals.items())),
            "codes": dict(sorted(codes.items())),
            "problems": [*stops, *self.found],
        }


_OF_PERSON = (
    "customer_ref", "full_name", "native_name", "dob", "language", "address_line1", "city",
    "region", "postcode", "country", "address_as_of", "phone_1", "phone_1_type", "phone_1_as_of",
    "phone_1_source", "email_1", "email_1_type",
)  # fmt: skip

_AMOUNTS = frozenset({
    "principal", "interest", "fees", "costs", "total", "itemization_balance", "interest_since",
    "fees_since", "payments_since", "credits_since",
})  # fmt: skip

_ALONE = frozenset(
    {name for name in COLUMNS if name.startswith("party_")}
    | {key for flag in _FLAGS for key in flag}
)
"""What a row with a defect goes without, so that nothing else is found in it."""


def _place_of(country: str) -> str:
    return next(name for name, place in PLACES.items() if place.country == country)


def _people(locale: str, seed: int) -> tuple[list[str], list[str]]:
    from faker import Faker  # noqa: PLC0415  # only who invents people pays for it

    fake = Faker(locale)
    fake.seed_instance(seed)
    first = list(dict.fromkeys(fake.first_name() for _ in range(NAMES)))
    return first, list(dict.fromkeys(fake.last_name() for _ in range(NAMES)))


def _debt(draw: Random, place: Place, number: int, seed: int) -> Cells:
    """Invent a debt: what is owed is log-normal, and its parts add up."""
    owed = max(2_000, min(round(math.exp(draw.gauss(11.8, 1.0))), 50_000_000))
    interest, fees = owed * 11 // 100, owed * 3 // 100
    began = date(2019, 1, 1) + timedelta(days=draw.randrange(1500))
    late = date(2024, 1, 1) + timedelta(days=draw.randrange(500))
    ref = f"{place.country}{seed}-{number:07d}"
    row = {
        "account_ref": ref,
        "product_type": draw.choice(PRODUCTS),
        "account_number_masked": f"****{number % 10_000:04d}",
        "contract_ref": f"0{number:09d}",
        "origination_date": began.isoformat(),
        "original_creditor_name": SELLER,
        "previous_owner_1": SELLER,
        "assigned_on_1": TRANSFER.isoformat(),
        "assignment_doc_ref_1": f"ASG-{ref}",
        "due_date": late.isoformat(),
        "delinquency_date": (late + timedelta(days=1)).isoformat(),
        "last_payment_date": (late - timedelta(days=30)).isoformat(),
        "statute_date": (late + timedelta(days=365 * 3 + 400)).isoformat(),
        "currency": place.currency,
        "principal": _plain(owed - interest - fees),
        "interest": _plain(interest),
        "fees": _plain(fees),
        "total": _plain(owed),
        "annual_rate": "0.12",
        "rate_basis": "simple",
    }
    if place.country == "US":
        row |= {
            "creditor_on_itemization_date": SELLER,
            "itemization_type": "charge_off",
            "itemization_date": (late + timedelta(days=180)).isoformat(),
            "itemization_balance": _plain(owed - interest - fees),
            "interest_since": _plain(interest),
            "fees_since": _plain(fees),
            "payments_since": "0.00",
            "credits_since": "0.00",
        }
    return row


def _plain(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
