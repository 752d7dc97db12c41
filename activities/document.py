"""Legal documents of a case: rendered, sealed, and on record with hash and template version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from activities.message import UnfitMessageError, Written, composed, country_of
from activities.office import Office
from activities.standing import zone_name
from connectors.letter import LAYOUT, typeset
from models.arrangement import ArrangementKind, Terms
from models.case import Contact
from models.contact import Channel, Purpose
from models.tables import Arrangement, ContactRow, Document
from models.wording import Agreement, Instalment
from store.standing import Standing

FILED = "filed"
"""Rendered and kept: at the start, after a dispute, for an agreement, at the end, or when asked."""

SENT = "sent"
"""The page of a letter as it left; its id follows from the contact's."""


def issue(
    session: Session,
    office: Office,
    standing: Standing,
    template: str,
    now: datetime,
    *,
    key: str = "",
    on: date | None = None,
    agreement: Agreement | None = None,
) -> Document:
    """Render a document from what the store says at ``now`` and keep it; answer it.

    The same template and ``key`` in one life of a case are the same document, rendered once.
    ``on`` is the day of a statement, in the debtor's zone; today if left out. Raises
    ``UnfitMessageError`` when a field is missing, with which one and what demands it, and
    ``PersonErasedError``.
    """
    ident = uuid5(standing.debt.id, f"document:{standing.debt.epoch}:{template}:{key}")
    if known := session.get(Document, ident):
        return known
    made, _ = composed(
        session,
        office,
        standing,
        _letter(office, standing, template),
        now,
        on=on,
        agreement=agreement,
    )
    if made.letter is None:
        raise UnfitMessageError("WORDING-TEMPLATE", f"{template} is no letter")
    return _keep(
        session,
        office,
        standing,
        ident,
        FILED,
        made.template,
        made.version,
        typeset(made.letter),
        now,
    )


def file_at_start(
    session: Session, office: Office, standing: Standing, now: datetime
) -> UnfitMessageError | None:
    """Render the documents that open a case: its notice, and what its law adds to it.

    Answers why one cannot be rendered, if so: such a case is not ready.
    """
    debt = standing.debt
    strategy = office.strategies.get(debt.strategy or "", debt.strategy_version or 1)
    opening = [
        service.template
        for service in strategy.section(debt.jurisdiction).notice.services
        if service.channel is Channel.LETTER
    ]
    try:
        key = country_of(debt) if debt.law_since else ""
        for template in dict.fromkeys((*opening, *_demanded(office, standing, "start"))):
            issue(session, office, standing, template, now, key=key)
    except UnfitMessageError as unfit:
        return unfit
    return None


def file_at_end(session: Session, office: Office, standing: Standing, now: datetime) -> None:
    """Keep the letter that all is paid, if it did not leave as a letter already."""
    sent = {doc.template for doc in documents(session, standing.debt.id) if doc.kind == SENT}
    for template in _demanded(office, standing, "end"):
        if template not in sent:
            issue(session, office, standing, template, now)


def file_agreement(
    session: Session, office: Office, standing: Standing, row: Arrangement, now: datetime
) -> Document | UnfitMessageError | None:
    """Keep the letter of a plan or settlement that was accepted; rendered once for each.

    Answers the letter, why it cannot be rendered, or None when the kind has no letter or other debts
    of the person share the terms: a letter about one debt cannot state what all of them come to.
    """
    template = _AGREED.get(row.kind)
    terms = Terms.model_validate(row.terms)
    if template is None or len(terms.debts) > 1 or row.accepted_at is None:
        return None
    zone = ZoneInfo(zone_name(standing))
    agreed = Agreement(
        reference=str(row.id)[:8],
        agreed_on=row.accepted_at.astimezone(zone).date(),
        total=terms.total,
        instalments=tuple(Instalment(minor=due.minor, on=due.on) for due in terms.instalments),
        grace_days=terms.grace_days,
        expires=row.expires_at if row.kind == ArrangementKind.SETTLEMENT else None,
    )
    try:
        return issue(session, office, standing, template, now, key=str(row.id), agreement=agreed)
    except UnfitMessageError as unfit:
        return unfit


_AGREED: dict[str, str] = {
    ArrangementKind.PLAN: "plan_agreement",
    ArrangementKind.HARDSHIP: "plan_agreement",
    ArrangementKind.SETTLEMENT: "settlement_agreement",
}


def file_sent(
    session: Session, office: Office, standing: Standing, row: ContactRow, written: Written
) -> None:
    """Keep the page of a letter as it leaves."""
    ident = page_id(row.id)
    if written.page is not None and session.get(Document, ident) is None:
        _keep(
            session, office, standing, ident, SENT, written.template, written.template_version,
            written.page, row.at,
        )  # fmt: skip


def page_id(contact: UUID) -> UUID:
    """Answer the id under which the page of a letter is kept."""
    return uuid5(contact, "letter")


def documents(session: Session, debt_id: UUID) -> list[Document]:
    """Answer the documents of a debt, oldest first."""
    return list(
        session.exec(
            select(Document)
            .where(col(Document.debt_id) == debt_id)
            .order_by(
                col(Document.created_at),
                col(Document.template),
                col(Document.kind),
                col(Document.id),
            )
        )
    )


def _demanded(office: Office, standing: Standing, at: str) -> Iterable[str]:
    """Templates that the law of the place wants at a point in the life of a case."""
    language = standing.debtor.language or ""
    if language not in office.wordings.locales:
        return
    pack = office.wordings.pack(language)
    for template in dict.fromkeys(letter.template for letter in pack.required):
        letter = pack.required_of(template, country_of(standing.debt))
        if letter and letter.at == at and template in pack.templates:
            yield template


def _letter(office: Office, standing: Standing, template: str) -> Contact:
    language = standing.debtor.language or ""
    words = (
        office.wordings.pack(language).templates.get(template)
        if language in office.wordings.locales
        else None
    )
    return Contact(
        step=template,
        channel=Channel.LETTER,
        purpose=words.purposes[0] if words else Purpose.REPLY,
        template=template,
    )


def _keep(  # noqa: PLR0917
    session: Session,
    office: Office,
    standing: Standing,
    ident: UUID,
    kind: str,
    template: str,
    version: str,
    page: bytes,
    at: datetime,
) -> Document:
    key = office.store.keys.person_key(session, standing.debtor.id)
    kept = Document(
        id=ident,
        debt_id=standing.debt.id,
        debtor_id=standing.debtor.id,
        kind=kind,
        template=template,
        template_version=f"{version} {LAYOUT}",
        sha256=hashlib.sha256(page).hexdigest(),
        sealed=key.seal(page),
        created_at=at,
    )
    session.add(kept)
    return kept
