"""Words about stops: what forbids or pauses contact, each a state of its own."""

from __future__ import annotations

from enum import StrEnum


class StopKind(StrEnum):
    """A state that pauses or forbids contact. None is merged with another: each has its own exit."""

    HOLD = "hold"
    DISPUTE = "dispute"
    ORIGINAL_CREDITOR_REQUEST = "original_creditor_request"
    CEASE = "cease"
    OPT_OUT = "opt_out"
    REPLY_REVIEW = "reply_review"
    ATTORNEY = "attorney"
    BANKRUPTCY = "bankruptcy"
    MORATORIUM = "moratorium"
    DECEASED = "deceased"
    MINOR = "minor"
    IDENTITY_THEFT = "identity_theft"
    WRONG_PARTY = "wrong_party"
    VULNERABILITY = "vulnerability"
    RELOCATION = "relocation"
    UNVERIFIED_PAYMENT = "unverified_payment"
    RECALL = "recall"
    CLOSE_ORDER = "close_order"
    COMPETING_ASSIGNMENT = "competing_assignment"
    LEGAL_REVIEW = "legal_review"
    KILL_SWITCH = "kill_switch"


class Scope(StrEnum):
    """What a stop covers."""

    DEBT = "debt"
    DEBTOR = "debtor"
    CONTACT_POINT = "contact_point"
    CHANNEL = "channel"
    PORTFOLIO = "portfolio"
    SELLER = "seller"
    JURISDICTION = "jurisdiction"
    EVERYTHING = "everything"
