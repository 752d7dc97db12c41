"""Messages made of facts and a wording pack: complete, true, polite, or refused.

Nothing falls back: a missing language, template, fact or sentence refuses the message by name.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NoReturn, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_symbol
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ValidationError

from models.contact import Channel, Purpose
from models.letter import (
    Block,
    Box,
    Bullets,
    Columns,
    Facts,
    Heading,
    LetterContent,
    Listing,
    Paragraph,
    Row,
    Signatures,
    Table,
    TearOff,
)
from models.money import Money, exponent
from models.wording import (
    Composed,
    Due,
    LegalStep,
    MessageFacts,
    MessageRefusedError,
    Organisation,
    Refusal,
    RequiredLetter,
    Statement,
    Title,
    WordingContext,
    WordingPack,
)
from models.wording import Template as Words
from rules.money import standard_amount


class WordingLibrary:
    """The packs of a folder, one per locale."""

    def __init__(self, packs: Mapping[str, WordingPack]) -> None:
        self._packs = dict(packs)

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(sorted(self._packs))

    def pack(self, locale: str) -> WordingPack:
        """Answer the pack of a locale, never another's; ``MessageRefusedError`` if there is none."""
        if locale not in self._packs:
            raise MessageRefusedError(
                Refusal.LOCALE,
                "wording",
                f"no wording pack for {locale or 'an unknown language'}",
                f"add packs/wording/{locale}, or write to the person by hand",
            )
        return self._packs[locale]


class WordingPackError(ValueError):
    """A wording pack that cannot be used; the message names the file and the fault."""


def load_wording(directory: Path) -> WordingLibrary:
    """Read every pack of a folder: ``LOCALE/pack.toml`` and one file per template beside it.

    Raises ``WordingPackError`` for a file that cannot be read, a template that is no template and
    a sentence that the pack does not have.
    """
    packs = {
        path.parent.name: _read_pack(path.parent) for path in sorted(directory.glob("*/pack.toml"))
    }
    if not packs:
        raise WordingPackError(f"no wording packs in {directory}")
    required = _read_required(directory / "required.toml")
    for pack in packs.values():
        _can_carry(pack, required)
    return WordingLibrary(
        {name: pack.model_copy(update={"required": required}) for name, pack in packs.items()}
    )


_STATED = re.compile(r"\b(?:money|day)\(([\w.]+)")
_SENTENCE_OF_PACK = re.compile(r"\bsay\.(\w+)")


def lost_in_translation(library: WordingLibrary) -> Iterator[tuple[str, str, str]]:
    """S13: answer the amounts and days that a template leaves out and all its translations state.

    Given as locale, place and fact. What a letter must state by the law of a country differs by
    country and is checked on loading, so those letters are left out.
    """
    told: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for locale in library.locales:
        pack = library.pack(locale)
        own = {letter.template for letter in pack.required}
        for name, words in pack.templates.items():
            for part in ("text", "sms", "phone", "visit"):
                if (said := getattr(words, part)) and name not in own:
                    for sentence in _SENTENCE_OF_PACK.findall(said):
                        said += pack.sentences.get(sentence, "")
                    told.setdefault((name, part), {})[locale] = frozenset(_STATED.findall(said))
    for (name, part), by_locale in told.items():
        for locale, facts in by_locale.items():
            others = [stated for other, stated in by_locale.items() if other != locale]
            for fact in sorted(frozenset.intersection(*others) - facts) if others else ():
                yield locale, f"{name}.toml: {part}", fact


def _read_required(path: Path) -> tuple[RequiredLetter, ...]:
    """Read what letters must carry; every fact it names is one that letters know."""
    try:
        read: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["letter"]
        letters = tuple(RequiredLetter.model_validate(letter) for letter in read)
    except (OSError, ValueError, KeyError) as error:
        raise WordingPackError(f"{path.name}: {error}") from None
    for letter in letters:
        for field in letter.fields:
            for fact in (*field.needs, *field.states, *field.shows):
                if not _is_fact(fact):
                    raise WordingPackError(
                        f"{path.name}: {letter.template} {field.n}: no fact {fact!r}"
                    )
    return letters


def _is_fact(path: str) -> bool:
    """Say whether a path, as ``transfer.assignor.phone``, names something of ``MessageFacts``."""
    model: type[BaseModel] = MessageFacts
    for name in path.split("."):
        if name not in model.model_fields:
            return False
        kinds = (hint := model.model_fields[name].annotation, *get_args(hint))
        model = next(
            (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)),
            BaseModel,
        )
    return True


def _can_carry(pack: WordingPack, required: tuple[RequiredLetter, ...]) -> None:
    for letter in required:
        here = "*" in letter.countries or set(letter.countries) & set(pack.countries)
        if letter.template not in pack.templates or not here:
            continue
        for sentence in (said for field in letter.fields for said in field.says):
            if sentence not in pack.sentences:
                raise WordingPackError(
                    f"{pack.locale}/pack.toml: no sentence {sentence!r}, which {letter.template} "
                    "must say (required.toml)"
                )


def _read_pack(folder: Path) -> WordingPack:
    digest = hashlib.sha256()
    read: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        raw = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + raw + b"\0")
        try:
            read[path.stem] = tomllib.loads(raw.decode())
        except ValueError as error:
            raise WordingPackError(f"{folder.name}/{path.name}: {error}") from None
    head = read.pop("pack")
    try:
        pack = WordingPack.model_validate({**head, "templates": read, "sha256": digest.hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WordingPackError(f"{folder.name}: {place}: {first['msg']}") from None
    if pack.locale != folder.name:
        raise WordingPackError(f"{folder.name}/pack.toml says that it is {pack.locale}")
    for name, words in pack.templates.items():
        for sentence in words.says:
            if sentence not in pack.sentences:
                raise WordingPackError(f"{folder.name}/{name}.toml: no sentence {sentence!r}")
        if _demands(words) and PAID_ALREADY not in pack.sentences:
            raise WordingPackError(f"{folder.name}/pack.toml: no sentence {PAID_ALREADY!r}")
        for source in (words.subject, words.sms, words.text, words.phone, words.visit):
            try:
                _compiled(source)
            except TemplateError as error:
                raise WordingPackError(f"{folder.name}/{name}.toml: {error.message}") from None
    return pack


PAID_ALREADY = "paid_already"
"""The sentence that who has paid meanwhile need do nothing: every written demand carries it."""

_OPENING = frozenset({Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION})


def _demands(words: Words) -> bool:
    """Whether a letter of this asks for money and does nothing else.

    A notice of transfer or validation tells of rights that whoever has paid keeps: nobody is asked
    to disregard it (15 U.S.C. 1692g(b)); it says itself how what was paid before counts.
    """
    return words.collects and bool(words.text) and not _OPENING.issuperset(words.purposes)


def compose(request: MessageFacts, pack: WordingPack) -> Composed:
    """Render one message and check it; ``MessageRefusedError`` says what keeps it from being sent."""
    words = _template(request, pack)
    facts = _named(_clean(request), words, pack)
    required = _required(facts, pack)
    _complete(facts, words, required)
    writer = _Writer(facts, pack)
    subject = writer.render(words.subject) if _written(facts) else ""
    letter = None
    match facts.channel:
        case Channel.LETTER:
            letter = writer.letter(words, subject)
            body = writer.plain_letter(letter)
        case Channel.EMAIL:
            body = writer.email(words)
        case Channel.SMS:
            body = writer.line(words.sms)
        case Channel.PHONE:
            body = writer.render(words.phone)
            _identity_first(body, facts)
        case Channel.VISIT:
            body = writer.render(words.visit)
            _identity_first(body, facts)
    _states(body, facts, words, writer, required)
    _judge(body, subject, facts, words, writer, required)
    spoken = f"{facts.channel}\n{subject}\n{body}"
    return Composed(
        locale=pack.locale,
        channel=facts.channel,
        template=facts.template,
        version=f"{pack.version}+{pack.sha256[:8]}",
        subject=subject,
        body=body,
        letter=letter,
        owed=facts.owed,
        currency=facts.currency,
        as_of=facts.as_of,
        sha256=hashlib.sha256(spoken.encode()).hexdigest(),
        carries=_carried(body, facts, writer),
    )


def _written(facts: MessageFacts) -> bool:
    return facts.channel in {Channel.LETTER, Channel.EMAIL}


def _carried(body: str, facts: MessageFacts, writer: _Writer) -> frozenset[str]:
    """Answer what stands in a rendered text, looked for in the text and not in the template."""
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    read = guard.bare(body)
    found = {name for name, text in writer.say.items() if text and guard.bare(text) in read}
    if (name := guard.bare(facts.collector.legal_name)) and name in read:
        found.add("collector")
    return frozenset(found)


def money(minor: int, currency: str, locale: str) -> str:
    """Write an amount for people: ``$1,170.00``, ``1,170.00元``, ``£600.00``, ``1.170,00 €``.

    Where the sign stands and how digits are grouped is the locale's (Unicode CLDR).
    """
    value = Money(minor, currency).decimal
    place = locale.replace("-", "_")
    if currency == "CNY" and locale.startswith("zh"):
        return format_currency(value, currency, "#,##0.00元", locale=place)
    digits = exponent(currency)
    shape = standard_amount(locale)
    number = shape.number + ("." + "0" * digits if digits else "")
    apart = shape.apart or get_currency_symbol(currency, place) == currency
    gap = " " if apart else ""
    pattern = f"{number}{gap}¤" if shape.sign_follows else f"¤{gap}{number}"
    return format_currency(value, currency, pattern, locale=place, currency_digits=False)


def day(value: date, locale: str) -> str:
    """Write a day in full: ``29 June 2026``, ``June 29, 2026``, ``2026年6月29日``."""
    return format_date(value, format="long", locale=locale.replace("-", "_"))


def instant(value: datetime, zone: str, locale: str) -> str:
    """Write an instant to the minute with its zone: ``30 June 2026, 23:59 (Europe/London, UTC+01:00)``."""
    there = value.astimezone(ZoneInfo(zone))
    clock = format_time(
        there, "short" if locale == "en-US" else "HH:mm", locale=locale.replace("-", "_")
    )
    offset = f"{there:%z}"
    where = f"{zone}, UTC{offset[:3]}:{offset[3:5]}"
    if locale.startswith("zh"):
        return f"{day(there.date(), locale)} {clock}（{where}）"
    return f"{day(there.date(), locale)}, {clock} ({where})"


# What is asked for and what is known


def _template(request: MessageFacts, pack: WordingPack) -> Words:
    name = request.template
    if request.locale != pack.locale:
        advice = f"use the pack of {request.locale}; this one is {pack.locale}"
        raise MessageRefusedError(Refusal.LOCALE, name, "another language", advice)
    if request.country not in pack.countries:
        raise MessageRefusedError(
            Refusal.COUNTRY,
            name,
            f"the {pack.locale} pack is not written for {request.country or 'an unknown country'}",
            f"it covers {', '.join(pack.countries)}; add a pack, or write by hand",
        )
    words = pack.templates.get(name)
    if words is None or not _source(words, request.channel):
        raise MessageRefusedError(
            Refusal.TEMPLATE,
            name,
            f"no {pack.locale} text for {request.channel}",
            f"add it to packs/wording/{pack.locale}/{name}.toml",
        )
    if request.purpose not in words.purposes:
        advice = f"it serves {', '.join(words.purposes)}"
        raise MessageRefusedError(Refusal.PURPOSE, name, f"not for {request.purpose}", advice)
    return words


def _source(words: Words, channel: Channel) -> str:
    match channel:
        case Channel.LETTER | Channel.EMAIL:
            return words.text
        case Channel.SMS:
            return words.sms
        case Channel.PHONE:
            return words.phone
        case Channel.VISIT:
            return words.visit


def _clean(request: MessageFacts) -> MessageFacts:
    """Bring every text to one line without control or invisible characters."""

    def clean(value: Any) -> Any:
        if isinstance(value, str) and type(value) is str:
            seen = "".join(
                " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char
                for char in value
                if unicodedata.category(char) not in {"Cf", "Co", "Cs"}
            )
            return " ".join(seen.split())
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return tuple(clean(item) for item in value)
        return value

    return MessageFacts.model_validate(clean(request.model_dump()))


def _named(facts: MessageFacts, words: Words, pack: WordingPack) -> MessageFacts:
    """Put the word for the kind of debt in the place of its code."""
    if facts.product and facts.product not in pack.products and "product" in words.needs:
        raise MessageRefusedError(
            Refusal.FIELD,
            facts.template,
            f"product {facts.product!r} has no word in {pack.locale}",
            f"add it to packs/wording/{pack.locale}/pack.toml",
        )
    return facts.model_copy(update={"product": pack.products.get(facts.product, "")})


_ALWAYS = (
    "collector.legal_name",
    "collector.phone",
    "owner.legal_name",
    "transfer.assignor.legal_name",
    "reference",
    "person.name",
    "currency",
)
"""Without these the sender does not say who it is and by what right it writes (mission 2)."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _lookup(facts: MessageFacts, path: str) -> Any:
    value: Any = facts
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _complete(facts: MessageFacts, words: Words, required: RequiredLetter | None) -> None:
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    _carries_fields(facts, required)
    needs = [*_ALWAYS, *words.needs]
    if facts.channel is Channel.LETTER:
        needs += ["person.lines", "collector.address", "collector.envelope_name"]
    for path in needs:
        value = _lookup(facts, path)
        if value is None or value in ("", ()):
            advice = "supply it, or send another message"
            raise MessageRefusedError(Refusal.FIELD, facts.template, f"{path} is empty", advice)
    if facts.zone not in _zones():
        advice = "give an IANA name, as Asia/Shanghai"
        raise MessageRefusedError(Refusal.FIELD, facts.template, "zone is unknown", advice)
    if facts.parts and sum(part.minor for part in facts.parts) != facts.owed:
        advice = "read both from the ledger at one moment"
        raise MessageRefusedError(
            Refusal.FIELD, facts.template, "parts do not add up to owed", advice
        )
    agreement = facts.agreement if "agreement" in words.needs else None
    if agreement and (
        agreement.total > facts.owed
        or sum(part.minor for part in agreement.instalments) != agreement.total
    ):
        advice = "make it anew from the plan and the ledger at one moment"
        raise MessageRefusedError(
            Refusal.FIELD, facts.template, "agreement does not add up", advice
        )
    account = facts.statement if "statement" in words.needs else None
    if account and account.on == _today(facts) and account.outstanding != facts.owed:
        advice = "read both from the ledger at one moment"
        raise MessageRefusedError(
            Refusal.FIELD, facts.template, "statement does not lead to owed", advice
        )
    offer = facts.offer if "offer" in words.needs else None
    if offer and (
        offer.total > facts.owed
        or sum(part.minor for part in offer.instalments) not in {0, offer.total}
    ):
        advice = "make it anew from the balance of this moment"
        raise MessageRefusedError(Refusal.FIELD, facts.template, "offer does not add up", advice)
    since = facts.itemization
    if since and "itemization" in words.needs:
        now = since.balance + since.interest + since.fees - since.payments - since.credits
        if now != facts.owed:
            advice = "bring it up to the moment of sending (12 CFR 1006.34(c)(2)(viii))"
            raise MessageRefusedError(
                Refusal.FIELD, facts.template, "itemization does not lead to owed", advice
            )
    if words.nothing_owed and facts.owed:
        advice = "send it when the ledger shows nothing outstanding"
        raise MessageRefusedError(Refusal.FIELD, facts.template, "something is still owed", advice)
    if facts.channel is Channel.LETTER and not guard.neutral(facts.collector.envelope_name):
        advice = "use a name without debt words (12 CFR 1006.22(f)(2))"
        raise MessageRefusedError(
            Refusal.FIELD, facts.template, "collector.envelope_name tells of a debt", advice
        )


def _required(facts: MessageFacts, pack: WordingPack) -> RequiredLetter | None:
    """What the law demands of letters, and of e-mails that open a case."""
    required = pack.required_of(facts.template, facts.country)
    by_mail = facts.channel is Channel.EMAIL and facts.purpose in _OPENING
    return required if facts.channel is Channel.LETTER or by_mail else None


def _carries_fields(facts: MessageFacts, required: RequiredLetter | None) -> None:
    """Refuse a letter that lacks a field its law demands, with the field's number and source."""
    for field in required.fields if required else ():
        for path in (*field.needs, *field.states):
            if _lookup(facts, path) in (None, "", ()):
                raise MessageRefusedError(
                    Refusal.FIELD,
                    facts.template,
                    f"{path} is empty",
                    f"supply it: field {field.n}, {field.what} ({field.source})",
                )


def _today(facts: MessageFacts) -> date:
    return facts.as_of.astimezone(ZoneInfo(facts.zone)).date()


# Rendering

_MARKER = re.compile(r"\[[a-z_]+\]")


def _empty_is_refused(value: Any) -> Any:
    if value is None or value == "":
        raise TemplateError("a value in the text is empty")
    # In somebody's name "[x]" is text: a joiner that prints nothing keeps it from being a block.
    return (
        _MARKER.sub(lambda found: f"[\u2060{found[0][1:]}", value) if "[" in str(value) else value
    )


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text; the typesetter gets values, never markup
    finalize=_empty_is_refused,
)


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


class _Say(dict[str, str]):
    """Sentences of the pack, rendered when a template asks for them."""

    def __init__(self, writer: _Writer) -> None:
        super().__init__()
        self._writer = writer

    def __missing__(self, name: str) -> str:
        self[name] = text = self._writer.sentence(name)
        return text


class _Writer:
    """Renders one message."""

    def __init__(self, facts: MessageFacts, pack: WordingPack) -> None:
        self.facts = facts
        self.pack = pack
        self.say = _Say(self)
        self._values = dict(facts) | {
            "say": self.say,
            "salutation": self._salutation(),
            "today": self.today,
            "terms": self.labels,
            "money": self.money,
            "day": self.day,
            "instant": self.instant,
            "own": facts.collector.legal_name == facts.owner.legal_name,
        }

    @property
    def today(self) -> date:
        return self.facts.as_of.astimezone(ZoneInfo(self.facts.zone)).date()

    def money(self, minor: int) -> str:
        return money(minor, self.facts.currency, self.pack.locale)

    def day(self, value: date) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(self.facts.zone)).date()
        return day(value, self.pack.locale)

    def shown(self, value: Any) -> tuple[str, ...]:
        """Answer a fact in the words in which the text must state it."""
        match value:
            case int():
                return (self.money(value),)
            case datetime():
                return (self.instant(value),)
            case date():
                return (self.day(value),)
            case tuple():
                return tuple(str(item) for item in value)
            case Organisation():
                return (value.legal_name,)
            case _:
                return (str(value),)

    def sentence(self, name: str) -> str:
        return self.render(self.pack.sentences[name])

    def render(self, source: str) -> str:
        try:
            text = _compiled(source).render(self._values)
        except (TemplateError, TypeError, AttributeError, KeyError) as error:
            said = error.message if isinstance(error, TemplateError) else type(error).__name__
            raise MessageRefusedError(
                Refusal.FIELD,
                self.facts.template,
                said or "a value is missing",
                "supply the fact that the text speaks of",
            ) from None
        return re.sub(r"\n\s*\n", "\n\n", text).strip()

    def line(self, source: str) -> str:
        """Render a text message: one paragraph."""
        lines = (line.strip() for line in self.render(source).splitlines())
        return ("" if self.pack.locale.startswith("zh") else " ").join(filter(None, lines))

    def _salutation(self) -> str:
        person = self.facts.person
        title = self.pack.titles.get(person.title, "") if person.title is not Title.NONE else ""
        source = self.pack.salutation if title else self.pack.salutation_plain
        return _compiled(source).render(
            title=title, name=person.name, family_name=person.family_name or person.name
        )

    # Blocks

    def blocks(self, source: str) -> tuple[Block, ...]:
        """Render the text of a letter or e-mail and take it apart into blocks.

        What stands between the lines ``[columns]``, ``[next]`` and ``[end]`` is set in two columns.
        """
        before, _, rest = self.render(source).partition("[columns]")
        if not rest:
            return self._taken_apart(before)
        beside, _, after = rest.partition("[end]")
        left, _, right = beside.partition("[next]")
        columns = Columns(left=self._taken_apart(left), right=self._taken_apart(right))
        return (*self._taken_apart(before), columns, *self._taken_apart(after))

    def _taken_apart(self, text: str) -> tuple[Block, ...]:
        made: list[Block] = []
        for chunk in re.split(r"\n\s*\n", text):
            lines = [line.strip() for line in chunk.strip().splitlines()]
            if not lines:
                continue
            if _MARKER.fullmatch(chunk.strip()):
                made.append(self._block(lines[0].strip("[]")))
                continue
            if lines[0].startswith("# "):
                made.append(Heading(text=self._joined(lines)[2:]))
            elif lines[0].startswith("! "):
                made.append(Paragraph(text=self._joined(lines)[2:], strong=True))
            elif lines[0].startswith("- "):
                items = "\n".join(lines).removeprefix("- ").split("\n- ")
                made.append(Bullets(items=tuple(self._joined(i.split("\n")) for i in items)))
            else:
                made.append(Paragraph(text=self._joined(lines)))
            if _MARKER.search(self.plain(made[-1])):
                self._unfilled("inside a paragraph")
        return tuple(made)

    def _joined(self, lines: list[str]) -> str:
        return ("" if self.pack.locale.startswith("zh") else " ").join(lines)

    def _block(self, name: str) -> Block:
        facts, terms = self.facts, self.pack.terms
        match name:
            case "amounts":
                rows = [
                    Row(label=terms[part.bucket], amount=self.money(part.minor))
                    for part in facts.parts
                ]
                return Table(rows=(*rows, self._total()))
            case "itemization" if facts.itemization:
                return self._itemization()
            case "plan" if facts.offer and facts.offer.instalments:
                rows = [
                    Row(label=self.day(part.on), amount=self.money(part.minor))
                    for part in facts.offer.instalments
                ]
                total = Row(label=terms["total"], amount=self.money(facts.offer.total), total=True)
                return Table(rows=(*rows, total))
            case "agreement" if facts.agreement:
                rows = [
                    Row(label=self.day(part.on), amount=self.money(part.minor))
                    for part in facts.agreement.instalments
                ]
                whole = self.money(facts.agreement.total)
                return Table(rows=(*rows, Row(label=terms["total"], amount=whole, total=True)))
            case "statement" if facts.statement:
                return self._listing(facts.statement)
            case "sums" if facts.statement:
                return self._sums(facts.statement)
            case "signatures":
                return Signatures(
                    names=(facts.collector.legal_name, facts.person.name),
                    caption=self.labels["sign_here"],
                )
            case "seals":
                return Signatures(
                    names=tuple(
                        self._labelled(self.labels[role], who.legal_name)
                        for role, who in (
                            ("assignor", facts.transfer.assignor), ("assignee", facts.owner)
                        )
                    ),
                    caption=self.labels["seal_here"],
                )  # fmt: skip
            case "pay":
                return Facts(rows=self._ways_to_pay())
            case "tear_off":
                return TearOff(
                    title=terms["tear_off_title"],
                    question=terms["tear_off_question"],
                    boxes=tuple(
                        Box(text=box.removeprefix("+"), under=box.startswith("+"))
                        for box in terms["tear_off_boxes"].split("|")
                    ),
                    labels=(terms["tear_off_to"], terms["tear_off_from"]),
                    back_to=(facts.collector.legal_name, *facts.collector.address),
                    sent_by=(facts.person.name, *facts.person.lines),
                    reference=self._labelled(terms["reference"], facts.reference),
                )
            case _:
                return self._unfilled(f"[{name}]")

    def _unfilled(self, block: str) -> NoReturn:
        raise MessageRefusedError(
            Refusal.FIELD,
            self.facts.template,
            f"block {block} cannot be filled",
            "supply the facts it shows, and give it a line and a paragraph of its own",
        )

    @property
    def labels(self) -> dict[str, str]:
        """The pack's labels, those of statements, and those of the message itself."""
        templates = self.pack.templates
        account = templates["statement"].terms if "statement" in templates else {}
        return {**self.pack.terms, **account, **templates[self.facts.template].terms}

    def _listing(self, account: Statement) -> Listing:
        labels = self.labels
        rows = [
            (
                self.short_day(line.on),
                labels[f"entry_{line.kind}"]
                + (f"{labels['of']}{labels[line.bucket]}" if line.bucket else ""),
                self.signed(line.minor),
                self.signed(line.balance),
            )
            for line in account.lines
        ]
        owed = self.signed(account.outstanding - account.credit)
        return Listing(
            head=tuple(labels["statement_head"].split("|")),
            amounts=(False, False, True, True),
            rows=tuple(rows),
            total=(self.short_day(account.on), labels["balance"], "", owed),
        )

    def _sums(self, account: Statement) -> Table:
        labels = self.labels
        rows = [
            Row(label=labels["sum_charged"], amount=self.money(account.charged)),
            Row(label=labels["sum_paid"], amount=self.signed(-account.paid)),
            Row(label=labels["sum_waived"], amount=self.signed(-account.waived)),
        ]
        on = labels["owed_on"].format(day=self.day(account.on))
        rows.append(Row(label=on, amount=self.money(account.outstanding), total=True))
        if account.credit:
            rows.append(Row(label=labels["sum_credit"], amount=self.money(account.credit)))
        return Table(rows=tuple(rows))

    def signed(self, minor: int) -> str:
        """Write an amount with a real minus sign where it takes away."""
        return f"\u2212{self.money(-minor)}" if minor < 0 else self.money(minor)

    def short_day(self, value: date) -> str:
        """Write a day for a column of a table."""
        return format_date(value, format="medium", locale=self.pack.locale.replace("-", "_"))

    def instant(self, value: datetime) -> str:
        return instant(value, self.facts.zone, self.pack.locale)

    def _itemization(self) -> Table:
        terms, since = self.pack.terms, self.facts.itemization
        assert since is not None
        rows = (
            (terms["balance_on"].format(day=self.day(since.on)), since.balance),
            (terms["interest_since"], since.interest),
            (terms["fees_since"], since.fees),
            (terms["payments_since"], since.payments),
            (terms["credits_since"], since.credits),
        )
        shown = (Row(label=label, amount=self.money(minor)) for label, minor in rows)
        return Table(rows=(*shown, self._total()))

    def _total(self) -> Row:
        label = self.pack.terms["total_as_of"].format(day=self.day(self.facts.as_of))
        return Row(label=label, amount=self.money(self.facts.owed), total=True)

    def _ways_to_pay(self) -> tuple[tuple[str, str], ...]:
        collector, terms = self.facts.collector, self.pack.terms
        rows = (
            (terms["pay_online"], collector.pay_site),
            (terms["account_holder"], collector.account_holder),
            (terms["account_number"], collector.account_number),
            (terms["bank"], collector.bank),
            (terms["pay_phone"], collector.phone),
            (terms["pay_reference"], self.facts.reference),
        )
        return tuple(row for row in rows if row[1])

    # Whole messages

    def letter(self, words: Words, subject: str) -> LetterContent:
        facts, terms, collector = self.facts, self.pack.terms, self.facts.collector
        blocks = self.blocks(words.text)
        reach = [
            *([f"{terms['phone']} {collector.phone}"]),
            *([f"{terms['email']} {collector.email}"] if collector.email else []),
            *([collector.hours] if collector.hours else []),
        ]
        footer = [
            collector.legal_name,
            *(
                [f"{terms['registration']} {collector.registration}"]
                if collector.registration
                else []
            ),
            *([f"{terms['licence']} {collector.licence}"] if collector.licence else []),
        ]
        return LetterContent(
            locale=self.pack.locale,
            paper=self.pack.paper,
            envelope_name=collector.envelope_name,
            sender=(collector.legal_name, *collector.address, *reach),
            recipient=(facts.person.name, *facts.person.lines),
            date=self.day(facts.as_of),
            reference=(terms["reference"], facts.reference),
            subject=subject,
            salutation=self._salutation(),
            blocks=tuple(block for block in blocks if not isinstance(block, TearOff)),
            tear_off=next((block for block in blocks if isinstance(block, TearOff)), None),
            closing=self.pack.closing,
            signature=tuple(filter(None, (facts.agent, collector.legal_name))),
            form=words.form,
            footer=" · ".join(footer),
            page=terms["page"],
        )

    def email(self, words: Words) -> str:
        blocks = "\n\n".join(self.plain(block) for block in self.blocks(words.text))
        collector, terms = self.facts.collector, self.pack.terms
        signed = [
            *([self.facts.agent] if self.facts.agent else []),
            collector.legal_name,
            *collector.address,
            f"{terms['phone']} {collector.phone}",
        ]
        parts = [
            self._salutation(),
            blocks,
            f"{self.pack.closing}\n" + "\n".join(signed),
            self._labelled(terms["reference"], self.facts.reference),
            self.say["opt_out_email"],
        ]
        return "\n\n".join(parts)

    def plain_letter(self, letter: LetterContent) -> str:
        """Write a letter's words as lines of text, for the record and for the guard."""
        parts = (
            "\n".join(letter.sender),
            "\n".join(letter.recipient),
            letter.date,
            self._labelled(*letter.reference),
            letter.subject,
            letter.salutation,
            *(self.plain(block) for block in letter.blocks),
            "" if letter.form else "\n".join((letter.closing, *letter.signature)),
            letter.footer,
            self.plain(letter.tear_off) if letter.tear_off else "",
        )
        return "\n\n".join(filter(None, parts))

    def plain(self, block: Block) -> str:
        """Write a block as lines of text."""
        match block:
            case Heading(text=text) | Paragraph(text=text):
                return text
            case Bullets(items=items):
                return "\n".join(f"- {item}" for item in items)
            case Table(rows=rows):
                return "\n".join(self._labelled(row.label, row.amount) for row in rows)
            case Facts(rows=rows):
                return "\n".join(self._labelled(label, value) for label, value in rows)
            case Listing(head=head, rows=rows, total=total):
                lines = (head, *rows, *((total,) if total else ()))
                return "\n".join(" | ".join(line) for line in lines)
            case Columns(left=left, right=right):
                return "\n\n".join(self.plain(part) for part in (*left, *right))
            case Signatures(names=names, caption=caption):
                return "\n".join(self._labelled(name, caption) for name in names)
            case TearOff():
                lines = (
                    "-" * 40,
                    block.title,
                    block.question,
                    *(f"{'    ' * box.under}[ ] {box.text}" for box in block.boxes),
                    block.reference,
                    block.labels[0],
                    *block.back_to,
                    block.labels[1],
                    *block.sent_by,
                )
                return "\n".join(lines)

    def _labelled(self, label: str, value: str) -> str:
        return f"{label}{self.pack.terms['colon']}{value}"


# The checks on what was rendered

IDENTITY = "[identity]"
"""Line of a script where the agent has confirmed who is speaking."""


def _identity_first(body: str, facts: MessageFacts) -> None:
    """Nothing of a debt is said before it is clear who listens (GB/T 45251, 12 CFR 1006.6(d))."""
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    before, found, _ = body.partition(IDENTITY)
    if found and not guard.neutral(before):
        raise MessageRefusedError(
            Refusal.SENTENCE,
            facts.template,
            "the script tells of a debt before identity is confirmed",
            f"say it after the line {IDENTITY}",
        )


def _states(
    body: str, facts: MessageFacts, words: Words, writer: _Writer, required: RequiredLetter | None
) -> None:
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    read = guard.bare(body)
    always = () if words.private else ("collector.legal_name", "owner.legal_name")
    fields = required.fields if required else ()
    demanded = [path for field in fields for path in field.states]
    known = [
        path
        for field in fields
        for path in field.shows
        if _lookup(facts, path) not in (None, "", ())
    ]
    for path in dict.fromkeys((*always, *words.states, *demanded, *known)):
        for shown in writer.shown(_lookup(facts, path)):
            if guard.bare(shown) not in read:
                raise MessageRefusedError(
                    Refusal.SENTENCE,
                    facts.template,
                    f"the text does not state {path}",
                    "write it into the template",
                )
    # The date of a letter stands above it; the amount needs its own day beside it.
    own = 1 if facts.channel is Channel.LETTER else 0
    if (
        _written(facts)
        and _demands(words)
        and read.count(guard.bare(writer.day(facts.as_of))) <= own
    ):
        raise MessageRefusedError(
            Refusal.SENTENCE,
            facts.template,
            "the text does not say of which day the amount is",
            "write day(as_of) beside it, or show the block [amounts]",
        )


def _judge(  # noqa: PLR0917
    body: str,
    subject: str,
    facts: MessageFacts,
    words: Words,
    writer: _Writer,
    required: RequiredLetter | None,
) -> None:
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    pack = writer.pack
    demanded = (said for field in (required.fields if required else ()) for said in field.says)
    says = list(dict.fromkeys((*words.says, *demanded)))
    if words.collects and facts.time_barred:
        says.append("time_barred")
    if _written(facts) and _demands(words):
        says.append(PAID_ALREADY)
    opt_out = {Channel.SMS: "opt_out_sms", Channel.EMAIL: "opt_out_email"}.get(facts.channel)
    context = WordingContext(
        channel=facts.channel,
        country=facts.country,
        sender=facts.collector.legal_name,
        balance=facts.owed,
        currency=facts.currency,
        amounts=_amounts(facts),
        legal_event=facts.legal_event.id if facts.legal_event else None,
        legal_event_approved=bool(facts.legal_event and facts.legal_event.approved),
        legal_event_kind=facts.legal_event.kind if facts.legal_event else LegalStep.FILED,
        legal_event_on=facts.legal_event.on if facts.legal_event else None,
        legal_event_court=facts.legal_event.court if facts.legal_event else "",
        credit_reporting=facts.credit_reporting,
        time_barred=facts.time_barred,
        today=writer.today,
        deadline=facts.offer.until if facts.offer and "offer" in words.needs else None,
        dispute_until=facts.validation_until,
        final_letters=facts.final_letters,
        first=facts.first,
        approved=True,
        voicemail=words.private,
        reference=facts.reference,
        opt_out=writer.say[opt_out] if opt_out else "",
        hosts=frozenset(filter(None, [urlsplit(facts.collector.pay_site).hostname])),
        names=tuple(
            filter(
                None,
                (
                    facts.person.name, *facts.person.lines, facts.agent, facts.owner.legal_name,
                    facts.transfer.assignor.legal_name, facts.original_creditor,
                ),
            )
        ),
        public_numbers=tuple(
            filter(
                None,
                (
                    facts.collector.account_number, facts.collector.registration,
                    facts.collector.licence, facts.owner.registration, facts.contract_ref,
                    facts.transfer.assignor.registration, facts.transfer.agreement_ref,
                    facts.reference, facts.account_masked,
                ),
            )
        ),
        subject="" if facts.channel is Channel.LETTER else subject,
        required=tuple(Due(rule=name, text=writer.say[name]) for name in says),
    )  # fmt: skip
    verdict = guard.check(body, pack.locale, context, complete=True)
    if not verdict.passed:
        rules = ", ".join(sorted({finding.rule for finding in verdict.findings}))
        advice = "; ".join(dict.fromkeys(finding.advice for finding in verdict.findings))
        raise MessageRefusedError(Refusal.WORDING, facts.template, rules, advice)


def _amounts(facts: MessageFacts) -> frozenset[int]:
    """Answer all amounts of the case that a text may state."""
    found = {0, *(part.minor for part in facts.parts)}
    if since := facts.itemization:
        found |= {since.balance, since.interest, since.fees, since.payments, since.credits}
    if offer := facts.offer:
        found |= {offer.total, facts.owed - offer.total}
        found |= {part.minor for part in offer.instalments}
    if agreement := facts.agreement:
        found |= {agreement.total, facts.owed - agreement.total}
        found |= {part.minor for part in agreement.instalments}
    if account := facts.statement:
        found |= {
            account.charged,
            account.paid,
            account.waived,
            account.outstanding,
            account.credit,
        }
        found |= {part.minor for part in account.parts}
        found |= {abs(line.minor) for line in account.lines}
        found |= {abs(line.balance) for line in account.lines}
    for part in (facts.promise, facts.received):
        if part:
            found.add(part.minor)
    if facts.correction:
        found.add(facts.correction.said)
    if facts.lent is not None:
        found.add(facts.lent)
    return frozenset(found)
