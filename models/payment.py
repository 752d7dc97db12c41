"""Words about payments as providers tell them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from models.base import Value


class PaymentKind(StrEnum):
    """What a notice says happened to money."""

    PAYMENT = "payment"
    REFUND = "refund"
    """Part or all of a payment went back to the payer."""
    CHARGEBACK = "chargeback"
    """The payer's bank took a payment back."""
    CHARGEBACK_REVERSED = "chargeback_reversed"
    """The bank gave back what it had taken."""
    REFUND_FAILED = "refund_failed"
    """A refund did not reach the payer: the money is here again."""


class PaymentNotice(Value):
    """One event of a payment provider, verified and read."""

    event_id: str
    payment_id: str
    """The provider's id of the payment, refund or dispute itself; several events may tell of it."""
    kind: PaymentKind
    minor: int
    currency: str
    paid_at: datetime
    """When it happened in the provider's words; its day is the value date."""
    debt: str = Field(default="", repr=False)
    """What the payer or the seller gave as reference: account, workflow id or debt id."""
    order: str = Field(default="", repr=False)
    """Another reference of the same notice: if it names another debt, a person decides."""
    beside: str = Field(default="", repr=False)
    """A reference that stands where nobody signed: it may raise a doubt and settles nothing."""
    not_ours: str = ""
    """Why the money is somebody else's; a person looks if it names a debt of ours all the same."""
    method: str = ""
    of: str = ""
    """Of a refund or chargeback: the id of the payment it takes back."""
    payer_minor: int = 0
    payer_currency: str = ""
    """What the payer gave, if it was another currency than arrived."""
    cumulative: bool = False
    """The amount is the sum of all refunds of the payment so far, not of this one."""
    by_state: bool = False
    """Events tell what has become of a payment, and may tell it more than once."""
    unfit: str = ""
    """Why nobody can read the amount: a person looks it up where the event comes from."""
    only_known: bool = False
    """Says something only of a payment that was taken already."""


class Ignored(Value):
    """A genuine event that says nothing about money of ours."""

    event_id: str
    why: str
    """A code, as ``stripe:payout.paid``."""


class Unreadable(Value):
    """A body that cannot be taken: what was wrong, where, and what to do. Quotes no value."""

    what: str
    where: str
    advice: str
    syntax: bool = False
    """It is no JSON object at all."""
    twofold: bool = False
    """It says a thing twice: genuine, it is kept for a person."""
