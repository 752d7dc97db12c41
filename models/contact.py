"""Words about contacts: who is reached how, for what, and what came of it."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    LETTER = "letter"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    VISIT = "visit"


ELECTRONIC = frozenset({Channel.EMAIL, Channel.SMS})
"""Channels whose every message carries an opt-out (12 CFR 1006.6(e))."""

BY_PERSON = frozenset({Channel.PHONE, Channel.VISIT})
"""Channels that a person works through the desk; the machine sends the others."""


class Direction(StrEnum):
    OUT = "out"
    IN = "in"


class Outcome(StrEnum):
    """What came of a contact, in the words of the counting matrix."""

    BUSY = "busy"
    NOT_IN_SERVICE = "not_in_service"
    NO_ANSWER = "no_answer"
    VOICEMAIL_NO_MSG = "voicemail_no_msg"
    VOICEMAIL_MSG = "voicemail_msg"
    ANSWERED_DROPPED = "answered_dropped"
    CONVERSATION = "conversation"
    THIRD_PARTY = "third_party"
    WRONG_PARTY = "wrong_party"
    MET = "met"
    NOT_MET = "not_met"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETURNED = "returned"
    RECEIVED = "received"
    UNKNOWN = "unknown"


class ContactState(StrEnum):
    """The life of one outbound contact; a projection of its appended events."""

    RESERVED = "reserved"
    RELEASED = "released"
    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


COUNTING = frozenset(
    {ContactState.RESERVED, ContactState.SENDING, ContactState.SENT, ContactState.UNKNOWN}
)
"""States that count toward caps: a reservation holds its place, doubt counts."""


class Purpose(StrEnum):
    """Why a contact is made; stops and stays permit some purposes and no others."""

    COLLECTION = "collection"
    ASSIGNMENT_NOTICE = "assignment_notice"
    VALIDATION = "validation"
    PLAN_REMINDER = "plan_reminder"
    RECEIPT = "receipt"
    CORRECTION = "correction"
    REPLY = "reply"
    OPTOUT_CONFIRMATION = "optout_confirmation"
    DISPUTE_RECEIPT = "dispute_receipt"
    VERIFICATION = "verification"
    TERMINATION_NOTICE = "termination_notice"
    POSSIBLE_REMEDY_NOTICE = "possible_remedy_notice"
    SPECIFIED_REMEDY_NOTICE = "specified_remedy_notice"
    HANDOVER_NOTICE = "handover_notice"
    STATUTORY_NOTICE = "statutory_notice"
    """A notice, statement or court paper that a law commands."""
    LOCATION_INFO = "location_info"
    LOCATE = "locate"


DEMANDS = frozenset(
    {
        Purpose.COLLECTION,
        Purpose.PLAN_REMINDER,
        Purpose.POSSIBLE_REMEDY_NOTICE,
        Purpose.SPECIFIED_REMEDY_NOTICE,
    }
)
"""What is said because somebody has not paid: wrong if they have and nobody here knows."""


class Mode(StrEnum):
    """Whether a contact reaches a person or the file outbox; fixed per case at preparation."""

    SHADOW = "shadow"
    LIVE = "live"


class Party(StrEnum):
    """Who is being contacted, as the law distinguishes them."""

    DEBTOR = "debtor"
    CO_DEBTOR = "co_debtor"
    GUARANTOR = "guarantor"
    SPOUSE = "spouse"
    LIABLE_SPOUSE = "liable_spouse"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    ADMINISTRATOR = "administrator"
    HEIR = "heir"
    ATTORNEY = "attorney"
    CONTACT_PERSON = "contact_person"
    REFEREE = "referee"
    RELATIVE_NOT_EXECUTOR = "relative_not_executor"
    EMPLOYER = "employer"
    THIRD_PARTY = "third_party"
