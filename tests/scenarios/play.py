"""Plays one script in a world of its own and says what came of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from activities import arrangement, bank, complaint, desk, person, regard, retention, sheet
from activities.exchange import quote
from activities.feed import longest_way
from activities.ledger import accrue, zone_of_debt
from activities.start import ready_case, start
from connectors.statement import read_statement
from models.arrangement import ArrangementKind, Every, Reward, Terms
from models.contact import Channel, Direction, Outcome
from models.desk import Report
from models.law import SERVICE
from models.money import Money
from models.operator import Operator
from models.tables import (
    Act,
    ContactRow,
    Debt,
    Debtor,
    DebtParty,
    Decision,
    Document,
    InboxItem,
    LedgerEntry,
    OwnershipLink,
    Portfolio,
    Stop,
    WorkItem,
)
from models.visibility import SA
from rules.arrangement import schedule
from rules.bank import checked
from rules.ledger import fold, policy_for
from rules.packs import PackLibrary
from runtime.clock import wall_now
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store import payment as ledger
from store import stop as stops
from store.case import sign
from store.engine import Store
from store.keys import PersonErasedError
from tests.scenarios.conftest import SmsProvider
from tests.scenarios.doors import alipay, camt, signed, wechat
from tests.scenarios.script import (
    Accrued,
    Agreed,
    Answered,
    AtDesk,
    Calendar,
    Called,
    Cash,
    Complained,
    ContactExpected,
    DebtGiven,
    Erasing,
    Event,
    Happening,
    Lifted,
    Looked,
    Matched,
    Notified,
    Ordered,
    PaidSeller,
    Pay,
    Printed,
    Provider,
    Quoted,
    Recorded,
    Retained,
    Round,
    Script,
    Statement,
    Taped,
    Told,
)
from tests.workflows.conftest import NEW_YORK, SHANGHAI, store_debt
from worker.gauges import CALENDAR, REFUSED, measure
from worker.invariants import LEFT
from worker.office import file_places
from worker.simulation import Refused, Simulation
from worker.stack import free_port

LONDON: dict[str, Any] = {
    "jurisdiction": "GB",
    "sub": None,
    "zone": "Europe/London",
    "language": "en-GB",
    "currency": "GBP",
    "buckets": {"principal": 60000},
    "facts": {
        "due_date": "2025-11-01",
        "delinquency_date": "2025-11-02",
        "last_payment_date": "2025-10-20",
        "origination_date": "2023-05-01",
        "annual_rate": "0.12",
        "assignment_notice": {"by": "joint"},
    },
    "phone": "+447700900123",
    "consents": {"sms": {"consent": "yes", "at": "2026-02-20T04:00:00+00:00"}},
}

FIXTURES: dict[str, dict[str, Any]] = {"US1": NEW_YORK, "CN1": SHANGHAI, "GB1": LONDON}


@dataclass
class Play:
    """A script in the course of being played."""

    script: Script
    sim: Simulation
    provider: SmsProvider
    people: dict[str, UUID] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """The person behind each account."""
    marks: set[str] = field(default_factory=set)
    """Every personal word that entered the world: it may be in the store and nowhere else."""
    problems: list[str] = field(default_factory=list)
    """What differed from the script while it was played."""
    zone: str = ""

    @property
    def office(self):
        return self.sim.office

    @property
    def calendar(self) -> Calendar:
        return Calendar(start=self.script.start, zone=self.zone)

    async def run(self) -> None:
        """Play the script to its end."""
        if self.script.live:
            self._sign()
        for given in self.script.debt:
            for account in _copies(given):
                await self._open(given, account)
        self.sim.witness = self._carry
        self.sim.agent = self._habit
        self.provider.met = self._meet
        for event in self.script.event:
            if event.at:
                account = self._account(event)
                self.sim.at(self.calendar.instant(event.at), account, self._act(event, account))
        await self.sim.run(until=self.calendar.instant(self.script.until))

    # Given

    def _sign(self) -> None:
        with self.office.store.writing() as session:
            laws = [self.office.law.merged(*_place(given)) for given in self.script.debt]
            words = [self.office.wordings.pack(locale) for locale in self.office.wordings.locales]
            for name, sha256 in {
                *((pack.name, pack.sha256) for pack in laws),
                *((f"wording {pack.locale}", pack.sha256) for pack in words),
            }:
                sign(
                    session,
                    pack=name,
                    sha256=sha256,
                    approver="counsel-1",
                    note="tests only",
                    at=self.sim.now,
                    test_only=True,
                )

    async def _open(self, given: DebtGiven, account: str) -> None:
        row = self._row(given, account)
        self.zone = self.zone or row["zone"]
        with self.office.store.writing() as session:
            debt = store_debt(session, self.office.store.keys, row, account, self.sim.now)
            if given.co_debtor:
                self._co_debtor(session, debt, row)
            if given.recourse_until:
                sold = session.get_one(Portfolio, debt.portfolio_id)
                sold.recourse_until = given.recourse_until
                session.add(sold)
            if given.title_gap:
                link = session.get_one(OwnershipLink, (debt.id, 1))
                link.assigned_on = link.doc_ref = None
                session.add(link)
            ready = ready_case(session, debt, self.sim.lockstep.shift)
        self.accounts.append(account)
        await start(self.sim.client, ready)
        self.sim.adopt(debt, ready.case.shift)
        await self.sim.settle(account)

    def _row(self, given: DebtGiven, account: str) -> dict[str, Any]:
        who = self.owners[account] = given.person or account
        number = len(self.people)
        person = self.people.setdefault(who, uuid4())
        row = FIXTURES[given.like] | {
            "seller": given.seller,
            "debtor": person,
            "name": f"Zebulon Marked{number:03}",
            "email": f"marked{number:03}@example.com" if given.email else None,
            "address": f"{number} Markedlane, Springfield",
        }
        stem = row["phone"][:-2]
        row["phone"] = f"{stem}{(int(row['phone'][-2:]) + number) % 100:02}"
        if given.zone:
            row["zone"] = given.zone
        if given.language:
            row["language"] = given.language
        if given.sub is not None:
            row["sub"] = given.sub or None
        if given.due is not None:
            row["buckets"] = {
                name: Money.parse(text, row["currency"]).minor for name, text in given.due.items()
            }
        if given.limitation_ends:
            row["limitation_date"] = given.limitation_ends
        if given.credit_reported is not None:
            row["facts"] = row["facts"] | {"credit_reported": given.credit_reported}
        if given.bears_interest:
            row["facts"] = row["facts"] | {"accrues_after_transfer": True}
        if given.email_notice_agreed:
            agreed = {"by": "joint", "contract_allows_email": True}
            row["facts"] = row["facts"] | {"assignment_notice": agreed}
        if given.text_consent:
            at = datetime.combine(given.text_consent, datetime.min.time(), UTC)
            row["consents"] = {"sms": {"consent": "yes", "at": at.isoformat()}}
        self.marks |= {row["name"], row["phone"], row["phone"].removeprefix("+"), row["address"]}
        if row["email"]:
            self.marks.add(row["email"])
        return row

    def _co_debtor(self, session: Session, debt: Debt, row: dict[str, Any]) -> None:
        person = uuid4()
        key = self.office.store.keys.new_data_key(session, person, self.sim.now)
        session.add(
            Debtor(
                id=person,
                key=person.hex[:12],
                identity=self.office.store.keys.token("identity", person.hex),
                jurisdiction=row["jurisdiction"],
                sub=row["sub"],
                language=row["language"],
                zones=[row["zone"]],
                sealed=key.seal({"name": "Co Markedperson"}),
                created_at=self.sim.now,
            )
        )
        session.flush()
        session.add(DebtParty(debt_id=debt.id, debtor_id=person, role="co_debtor"))

    # Habits

    def _carry(self, sent) -> Iterable[tuple[timedelta, Callable[[Simulation], Awaitable[None]]]]:
        carrier = self.script.carrier
        if sent.channel is not Channel.LETTER or carrier.letters == "silent":
            return

        async def arrive(sim: Simulation) -> None:
            with self.office.store.reading() as session:
                if contacts.by_id(session, sent.contact).state not in LEFT:
                    return  # its printer gave it back
            await sim.receipt(sent.contact, "carrier", carrier.letters, evidence="EMS-1")

        yield timedelta(days=carrier.days), arrive

    def _habit(self, item: WorkItem, account: str) -> Report | None:
        del account
        for habit in self.script.agents:
            if habit.item == item.kind:
                return Report(outcome=habit.outcome, result=habit.result)
        return None

    async def _meet(self, contact: UUID) -> None:
        """Somebody acts in the moment in which a provider takes a message."""
        with self.office.store.reading() as session:
            row = contacts.by_id(session, contact)
            account = debts.get(session, row.debt_id).account_ref
        for event in self.script.event:
            if event.during == row.step:
                await self._act(event, account)(self.sim)
                self.sim.at(self.sim.now, account, _nothing)

    # Events

    def _account(self, event: Event) -> str:
        return event.account or self.accounts[0]

    def _act(self, event: Happening, account: str) -> Callable[[Simulation], Awaitable[None]]:
        async def act(_: Simulation) -> None:
            try:
                await self._do(event, account)
            except (Refused, desk.DeskRefusalError) as refusal:
                said = str(refusal)
                if not event.refused or event.refused not in said:
                    self.problems.append(f"{_when(event)} {event.do} was refused: {said}")
            else:
                if event.refused:
                    self.problems.append(f"{_when(event)} {event.do} was not refused")

        return act

    async def _do(self, event: Happening, account: str) -> None:
        match event:
            case Pay():
                await self._pay(event, account)
            case Cash():
                await self._cash(event, account)
            case Quoted():
                with self.office.store.writing() as session:
                    debt = debts.by_ref(session, account)[0]
                    paid = Money.parse(event.amount, event.currency)
                    holds = timedelta(minutes=event.minutes)
                    rate = Decimal(event.rate)
                    quote(session, debt, paid, rate, "desk", holds, "ledger-1", self.sim.now)
            case Notified():
                await self._notified(event, account)
            case Statement():
                self._bank(event)
            case Matched():
                self._match(account)
            case PaidSeller():
                self._paid_seller(event, account)
                await self._tell(account, "paid_to_previous_owner")
            case Accrued():
                with self.office.store.writing() as session:
                    debt = debts.by_ref(session, account)[0]
                    today = self.sim.now.astimezone(zone_of_debt(session, debt)).date()
                    accrue(session, debt, today, self.sim.now, "ledger-1")
            case Agreed():
                self._agree(event, account)
                await self._tell(account, "arrangement")
            case Answered(channel=channel, text=text):
                self.marks.add(text)
                await self.sim.reply(account, channel, text, f"reply-{uuid4()}")
            case Told():
                for row in self.left(account):
                    if row.step == event.step:
                        provider = "carrier" if row.channel == Channel.LETTER else row.channel
                        for _ in range(event.times):
                            await self.sim.receipt(row.id, provider, event.event)
            case AtDesk():
                await self._at_desk(event, account)
            case Called():
                await self._call(event, account)
            case Round():
                visit = next(item.id for item in self.work(account) if item.kind == event.item)
                step = desk.take if event.do == "take" else desk.arrive
                with self.office.store.writing() as session:
                    no = step(session, self.office, visit, event.agent, self.sim.now)
                if no is not None:
                    raise desk.DeskRefusalError(str(no))
            case Taped():
                self._tape(event, account)
            case Retained():
                due = retention.plan(*self._kept(), self.sim.now)
                gone = retention.destroy(*self._kept(), due, self.sim.now, "house").recordings
                if gone != event.recordings:
                    self.problems.append(
                        f"{_when(event)} {gone} recordings were destroyed, not {event.recordings}"
                    )
            case Ordered():
                until = self.calendar.instant(event.until) if event.until else None
                said = await self.sim.order(account, event.kind, event.reason, until=until)
                if said:
                    raise desk.DeskRefusalError(said)
            case Recorded():
                await self._record(event, account)
            case Lifted(stop=kind):
                with self.office.store.writing() as session:
                    for row in session.exec(select(Stop).where(col(Stop.ended_at).is_(None))):
                        if row.kind == kind:
                            stops.end(
                                session, row.id, now=self.sim.now, reason="over", actor="officer-1"
                            )
            case Complained(text=text, about=about):
                self.marks.add(text)
                with self.office.store.writing() as session:
                    complaint.enter(
                        session, self.office, debts.by_ref(session, account)[0], text=text,
                        channel="phone", received=self.sim.now, agent="agent-1", now=self.sim.now,
                        about=about,
                    )  # fmt: skip
                await self._tell(account, "complaint")
            case Erasing():
                self._erase(account)
            case Provider(then=then, log=log):
                self.provider.then, self.provider.log = then, log
            case Printed(letters=letters):
                waiting = list((self.sim.settings.var / "print").glob("*.pdf"))
                if len(waiting) != letters:
                    self.problems.append(
                        f"{_when(event)} {len(waiting)} letters lie at the printer's, not {letters}"
                    )
                for page in waiting:
                    page.unlink()
            case Looked():
                with self.office.store.writing() as session:
                    complaint.press(
                        session, self.sim.now
                    )  # as the relay's process does all the time
                self._look(event, account)

    async def _pay(self, event: Pay, account: str) -> None:
        one = {
            "ident": event.id,
            "kind": event.kind,
            "of": event.of,
            "payment": event.payment,
            "paid_at": self.calendar.instant(event.paid_at) if event.paid_at else None,
            "payer": event.payer,
        }
        if event.at_once:
            copies = (self.sim.pay(account, event.amount, **one) for _ in range(event.times))
            await asyncio.gather(*copies)
        else:
            await self.sim.pay(account, event.amount, times=event.times, **one)

    async def _cash(self, event: Cash, account: str) -> None:
        settings = self.sim.settings
        said = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from cli.main import app; app()",
            *("pay", account, event.amount, "--reference", event.reference, "--undirected"),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(sys.path),
                "CESSION_VAR": str(settings.var),
                "CESSION_DATABASE_URL": settings.database,
                "CESSION_SIMULATION": "true",
                "CESSION_TEMPORAL_PORT": str(free_port()),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await said.communicate()
        if said.returncode:
            raise Refused(said.returncode, output.decode())

    async def _notified(self, event: Notified, account: str) -> None:
        """Speak to the gateway as the provider's own kit does, and know the answer it waits for."""
        paid = self.sim.now.astimezone(ZoneInfo("Asia/Shanghai"))
        if event.do == "alipay":
            at = f"{paid:%Y-%m-%d %H:%M:%S}"
            own = {"out_trade_no": account, "gmt_create": at, "gmt_payment": at, "notify_time": at}
            raw, headers = alipay(**own | event.changes), {}
        else:
            own = {"out_trade_no": account, "success_time": paid.isoformat()}
            raw = wechat(**own | event.changes)
            headers = signed(raw, wall_now() - timedelta(minutes=event.late_minutes))
        if event.torn:
            raw = raw.replace(b"id", b"iD", 1)
        said = await self.sim.http.post(f"/v1/{event.do}", content=raw, headers=headers)
        if said.text != "success" and said.json().get("code") != "SUCCESS":
            raise Refused(said.status_code, said.text)

    def _bank(self, event: Statement) -> None:
        currency = self.debt(self.accounts[0]).currency
        on = self.sim.now.astimezone(ZoneInfo(self.zone)).date()
        raw = camt(event.entries, currency, on, Decimal(event.opening), event.number)
        found = checked(read_statement(raw))
        with self.office.store.writing() as session:
            done = bank.take_file(
                session,
                self.office.store.keys,
                found,
                raw,
                self.sim.now,
                self.sim.now,
                timedelta(days=self.sim.settings.suspense_hold_days),
            )
        if done.new != event.new:
            self.problems.append(f"{_when(event)} {done.new} entries were new, not {event.new}")

    def _match(self, account: str) -> None:
        with self.office.store.writing() as session:
            item = next(row for row in bank.waiting(session) if row.kind == "payment")
            bank.match(
                session, item, debts.by_ref(session, account)[0], "ledger-1", self.sim.now,
                self.sim.now,
            )  # fmt: skip

    def _paid_seller(self, event: PaidSeller, account: str) -> None:
        with self.office.store.writing() as session:
            debt = debts.by_ref(session, account)[0]
            debtors.lock(session, debt.debtor_id)
            arrangement.paid_to_seller(
                session,
                debt,
                Money.parse(event.amount, debt.currency).minor,
                self.calendar.instant(event.on).astimezone(zone_of_debt(session, debt)).date(),
                event.reference,
                "ledger-1",
                self.sim.now,
            )

    def _agree(self, event: Agreed, account: str) -> None:
        now = self.sim.now
        with self.office.store.writing() as session:
            debt = debts.by_ref(session, account)[0]
            owed = Money(arrangement.balances(session, debt).outstanding, debt.currency)
            total = Money.parse(event.total, debt.currency) if event.total else owed
            parts = (
                schedule(total, event.first, Every.MONTH, count=event.instalments, anchor=31)
                if event.first
                else ()
            )
            terms = Terms(
                total=total.minor,
                waives=owed.minor - total.minor,
                instalments=parts,
                reward=Reward(
                    after=event.reward_after,
                    minor=Money.parse(event.reward, debt.currency).minor,
                )
                if event.reward
                else None,
            )
            row, *_ = arrangement.propose(
                session,
                self.office,
                [debt],
                ArrangementKind(event.kind),
                terms,
                Operator(code="planner-1", roles=frozenset(event.roles)),
                now,
                expires_at=self.calendar.instant(event.until) if event.until else None,
            )
            if row.status == "approved":
                arrangement.offer(session, row, "planner-1", now)
                if event.accept:
                    arrangement.accept(session, row, "planner-1", now)

    async def _at_desk(self, event: AtDesk, account: str) -> None:
        if event.note:
            self.marks.add(event.note)
        report = Report(
            outcome=event.outcome,
            result=event.result,
            amount=event.amount,
            on=event.on,
            at=self.calendar.instant(event.callback) if event.callback else None,
            zone=event.zone,
            country=event.country,
            written=event.written,
            note=event.note,
        )
        waiting = [
            item
            for item in self.work(account)
            if item.kind == event.item and item.status in ("open", "taken")
        ]
        if not waiting:
            raise desk.DeskRefusalError(f"no {event.item} is open: {self.debt(account).move}")
        item = waiting[0].id
        with self.office.store.writing() as session:
            refused = desk.take(session, self.office, item, event.agent, self.sim.now)
        if refused is not None:
            raise desk.DeskRefusalError(str(refused))
        with self.office.store.writing() as session:
            desk.done(session, self.office, item, event.agent, report, self.sim.now)
        await self._tell(account, "work_done")

    async def _call(self, event: Called, account: str) -> None:
        """Put a call on each agent's list; the desk decides who may make it."""
        tries = [self._one_call(event.outcome, agent, account) for agent in event.agents]
        refusals = [no for no in await asyncio.gather(*tries) if no is not None]
        if len(refusals) == len(tries):
            raise refusals[0]

    async def _one_call(
        self, outcome: Outcome, agent: str, account: str
    ) -> desk.DeskRefusalError | None:
        return await self.office.stored(lambda: self._take_and_report(outcome, agent, account))

    def _take_and_report(
        self, outcome: Outcome, agent: str, account: str
    ) -> desk.DeskRefusalError | None:
        ident = self._own_call(account)
        try:
            with self.office.store.writing() as session:
                refused = desk.take(session, self.office, ident, agent, self.sim.now)
        except desk.DeskRefusalError as refusal:
            return self._strike(ident, refusal)
        if refused is not None:
            return self._strike(ident, desk.DeskRefusalError(str(refused)))
        with self.office.store.writing() as session:
            report = Report(outcome=outcome)
            desk.done(session, self.office, ident, agent, report, self.sim.now)
        return None

    def _own_call(self, account: str) -> UUID:
        with self.office.store.writing() as session:
            debt = debts.by_ref(session, account)[0]
            item = WorkItem(
                id=uuid4(),
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                epoch=debt.epoch,
                kind="call",
                step=f"extra_{uuid4().hex[:8]}",
                opened_at=self.sim.now,
                due_at=self.sim.now + timedelta(hours=1),
            )
            session.add(item)
            return item.id

    def _kept(self) -> tuple[Store, PackLibrary, retention.Places]:
        return self.office.store, self.office.law, file_places(self.sim.settings)

    def _tape(self, event: Taped, account: str) -> None:
        """Compare what the agent is given to say, and which files are left, with the script."""
        agent, now, places = event.agent, self.sim.now, file_places(self.sim.settings)
        assert places.recordings is not None
        places.recordings.mkdir(exist_ok=True)
        open_calls = [item.id for item in self.work(account) if item.kind == "call"
                      and item.status in ("open", "taken")]  # fmt: skip
        ident = open_calls[0] if open_calls else self._own_call(account)
        with self.office.store.writing() as session:
            if no := desk.take(session, self.office, ident, agent, now):
                raise desk.DeskRefusalError(str(no))
            item = desk.find(session, ident)
            told = [self._speaks_of_recording(session, item, agent)]
            for n in range(event.begun):
                (places.recordings / f"{item.contact_id}-{n}.wav").write_bytes(b"RIFF")
            rule, gone = None, 0
            if event.says == "refused":
                rule, gone = retention.refuse(session, self.office, places, item, agent, now)
            elif event.says == "agreed":
                regard.recorded_again(session, item, agent, now)
            told.append(self._speaks_of_recording(session, item, agent))
            left = len(list(places.recordings.glob(f"{item.contact_id}-[0-9]*")))
            for n in range(event.late):
                (places.recordings / f"{item.contact_id}-late-{n}.wav").write_bytes(b"RIFF")
        after = {"refused": False, "agreed": True, "": event.asks}[event.says]
        seen = (told, gone, left, rule is None)
        wanted = (
            [event.asks, after], event.destroyed, event.begun - event.destroyed, event.may_go_on,
        )  # fmt: skip
        if seen != wanted:
            self.problems.append(f"{_when(event)} recording: {seen}, not {wanted} ({rule})")

    def _speaks_of_recording(self, session: Session, item: WorkItem, agent: str) -> bool:
        said = sheet.sheet(session, self.office, item, agent, self.sim.now).say_first
        return any("recorded" in line or "录音" in line for line in said)

    def _strike(self, item: UUID, why: desk.DeskRefusalError) -> desk.DeskRefusalError:
        with self.office.store.writing() as session:
            session.delete(desk.find(session, item))
        return why

    def _erase(self, account: str) -> None:
        try:
            with self.office.store.writing() as session:
                person.erase(
                    session, self.office.store.keys, self.office.law,
                    debts.by_ref(session, account)[0].debtor_id, self.sim.now,
                    reason="request", actor="officer-1",
                )  # fmt: skip
        except (person.KeptError, PersonErasedError) as kept:
            raise desk.DeskRefusalError(str(kept)) from None

    async def _record(self, event: Recorded, account: str) -> None:
        with self.office.store.writing() as session:
            debt = debts.by_ref(session, account)[0]
            stop, _ = stops.enter(
                session,
                event.stop,
                event.scope,
                now=self.sim.now,
                observed_at=self.sim.now,
                reason="by_post",
                actor="officer-1",
                source="post",
                external_id=f"{account}:{_when(event)}:{event.stop}",
                debt_id=debt.id if event.scope == "debt" else None,
                debtor_id=debt.debtor_id if event.scope == "debtor" else None,
                portfolio_id=debt.portfolio_id if event.scope == "portfolio" else None,
                effective_from=self.calendar.instant(event.effective) if event.effective else None,
                facts=dict(event.facts),
            )
            told = [case.workflow_id for case in stops.cases_of(session, stop)]
        for name in told:
            await self.sim.tell(name, event.stop)

    async def _tell(self, account: str, kind: str) -> None:
        with self.office.store.reading() as session:
            name = debts.by_ref(session, account)[0].workflow_id
        await self.sim.tell(name, kind)

    # What is seen

    def names(self) -> list[str]:
        """The workflow ids of all cases."""
        return [self.debt(account).workflow_id for account in self.accounts]

    def _look(self, event: Looked, account: str) -> None:
        debt = self.debt(account)
        open_now = sorted(
            item.kind for item in self.work(account) if item.status in ("open", "taken")
        )
        hold = self._hold(debt)
        seen = {"stage": debt.stage, "hold": hold or "none", "owed": self.money(account)["owed"]}
        for name, found in seen.items():
            wanted = getattr(event, name)
            if wanted is not None and wanted != found:
                self.problems.append(f"{_when(event)} {name} is {found}, not {wanted}")
        said = (debt.move or {}).get("text", "")
        if event.says not in said:
            self.problems.append(f"{_when(event)} the case says {said!r}, not {event.says!r}")
        if event.gaps is not None:
            with self.office.store.reading() as session:
                gaps = sum(item.kind == "statement_gap" for item in bank.waiting(session))
            if gaps != event.gaps:
                self.problems.append(f"{_when(event)} {gaps} statements are missing")
        if event.suggested:
            with self.office.store.reading() as session:
                ranked = [
                    debts.get(session, UUID(each["debt"])).account_ref
                    for item in bank.waiting(session)
                    for each in item.facts.get("suggested", [])
                ]
            if ranked[:1] != [event.suggested]:
                self.problems.append(f"{_when(event)} suggested are {ranked}")
        if event.not_taken is not None:
            with self.office.store.reading() as session:
                seen_lately = measure(session, self.sim.now, self.sim.now)[REFUSED]
            if seen_lately < event.not_taken:
                self.problems.append(f"{_when(event)} only {seen_lately} were not taken lately")
        if event.calendar_days is not None:
            with self.office.store.reading() as session:
                left = measure(session, self.sim.now, self.sim.now)[CALENDAR]
            if left != event.calendar_days:
                self.problems.append(f"{_when(event)} {left} days of calendar are left")
        if event.open is not None and sorted(event.open) != open_now:
            self.problems.append(f"{_when(event)} open is {open_now}, not {sorted(event.open)}")

    def _hold(self, debt: Debt) -> str | None:
        """The gravest stop over the whole case, as the case itself says."""
        move = debt.move or {}
        return move.get("why") if debt.stage == "paused" else None

    def debt(self, account: str) -> Debt:
        with self.office.store.reading() as session:
            return debts.by_ref(session, account)[0]

    def left(self, account: str) -> list[ContactRow]:
        """Outbound contacts that left or may have."""
        return self._rows(
            select(ContactRow)
            .where(
                col(ContactRow.debt_id) == self.debt(account).id,
                col(ContactRow.direction) == Direction.OUT,
                col(ContactRow.state).in_(LEFT),
            )
            .order_by(col(ContactRow.at))
        )

    def work(self, account: str) -> list[WorkItem]:
        return self._rows(select(WorkItem).where(col(WorkItem.debt_id) == self.debt(account).id))

    def stops(self, account: str) -> list[Stop]:
        debt = self.debt(account)
        with self.office.store.reading() as session:
            return stops.open_for(session, debt, self.sim.now)

    def acts(self, account: str) -> list[Act]:
        return self._rows(select(Act).where(col(Act.debt_id) == self.debt(account).id))

    def documents(self, account: str) -> set[str]:
        debt = self.debt(account).id
        return set(self._rows(select(Document.template).where(col(Document.debt_id) == debt)))

    def suspense(self, account: str) -> int:
        return len(
            self._rows(
                select(InboxItem.id).where(
                    col(InboxItem.debt_id) == self.debt(account).id,
                    col(InboxItem.status) == "suspense",
                )
            )
        )

    def arrangements(self, account: str) -> list[str]:
        with self.office.store.reading() as session:
            return [row.status for row in arrangement.of_debt(session, self.debt(account).id)]

    def decisions(self, account: str) -> list[Decision]:
        return self._rows(
            select(Decision)
            .where(col(Decision.debt_id) == self.debt(account).id)
            .order_by(col(Decision.at))
        )

    def entries(self, account: str) -> list[LedgerEntry]:
        with self.office.store.reading() as session:
            return list(ledger.entries(session, self.debt(account).id))

    def money(self, account: str) -> dict[str, str | int]:
        """What the ledger says, in decimal text."""
        debt, rows = self.debt(account), self.entries(account)
        said = fold(ledger.as_entries(rows), policy_for(debt.contract_law))
        texts = {
            name: Money(getattr(said, name), debt.currency)
            for name in ("outstanding", "paid", "waived", "credit")
        }
        plain = {name: str(text).split()[0].replace(",", "") for name, text in texts.items()}
        payments = sum(row.kind == "payment" for row in rows)
        ours = sum((row.facts or {}).get("fx_difference", 0) for row in rows)
        plain["fx_difference"] = str(Money(ours, debt.currency)).split()[0]
        return {**plain, "owed": plain.pop("outstanding"), "payments": payments}

    async def jurisdiction(self, account: str) -> str:
        """Whose law holds, as the store says and the engine shows; both if they differ."""
        debt = self.debt(account)
        stored = f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction
        handle = self.sim.client.get_workflow_handle(debt.workflow_id)
        shown = (await handle.describe()).typed_search_attributes.get(SA.JURISDICTION)
        return stored if stored == shown else f"{stored}, shown as {shown}"

    def zone_of(self, account: str) -> str | None:
        with self.office.store.reading() as session:
            return session.get_one(Debtor, self.debt(account).debtor_id).declared_zone

    def _rows(self, asked) -> Any:
        with self.office.store.reading() as session:
            return list(session.exec(asked).all())


async def _nothing(_: Simulation) -> None:
    """Act only so that the relay goes round."""


def differences(play: Play) -> list[str]:
    """Say where what came of a script is not what it expects."""
    expect, calendar = play.script.expect, play.calendar
    found = list(play.problems)
    everything = [(account, row) for account in play.accounts for row in play.left(account)]
    if expect.contacts is not None:
        found += _contacts(play, expect.contacts, everything)
    found += [
        f"{account}: {row.step} left at {calendar.say(row.at)}"
        for account, row in everything
        if row.step in expect.never
    ]
    for count in expect.counts:
        first_at, end = calendar.instant(count.since), calendar.instant(count.before)
        left = [
            row.at
            for _, row in everything
            if (row.step, row.channel) == (count.step, count.channel) and first_at <= row.at < end
        ]
        if len(left) != count.times:
            found.append(f"{count.step} left {len(left)} times, not {_spoken(count)}")
        minutes = Counter(at.replace(second=0, microsecond=0) for at in left)
        busiest = max(minutes.values(), default=0)
        if busiest > (count.a_minute or count.times):
            found.append(f"{count.step} left {busiest} times in a minute, not {_spoken(count)}")
    found += [
        f"{account}: {row.step} left at {calendar.say(row.at)}"
        for account, row in everything
        if row.step in expect.never_of.get(account, ())
    ]
    for account, calls in expect.calls.items():
        made = sum(row.channel == Channel.PHONE for row in play.left(account))
        if made != calls:
            found.append(f"{account}: {made} calls, not {calls}")
    for account, money in expect.money.items():
        said = play.money(account)
        for name, value in money.model_dump(exclude_none=True).items():
            if said[name] != value:
                found.append(f"{account}: {name} is {said[name]}, not {value}")
    for account, stage in expect.stage.items():
        if play.debt(account).stage != stage:
            found.append(f"{account}: stage is {play.debt(account).stage}, not {stage}")
    for account, ending in expect.ending.items():
        debt = play.debt(account)
        said = debt.ending if debt.status == "closed" else "open"
        if said != ending:
            found.append(f"{account}: ending is {said}, not {ending}")
    if expect.late_news:
        with play.office.store.reading() as session:
            hours = f"{longest_way(session) // 3600}h"
        if hours != expect.late_news:
            found.append(f"news of payments took {hours}, not {expect.late_news}")
    for account, zone in expect.zone.items():
        if play.zone_of(account) != zone:
            found.append(f"{account}: zone is {play.zone_of(account)}, not {zone}")
    found += _stops(play) + _tasks(play) + _decisions(play) + _papers(play)
    crossing = sum(row.crossed for _, row in everything)
    if crossing != expect.crossed:
        found.append(f"{crossing} contacts crossed a stop or payment, not {expect.crossed}")
    twice = [ident for ident in set(play.provider.taken) if play.provider.taken.count(ident) > 1]
    return found + [f"the provider took contact {ident} twice" for ident in twice]


def _contacts(
    play: Play, expected: Sequence[ContactExpected], everything: Sequence[tuple[str, ContactRow]]
) -> list[str]:
    """Compare what left with what is expected; those of a named person may be of either debt."""
    calendar = play.calendar
    came = [
        (account, f"{calendar.say(row.at)} {_step(row)} {row.channel}{_crossed(row.crossed)}")
        for account, row in everything
    ]
    missing = []
    for wanted in sorted(expected, key=lambda one: one.account in play.owners.values()):
        at = calendar.say(calendar.instant(wanted.at))
        line = f"{at} {wanted.step} {wanted.channel}{_crossed(wanted.crossed)}"
        who = wanted.account or play.accounts[0]
        fits = [one for one in came if one[1] == line and who in (one[0], play.owners[one[0]])]
        if fits:
            came.remove(fits[0])
        else:
            missing.append(f"missing contact: {who} {line}")
    return missing + [f"unexpected contact: {account} {line}" for account, line in came]


def _papers(play: Play) -> list[str]:
    expect, found = play.script.expect, []
    for wanted in expect.acts:
        times = sum(
            act.what == wanted.what and wanted.reason in ("", act.reason)
            for act in play.acts(wanted.account or play.accounts[0])
        )
        if times != wanted.times:
            found.append(f"{times} acts, not {_spoken(wanted)}")
    for account, templates in expect.documents.items():
        missing = set(templates) - play.documents(account)
        found += [f"{account}: no {template} on file" for template in missing]
    for account, count in expect.suspense.items():
        if play.suspense(account) != count:
            found.append(f"{account}: {play.suspense(account)} in suspense, not {count}")
    for account, states in expect.arrangements.items():
        if play.arrangements(account) != list(states):
            found.append(f"{account}: arrangements {play.arrangements(account)}, not {states}")
    return found


def _stops(play: Play) -> list[str]:
    return [
        f"missing stop: {_spoken(wanted)}"
        for wanted in play.script.expect.stops
        if not any(
            stop.kind == wanted.kind
            and (wanted.scope is None or stop.scope == wanted.scope)
            and (wanted.channel is None or stop.channel == wanted.channel)
            and (stop.ended_at is None) is wanted.open
            for stop in play.stops(wanted.account or play.accounts[0])
        )
    ]


def _tasks(play: Play) -> list[str]:
    expect, calendar, first = play.script.expect, play.calendar, play.accounts[0]
    found = []
    for wanted in expect.tasks:
        if not any(
            item.kind == wanted.kind
            and (not wanted.at or calendar.say(item.opened_at) == wanted.at)
            and (not wanted.due or calendar.say(item.due_at) == wanted.due)
            and item.step.startswith(wanted.step)
            and (wanted.outcome is None or item.outcome == wanted.outcome)
            and (wanted.reminded is None or bool(item.reminded_at) is wanted.reminded)
            and (wanted.escalated is None or bool(item.escalated_at) is wanted.escalated)
            for item in play.work(wanted.account or first)
        ):
            known = [
                f"{item.kind} {item.step} {calendar.say(item.opened_at)} "
                f"to {calendar.say(item.due_at)} {item.outcome}"
                for item in play.work(wanted.account or first)
            ]
            found.append(f"missing task: {_spoken(wanted)} among {known}")
    found += [
        f"{account}: a task {item.kind} was opened at {calendar.say(item.opened_at)}"
        for account in play.accounts
        for item in play.work(account)
        if item.kind in expect.no_tasks
    ]
    return found


def _decisions(play: Play) -> list[str]:
    calendar, missing = play.calendar, []
    for wanted in play.script.expect.decisions:
        rows = play.decisions(wanted.account or play.accounts[0])
        if not any(
            (row.step, row.channel, row.kind) == (wanted.step, wanted.channel, wanted.kind)
            and any(failure["rule"] == wanted.rule for failure in row.failures)
            and (not wanted.until or (row.until and calendar.say(row.until) == wanted.until))
            for row in rows
        ):
            known = [
                f"{row.step} {row.channel} {row.kind} {row.rule} "
                f"{calendar.say(row.until) if row.until else ''}"
                for row in rows
                if row.kind != "allow"
            ]
            missing.append(f"missing decision: {_spoken(wanted)} among {known}")
    return missing


def _copies(given: DebtGiven) -> list[str]:
    if given.copies == 1:
        return [given.account]
    return [f"{given.account}-{n}" for n in range(1, given.copies + 1)]


def _place(given: DebtGiven) -> tuple[str, str | None]:
    row = FIXTURES[given.like]
    return row["jurisdiction"], (given.sub or None) if given.sub is not None else row["sub"]


def _when(event: Event) -> str:
    return event.at or f"during {event.during}"


def _step(row: ContactRow) -> str:
    """What a message is called: answers and receipts, which are no steps, by their template."""
    return (row.template or row.purpose) if row.purpose in SERVICE else row.step or ""


def _crossed(crossed: bool) -> str:
    return " (crossed)" if crossed else ""


def _spoken(value: Any) -> str:
    return str(value.model_dump(mode="json", exclude_unset=True))
