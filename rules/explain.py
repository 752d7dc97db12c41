"""The law in plain words: one rule for whoever asks, a page for every country."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.floor import FLOOR, FLOOR_CLOSES, FLOOR_OPENS
from rules.pack import (
    WEEK,
    Cap,
    Content,
    Cooldown,
    Gate,
    Holidays,
    Hours,
    Note,
    Pack,
    Personal,
    Rule,
    Wait,
)

Say = Callable[[str], str]
"""Answers a phrase in the reader's language; gaps stand as {name} in both."""


def _english(text: str) -> str:
    return text


HOW_SURE = {
    "looked_up": "looked up",
    "looked_up+policy": "looked up; where the edge lies is our choice",
    "memory_review": "from memory, not confirmed",
    "policy": "our own cautious default",
}

COUNTRIES = {
    "AU": "Australia",
    "BR": "Brazil",
    "CA": "Canada",
    "CN": "Mainland China",
    "EU": "European Union",
    "GB": "United Kingdom",
    "HK": "Hong Kong",
    "IN": "India",
    "SG": "Singapore",
    "US": "United States",
    "ZA": "South Africa",
    "": "Everywhere: house rules and ethics",
}

_WINDOWS = {
    "calendar_day": "a local day",
    "iso_week": "a week from Monday",
    "calendar_month": "a calendar month",
}

_EXEMPT = {
    "consented_call": "calls the person agreed to within seven days neither count nor are stopped",
    "agreed_call": "a call the person agreed to within seven days is not stopped, and counts",
    "answer": "answers to the person",
}


_CLAUSES = {
    "age < 16": "they are younger than 16",
    "attorney_type is not financial_counsellor": "it is no financial counsellor",
    "bankrupt in pending discharged": "insolvency is pending, or the debt was discharged in it",
    "bankrupt is discharged": "the debt was discharged in insolvency",
    "breathing is mental_health": "it is one for a mental health crisis",
    "breathing is scottish": "it is the Scottish one",
    "breathing is standard": "it is the standard one",
    "email_basis is creditor_notice": "the basis for e-mail is a notice of the creditor",
    "line in private private_mobile private_im private_wechat private_social": (
        "the line is a private one"
    ),
    "notice_by is assignee": "only the assignee gave notice",
    "notice_medium is sms": "the notice went by text message",
    "notice_medium in email sms": "the notice went by e-mail or text message",
    "notice_medium in oral phone visit": "the notice was given by word of mouth",
    "number_kind is cell": "it is a cell phone",
    "number_kind is work": "it is a work number",
    "number_kind in work other": "it is neither home nor cell phone",
    "number_kind not in home work other": "it may be a cell phone",
    "portfolio_kind is bulk_personal_npl": "the portfolio is of personal loans bought in bulk",
    "voice in ai prerecorded": "the voice is artificial or recorded",
    "voice is prerecorded": "the voice is recorded",
    "agency_notice_sent not past": "no word in advance of an agency was sent",
    "art10_sent not past": "the transfer communication was not sent",
    "gdpr14_sent not past": "the information on the source of the data was not given",
    "notice_mailed not past": "the notice was not mailed",
    "notice_reached_at not past": "the notice of assignment has not arrived",
    "cease is written": "they asked in writing for no further contact",
    "cease is oral": "they asked by word of mouth for no further contact",
    "complaint is open": "the ombudsman has a complaint",
    "deadline_days >= 0": "the message sets a deadline",
    "dispute is written": "they dispute in writing",
    "dispute is oral": "they dispute by word of mouth",
    "dispute_received <= validation_end": "the dispute came within the period",
    "dispute_submitted <= validation_end": "the dispute was sent within the period",
    "dispute_submitted > validation_end": "the dispute was sent after the period",
    "origcred_submitted <= validation_end": "the request was sent within the period",
    "validation_end not older than 0 days": "the period to dispute is not over",
    "email_basis_optout_by under 35 days after email_basis_sent": (
        "the creditor's notice left fewer than 35 days to opt out"
    ),
    "first_communication older than 5 days": "the first communication is more than 5 days past",
    "last_payment older than 5 years": "the last payment is more than 5 years past",
    "reassigned_check_at older than 60 days by the clock": (
        "the register of reassigned numbers was not asked for 60 days"
    ),
    "text_basis_at older than 60 days by the clock": "consent or use is more than 60 days old",
    "optouts has channel": "they closed this channel",
    "optouts has number": "they closed this number or address",
    "outsider_contacts >= 1": "this outsider was contacted before",
    "purpose_contacts >= 1": "a message for this purpose went before",
    "plan_status is current": "a plan is kept",
    "rate over 4 times lpr_at_contract": "the rate is above four times the LPR at contract",
    "rate > 0.24": "the rate is above 24 % a year",
    "script is not no_debt_info": "the script tells of the debt",
    "vulnerable is self_harm_risk": "they may harm themselves",
    "visit_staff < 2": "fewer than two visit",
    "not lost": "the debtor can be reached",
    "not location_unknown": "the whereabouts are known",
    "not spoken": "there was no conversation with them",
    "not email_basis": "there is no basis for e-mail",
    "not text_basis": "there is no basis for texts",
}
"""Conditions that read badly word by word."""

_FACTS = {
    "acknowledged": "the debt was acknowledged",
    "acquired_debt": "the debt was bought",
    "allowed_channels": "they named the channels they want",
    "amount_correct": "the amount is that of the ledger",
    "answers_inbound": "it is an answer to a message of theirs",
    "assignable": "the debt can be assigned",
    "attorney": "somebody acts for them",
    "attorney_consents": "whoever acts for them has agreed",
    "attorney_responsive": "whoever acts for them is responsive",
    "bills_assignment": "it charges for the assignment",
    "breathing_last_day": "its last day is known",
    "buyer_documents": "the documents of the purchase are held",
    "capacity_concern": "their mental capacity is in doubt",
    "chain_ok": "the chain of title is whole",
    "contact_in_limitation": "the creditor was in touch during the limitation period",
    "contact_refused": "the contact person refused",
    "deadline_within_validation": "the deadline falls within the period to dispute",
    "debt_unlawful": "the law does not protect the debt",
    "deceased": "the debtor is dead",
    "discloses_debt": "it tells of the debt",
    "dispute": "the debt is disputed",
    "dispute_baseless": "the dispute is without grounds",
    "dispute_received": "its arrival is known",
    "dispute_submitted": "the day of the dispute is known",
    "dispute_suggests_court": "they suggest a court",
    "dispute_verified_sent": "the dispute was answered with proof",
    "email_basis": "there is a basis for e-mail",
    "email_is_work": "the address is an employer's",
    "first_communication": "they heard of the debt from us",
    "first_demand": "it is the first demand",
    "forbearance_considered": "forbearance was considered",
    "gdpr14_attached": "it is attached to this contact",
    "guarantor_bound": "the guarantor is bound",
    "heir_renounced": "the heir renounced",
    "held": "a hold is in force",
    "held_until": "the end of the hold is known",
    "identity_theft_claim": "identity theft is claimed",
    "letter_returned": "the letter came back",
    "liable": "they are liable themselves",
    "licensed": "a licence is held",
    "line_agreed": "the principal has agreed to the line",
    "location_doubt": "the earlier answer is doubted",
    "location_unknown": "the whereabouts are unknown",
    "lost": "the debtor cannot be reached",
    "lpr_at_contract": "the LPR at contract is known",
    "minor": "they are a minor",
    "misleading_legal": "the message misleads on the law",
    "moratorium_begun": "the moratorium has begun",
    "notice_proof": "the transfer was proved",
    "notice_sms_agreed": "texts are named in the contract for notices",
    "number_sole": "it is the only number given",
    "origcred_answered": "the request was answered",
    "origcred_request": "they asked for the original creditor",
    "origcred_submitted": "the day of the request is known",
    "own_income": "they are living on wages of their own",
    "payment_pending": "a payment is not posted yet",
    "prefers_channel": "this channel is among them",
    "premium_number": "the number to call back costs extra",
    "rate": "a rate is charged",
    "recording": "the call is recorded",
    "regf_applies": "Regulation F is binding on us",
    "register_gaps": "a register did not answer",
    "remedy_intended": "the remedy is really intended",
    "said_wont_pay_barred": "they will not pay because it is barred",
    "spoken": "there was a conversation with them",
    "text_basis": "there is a basis for texts",
    "threat": "the message threatens",
    "threatens_suit": "the message speaks of a suit",
    "time_barred": "the limitation period is over",
    "transfer_basis": "the basis for giving personal data is known",
    "validation_end": "the end of the period to dispute is known",
    "validation_provided_at": "the validation notice was given",
    "venue_ok": "the court is the right one",
    "visit_at_home": "it is at home",
    "visit_consent": "they have consented to the entry",
    "visit_elsewhere": "another reasonable place was offered",
    "visit_enter_home": "the home or office is entered",
    "visit_id_shown": "the visitors have shown who they are",
    "visit_notice": "the visit was announced",
    "visit_posting": "something is posted",
    "visit_recording": "the visit is recorded",
    "visit_sent_away": "they asked the visitors to leave",
    "visit_unfit": "others would see or hear it",
    "voice_consent": "they have consented to the voice",
    "vulnerable": "they are vulnerable",
    "work_prohibited": "contact at work is forbidden",
    "work_request_at": "they asked for no calls at work",
    "work_request_confirmed": "they have confirmed that in writing",
    "wrong_party": "it is the wrong person or number",
}
"""Facts that packs ask for, as a sentence that is true while they hold."""

_VERBS = frozenset({"is", "are", "was", "has", "have", "can"})

_NOUNS = {
    "bankrupt_place": "its place",
    "creditor_type": "the creditor",
    "email_basis": "the basis for e-mail",
    "jurisdiction": "the country",
    "number_source": "the origin of the number",
    "status": "the debt",
    "sub": "the part of the country",
    # Dated facts that a rule waits for
    "breathing_last_day": "the last day of the moratorium",
    "breathing_start": "the first day of the moratorium",
    "default_notice_at": "the default notice was served",
    "email_basis_optout_by": "the last day to opt out",
    "email_basis_sent": "the creditor's notice was sent",
    "held_until": "the end of the hold",
    "letter_mailed": "the letter was mailed",
    "notice_mailed": "the notice was mailed",
    "notice_sent_at": "the notice of assignment was sent",
    "overdue_since": "the debt fell due",
    "s129_delivered": "the section 129 notice was delivered",
    "work_request_at": "they asked for it",
}

_UNKNOWN = {
    "age": "their age",
    "art10_sent": "whether the transfer communication was sent",
    "attorney": "whether somebody acts for them",
    "bankrupt": "whether an insolvency is pending",
    "breathing": "whether a moratorium protects them",
    "cease": "whether they asked for no further contact",
    "deceased": "whether they are alive",
    "dispute": "whether the debt is disputed",
    "dispute_received": "when the dispute came",
    "dispute_submitted": "when the dispute was sent",
    "email_basis": "what allows e-mail",
    "gdpr14_sent": "whether they were told where the data came from",
    "identity_theft_claim": "whether identity theft is claimed",
    "inconvenient": "which times do not suit them",
    "lacks": "what the message leaves out",
    "letter_mailed": "whether a letter was mailed",
    "licensed": "whether a licence is held",
    "minor": "whether they are of age",
    "notice_mailed": "whether the notice was mailed",
    "notice_reached_at": "whether the notice of assignment has arrived",
    "notice_sent_at": "whether the notice of assignment was sent",
    "optouts": "which channels they closed",
    "plan_status": "whether a plan is kept",
    "reassigned_check_at": "when the register of reassigned numbers was asked",
    "recording": "whether the call is recorded",
    "s129_delivered": "whether the section 129 notice was delivered",
    "status": "whether the debt is still owed",
    "text_basis": "what allows texts",
    "text_basis_at": "since when texts are allowed",
    "time_barred": "whether the limitation period is over",
    "validation_end": "when the period to dispute ends",
    "validation_provided_at": "whether the validation notice was given",
    "vulnerable": "whether they are vulnerable",
    "work_prohibited": "whether contact at work is forbidden",
    "zones": "the time zone",
}
"""Facts that nobody supplied, as what is missing."""

_SETS = {
    "service": "messages owed to the person",
    "optout_confirmation": "confirmation of an opt-out",
    "assignment_notice": "the notice of assignment",
    "validation": "the validation notice",
    "locate": "the question how to reach the debtor",
    "location_info": "the question where the debtor is",
    "reply": "answers",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a rule, in words."""

    pack: str
    kind: str
    why: str
    numbers: str
    applies: str
    exceptions: str
    effect: str
    source: str
    confidence: str
    valid: str


def missing(fact: str) -> str:
    """What is not known while nobody supplied a fact."""
    return _UNKNOWN.get(fact, fact.replace("_", " "))


def tell(pack: Pack, rule: Rule, say: Say = _english) -> Told:
    """Say what a rule states."""
    return Told(
        pack=pack.pack,
        kind=type(rule).__name__.lower(),
        why=say(rule.why),
        numbers=_numbers(rule, say),
        applies=_applies(rule, say),
        exceptions=_exceptions(rule, say),
        effect=_effect(rule, say),
        source=say(rule.source),
        confidence=say(HOW_SURE[rule.confidence]),
        valid=_valid(rule.valid_from or pack.valid_from, rule.valid_to or pack.valid_to, say),
    )


def tell_note(pack: Pack, note: Note, say: Say = _english) -> Told:
    """Say what a row demands that the gate does not decide."""
    return Told(
        pack=pack.pack,
        kind="note",
        why=say(note.why),
        numbers="",
        applies="",
        exceptions="",
        effect=say("not decided by the gate; kept by: {who}").format(who=say(note.kept_by)),
        source=say(note.source),
        confidence=say(HOW_SURE[note.confidence]),
        valid=_valid(note.valid_from or pack.valid_from, note.valid_to or pack.valid_to, say),
    )


def _own(say: Say = _english) -> dict[str, Told]:
    """What the gate itself holds, whatever the packs say."""

    def told(kind: str, why: str, numbers: str, applies: str, effect: str) -> Told:
        return Told(
            FLOOR.pack, kind, say(why), numbers, say(applies), "", say(effect), say("house rule"),
            say(HOW_SURE["policy"]), _valid(FLOOR.valid_from, None, say),
        )  # fmt: skip

    return {
        "ETHICS-HOURS": told(
            "hours",
            "nobody is disturbed at night, whatever a pack or a consent says",
            say(
                "open every day {opens} to {closes} in every candidate zone, closing time excluded"
            ).format(opens=_clock(FLOOR_OPENS), closes=_clock(FLOOR_CLOSES)),
            "phone, sms, email, visit",
            "puts off",
        ),
        "GEN-MULTI-TZ": told(
            "zones",
            "it must suit the clock of every place where the person may be",
            say("every candidate zone"),
            "every act with hours, where the law of the place names no rule of its own",
            "puts off until every zone is open",
        ),
        "GEN-PACK-DATES": told(
            "gate", "the law of this place is not in force on this date", "", "every act", "blocks"
        ),
        "GEN-PURPOSE": told(
            "gate", "contact for this purpose is not permitted here", "", "every act", "blocks"
        ),
        "GEN-ZONE": told(
            "gate",
            "the debtor's time zone is not known",
            "",
            "every act",
            "blocks, and marks human review",
        ),
    }


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


def entries(packs: Iterable[Pack], name: str, say: Say = _english) -> list[Told]:
    """Everything that stands under one rule id, in whatever pack."""
    own = _own(say).get(name)
    found: list[Told] = [own] if own else []
    for pack in packs:
        found += [tell(pack, rule, say) for rule in pack.rules() if rule.rule == name]
        found += [tell_note(pack, note, say) for note in pack.notes if note.rule == name]
        if pack.tz.rule == name and pack.tz.rule != "GEN-MULTI-TZ":
            found.append(_zones(pack, say))
    return found


def names(packs: Iterable[Pack]) -> list[str]:
    """Every rule id that some pack has, each once."""
    found: dict[str, None] = dict.fromkeys(_own())
    for pack in packs:
        found |= dict.fromkeys(rule.rule for rule in pack.rules())
        found |= dict.fromkeys(note.rule for note in pack.notes)
        found[pack.tz.rule] = None
    return sorted(found)


def _zones(pack: Pack, say: Say) -> Told:
    besides = say("besides the debtor's own, {zone}").format(zone=pack.tz.fixed)
    return Told(
        pack.pack, "zones", say("it must suit the clock of every place where the person may be"),
        besides if pack.tz.fixed else say("every candidate zone"),
        say("every act with hours"), "", say("put off until every zone is open"),
        say(pack.tz.source), say(HOW_SURE["looked_up"]), _valid(pack.valid_from, pack.valid_to, say),
    )  # fmt: skip


def _scope(words: Sequence[str], say: Say) -> str:
    """What a count is kept for, one by one; nothing: for the debtor, over all of it."""
    if not words:
        return ""
    *first, last = [say(word) for word in words]
    if first:
        last = say("{first} and {last}").format(first=say(", ").join(first), last=last)
    return say(" for each {what}").format(what=last)


def _numbers(rule: Rule, say: Say) -> str:
    match rule:
        case Hours():
            return say("open {days} {opens} to {closes}, closing time excluded").format(
                days=_days(rule.days, say), opens=rule.opens, closes=rule.closes
            )
        case Cap():
            others = say("; not {events}").format(events=_events(rule.not_counted, say))
            return say("at most {n} in {windows}{scope}; counts {events}").format(
                n=rule.n,
                windows=say(" and in ").join(_window(text, say) for text in rule.windows),
                scope=_scope(rule.scope, say),
                events=_events(rule.counts, say),
            ) + "".join(
                [
                    *(say(", {event} begun by the person").format(event=_event(e, say))
                      for e in rule.counts_inbound),
                    others if rule.not_counted else "",
                ]
            )  # fmt: skip
        case Cooldown():
            return say(
                "{days} local days after {events}{scope}, whoever began it; its day is day 1"
            ).format(
                days=rule.days, events=_events(rule.triggers, say), scope=_scope(rule.scope, say)
            )
        case Wait():
            return _after(rule, say)
        case Gate(each_max=most) if most:
            once = "each purpose left open at most {n} time"
            return say(once if most == 1 else f"{once}s").format(n=most)
        case Content():
            return say("must contain: {parts}").format(parts=_words(rule.requires, say))
        case Holidays():
            of = say("public holidays of {country}").format(country=rule.country)
            return of + (say(", national only") if rule.national else "")
        case Personal():
            return say("the times the person called inconvenient")
        case _:
            return ""


def _after(rule: Wait, say: Say) -> str:
    what = say(_NOUNS.get(rule.since, rule.since.replace("_", " ")))
    if rule.months:
        return say("{n} months after {what}").format(n=rule.months, what=what)
    if rule.business_days:
        text = say("once {n} working days have passed after {what}")
        return text.format(n=rule.business_days, what=what)
    if rule.days == 1:
        return say("from the day after {what}").format(what=what)
    if rule.days:
        return say("from day {n} after {what}").format(n=rule.days, what=what)
    return say("from {what}").format(what=what)


def _applies(rule: Rule, say: Say) -> str:
    acts = {"contact": "every contact", "any": "every act"}
    said = _words([acts.get(word, word) for word in rule.channels], say)
    if rule.purposes:
        said += say("; for {purposes}").format(purposes=_words(rule.purposes, say))
    if rule.parties:
        said += say("; to {parties}").format(parties=_words(rule.parties, say))
    if rule.when:
        conditions = say(" and ").join(say(_clause(text)) for text in rule.when)
        said += say("; when {conditions}").format(conditions=conditions)
    return said


def _clause(text: str) -> str:
    """A condition in words; of one that we have no sentence for, its own words."""
    if text in _CLAUSES:
        return _CLAUSES[text]
    fact = text.removeprefix("not ")
    if fact in _FACTS:
        return _FACTS[fact] if fact == text else _denied(_FACTS[fact])
    name, _, rest = text.partition(" ")
    for sign in ("is not", "not in", "is", "in"):
        if rest.startswith(f"{sign} ") and name in _NOUNS:
            values = [word.replace("_", " ") for word in rest[len(sign) + 1 :].split()]
            if sign == "not in":
                return f"{_NOUNS[name]} is none of {', '.join(values)}"
            return f"{_NOUNS[name]} is {'not ' * (sign == 'is not')}{' or '.join(values)}"
    return text.replace("_", " ")


def _denied(sentence: str) -> str:
    """The sentence with its verb denied."""
    words = sentence.split()
    verb = next(at for at, word in enumerate(words) if word in _VERBS)
    return " ".join([*words[: verb + 1], "not", *words[verb + 1 :]])


def _exceptions(rule: Rule, say: Say) -> str:
    found: list[str] = []
    if rule.allow:
        left = [_SETS.get(word, word) for word in rule.allow]
        found.append(say("left open: {purposes}").format(purposes=_words(left, say)))
    if isinstance(rule, Cap | Cooldown):
        found += [say(_EXEMPT[word]) for word in rule.exempt]
    if isinstance(rule, Hours) and rule.override == "recorded_consent":
        found.append(say("another time the person agreed to beforehand, with proof, once"))
    return say("; ").join(found)


def _effect(rule: Rule, say: Say) -> str:
    flags = _words(rule.flags, say)
    if rule.decision == "flag":
        return say("advises only: {flags}").format(flags=flags)
    if isinstance(rule, Content) and rule.by_template:
        return say("blocks a written case; of live messages the template is made so")
    done = say("puts off" if rule.decision == "defer" else "blocks")
    return done + (say(", and marks {flags}").format(flags=flags) if rule.flags else "")


def _words(words: Sequence[str], say: Say) -> str:
    return say(", ").join(say(word.replace("_", " ")) for word in words)


def _days(days: Sequence[str], say: Say) -> str:
    at = [WEEK.index(day) for day in days]
    if len(at) == len(WEEK):
        return say("every day")
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return f"{say(days[0].title())}–{say(days[-1].title())}"
    return say(", ").join(say(day.title()) for day in days)


def _window(text: str, say: Say) -> str:
    if text in _WINDOWS:
        return say(_WINDOWS[text])
    name, _, length = text.partition(" ")
    days = name == "calendar_days"
    said = say("{n} consecutive local days" if days else "{n} rolling hours")
    return said.format(n=length)


def _events(atoms: Sequence[str], say: Say) -> str:
    return say(", ").join(_event(atom, say) for atom in atoms)


def _event(atom: str, say: Say) -> str:
    channel, _, outcome = atom.partition(":")
    if not outcome:
        return say(channel)
    how = say(outcome.replace("_", " "))
    return say("{channel} ({outcome})").format(channel=say(channel), outcome=how)


def _valid(first: date, last: date | None, say: Say) -> str:
    if last is None:
        return say("from {first}").format(first=first)
    return say("{first} to {last}").format(first=first, last=last)


# Pages


def page(country: str, packs: Sequence[Pack]) -> str:
    """The page of one country: every number with its source, and what is not confirmed."""
    return "\n".join(_page(country, packs)).rstrip() + "\n"


def _page(country: str, packs: Sequence[Pack]) -> Iterator[str]:
    yield f"# {COUNTRIES[country]}"
    yield ""
    yield (
        "Made from the packs by `cession law pages`; do not edit. This is research, not legal "
        "advice: no pack reaches a real debtor before counsel has signed it (`cession law approve`)."
    )
    for pack in packs:
        yield from ("", f"## {pack.title}", "")
        yield f"Pack `{pack.pack}`, version {pack.version}, {_valid(pack.valid_from, pack.valid_to, _english)}."
        if pack.parent:
            yield f"Its rules come on top of those of `{pack.parent}` and only tighten them."
        yield from _frame(pack)
        told = [(rule.rule, tell(pack, rule)) for rule in pack.rules()]
        if pack.pack == FLOOR.pack:
            told += _own().items()
        if told:
            yield from ("", "| rule | what | numbers | applies to | exceptions | effect |")
            yield "|---|---|---|---|---|---|"
            for name, said in told:
                cells = (said.why, said.numbers, said.applies, said.exceptions, said.effect)
                yield f"| `{name}` | {' | '.join(map(_cell, cells))} |"
            yield from ("", "| rule | source | how sure | valid |", "|---|---|---|---|")
            rows = dict.fromkeys((n, t.source, t.confidence, t.valid) for n, t in told)
            for name, source, sure, valid in rows:
                yield f"| `{name}` | {_cell(source)} | {sure} | {valid} |"
        if pack.notes:
            yield from ("", "### Kept elsewhere than at the gate", "")
            yield from ("| rule | what | kept by | source | how sure |", "|---|---|---|---|---|")
            for note in pack.notes:
                cells = (note.why, note.kept_by, note.source, HOW_SURE[note.confidence])
                yield f"| `{note.rule}` | {' | '.join(map(_cell, cells))} |"
    yield from _doubts(packs)


def _frame(pack: Pack) -> Iterator[str]:
    lines: list[str] = []
    if limit := pack.limitation:
        outer = f", {limit.outer_years} at most" if limit.outer_years else ""
        ends = ", then the debt is extinguished" if limit.extinguishes else ""
        lines.append(
            f"Limitation: {limit.years} years{outer}{ends} "
            f"({limit.source}; {HOW_SURE[limit.confidence]})."
        )
    if period := pack.validation:
        lines.append(
            f"Validation: {period.days} days after receipt, which is {period.receipt_business_days} "
            f"working days after sending; the notice within {period.notice_within_days} days "
            f"({period.source}; {HOW_SURE[period.confidence]})."
        )
    if kept := pack.retention:
        lines.append(
            f"Records are kept {kept.records_years} years "
            f"({kept.source}; {HOW_SURE[kept.confidence]})."
        )
    if pack.tz.fixed:
        lines.append(f"Legal zone: {pack.tz.fixed} ({pack.tz.source}).")
    if pack.local_law:
        lines.append("A part without a pack of its own is marked `no_local_pack`.")
    for line in lines:
        yield from ("", line)


def _doubts(packs: Sequence[Pack]) -> Iterator[str]:
    yield from ("", "## What is not confirmed", "")
    found: dict[tuple[str, str], None] = {}
    for pack in packs:
        for stated in [*pack.rules(), *pack.notes]:
            if stated.confidence == "memory_review":
                found[stated.rule, f"from memory: {stated.why} ({stated.source})"] = None
        if pack.limitation and pack.limitation.confidence == "memory_review":
            found[pack.pack, f"limitation from memory: {pack.limitation.source}"] = None
        for point in pack.unconfirmed:
            found[pack.pack, point] = None
    for name, text in found:
        yield f"- `{name}`: {text}"
    house = sorted(
        {r.rule for p in packs for r in p.rules() if r.confidence == "policy" and not r.generic}
    )
    if house:
        yield "- Numbers of our own, where no law has one: " + ", ".join(f"`{n}`" for n in house)
    if not found and not house:
        yield "- Everything here was looked up; counsel has still to read it."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
