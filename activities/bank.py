"""Bank statements booked: entries become notices in the inbox; what fits no debt waits for a person."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlalchemy import case as sql_case
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.case import TaskKind
from models.statement import (
    Doubt,
    EntryMeaning,
    Statement,
    StatementBalance,
    StatementEntry,
    StatementFile,
    StatementProblem,
)
from models.stop import Scope, StopKind
from models.tables import Debt, Debtor, InboxItem, LedgerEntry, Stop, WorkItem
from rules.bank import balanced, follows
from rules.ledger import TAKING_BACK, effective, fold, policy_for
from store import case as records
from store import debt as debts
from store import payment as money
from store import stop as stops
from store import work
from store.keys import Keys

LOOKED_AT = 3_000
"""Debts whose names are opened for one import; beyond it references and amounts count."""

SAME_AMOUNT = 50
"""An amount that more debts than this owe points to none of them."""

SUGGESTED = 5

RANKED_AT_ONCE = 50
"""Notices without a debt that one look ranks: the ledger is added up once for all of them."""

TEXTS = 200
"""Texts of one notice that are looked at."""

GAP = "statement_gap_"
"""Before the short id of a notice in the step of the work that a missing statement is."""

GAP_REVIEW = timedelta(days=2)

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*[A-Za-z0-9]")
_WORDS = re.compile(r"[^\W\d_]+")


class SuspenseError(Exception):
    """A match or release that cannot be; the text says why and what to do."""


@dataclass
class Booked:
    """What became of a file."""

    statements: int = 0
    new: int = 0
    known: int = 0
    matched: int = 0
    suspense: int = 0
    reversals: int = 0
    ignored: int = 0
    problems: list[StatementProblem] = field(default_factory=list)


def take_file(  # noqa: PLR0917
    session: Session,
    keys: Keys,
    file: StatementFile,
    raw: bytes,
    now: datetime,
    observed_at: datetime,
    hold: timedelta,
) -> Booked:
    """Store every booked entry once; the caller's transaction is the whole file or nothing.

    A statement that does not add up, or could not be read whole, is not taken.
    """
    done = Booked()
    taking = _Taking(session, keys, now, observed_at, hold, done, _Ranking(session, keys))
    for statement in file.statements:
        why = _unfit(file, statement)
        if why:
            done.problems.append(_told("not_taken", statement.where, why))
            continue
        taking.statement(statement, raw)
    return done


def _unfit(file: StatementFile, statement: Statement) -> str:
    if statement.kind == "report":
        return "a report of a running day is not final: import the statement that follows it"
    if not statement.account:
        return "nobody knows of which account it is"
    if not statement.complete or balanced(statement) is False:
        return "it does not add up or could not be read whole, so nothing of it was booked"
    if file.format == "mt940" and balanced(statement) is None:
        return "without both balances it may be torn, so nothing of it was booked"
    idents = [entry.id for entry in statement.entries]
    if len(set(idents)) != len(idents):
        return "two of its entries have the same id, so nothing of it was booked"
    return ""


@dataclass(frozen=True)
class _Living:
    """Open debts by what a transfer may tell of them; sums are the database's, a fold confirms."""

    refs: dict[str, set[UUID]]
    bare: dict[str, set[UUID]]
    owed: dict[tuple[str, int], set[UUID]]

    @classmethod
    def read(cls, session: Session) -> _Living:
        living = cls(defaultdict(set), defaultdict(set), defaultdict(set))
        is_open = col(Debt.status) != "closed"
        for ident, ref in session.exec(select(Debt.id, Debt.account_ref).where(is_open)):
            living.refs[ref.lower()].add(ident)
            living.bare[_bare(ref.lower())].add(ident)
        target = aliased(LedgerEntry)
        less = ("payment", "waiver", "write_off", "transfer_out")
        taken = ("reversal", "chargeback", "refund")
        sign = sql_case(
            (col(LedgerEntry.kind).in_(less), -1),
            (col(LedgerEntry.kind).not_in((*taken, "correction")), 1),
            (and_(col(LedgerEntry.kind) == "correction", col(target.kind).in_(less)), -1),
            (col(LedgerEntry.kind) == "correction", 1),
            (or_(col(LedgerEntry.of).is_(None), col(target.kind).in_(less)), 1),
            else_=-1,
        )
        sums = (
            select(
                LedgerEntry.debt_id, LedgerEntry.currency, func.sum(col(LedgerEntry.minor) * sign)
            )
            .join(Debt, col(Debt.id) == col(LedgerEntry.debt_id))
            .outerjoin(target, col(LedgerEntry.of) == col(target.id))
            .where(is_open)
            .group_by(col(LedgerEntry.debt_id), col(LedgerEntry.currency))
        )
        for ident, currency, owed in session.exec(sums):
            living.owed[currency, int(owed)].add(ident)
        return living

    def meant(self, words: set[str], bare: set[str], minor: int, currency: str) -> set[UUID]:
        found: set[UUID] = set()
        for known, said in ((self.refs, words), (self.bare, bare)):
            for word in said:
                found |= known.get(word, set())
        same = self.owed.get((currency, minor), set())
        return found | same if len(same) <= SAME_AMOUNT else found


@dataclass
class _Ranking:
    """Ranks debts that money may be for, by reference, amount and name.

    Names are compared here and go nowhere.
    """

    session: Session
    keys: Keys
    known: list[tuple[UUID, frozenset[str]]] | None = None
    living: _Living | None = None

    def suggest(
        self, texts: Iterable[str], payer: frozenset[str], minor: int, currency: str
    ) -> list[dict[str, Any]]:
        """Answer debts, the likeliest first, with what speaks for each."""
        words = {token.lower() for text in texts for token in _TOKEN.findall(text)}
        bare = {_bare(word) for word in words if len(_bare(word)) >= 4}
        if self.living is None:
            self.living = _Living.read(self.session)
        found = self.living.meant(words, bare, minor, currency)
        if payer:
            found |= {ident for ident, names in self._named() if payer & names}
        ranked: list[tuple[int, dict[str, Any]]] = []
        for debt in (debts.get(self.session, ident) for ident in found):
            if debt.currency != currency:
                continue
            why: dict[str, int] = {}
            ref = debt.account_ref.lower()
            if ref in words:
                why["reference"] = 60
            elif _bare(ref) in bare:
                why["reference_like"] = 45
            if self._owed(debt) == minor:
                why["amount"] = 30
            if payer and (names := self._names(debt)):
                shared = len(payer & names)
                if shared >= 2 or payer == names:
                    why["name"] = 40
                elif shared:
                    why["name_part"] = 10
            score = sum(why.values())
            if score >= 30:
                ranked.append((score, {"debt": str(debt.id), "score": score, "why": sorted(why)}))
        ranked.sort(key=lambda pair: (-pair[0], pair[1]["debt"]))
        return [told for _, told in ranked[:SUGGESTED]]

    def _named(self) -> list[tuple[UUID, frozenset[str]]]:
        """Answer names, which the store knows only sealed, of as many debts as one import opens."""
        if self.known is None:
            open_debts = self.session.exec(
                select(Debt)
                .where(col(Debt.status) != "closed")
                .order_by(col(Debt.id))
                .limit(LOOKED_AT)
            ).all()
            self.known = [(debt.id, self._names(debt)) for debt in open_debts]
        return self.known

    def _owed(self, debt: Debt) -> int:
        rows = money.as_entries(money.entries(self.session, debt.id))
        return fold(rows, policy_for(debt.contract_law)).outstanding if rows else 0

    def _names(self, debt: Debt) -> frozenset[str]:
        debtor = self.session.get_one(Debtor, debt.debtor_id)
        key = self.keys.person_key(self.session, debtor.id)
        names = key.open_json(debtor.sealed).get("names") or {}
        text = " ".join(str(value) for name, value in names.items() if name != "script")
        return frozenset(_said(text))


@dataclass
class _Taking:
    session: Session
    keys: Keys
    now: datetime
    observed_at: datetime
    hold: timedelta
    done: Booked
    ranking: _Ranking

    def statement(self, statement: Statement, raw: bytes) -> None:
        provider = f"bank:{statement.account}"
        digest = _digest(statement)
        facts = _memory(statement, digest)
        before = _latest(self.session, provider, statement)
        item, new = self._receive(
            provider, f"statement:{statement.kind}:{statement.currency}:{statement.id}",
            "statement", facts, raw, status="ignored",
        )  # fmt: skip
        if not new and item.facts["digest"] != digest:
            self.done.problems.append(
                _told(
                    "statement_changed", statement.where,
                    "the statement was imported before and said something else: nothing of this "
                    "one was booked, compare both with the bank",
                )
            )  # fmt: skip
            return
        self.done.statements += new
        for entry in statement.booked:
            self._entry(provider, entry)
        if new and before is not None:
            self._follows(provider, before, statement)

    def _follows(self, provider: str, before: Statement, statement: Statement) -> None:
        """Put a gap before a person, and book all the same: what came, came."""
        for problem in follows(before, statement):
            self.done.problems.append(problem)
            item, _ = self._receive(
                provider, f"gap:{problem.code}:{statement.currency}:{statement.id}", "statement_gap",
                {"after": before.id, "at": statement.id, "code": problem.code},
                problem.message.encode(), status="suspense", problem=problem.code,
            )  # fmt: skip
            self._ask(provider, item)

    def _ask(self, provider: str, gap: InboxItem) -> None:
        """Open the work at the debt that this account was last paid for: work has a debt."""
        paid = self.session.exec(
            select(Debt)
            .join(InboxItem, col(InboxItem.debt_id) == col(Debt.id))
            .where(col(InboxItem.provider) == provider, col(InboxItem.kind) == "payment")
            .order_by(col(InboxItem.received_at).desc(), col(InboxItem.id))
            .limit(1)
        ).first()
        if paid is not None:
            work.open(
                self.session, debt_id=paid.id, debtor_id=paid.debtor_id, epoch=paid.epoch,
                kind=TaskKind.PAYMENT_REVIEW, step=f"{GAP}{gap.id.hex[:8]}", now=self.now,
                due_at=self.now + GAP_REVIEW,
            )  # fmt: skip

    def _entry(self, provider: str, entry: StatementEntry) -> None:
        kind, debt, of, problem = self._meant(provider, entry)
        status = "ignored" if kind == "ignored" else "suspense" if problem else "new"
        facts: dict[str, Any] = {
            "payment_id": entry.id,
            "minor": abs(entry.minor),
            "currency": entry.currency,
            "paid_at": _noon(entry.value_on or entry.booked_on).isoformat(),
            "day": str(entry.value_on or entry.booked_on or ""),
            "method": "transfer",
            "of": of,
            "signs": self._signs(entry),
            "batch": entry.batch or "",
        }
        if entry.instructed and entry.instructed.currency != entry.currency:
            facts["paid"] = entry.instructed.model_dump(include={"minor", "currency"})
        suggested: list[dict[str, Any]] = []
        if (
            status == "suspense"
            and kind == "payment"
            and money.known(self.session, provider, entry.id) is None
        ):
            suggested = self._suggest(entry)
            facts["suggested"] = suggested
        if debt is not None:
            money.hold(self.session, debt.id)
        item, new = self._receive(
            provider, entry.id, kind, facts, entry.model_dump_json().encode(), debt=debt,
            status=status, problem=problem or None,
        )  # fmt: skip
        if not new:
            self.done.known += 1
            if item.facts.get("minor") != abs(entry.minor):
                self.done.problems.append(
                    _told(
                        "entry_changed", entry.where, "this entry was imported with another amount"
                    )
                )
            return
        self.done.new += kind != "ignored"
        self.done.ignored += kind == "ignored"
        self.done.reversals += kind == "chargeback"
        self.done.matched += status == "new"
        self.done.suspense += status == "suspense"
        _rest(self.session, item, suggested, self.now, self.observed_at, self.hold)

    def _meant(self, provider: str, entry: StatementEntry) -> tuple[str, Debt | None, str, str]:
        """Answer kind, debt, payment taken back and problem of an entry."""
        if not entry.minor:
            return "ignored", None, "", "an entry of nothing"
        match entry.meaning:
            case EntryMeaning.IN:
                debt = self._debt(entry)
                return "payment", debt, "", "" if debt else "no debt fits the reference"
            case EntryMeaning.IN_REVERSED:
                paid = self._original(provider, entry)
                if paid is None:
                    return "chargeback", None, "", "which payment was taken back is not certain"
                debt = debts.get(self.session, paid.debt_id) if paid.debt_id else None
                problem = "" if debt else "the payment it takes back fits no debt yet"
                return "chargeback", debt, paid.facts["payment_id"], problem
            case EntryMeaning.OUT | EntryMeaning.OUT_REVERSED:
                return "ignored", None, "", "money of ours, no payment"

    def _debt(self, entry: StatementEntry) -> Debt | None:
        """Answer the one debt that a reference names in full; a near miss is a suggestion only."""
        whole = [
            entry.references.creditor,
            entry.references.end_to_end,
            entry.remittance.strip(),
            *(
                token
                for token in _TOKEN.findall(entry.remittance)
                if len(token) >= 5 and re.search(r"\d", token)
            ),
        ]
        found = {
            debt.id: debt
            for ref in dict.fromkeys(filter(None, whole[:40]))
            if len(ref) <= 100
            for debt in debts.named(self.session, ref)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _signs(self, entry: StatementEntry) -> list[str]:
        """Answer keyed hashes of the payer's references: a reversal repeats them."""
        refs = (entry.references.end_to_end, entry.references.transaction)
        return [self.keys.token("bank-reference", ref) for ref in refs if ref]

    def _original(self, provider: str, entry: StatementEntry) -> InboxItem | None:
        """Answer the payment that a reversal takes back, when only one debt's can be meant."""
        taken = {
            item.facts.get(name)
            for item in money.told(self.session, provider, "chargeback")
            for name in ("of", "of_entry")
        }
        same = [
            item
            for item in money.told(self.session, provider, "payment")
            if item.facts["minor"] == abs(entry.minor)
            and item.facts["currency"] == entry.currency
            and item.facts["payment_id"] not in taken
        ]
        signs = set(self._signs(entry))
        named = [item for item in same if signs & set(item.facts.get("signs", ()))]
        fitting = named if signs else same
        if not fitting or len({item.debt_id for item in fitting}) > 1:
            return None
        return fitting[-1]

    def _suggest(self, entry: StatementEntry) -> list[dict[str, Any]]:
        payer = frozenset(_said(entry.counterparty.name))
        return self.ranking.suggest([entry.remittance], payer, entry.minor, entry.currency)

    def _receive(
        self,
        provider: str,
        external_id: str,
        kind: str,
        facts: dict[str, Any],
        raw: bytes,
        *,
        debt: Debt | None = None,
        status: str = "new",
        problem: str | None = None,
    ) -> tuple[InboxItem, bool]:
        return money.receive(
            self.session,
            provider=provider,
            external_id=external_id,
            kind=kind,
            debt_id=debt.id if debt else None,
            debtor_id=debt.debtor_id if debt else None,
            facts=facts,
            sealed=self.keys.seal_store(raw),
            received_at=self.now,
            observed_at=self.observed_at,
            status=status,
            problem=problem,
        )


def _bare(reference: str) -> str:
    """Answer a reference without the signs that payers leave out."""
    return re.sub(r"[^a-z0-9]", "", reference.lower())


def _memory(statement: Statement, digest: str) -> dict[str, Any]:
    return statement.model_dump(
        mode="json",
        include={
            "account", "id", "kind", "currency", "sequence", "page", "last_page", "opening", "closing",
            "begins", "ends", "where",
        },
    ) | {"digest": digest}  # fmt: skip


def _latest(session: Session, provider: str, statement: Statement) -> Statement | None:
    """Answer the statement of the account that ended last before this one."""
    found = [
        Statement.model_validate({k: v for k, v in row.facts.items() if k != "digest"})
        for row in session.exec(
            select(InboxItem).where(
                col(InboxItem.provider) == provider, col(InboxItem.kind) == "statement"
            )
        )
    ]
    place = _place(statement)
    earlier = [
        one
        for one in found
        if (one.kind, one.currency) == (statement.kind, statement.currency)
        and one.id != statement.id
        and _place(one) <= place
    ]
    return max(earlier, key=_place, default=None)


def _place(statement: Statement) -> tuple[date, int, int]:
    last: StatementBalance | None = statement.closing
    day = (last.on if last else None) or statement.ends or date.min
    return (day, statement.sequence or 0, statement.page or 0)


def _digest(statement: Statement) -> str:
    """Answer what a statement says about money, whatever its message is called."""
    said = [
        [e.id, e.minor, e.currency, str(e.booked_on), e.meaning.value, e.status.value]
        for e in statement.booked
    ]
    ends = [b.minor if b else None for b in (statement.opening, statement.closing)]
    return sha256(json.dumps([ends, said]).encode()).hexdigest()


def _noon(day: date | None) -> datetime:
    """Answer the noon of a day, UTC, for those who ask for an instant; the day itself is kept too."""
    return datetime.combine(day or date.min, time(12), UTC)


def _told(code: str, where: str, message: str) -> StatementProblem:
    return StatementProblem(code=code, severity=Doubt.ERROR, where=where, message=message)


def _said(text: str) -> set[str]:
    return {word.lower() for word in _WORDS.findall(text)}


def _rest(  # noqa: PLR0917
    session: Session,
    item: InboxItem,
    suggested: Sequence[dict[str, Any]],
    now: datetime,
    observed_at: datetime,
    hold: timedelta,
) -> None:
    """Leave the people of the suggested debts in peace until somebody has looked."""
    for told in suggested:
        debt = debts.get(session, UUID(told["debt"]))
        stops.enter(
            session,
            StopKind.HOLD,
            Scope.DEBTOR,
            now=now,
            observed_at=observed_at,
            reason="suspense_suggested",
            actor="import",
            source="suspense",
            external_id=f"{item.id}:{debt.debtor_id}",
            debtor_id=debt.debtor_id,
            until=now + hold,
        )


# Suspense


def rank_waiting(
    session: Session, keys: Keys, now: datetime, observed_at: datetime, hold: timedelta
) -> int:
    """Rank debts for money that came to the gateway and fits none, as for a bank's; answer how much.

    Once each: a row that was looked at has a try. What the gateway suggested itself stays.
    """
    found = money.unranked(session, RANKED_AT_ONCE)
    ranking = _Ranking(session, keys)
    for item in found:
        item.tries += 1
        if "suggested" not in item.facts and item.facts.get("minor"):
            texts, payer = _words_of(keys.open_store(item.sealed))
            said = ranking.suggest(texts, payer, item.facts["minor"], item.facts["currency"])
            item.facts = {**item.facts, "suggested": said}
            _rest(session, item, said, now, observed_at, hold)
        session.add(item)
    return len(found)


def _words_of(raw: bytes) -> tuple[list[str], frozenset[str]]:
    """Answer the texts of a notice, a form or JSON, and the words of whoever it names."""
    text = raw.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = dict(parse_qsl(text))
    texts: list[str] = []
    payer = set[str]()
    waiting: list[tuple[str, Any]] = [("", told)]
    while waiting and len(texts) < TEXTS:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(key), each) for key, each in cast("dict[str, Any]", value).items()]
        elif isinstance(value, list):
            waiting += [(name, each) for each in cast("list[Any]", value)]
        elif isinstance(value, str):
            texts.append(value[:200])
            payer |= _said(value[:200]) if "name" in name.lower() else set()
    return texts, frozenset(payer)


READ = ("reply", "unreadable")
"""Kinds of items that are words and no money: a person reads them."""


def waiting(session: Session) -> list[InboxItem]:
    """Answer money, gaps and words that wait for a person, oldest first."""
    return list(
        session.exec(
            select(InboxItem)
            .where(
                col(InboxItem.status) == "suspense",
                col(InboxItem.kind).in_(
                    (*money.MONEY, "refund_failed", "statement_gap", "unverified", *READ)
                ),
            )
            .order_by(col(InboxItem.received_at), col(InboxItem.id))
        )
    )


def match(  # noqa: PLR0917
    session: Session, item: InboxItem, debt: Debt, by: str, now: datetime, observed_at: datetime
) -> None:
    """Say that money in suspense is a debt's: the relay books it, and the record says who said so.

    Raises ``SuspenseError``.
    """
    if item.status not in ("suspense", "parked") or item.kind not in money.MONEY:
        raise SuspenseError(
            "only money in suspense, paid or taken back, can be matched: cession suspense list"
        )
    if item.status == "parked" and item.debtor_id not in (None, debt.debtor_id):
        own = debts.get(session, item.debt_id).account_ref if item.debt_id else "somebody"
        raise SuspenseError(
            f"{str(item.id)[:8]} is of {own} already: it cannot be matched to a debt of somebody else"
        )
    if not item.facts.get("minor"):
        raise SuspenseError(
            "the notice names no amount; look it up at the provider, book it with cession pay, "
            "and release this one"
        )
    if item.facts["currency"] != debt.currency:
        raise SuspenseError(
            f"the money is in {item.facts['currency']} and {debt.account_ref} is owed in "
            f"{debt.currency}; have it exchanged first"
        )
    money.hold(session, debt.id)
    facts = {**item.facts, "by": by}
    if item.kind != "payment":
        taken = _taken(session, item, debt)
        # The provider's own name stays: by it the next notice of the same payment is counted.
        facts |= {"of_entry": taken.external_id, "of_source": taken.source}
        if taken.source == item.provider and not facts.get("of"):
            facts["of"] = taken.external_id
    item.debt_id, item.debtor_id = debt.id, debt.debtor_id
    item.facts = facts
    item.status, item.problem, item.claimed_until = "new", None, None
    session.add(item)
    session.flush()
    money.adopt(session, item.provider, item.facts["payment_id"], debt)
    for asked in work.at_step(session, f"{PARKED}{item.id.hex[:8]}"):
        work.finish(session, asked, outcome="resolved", by=by, now=now, sealed=asked.sealed)
    _unrest(session, item, by, now, "suspense_matched")
    records.act(
        session, at=now, observed_at=observed_at, what="suspense.matched", reason="matched_by_person",
        actor=by, debt_id=debt.id, debtor_id=debt.debtor_id,
        facts={"inbox": str(item.id), "minor": item.facts["minor"]},
    )  # fmt: skip


PARKED = "parked_"
"""Before the short id of a notice, in the step of the review that asks about its payment."""

HAND = "desk"
"""Source of what a person typed in: whoever sends it back gives it a name that nobody here knows."""


def _taken(session: Session, item: InboxItem, debt: Debt) -> LedgerEntry:
    """Answer which payment of a debt something takes back, or gives back: the one that it names.

    Else it is the last of the sender, or else that was typed in: of a chargeback that of its amount
    which stands, of a refund one that still has as much, and of what gives back one whose
    chargeback stands.
    """
    rows = money.entries(session, debt.id)
    left = effective(money.as_entries(rows))
    undone = {row.of for row in rows if row.kind in TAKING_BACK}
    charged = {row.of for row in rows if row.kind == "chargeback" and row.id not in undone}

    def fits(row: LedgerEntry) -> bool:
        match item.kind:
            case "refund":
                return left[row.id] >= item.facts["minor"]
            case "chargeback_reversed":
                return row.id in charged
            case _:
                received = (row.facts or {}).get("received", row.minor)
                return row.id not in undone and received == item.facts["minor"]

    paid = [row for row in rows if row.kind == "payment" and fits(row)]
    own = [row for row in paid if row.source == item.provider]
    fitting = own or [row for row in paid if row.source == HAND]
    of = item.facts.get("of")
    named = [row for row in fitting if of and money.means(item.provider, of, row.external_id)]
    if not fitting:
        if item.kind == "refund":
            raise SuspenseError(
                f"{debt.account_ref} has no payment from this account of which so much is left: "
                "match the payment first, or find the debt it was for"
            )
        raise SuspenseError(
            f"{debt.account_ref} has no payment of this amount from this account that still "
            "stands: match the payment first, or find the debt it was for"
        )
    return (named or fitting)[-1]


def release(  # noqa: PLR0917
    session: Session, item: InboxItem, by: str, reason: str, now: datetime, observed_at: datetime
) -> None:
    """Take something out of suspense as no money of a debt here. Raises ``SuspenseError``."""
    if item.status != "suspense":
        raise SuspenseError("it is not in suspense: cession suspense list")
    item.status, item.problem = "ignored", f"released: {reason}"
    session.add(item)
    session.flush()
    if item.kind == "statement_gap":
        for asked in work.at_step(session, f"{GAP}{item.id.hex[:8]}"):
            work.finish(session, asked, outcome="resolved", by=by, now=now, sealed=asked.sealed)
    _unrest(session, item, by, now, "suspense_released")
    records.act(
        session, at=now, observed_at=observed_at, what="suspense.released", reason=reason, actor=by,
        debt_id=item.debt_id, debtor_id=item.debtor_id, facts={"inbox": str(item.id)},
    )  # fmt: skip


def gap_closed(
    session: Session, asked: WorkItem, by: str, now: datetime, observed_at: datetime
) -> None:
    """Take a missing statement out of suspense when the work about it was done."""
    for item in waiting(session):
        if item.kind == "statement_gap" and asked.step == f"{GAP}{item.id.hex[:8]}":
            item.status, item.problem = "ignored", "released: resolved"
            session.add(item)
            records.act(
                session, at=now, observed_at=observed_at, what="suspense.released",
                reason="resolved", actor=by, facts={"inbox": str(item.id)},
            )  # fmt: skip


def _unrest(session: Session, item: InboxItem, by: str, now: datetime, reason: str) -> None:
    """End the holds that stood for this money; those of other money stay."""
    found = session.exec(
        select(Stop).where(
            col(Stop.source) == "suspense",
            col(Stop.external_id).startswith(f"{item.id}:"),
            col(Stop.ended_at).is_(None),
        )
    ).all()
    for stop in found:
        stops.end(session, stop.id, now=now, reason=reason, actor=by)
