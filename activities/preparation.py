"""Preparation: what the debt is, whether it is fit to be worked, and how."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from activities.document import file_at_start
from activities.legal import notice_to_debtor, words_signed
from activities.message import country_of
from activities.office import Office
from activities.standing import time_barred
from models.contact import Channel, Mode
from models.law import NEUTRAL, Act, LegalFacts, Order, Verdict
from models.ledger import EntryKind
from models.stop import StopKind
from models.tables import Debt, Debtor, OwnershipLink, Portfolio
from rules.gate import decide
from rules.ledger import below_minimum, fold, policy_for
from rules.readiness import Gap, Prepared, Readiness, TitleLink, readiness
from rules.segment import Profile, choose_strategy, segment
from store import case as records
from store import debt as debts
from store import payment as money
from store.standing import Standing, stand

VULNERABLE = frozenset({StopKind.VULNERABILITY, StopKind.DECEASED, StopKind.MINOR})
"""Stops that make the mildest strategy the only choice."""


def prepare_debt(
    office: Office, debt_id: UUID, epoch: int, now: datetime, shift: timedelta
) -> None:
    """Put the readiness report, the mode, the strategy and the documents on record, once.

    A repeated preparation of the same life changes nothing: the strategy and the mode of a case
    are pinned. A debtor who moved abroad while the debt had no case is met under the law of where
    they live. ``now`` is business time, UTC.
    """
    with office.store.writing() as session:
        standing = stand(session, debt_id, now)
        debt = standing.debt
        if debt.opened_at is None or not debt.strategy:
            place = standing.debtor.jurisdiction, standing.debtor.sub
            if place != (debt.jurisdiction, debt.sub):
                _follow(session, office, debt, place, "case", now)
                standing = stand(session, debt_id, now)
            profile = _profile(standing, _today(standing.debtor, now))
            choice = choose_strategy(profile, office.strategies)
            _enter_mode(debt, _mode(office, session, debt, standing.debtor.language))
            debt.segment = segment(profile).code
            debt.strategy, debt.strategy_version = choice.name, choice.version
            debt.strategy_reason = choice.reason
            debt.opened_at = now
            debt.facts = {**debt.facts, "packs": _packs(office, debt)}
            report = assess(session, office, standing, now)
            records.act(
                session,
                at=now,
                observed_at=office.clock.now(),
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                what="case.prepared",
                reason=choice.reason,
                actor="case",
                strategy=f"{choice.name}-{choice.version}",
                packs=debt.facts["packs"],
                facts={"gaps": list(report.blocking), "mode": debt.mode, "epoch": epoch},
            )
        _open(session, debt, now, shift)


def _enter_mode(debt: Debt, mode: Mode) -> None:
    """Fix the mode of a life; a debt that lived as a shadow brings no notice into a live one."""
    if debt.opened_at is None and debt.mode != mode:
        debt.notice_sent_at = debt.notice_reached_at = debt.notice_returned_at = None
        debt.notice_evidence = None
    debt.mode = mode


def assess(session: Session, office: Office, standing: Standing, now: datetime) -> Readiness:
    """Put the readiness report on record, anew when a person says that a gap is closed.

    The notice is rendered here: a document that cannot be made is a gap like any other.
    """
    debt = standing.debt
    links = debts.links(session, debt.id)
    _note_title(debt, links)
    report = readiness(_known(office, session, standing, links), _today(standing.debtor, now))
    debt.readiness = report.model_dump(mode="json")
    session.add(debt)
    session.flush()
    if not report.blocking and (unfit := file_at_start(session, office, standing, now)):
        gap = Gap(code="documents", blocking=True, advice=unfit.advice)
        report = report.model_copy(update={"gaps": (*report.gaps, gap)})
        debt.readiness = report.model_dump(mode="json")
        session.add(debt)
    return report


def change_law(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt: Debt,
    place: tuple[str, str | None],
    actor: str,
    now: datetime,
) -> tuple[Readiness, bool]:
    """Put a debt under the law of contact of the place to which its debtor moved.

    Abroad what the old law permitted and what reached the debtor under it counts no more: the
    notice is served anew. Within a country the notice stands unless the law of the new place asks
    for one that ours was not, as Ontario does for one by post. Every permission is judged by the
    new pack. Money stays under the law of the contract, and no step that is done is repeated.
    Answers the readiness report, and whether the notice is served anew.
    """
    anew = _follow(session, office, debt, place, actor, now)
    return assess(session, office, stand(session, debt.id, now), now), anew


def _follow(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt: Debt,
    place: tuple[str, str | None],
    actor: str,
    now: datetime,
) -> bool:
    earlier: list[dict[str, Any]] = debt.facts.get("earlier_laws", [])
    anew = country_of(debt) != _country(place) or not _notice_stands(
        office, stand(session, debt.id, now), place, now
    )
    left = {
        "jurisdiction": debt.jurisdiction,
        "sub": debt.sub,
        "until": now.isoformat(),
        "notice": "anew" if anew else "stands",
    }
    debt.jurisdiction, debt.sub = place
    debt.facts = {**debt.facts, "earlier_laws": [*earlier, left]}
    debt.facts = {**debt.facts, "packs": _packs(office, debt)}
    if anew:
        debt.notice_sent_at = debt.notice_reached_at = debt.notice_returned_at = None
        debt.notice_evidence = None
        for party in debts.parties(session, debt.id):
            if party.debtor_id == debt.debtor_id:
                party.notice_reached_at = None
                session.add(party)
    session.add(debt)
    session.flush()
    records.act(
        session,
        at=now,
        observed_at=office.clock.now(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="case.law_changed",
        reason="relocation",
        actor=actor,
        strategy=debt.strategy_ref or None,
        packs=debt.facts["packs"],
        facts={
            "from": left["jurisdiction"],
            "from_part": left["sub"],
            "to": f"{place[0]}-{place[1]}" if place[1] else place[0],
            "notice": left["notice"],
        },
    )
    return anew


def _country(place: tuple[str, str | None]) -> str:
    jurisdiction, sub = place
    return sub if jurisdiction == "EU" and sub else jurisdiction


def _notice_stands(
    office: Office, standing: Standing, place: tuple[str, str | None], now: datetime
) -> bool:
    """Whether the notice that the debtor had is one by the law of another place in the country.

    The gate of that place is asked about a demand of which everything but the notice is in order.
    """
    told = notice_to_debtor(standing)
    if told["notice_sent_at"] is None and told["notice_reached_at"] is None:
        return True
    asked: dict[str, Any] = {
        **NEUTRAL,
        **{name: told[name] for name in ("notice_mailed", "notice_medium")},
        "jurisdiction": place[0],
        "sub": place[1],
        "zones": ("UTC",),
        "channel": Act.LETTER,
    }
    facts = LegalFacts(**asked)
    decision = decide(facts, [], now, office.law.merged(*place))
    return not any(
        failure.order is Order.AUTHORITY and failure.decision is Verdict.BLOCK
        for failure in decision.failures
    )


def _packs(office: Office, debt: Debt) -> dict[str, str]:
    pack = office.law.merged(debt.jurisdiction, debt.sub)
    return {**pack.versions, "sha256": pack.sha256}


def _open(session: Session, debt: Debt, now: datetime, shift: timedelta) -> None:
    if debt.status in ("new", "reopening"):
        debt.status = "open"
        debt.opened_at = debt.opened_at or now
        debt.shift_seconds = round(shift.total_seconds())
        session.add(debt)


def _note_title(debt: Debt, links: list[OwnershipLink]) -> None:
    """Take evidence of an earlier notice from the seller's file: a delivery with its receipt."""
    last = links[-1] if links else None
    if last is None or debt.notice_reached_at is not None:
        return
    if last.notice_delivered_on and last.notice_evidence:
        debt.notice_reached_at = datetime.combine(
            last.notice_delivered_on, datetime.min.time(), ZoneInfo("UTC")
        )
        debt.notice_evidence = last.notice_evidence


def _known(
    office: Office, session: Session, standing: Standing, links: list[OwnershipLink]
) -> Prepared:
    debt, debtor = standing.debt, standing.debtor
    charged: dict[str, int] = {}
    for entry in standing.entries:
        if entry.kind in (EntryKind.CHARGE, EntryKind.INTEREST) and entry.source == "import":
            bucket = entry.bucket or "principal"
            charged[bucket] = charged.get(bucket, 0) + entry.minor
    facts = debt.facts
    portfolio = session.get_one(Portfolio, debt.portfolio_id)
    known = {point.kind for point in standing.points if point.dead_since is None}
    return Prepared(
        charged=charged,
        total=int(facts.get("total", sum(charged.values()))),
        currency=debt.currency,
        title=[TitleLink(link.owner, link.assigned_on, link.doc_ref) for link in links],
        owner=portfolio.buyer_legal_name,
        notice_required=debt.notice_required,
        notice_sent=debt.notice_sent_at is not None,
        notice_reached=debt.notice_reached_at is not None,
        notice_evidence=bool(debt.notice_evidence),
        limitation_date=debt.limitation_date,
        zones=[debtor.declared_zone] if debtor.declared_zone else debtor.zones,
        language=debtor.language,
        wordings=frozenset(office.wordings.locales),
        channels=frozenset(
            channel
            for channel, kind in (
                (Channel.LETTER, "address"),
                (Channel.EMAIL, "email"),
                (Channel.SMS, "phone"),
                (Channel.PHONE, "phone"),
                (Channel.VISIT, "address"),
            )
            if kind in known
        ),
        minor=debtor.minor_at_origination,
        finances=str(facts.get("finances", "none")),
        credit_record="supplied" if facts.get("credit_record") else "none",
        itemised=bool(facts.get("itemization")) if debt.jurisdiction == "US" else None,
    )


def _profile(standing: Standing, today: date) -> Profile:
    debt = standing.debt
    policy = policy_for(debt.contract_law)
    balances = fold(money.as_entries(standing.entries), policy)
    flags: dict[str, Any] = debt.facts
    return Profile(
        owed=balances.outstanding,
        paid=balances.paid,
        free_monthly=flags.get("free_monthly"),
        hardship=bool(flags.get("hardship")),
        vulnerable=any(
            stop.kind in VULNERABLE and stop.ended_at is None for stop in standing.stops
        ),
        litigated=flags.get("litigation_stage") not in (None, "", "none", "not_sued"),
        time_barred=time_barred(debt, today) is True,
        below_minimum=below_minimum(balances, policy),
        military=bool(flags.get("military")),
    )


def _today(debtor: Debtor, now: datetime) -> date:
    zone = debtor.declared_zone or (debtor.zones[0] if debtor.zones else "UTC")
    return now.astimezone(ZoneInfo(zone)).date()


def _mode(office: Office, session: Session, debt: Debt, language: str | None) -> Mode:
    """Live only where this installation may and people signed the very packs that judge and speak."""
    if not office.live:
        return Mode.SHADOW
    pack = office.law.merged(debt.jurisdiction, debt.sub)
    law = records.signoffs(session, pack.sha256)
    return Mode.LIVE if law and words_signed(session, office, language) else Mode.SHADOW
