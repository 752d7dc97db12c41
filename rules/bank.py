"""What must add up in bank statements before a penny of them is booked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from models.currency import is_tender
from models.money import Money
from models.statement import (
    Counterparty,
    Doubt,
    EntryMeaning,
    EntryStatus,
    Statement,
    StatementEntry,
    StatementFile,
    StatementProblem,
)


def checked(file: StatementFile) -> StatementFile:
    """Answer the file with everything told that does not add up in it."""
    statements: list[Statement] = []
    problems = list(file.problems)
    for statement in file.statements:
        turned, told = _signed(statement)
        statements.append(turned)
        problems += told
        problems += _within(turned)
    problems += _between(statements)
    return file.model_copy(update={"statements": tuple(statements), "problems": tuple(problems)})


def balanced(statement: Statement) -> bool | None:
    """Say whether opening and booked entries make the closing balance; None without balances."""
    if statement.opening is None or statement.closing is None or not statement.complete:
        return None
    return statement.opening.minor + statement.moved == statement.closing.minor


def _signed(statement: Statement) -> tuple[Statement, list[StatementProblem]]:
    """Turn reversals round where the balances prove that the bank signs them like the original.

    ISO 20022 has the direction of the reversal itself in ``CdtDbtInd``; some banks repeat the
    original's. Only the balances can tell, so without them the standard is believed.
    """
    if balanced(statement) is not False or not any(e.reversal for e in statement.booked):
        return statement, []
    turned = statement.model_copy(update={"entries": tuple(_turned(e) for e in statement.entries)})
    if not balanced(turned):
        return statement, []
    return turned, [
        _told(
            "reversal_sign",
            statement.where,
            "the bank gives reversals the direction of the original: the balances prove it, and "
            "they were turned round",
            Doubt.WARNING,
        )
    ]


def _turned(entry: StatementEntry) -> StatementEntry:
    if not entry.reversal or not entry.minor:
        return entry
    meaning = (
        EntryMeaning.OUT_REVERSED
        if entry.meaning is EntryMeaning.IN_REVERSED
        else EntryMeaning.IN_REVERSED
    )
    return entry.model_copy(update={"minor": -entry.minor, "meaning": meaning})


def _within(statement: Statement) -> list[StatementProblem]:
    problems: list[StatementProblem] = []
    if statement.kind == "report":
        problems.append(
            _told(
                "interim_report",
                statement.where,
                "the report of a running day is not final: import the statement that follows it",
                Doubt.WARNING,
            )
        )
    problems += _currencies(statement)
    opening, closing = statement.opening, statement.closing
    if balanced(statement) is False and opening and closing:
        total = opening.minor + statement.moved
        missing = Money(closing.minor - total, statement.currency)
        problems.append(
            _told(
                "balance",
                statement.where,
                f"opening balance and booked entries make {Money(total, statement.currency)}, the "
                f"closing balance is {Money(closing.minor, statement.currency)}: {missing} apart",
            )
        )
    elif statement.kind == "statement" and statement.id and not (opening and closing):
        problems.append(
            _told(
                "balance_unknown",
                statement.where,
                "without opening and closing balance nobody can say that no entry is missing",
                Doubt.WARNING,
            )
        )
    for status, code, what in (
        (EntryStatus.PENDING, "pending_ignored", "announced and not booked: it counts for nothing"),
        (EntryStatus.INFO, "information_ignored", "only told by the bank: it counts for nothing"),
    ):
        problems += [
            _told(code, f"{e.where}, entry {e.position} of {statement.where}", what, Doubt.WARNING)
            for e in statement.entries
            if e.status is status
        ]
    repeated = [
        ident for ident, times in Counter(e.id for e in statement.entries).items() if times > 1
    ]
    problems += [
        _told("entry_id_repeated", statement.where, f"two entries have the id {ident}")
        for ident in repeated
    ]
    return problems


def _currencies(statement: Statement) -> list[StatementProblem]:
    problems: list[StatementProblem] = []
    known = {statement.currency, *(e.currency for e in statement.entries)} - {""}
    problems += [
        _told("currency_unknown", statement.where, f"{code} is no ISO 4217 currency")
        for code in sorted(known)
        if not is_tender(code)
    ]
    if (
        statement.opening
        and statement.closing
        and statement.opening.currency != statement.closing.currency
    ):
        problems.append(
            _told(
                "currency_mix",
                statement.where,
                f"the balances are in {statement.opening.currency} and "
                f"{statement.closing.currency}",
            )
        )
    problems += [
        _told(
            "currency_mix",
            f"{entry.where}, entry {entry.position} of {statement.where}",
            f"the entry is in {entry.currency} and the account in {statement.currency}: it is in "
            "no sum, and a person decides about it",
        )
        for entry in statement.entries
        if entry.currency != statement.currency
    ]
    return problems


def _between(statements: Sequence[Statement]) -> list[StatementProblem]:
    """Check what follows what: numbers and balances from one statement of an account to the next."""
    problems: list[StatementProblem] = []
    accounts: dict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.account:
            accounts[statement.account, statement.currency, statement.kind].append(statement)
    for chain in accounts.values():
        chain.sort(key=_place)
        idents = Counter(statement.id for statement in chain)
        problems += [
            _told(
                "statement_repeated",
                next(s.where for s in chain if s.id == ident),
                f"the statement {ident} is in the file {times} times: the same twice is taken "
                "once, and two that differ wait for a person",
            )
            for ident, times in idents.items()
            if times > 1
        ]
        one_each: dict[str, Statement] = {}
        for statement in chain:
            one_each.setdefault(statement.id, statement)
        for before, after in pairwise(one_each.values()):
            problems += follows(before, after)
    return problems


def _place(statement: Statement) -> tuple[str, int, int]:
    day = statement.closing.on if statement.closing else None
    day = day or statement.ends
    return (day.isoformat() if day else "", statement.sequence or 0, statement.page or 0)


def follows(before: Statement, after: Statement) -> list[StatementProblem]:
    """Answer what speaks against the second being the statement after the first."""
    problems: list[StatementProblem] = []
    one, two = before.sequence, after.sequence
    gap = False
    if one is not None and two is not None:
        paged = one == two and before.page is not None and after.page is not None
        if paged and before.page is not None and after.page is not None:
            gap = after.page > before.page + 1
            if after.page == before.page:
                problems.append(_repeat(after, f"page {after.page} of number {two}"))
        elif one == two:
            problems.append(_repeat(after, f"number {two}"))
        elif two < one:
            if not _new_year(before, after):
                problems.append(
                    _told(
                        "sequence_backwards",
                        after.where,
                        f"number {two} comes after number {one}: statements are out of order",
                    )
                )
        else:
            gap = two > one + 1 or before.last_page is False
            gap = gap or (after.page is not None and after.page > 1)
        if gap:
            problems.append(
                _told(
                    "sequence_gap",
                    after.where,
                    f"number {_number(after)} comes after {_number(before)}: what is between is "
                    "missing, ask the bank for it",
                )
            )
    if (
        not problems
        and before.closing
        and after.opening
        and before.closing.currency == after.opening.currency
        and before.closing.minor != after.opening.minor
    ):
        problems.append(
            _told(
                "balance_gap",
                after.where,
                f"it opens with {Money(after.opening.minor, after.currency)}, the one before "
                f"closed with {Money(before.closing.minor, before.currency)}: a statement is "
                "missing between them",
            )
        )
    return problems


def _number(statement: Statement) -> str:
    return f"{statement.sequence}" + (f"/{statement.page}" if statement.page is not None else "")


def _new_year(before: Statement, after: Statement) -> bool:
    """Numbers begin anew with a calendar year."""
    one, two = before.ends or (before.closing and before.closing.on), after.ends
    two = two or (after.closing and after.closing.on)
    return bool(one and two and two.year > one.year and (after.sequence or 0) <= 1)


def _repeat(statement: Statement, what: str) -> StatementProblem:
    return _told(
        "sequence_repeated", statement.where, f"{what} is given to two statements of the account"
    )


def _told(code: str, where: str, message: str, doubt: Doubt = Doubt.ERROR) -> StatementProblem:
    return StatementProblem(code=code, severity=doubt, where=where, message=message)


# What people see


def masked(entry: StatementEntry) -> StatementEntry:
    """Answer an entry whose counterparty can't be known from it, in its text neither."""
    party = entry.counterparty
    text = entry.remittance
    if len(party.name) > 2:
        text = re.sub(re.escape(party.name), _initials(party.name), text, flags=re.IGNORECASE)
    account = re.sub(r"\s", "", party.account)
    if len(account) > 4:
        text = text.replace(account, _tail(account)).replace(party.account, _tail(account))
    return entry.model_copy(
        update={
            "remittance": text,
            "counterparty": Counterparty(
                name=_initials(party.name), account=_tail(account), bank=party.bank
            ),
        }
    )


def _initials(name: str) -> str:
    return " ".join(f"{word[0]}***" for word in name.split())


def _tail(account: str) -> str:
    return f"***{account[-4:]}" if len(account) > 8 else "***" * bool(account)


def worst(problems: Iterable[StatementProblem]) -> Doubt | None:
    """Answer the heaviest doubt, if there is any."""
    found = {problem.severity for problem in problems}
    return Doubt.ERROR if Doubt.ERROR in found else Doubt.WARNING if found else None
