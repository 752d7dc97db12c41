"""Bank statements as CSV sheets: read by a mapping, or by guesses that a person confirms."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from models.base import Value
from models.currency import is_tender
from models.money import MoneyError, exponent
from models.statement import (
    Counterparty,
    Doubt,
    EntryStatus,
    References,
    Statement,
    StatementBalance,
    StatementEntry,
    StatementFile,
    StatementProblem,
    UnreadableStatementError,
    exact,
    meaning_of,
)

COLUMNS = {
    "booked": "booking date|buchungstag|buchungsdatum|buchung|date|transaction date|posting date|posted date|booked|"
    "date de comptabilisation|date d'opération|date operation|date opération|date comptable|date de l'opération|"
    "completed date|datum|boekdatum|transactiedatum|fecha|fecha operación|fecha operacion|fecha contable|data|data contabile|"
    "data operazione|交易日期|交易时间|记账日期|入账日期|记账时间|日期|入账时间|交易日",
    "value": "value date|valuta|valutadatum|wertstellung|wertstellungsdatum|wert|valutadatum|date de valeur|date valeur|"
    "rentedatum|valutadatum|fecha valor|data valuta|"
    "起息日|起息日期",
    "amount": "amount|betrag|umsatz|betrag (eur)|betrag in eur|betrag eur|montant|montant (eur)|montant(eur)|"
    "transaction amount|net amount|bedrag|bedrag (eur)|importe|importo|交易金额|金额|发生额|交易额",
    "debit": "debit|debit amount|paid out|money out|withdrawal|withdrawals|soll|lastschrift|ausgang|belastung|débit|"
    "montant débit|支出|支出金额|借方发生额|借方金额|借方|转出金额|支出(元)|payments",
    "credit": "credit|credit amount|paid in|money in|deposit|deposits|haben|gutschrift|eingang|crédit|montant crédit|"
    "收入|收入金额|贷方发生额|贷方金额|贷方|转入金额|收入(元)|receipts",
    "sign": "debit/credit|credit/debit|dr/cr|cr/dr|d/c|c/d|soll/haben|s/h|sens|direction|借贷标志|借贷|收支类型|收/支|借贷方向|"
    "af bij|af/bij|bij/af|debet/credit|debit credit indicator|credit debit indicator|type d/c|收支",
    "currency": "currency|ccy|währung|waehrung|devise|monnaie|munt|valuta|divisa|moneda|币种|币别|货币",
    "balance": "balance|running balance|saldo|saldo nach buchung|kontostand|solde|saldo na trn|saldo disponible|余额|账户余额|账户余额(元)|可用余额",
    "name": "name|counterparty|counterparty name|payer|payee|payer name|beneficiary|begünstigter/zahlungspflichtiger|"
    "beguenstigter/zahlungspflichtiger|auftraggeber/empfänger|auftraggeber / begünstigter|empfänger|zahlungspflichtiger|"
    "zahlungspflichtige*r|auftraggeber|name zahlungsbeteiligter|partner name|contrepartie|tiers|nom|nom contrepartie|"
    "naam|naam tegenpartij|naam / omschrijving|ordenante|beneficiario|ordinante|对方户名|对方名称|对方账户名称|户名|对方姓名|对方单位|付款人|付款方名称",
    "account": "counterparty account|counterparty iban|payer account|iban|account|kontonummer/iban|kontonummer|"
    "iban zahlungsbeteiligter|gegenkonto|partner iban|tegenrekening|tegenrekening iban/bban|compte contrepartie|iban contrepartie|对方账号|对方账户|对方帐号|付款账号",
    "own": "account number|own account|auftragskonto|iban auftragskonto|konto|compte|numéro de compte|本方账号|账号|我方账号|"
    "account iban|rekening|iban/bban|cuenta|conto",
    "text": "description|details|narrative|memo|text|remittance|remittance information|payment details|verwendungszweck|"
    "zweck|buchungstext|buchungsdetails|libellé|libelle|motif|communication|détails|omschrijving|mededelingen|concepto|descripción|descripcion|causale|descrizione|摘要|附言|用途|备注|交易摘要|交易说明|说明",
    "reference": "transaction id|transaction reference|bank reference|reference number|referenz|bankreferenz|"
    "transaktions-id|umsatz-id|référence|reference|ref|交易流水号|流水号|交易流水|凭证号|交易号|业务流水号|référence bancaire",
    "end_to_end": "end to end id|end-to-end id|end-to-end reference|end to end reference|kundenreferenz|"
    "kundenreferenz (end-to-end)|end-to-end-referenz|référence de bout en bout|eref",
    "mandate": "mandate reference|mandate|mandatsreferenz|référence mandat|référence du mandat",
    "creditor_id": "creditor id|gläubiger-id|gläubiger id|glaeubiger id|gläubiger-identifikationsnummer",
    "status": "status|state|info|statut|état|状态|交易状态",
}  # fmt: skip
"""Header words of banks in English, German, French and Chinese; the first of each language first."""

LANGUAGES = {
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "nl": re.compile(r"bedrag|omschrijving|boekdatum|rekening"),
    "es": re.compile(r"fecha|importe|concepto"),
    "it": re.compile(r"importo|causale|data (?:contabile|valuta)"),
    "de": re.compile(
        r"buchung|betrag|verwendungszweck|währung|waehrung|wertstell|soll|haben|umsatz"
    ),
    "fr": re.compile(r"montant|libell|devise|débit|crédit|valeur|solde|opération"),
}

_BOOKED = (
    "", "booked", "book", "posted", "completed", "complete", "cleared", "settled", "success", "gebucht",
    "umsatz gebucht", "abgeschlossen", "erledigt", "comptabilisé", "comptabilisée", "exécuté", "validé",
    "成功", "交易成功", "已入账", "已记账",
)  # fmt: skip
_OPEN = (
    "pending", "authorised", "authorized", "processing", "vorgemerkt", "umsatz vorgemerkt", "offen",
    "in bearbeitung", "en attente", "en cours", "à venir", "处理中", "待入账", "未入账", "待处理",
)  # fmt: skip
_NOT_DONE = (
    "failed", "declined", "reverted", "cancelled", "canceled", "fehlgeschlagen", "abgelehnt",
    "storniert", "refusé", "annulé", "失败", "交易失败", "已撤销", "已关闭",
)  # fmt: skip

_OUT = (
    "d",
    "dr",
    "dbit",
    "debit",
    "s",
    "soll",
    "-",
    "out",
    "借",
    "支",
    "支出",
    "débit",
    "借方",
    "ausgang",
    "af",
    "debet",
)
_IN = (
    "c",
    "cr",
    "crdt",
    "credit",
    "h",
    "haben",
    "+",
    "in",
    "贷",
    "收",
    "收入",
    "crédit",
    "贷方",
    "eingang",
    "bij",
)
_FORMULA = re.compile(r"^'(?=[=+@-])|^=\"(.*)\"$")
_SUM = re.compile(r"(?:sub)?tota[la]|summe|gesamt|saldo|somme|solde|balance|totaal|合计|总计|小计")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_ROWS = 500_000
_CELL = 16_384


class BankSheet(Value):
    """How to read a bank's CSV: what a mapping file says, and what is guessed without one."""

    model_config = ConfigDict(hide_input_in_errors=True)

    encoding: Literal["utf-8", "utf-16", "gb18030", "windows-1252", "iso-8859-1", "iso-8859-15"] = (
        "utf-8"
    )
    delimiter: Literal[",", ";", "\t", "|"] = ","
    header: int = Field(1, ge=1, le=200)
    """Line of the column names."""
    decimal: Literal[",", "."] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    dates: Literal["ymd", "dmy", "mdy"] = "ymd"
    account: str = ""
    """Our account, when no column names it."""
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    """When no column names it."""
    newest_first: bool = False
    debit_is_positive: bool = False
    """The bank writes what left the account without a minus in a single amount column."""
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    """Ours to the bank's column names; several for ``text`` are joined."""


def read_mapping(raw: bytes) -> BankSheet:
    """Read a mapping file. Raises ``UnreadableStatementError`` with what is wrong in it."""
    try:
        sheet = BankSheet.model_validate(tomllib.loads(raw.decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refuse("mapping_unreadable", "mapping file", f"it is no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refuse("mapping_unreadable", f"mapping file, {where}", first["msg"]) from None
    unknown = sorted(sheet.columns.keys() - COLUMNS.keys())
    if unknown:
        raise _refuse(
            "mapping_unreadable",
            f"mapping file, columns.{unknown[0]}",
            f"no such column of ours; there are {', '.join(COLUMNS)}",
        )
    _able(sheet, "mapping file")
    return sheet


def write_mapping(sheet: BankSheet) -> str:
    """Write a mapping as the file that ``read_mapping`` reads."""

    def quoted(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list):
            return "[" + ", ".join(quoted(one) for one in value) + "]"
        if isinstance(value, int):
            return str(value)
        text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        return f'"{text}"'

    plain = sheet.model_dump(exclude={"columns"})
    lines = [f"{name} = {quoted(value)}" for name, value in plain.items()]
    lines += ["", "[columns]"]
    lines += [f"{name} = {quoted(value)}" for name, value in sheet.columns.items()]
    return "\n".join(lines) + "\n"


def read_sheet(raw: bytes, mapping: BankSheet | None) -> StatementFile:
    """Read a sheet. Raises ``UnreadableStatementError`` when it cannot be read without doubt."""
    problems: list[StatementProblem] = []
    sheet = mapping or _guess(raw)
    text = _decode(raw, sheet.encoding)
    rows = _rows(text, sheet.delimiter)
    reader = _Reader(sheet, rows, problems, sha256(raw).hexdigest()[:16])
    statements = reader.statements()
    if mapping is None:
        problems.append(
            StatementProblem(
                code="guess_to_confirm",
                severity=Doubt.WARNING,
                where=f"line {sheet.header}",
                message="columns, dates and amounts were guessed: check them, write them down "
                "with --write-mapping and give that file with --mapping",
            )
        )
    return StatementFile(
        format="csv",
        encoding=sheet.encoding,
        statements=tuple(statements),
        problems=tuple(problems),
        guesses=None if mapping else sheet.model_dump(),
    )


def _refuse(code: str, where: str, message: str) -> UnreadableStatementError:
    return UnreadableStatementError(StatementProblem(code=code, where=where, message=message))


def _decode(raw: bytes, encoding: str) -> str:
    name = {"utf-8": "utf-8-sig"}.get(encoding, encoding)
    try:
        return raw.decode(name)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refuse(
            "wrong_encoding", f"line {line}", f"the file is not in {encoding}; name the right one"
        ) from None


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Answer line number and cells of every row."""
    csv.field_size_limit(_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    rows: list[tuple[int, list[str]]] = []
    try:
        begins = 1
        for row in reader:
            rows.append((begins, [_cell(cell) for cell in row]))
            begins = reader.line_num + 1
            if len(rows) > _ROWS:
                raise _refuse("too_large", f"line {begins}", f"more than {_ROWS} rows")
    except csv.Error:
        raise _refuse(
            "truncated", f"line {reader.line_num}",
            "a quote is never closed: the file is torn or has another delimiter",
        ) from None  # fmt: skip
    return rows


def _cell(text: str) -> str:
    text = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    match = _FORMULA.match(text)
    if match:
        text = match[1] if match[1] is not None else text[1:]
    return text.strip()


# Guesses


def _guess(raw: bytes) -> BankSheet:
    best: tuple[int, int, BankSheet, list[tuple[int, list[str]]]] | None = None
    for order, encoding in enumerate(_encodings(raw)):
        text = _decode(raw, encoding)
        for delimiter in (";", ",", "\t", "|"):
            try:
                rows = _rows(text, delimiter)
            except UnreadableStatementError:
                continue
            for line, row in rows[:60]:
                columns = _columns(row)
                if not _usable(columns) or (best and (len(columns), -order) <= best[:2]):
                    continue
                sheet = BankSheet.model_validate(
                    {
                        "encoding": encoding,
                        "delimiter": delimiter,
                        "header": line,
                        "columns": columns,
                    }
                )
                best = (len(columns), -order, sheet, rows)
    if best is None:
        raise _refuse(
            "not_a_statement",
            "line 1",
            "neither XML nor MT940, and no row names the columns of a bank's sheet (a date and an "
            "amount at least): write a mapping file, as docs/statements.md says",
        )
    _, _, sheet, rows = best
    return _settled(sheet, rows)


def _encodings(raw: bytes) -> list[str]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ["utf-16"]
    fitting: list[str] = []
    for encoding in ("utf-8", "gb18030", "windows-1252", "iso-8859-1"):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        fitting.append(encoding)
        if encoding == "utf-8":
            return fitting
    return fitting


def _columns(row: Sequence[str]) -> dict[str, str | list[str]]:
    """Answer which of the bank's columns are which of ours, by their names."""
    found: dict[str, str | list[str]] = {}
    taken: set[str] = set()
    names = [name for name in row if name]
    for ours, words in COLUMNS.items():
        known = words.split("|")
        fitting = [name for name in names if _word(name) in known and name not in taken]
        fitting.sort(key=lambda name, known=known: known.index(_word(name)))
        if not fitting:
            continue
        if ours == "text":
            found[ours] = [name for name in names if name in fitting]
            if len(found[ours]) == 1:
                found[ours] = fitting[0]
        else:
            found[ours] = fitting[0]
        taken.update(fitting)
    if "own" not in found and "account" in found and "name" not in found:
        found["own"] = found.pop("account")
    return found


def _word(name: str) -> str:
    word = " ".join(name.replace("_", " ").split()).lower().replace("（", "(").replace("）", ")")
    return re.sub(
        r"\s*[\(\[](?:eur|usd|gbp|cny|rmb|chf|€|\$|£|元|¥|人民币)[\)\]]$", "", word
    ).rstrip(":*")


def _usable(columns: dict[str, Any]) -> bool:
    return bool(columns.keys() & {"booked", "value"}) and bool(
        columns.keys() & {"amount", "debit", "credit"}
    )


def _able(sheet: BankSheet, where: str) -> None:
    if not _usable(sheet.columns):
        raise _refuse(
            "mapping_unreadable", f"{where}, columns",
            "name a date (booked or value) and an amount (amount, or debit and credit)",
        )  # fmt: skip


def _settled(sheet: BankSheet, rows: list[tuple[int, list[str]]]) -> BankSheet:
    """Decide decimals, dates, order, account and currency from what the rows show."""
    at = next(i for i, (line, _) in enumerate(rows) if line == sheet.header)
    header, body = rows[at][1], [row for _, row in rows[at + 1 :]]
    before = " ".join(" ".join(row) for _, row in rows[:at])

    def cells(*ours: str) -> list[str]:
        wanted = [header.index(name) for our in ours if (name := _one(sheet.columns.get(our)))]
        return [row[i] for row in body for i in wanted if i < len(row) and row[i]]

    amounts = [
        bare for cell in cells("amount", "debit", "credit", "balance") if (bare := _bare(cell))
    ]
    codes = {cell.upper() for cell in cells("currency") if is_tender(cell.upper())}
    decimals = {exponent(code) for code in codes}
    decimal, thousands = _separators(amounts, decimals.pop() if len(decimals) == 1 else None)
    if decimal is None:
        raise _refuse(
            "ambiguous_amount",
            f"line {sheet.header}",
            "every amount could be thousands or decimals (as 1.234): say which in a mapping file",
        )
    order = _order(cells("booked", "value"))
    language = next(
        (code for code, sign in LANGUAGES.items() if sign.search(" ".join(header).lower())), "en"
    )
    if order == "either":
        if language not in ("de", "fr", "nl", "es", "it"):
            raise _refuse(
                "ambiguous_date",
                f"line {sheet.header}",
                'every date could be day/month or month/day: say dates = "dmy" or "mdy" in a '
                "mapping file",
            )
        order = "dmy"
    currencies = {cell.upper() for cell in cells("currency") if re.fullmatch(r"[A-Za-z]{3}", cell)}
    head = " ".join(header) + " " + before
    stated = ""
    if not currencies and "currency" not in sheet.columns:
        signs = {
            "EUR": r"\bEUR\b|€", "GBP": r"\bGBP\b|£", "USD": r"\bUSD\b|\$", "CHF": r"\bCHF\b",
            "CNY": r"\bCNY\b|\bRMB\b|人民币|元",
        }  # fmt: skip
        everywhere = f"{head} {' '.join(cells('amount', 'debit', 'credit', 'balance'))}"
        fitting = [code for code, sign in signs.items() if re.search(sign, everywhere)]
        stated = fitting[0] if len(fitting) == 1 else ""
        if not fitting and language == "zh":
            stated = "CNY"
        if not stated:
            raise _refuse(
                "currency_missing",
                f"line {sheet.header}",
                'the sheet names no currency: say it in a mapping file, as currency = "EUR"',
            )
    iban = _IBAN.search(before)
    days = [day for cell in cells("booked") if (day := _day(cell, order))]
    return sheet.model_copy(
        update={
            "decimal": decimal,
            "thousands": thousands,
            "dates": order,
            "currency": stated,
            "account": iban[0].replace(" ", "") if iban and "own" not in sheet.columns else "",
            "newest_first": len(days) > 1 and days[0] > days[-1],
        }
    )


def _one(column: str | list[str] | None) -> str:
    return column[0] if isinstance(column, list) else column or ""


def _separators(
    amounts: list[str], decimals: int | None = None
) -> tuple[Literal[",", "."] | None, str]:
    """Answer the decimal and the thousands sign of a column; no decimal sign if none is certain.

    Three digits after a sign are thousands in a currency without decimals, and decimals after a
    single zero; else they may be either.
    """
    certain: Counter[str] = Counter()
    thousands = ""
    doubtful = False
    for amount in amounts:
        if " " in amount or "'" in amount:
            thousands = " " if " " in amount else "'"
        signs = [sign for sign in amount if sign in ",."]
        if not signs:
            continue
        last = signs[-1]
        tail = len(amount) - amount.rindex(last) - 1
        if len(set(signs)) == 2:
            certain[last] += 1
            thousands = "." if last == "," else ","
        elif len(signs) > 1 or (decimals == 0 and tail == 3):
            certain["," if last == "." else "."] += 1
            thousands = last
        elif tail != 3 or amount.startswith(f"0{last}"):
            certain[last] += 1
        else:
            doubtful = True
    if len(certain) == 1:
        decimal = ",".join(certain) if "," not in certain else ","
        if doubtful and not thousands:
            thousands = "." if decimal == "," else ","
        return (",", thousands) if decimal == "," else (".", thousands)
    if len(certain) > 1 or doubtful:
        return None, ""
    return ".", thousands


def _order(cells: list[str]) -> str:
    """Answer in which order the dates are written, ``either`` if they fit two."""
    first = second = numeric = False
    for cell in cells:
        if re.match(r"\d{1,2}[. -]+[^\W\d]", cell):
            continue  # the month is a word
        text = cell.split(" ")[0].split("T")[0]
        if re.match(r"\d{4}", text):
            return "ymd"
        if "." in text:
            return "dmy"
        parts = re.split(r"[/-]", text)
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            numeric = True
            first = first or int(parts[0]) > 12
            second = second or int(parts[1]) > 12
    if not numeric:
        return "dmy"
    if first == second:
        return "either"
    return "dmy" if first else "mdy"


# Reading


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janv janvier", "feb februar february fév févr février", "mar mär märz march mars mrz",
            "apr april avr avril", "may mai", "jun juni june juin", "jul juli july juil juillet",
            "aug august août aout", "sep sept september septembre", "oct okt oktober october octobre",
            "nov november novembre", "dec dez dezember december déc décembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


def _day(cell: str, order: str) -> date | None:
    text = cell.strip()
    try:
        if match := re.match(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if re.match(r"(?:19|20)\d{6}(?:\d{6})?(?!\d)", text):
            return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007
        if match := re.match(
            r"(\d{1,2})[. -]+([A-Za-zäéûÉ]{3,9})\.?[ -]+(\d{4}|\d{2})(?!\d)", text
        ):
            month = _MONTHS.get(match[2].lower())
            return date(_year(match[3]), month, int(match[1])) if month else None
        if match := re.match(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)", text):
            one, two = int(match[1]), int(match[2])
            day, month = (two, one) if order == "mdy" else (one, two)
            return date(_year(match[3]), month, day)
    except ValueError:
        return None
    return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _bare(cell: str) -> str:
    """Answer the digits and separators of an amount without sign, currency or brackets."""
    text = re.sub(r"(?i)\b(?:eur|usd|gbp|cny|rmb|chf|cr|dr)\b|[€$£¥￥元]|\b[SH]$", "", cell)
    return text.strip().strip("()+-−").strip()


@dataclass
class _Reader:
    """The rows below the header, read as one mapping says."""

    sheet: BankSheet
    rows: list[tuple[int, list[str]]]
    problems: list[StatementProblem]
    digest: str
    places: dict[str, list[int]] = field(default_factory=dict)

    def statements(self) -> list[Statement]:
        body = self._body()
        entries: dict[tuple[str, str], list[tuple[StatementEntry, int | None]]] = {}
        complete: dict[tuple[str, str], bool] = {}
        seen: Counter[str] = Counter()
        position: Counter[tuple[str, str]] = Counter()
        refs = Counter(ref for _, row in body if (ref := self._said(row, "reference")))
        for line, row in body:
            account = self._said(row, "own").replace(" ", "") or self.sheet.account
            currency = (self._said(row, "currency") or self.sheet.currency).upper()
            currency = {"人民币": "CNY", "RMB": "CNY", "人民币元": "CNY"}.get(currency, currency)
            key = (account, currency)
            position[key] += 1
            ident = self._ident(row, refs, seen)
            entry = self._entry(line, row, position[key], ident, currency)
            entries.setdefault(key, [])
            complete.setdefault(key, True)
            if entry is None:
                complete[key] = False
            else:
                entries[key].append(entry)
        if any(not account for account, _ in entries):
            self._tell(
                "account_missing", f"line {self.sheet.header}",
                "the sheet does not say of which account; name it in a mapping file", Doubt.WARNING,
            )  # fmt: skip
        return [
            self._statement(account, currency, found, whole=complete[account, currency])
            for (account, currency), found in entries.items()
        ]

    def _body(self) -> list[tuple[int, list[str]]]:
        at = next((i for i, (line, _) in enumerate(self.rows) if line == self.sheet.header), None)
        if at is None:
            raise _refuse(
                "mapping_unfit", f"line {self.sheet.header}", "the sheet has no such line"
            )
        header = self.rows[at][1]
        for ours, names in self.sheet.columns.items():
            self.places[ours] = []
            for name in [names] if isinstance(names, str) else names:
                if name not in header:
                    raise _refuse(
                        "mapping_unfit",
                        f"line {self.sheet.header}",
                        f"there is no column {name!r}, which the mapping names for {ours}",
                    )
                self.places[ours].append(header.index(name))
        body: list[tuple[int, list[str]]] = []
        for line, row in self.rows[at + 1 :]:
            if not any(row):
                continue
            dated = self._said(row, "booked") or self._said(row, "value")
            valued = any(self._said(row, ours) for ours in ("amount", "debit", "credit"))
            if (
                len(row) < len(header)
                and valued
                and any(
                    place >= len(row)
                    for ours in ("amount", "debit", "credit")
                    for place in self.places.get(ours, ())
                )
            ):
                self._tell("truncated", f"line {line}", "the row ends early: is the file torn?")
            if not dated and not valued:
                continue  # a footer
            if not re.search(r"\d", dated) and _SUM.match(next(filter(None, row)).lower()):
                continue  # a sum below the rows
            if not re.search(r"\d", dated) and not valued:
                continue
            body.append((line, row))
        return body

    def _ident(self, row: list[str], refs: Counter[str], seen: Counter[str]) -> str:
        """Answer the bank's reference, else the row itself and how often it stood here before."""
        reference = self._said(row, "reference")
        if reference and refs[reference] == 1:
            return reference
        said = sha256("\x1f".join(row).encode()).hexdigest()[:20]
        seen[said] += 1
        return f"row-{said}-{seen[said]}"

    def _entry(
        self, line: int, row: list[str], position: int, ident: str, currency: str
    ) -> tuple[StatementEntry, int | None] | None:
        where = f"line {line}"
        order = self.sheet.dates
        booked, value = (self._said(row, "booked"), self._said(row, "value"))
        days = [_day(text, order) if text else None for text in (booked, value)]
        for name, text, day in zip(("booked", "value"), (booked, value), days, strict=True):
            if text and day is None:
                self._tell("date_unreadable", where, f"{name}: no day of the calendar")
        if days[0] is None and days[1] is None:
            self._tell("entry_unreadable", where, "the row has an amount and no date")
            return None
        try:
            minor = self._minor(row, currency)
            balance = self._said(row, "balance")
            after = self._amount(balance, currency) if balance else None
        except MoneyError as error:
            self._tell("amount_unreadable", where, f"the amount cannot be taken: {error}")
            return None
        status = self._status(row, where)
        entry = StatementEntry(
            id=ident,
            position=str(position),
            booked_on=days[0] or days[1],
            value_on=days[1],
            minor=minor,
            currency=currency,
            meaning=meaning_of(minor, reversal=False),
            status=status,
            references=References(
                end_to_end=_given(self._said(row, "end_to_end")),
                mandate=_given(self._said(row, "mandate")),
                creditor_id=_given(self._said(row, "creditor_id")),
                bank=self._said(row, "reference"),
            ),
            counterparty=Counterparty(
                name=self._said(row, "name"), account=self._said(row, "account")
            ),
            remittance=" ".join(
                filter(None, (self._at(row, p) for p in self.places.get("text", ())))
            ),
            where=where,
        )
        return entry, after

    def _minor(self, row: list[str], currency: str) -> int:
        debit, credit = self._said(row, "debit"), self._said(row, "credit")
        if debit or credit:
            out = abs(self._amount(debit, currency)) if debit else 0
            into = self._amount(credit, currency) if credit else 0
            if out and into:
                raise MoneyError("both debit and credit have an amount")
            return into or -out
        text = self._said(row, "amount")
        if not text:
            raise MoneyError("no amount is given")
        minor = self._amount(text, currency)
        sign = self._said(row, "sign").lower()
        if sign:
            if sign in _OUT:
                return -abs(minor)
            if sign in _IN:
                return abs(minor)
            raise MoneyError("neither debit nor credit")
        return -minor if self.sheet.debit_is_positive else minor

    def _amount(self, cell: str, currency: str) -> int:
        """Read one cell exactly as the mapping spells amounts."""
        text = cell.strip()
        away = re.search(r"(?i)\bDR$|\bS$", text) is not None
        negative = away or text.startswith(("-", "−", "(")) or text.endswith(("-", "−"))
        bare = _bare(text)
        if text.startswith(("€", "$", "£", "¥", "￥")) and bare.startswith("-"):
            negative, bare = True, bare[1:]
        thousands, decimal = self.sheet.thousands, self.sheet.decimal
        if thousands and thousands in bare:
            whole, mark, fraction = bare.partition(decimal)
            groups = whole.split(thousands)
            if not (1 <= len(groups[0]) <= 3) or any(len(g) != 3 for g in groups[1:]):
                raise MoneyError(f"{thousands!r} does not part thousands here")
            bare = whole.replace(thousands, "") + mark + fraction
        if not re.fullmatch(rf"\d+(?:{re.escape(decimal)}\d+)?", bare):
            raise MoneyError(f"no plain number with {decimal!r} before the decimals")
        minor = exact(bare.replace(decimal, "."), currency)
        return -minor if negative else minor

    def _status(self, row: list[str], where: str) -> EntryStatus:
        said = self._said(row, "status").lower()
        if said in _BOOKED:
            return EntryStatus.BOOKED
        if said in _OPEN:
            return EntryStatus.PENDING
        if said in _NOT_DONE:
            return EntryStatus.INFO
        self._tell("status_unknown", where, "the row does not say that it is booked: not counted")
        return EntryStatus.UNKNOWN

    def _statement(
        self,
        account: str,
        currency: str,
        found: list[tuple[StatementEntry, int | None]],
        *,
        whole: bool,
    ) -> Statement:
        opening, closing = self._running(found, currency) if whole else (None, None)
        days = [entry.booked_on for entry, _ in found if entry.booked_on]
        return Statement(
            account=account,
            id=f"csv-{self.digest}",
            kind="statement",
            currency=currency,
            opening=opening,
            closing=closing,
            begins=min(days, default=None),
            ends=max(days, default=None),
            entries=tuple(entry for entry, _ in found),
            where=f"account {account or '?'} in {currency or '?'}",
            complete=whole,
        )

    def _running(
        self, found: list[tuple[StatementEntry, int | None]], currency: str
    ) -> tuple[StatementBalance | None, StatementBalance | None]:
        """Follow the balance column from row to row; answer where it begins and ends."""
        lines = [(e, b) for e, b in found if e.status is EntryStatus.BOOKED]
        if not lines or any(balance is None for _, balance in lines):
            return None, None

        def breaks(ordered: list[tuple[StatementEntry, int | None]]) -> list[StatementEntry]:
            return [
                entry
                for (_, before), (entry, after) in pairwise(ordered)
                if (before or 0) + entry.minor != after
            ]

        ordered = min((lines, lines[::-1]), key=lambda way: len(breaks(way)))
        for entry in breaks(ordered)[:20]:
            self._tell(
                "balance", entry.where,
                "the balance after this row is not the one before it and the row's amount: rows "
                "are missing, doubled or misread",
            )  # fmt: skip
        first, last = ordered[0], ordered[-1]
        return (
            StatementBalance(
                minor=(first[1] or 0) - first[0].minor, currency=currency, on=first[0].booked_on
            ),
            StatementBalance(minor=last[1] or 0, currency=currency, on=last[0].booked_on),
        )

    def _said(self, row: list[str], ours: str) -> str:
        return next((text for p in self.places.get(ours, ()) if (text := self._at(row, p))), "")

    def _at(self, row: list[str], place: int) -> str:
        return row[place] if place < len(row) else ""

    def _tell(self, code: str, where: str, message: str, doubt: Doubt = Doubt.ERROR) -> None:
        self.problems.append(
            StatementProblem(code=code, severity=doubt, where=where, message=message)
        )


def _given(text: str) -> str:
    return "" if text.upper() in ("", "NOTPROVIDED", "NONREF") else text
