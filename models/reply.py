"""Words about what a person wrote back."""

from __future__ import annotations

from enum import StrEnum

from models.base import Value
from models.contact import Channel


class Meaning(StrEnum):
    """What a reply asks for or says, gravest first."""

    CEASE = "cease"
    OPT_OUT = "opt_out"
    DISPUTE = "dispute"
    PAYMENT_CLAIM = "payment_claim"
    AMBIGUOUS = "ambiguous"
    QUESTION = "question"
    OTHER = "other"


class Concern(StrEnum):
    """A fact about the person that a human must look at at once."""

    SELF_HARM = "self_harm"
    DECEASED = "deceased"
    IDENTITY_THEFT = "identity_theft"
    BANKRUPTCY = "bankruptcy"
    ATTORNEY = "attorney"
    WRONG_PARTY = "wrong_party"
    MINOR = "minor"
    VULNERABILITY = "vulnerability"
    COMPLAINT = "complaint"
    OTHER_LANGUAGE = "other_language"


class Reply(Value):
    """How a reply was read. It holds nothing of the text."""

    meanings: tuple[Meaning, ...]
    """All that was found, gravest first; never empty."""
    closed: frozenset[Channel] = frozenset()
    """Channels that the person closed."""
    concerns: tuple[Concern, ...] = ()
    human: bool = False
    """A person must read it."""
    rules: tuple[str, ...] = ()
    """Codes of the patterns that spoke."""

    @property
    def kind(self) -> Meaning:
        """The gravest meaning."""
        return self.meanings[0]

    @property
    def hold(self) -> bool:
        """Answer whether the channel it came by rests until a person has read it."""
        return Meaning.AMBIGUOUS in self.meanings or bool(self.concerns)
