"""Settings: built-in values, then ``cession.toml``, then ``CESSION_…`` variables.

Read here and not by a library: a setting that nobody knows must be refused by name, because a
misspelt limit would be no limit.
How Temporal is reached is set by its own variables (``TEMPORAL_…``) and files.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from models.base import Value
from models.contact import Mode
from models.json_text import JsonError, read_json
from models.register import RegisterKind
from runtime.clock import Clock, SharedClock, WallClock

PACKS = Path(__file__).parents[1] / "packs"
"""The product runs from its checkout."""

PREFIX = "CESSION_"

CONFIG = f"{PREFIX}CONFIG"
"""Names the settings file; ``cession.toml`` in the working directory if unset."""

KEEP_ALIVE = 75
"""Seconds that the gateway leaves an idle connection open: longer than proxies and senders do.

Whoever closes first must not be the server: a notice sent at that moment would be met by a reset."""


class SettingsError(Exception):
    """Settings that cannot be used; the text says which, why, and what to do."""


class RegisterSettings(Value):
    """One register that is asked before a contact: a file or a service."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: RegisterKind
    file: Path | None = None
    url: str = ""
    key: SecretStr = SecretStr("")
    """Bearer token of the service."""
    hours: float = Field(24.0, gt=0)
    """How old an answer may be."""
    places: tuple[str, ...] = ()
    """Jurisdictions in which it is asked; empty is everywhere."""

    @model_validator(mode="after")
    def _one_way(self) -> RegisterSettings:
        if bool(self.file) == bool(self.url):
            raise ValueError("a register has a file or a url, one of the two")
        return self


class FeedSettings(Value):
    """How old the news of one source of payments may be."""

    hours: float = Field(gt=0, le=24 * 60)
    """A bank that is silent at weekends needs more than a weekend's."""
    sellers: tuple[str, ...] = ()
    """Codes of the sellers whose debts are paid through it; empty: of all."""


class Settings(Value):
    """Everything that differs between two installations. Frozen; made by ``load``."""

    model_config = ConfigDict(hide_input_in_errors=True, validate_default=True)

    # Places
    var: Path = Path("var")
    """Directory of all durable state of the embedded stack, keys included."""
    outbox: Path | None = None
    """Directory of the file outbox; ``outbox`` under ``var`` if unset."""
    recordings: Path | None = None
    """Directory into which the telephone system puts recordings, each named by its contact's id."""
    database_url: SecretStr | None = None
    """``sqlite:///…`` or ``postgresql+psycopg://…``; a SQLite file under ``var`` if unset."""

    # Listeners; loopback unless told otherwise
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(8080, ge=0, le=65535)
    temporal_port: int = Field(7233, ge=0, le=65535)
    """Of the embedded Temporal server; 0 takes a free one, as with the other ports."""
    ui_port: int = Field(8233, ge=0, le=65535)
    metrics_address: str = ""
    """``host:port`` for Prometheus; empty serves none."""

    # Who collects, as every message names it
    collector_name: str = ""
    """Full legal name."""
    collector_address: str = ""
    collector_phone: str = ""
    collector_email: str = ""
    collector_pay_site: str = ""
    collector_account: str = ""
    """The account that debtors pay into, as printed in letters."""
    collector_account_holder: str = ""
    """Empty: the legal name."""
    collector_bank: str = ""
    collector_licence: str = ""
    collector_registration: str = ""
    """Registered number, in China the unified social credit code."""
    collector_envelope_name: str = ""
    """What envelopes and voicemails show: a name without any debt word."""
    collector_hours: str = ""
    collector_privacy: str = ""
    """Where questions about personal data go."""

    # How the house works. A live contact whose law asks for one that is not set is blocked.
    licensed_in: tuple[str, ...] = ()
    """Where the collector may collect: ``CN``, or for one state ``US-NY``."""
    calls_recorded: bool | None = None
    """All calls go through recorded company lines."""
    visit_staff: int | None = Field(None, ge=1)
    """How many collectors visit together."""
    visits_recorded: bool | None = None
    """Every visit is recorded from beginning to end."""
    visits_announced: bool | None = None
    """Nobody is visited without word before."""
    visitors_show_id: bool | None = None
    """Collectors show who they are before they speak."""

    token: SecretStr = SecretStr("")
    """Of who works at this command line; else who logged in here, else the first administrator."""

    language: Literal["", "en", "zh"] = ""
    """Of the command line and the desk; empty: that of ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``."""

    registers: dict[str, RegisterSettings] = Field(default_factory=dict)
    """Name to a register of insolvency, moratorium, reassigned numbers or litigation."""

    # Contact
    mode: Mode = Mode.SHADOW
    """Of new cases. Shadow writes every message to the outbox and reaches nobody."""
    sends_per_second: float = Field(20.0, gt=0)
    """Provider calls, over all workers of a cluster."""

    smtp_host: str = ""
    """Empty: no e-mail is sent outside shadow mode."""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_sender: str = ""
    """``Name <address>`` that replies and bounces go to."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")

    sms_url: str = ""
    """Base address of the SMS provider; empty: no SMS is sent outside shadow mode."""
    sms_key: SecretStr = SecretStr("")
    sms_sender: str = ""
    sms_receipts_url: str = ""

    # What comes in. Several secrets at once while one is being replaced.
    payment_secrets: dict[str, tuple[SecretStr, ...]] = Field(default_factory=dict)
    """Seller code to the secrets that its payment notices may be signed with."""
    refund_patience_days: int = Field(7, ge=1, le=365)
    """After so long a refund or chargeback whose payment never came is put before a person."""
    stripe_secrets: tuple[SecretStr, ...] = ()
    stripe_accounts: tuple[str, ...] = ()
    """Connected accounts that are ours too; what another one is paid is credited to nobody."""
    alipay_keys: tuple[SecretStr, ...] = ()
    """Alipay's public keys, as PEM or the base64 that its console shows."""
    alipay_app_ids: tuple[str, ...] = ()
    alipay_seller_ids: tuple[str, ...] = ()
    """Of ours; a notice for another app or seller is refused."""
    wechat_keys: dict[str, str] = Field(default_factory=dict)
    """Serial of a WeChat Pay platform certificate, or id of its public key, to its PEM."""
    wechat_secrets: tuple[SecretStr, ...] = ()
    """APIv3 keys of 32 characters."""
    wechat_mchids: tuple[str, ...] = ()
    wechat_appids: tuple[str, ...] = ()
    gocardless_secrets: tuple[SecretStr, ...] = ()
    gocardless_organisations: tuple[str, ...] = ()
    """Of ours, where a partner's app hears of several; another one's payments are credited to nobody."""
    adyen_secrets: tuple[SecretStr, ...] = ()
    """HMAC keys in hexadecimal."""
    adyen_accounts: tuple[str, ...] = ()
    """Merchant accounts of ours; empty: whatever a key signs."""
    adyen_capture: Literal["automatic", "manual"] = "automatic"
    """Manual: money counts when captured, not when authorised."""
    suspense_hold_days: int = Field(5, ge=0, le=60)
    """For how long the people whose debts unmatched money may be for are left in peace."""
    payment_feeds: dict[str, FeedSettings] = Field(default_factory=dict)
    """Source of payments (``bank:`` and our account, or a provider as ``stripe``) to how old its
    news may be: while it is older, nobody is told that they have not paid."""
    test_payments: bool | None = None
    """Whether events of a provider's test mode move money; unset: where ``mode`` is shadow."""
    receipt_secrets: dict[str, tuple[SecretStr, ...]] = Field(default_factory=dict)
    """Provider of receipts and replies to its secrets."""

    # Keeping
    retention: Literal["plan", "run"] = "plan"
    """What the daily look at what is due does: ``plan`` counts, ``run`` destroys."""
    gateway_rate: float = Field(500.0, gt=0)
    """Requests a second that one address may send to one way in, four seconds' worth at once."""

    # Running
    simulation: bool = False
    """Business time is the simulated clock under ``var``, never the machine's."""
    drain_seconds: float = Field(20.0, gt=0, le=600)
    """What is under way at SIGTERM may take that long; the process has ended eight seconds after."""
    log_style: Literal["json", "console"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    build_id: str = ""
    """Of a release; set, workers are versioned by it."""

    @field_validator("var", "outbox", "recordings")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value

    @property
    def database(self) -> str:
        """Address of the store, password included: never print it."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.var / 'cession.db'}"

    @property
    def tests_count(self) -> bool:
        """Whether a provider's play money moves ours; Stripe tells live endpoints of it too."""
        return self.mode is Mode.SHADOW if self.test_payments is None else self.test_payments

    @property
    def outbox_directory(self) -> Path:
        return self.outbox or self.var / "outbox"

    @property
    def keys_directory(self) -> Path:
        return self.var / "keys"

    @property
    def login_file(self) -> Path:
        """Where ``cession login`` keeps a token."""
        return self.var / "login.token"

    @property
    def admin_file(self) -> Path:
        """Where the token of the first administrator lies until somebody puts it away."""
        return self.var / "admin.token"

    def clock(self) -> Clock:
        return SharedClock(self.var / "clock") if self.simulation else WallClock()


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Read the settings; ``given`` ones win. Raises ``SettingsError`` with every problem in it."""
    environ = os.environ if environ is None else environ
    values = {**_file(environ), **_environment(environ), **given}
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = [
            f"  {'.'.join(map(str, problem['loc']))}: {problem['msg']} "
            f"(CESSION_{str(next(iter(problem['loc']), '')).upper()} in the environment)"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(["these settings cannot be used:", *problems])) from None


def _file(environ: Mapping[str, str]) -> dict[str, Any]:
    path = Path(environ.get(CONFIG, "cession.toml"))
    if not path.exists():
        if CONFIG in environ:
            raise SettingsError(f"the settings file {path} named by {CONFIG} does not exist")
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None
    return _known(_flat(table), f"in {path}", "")


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Read ``[smtp] host`` as ``smtp_host``, so that a file may be grouped."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict) and name not in Settings.model_fields:
            group = cast("dict[str, Any]", value)
            flat |= {f"{name}_{inner}": below for inner, below in _flat(group).items()}
        else:
            flat[name] = value
    return flat


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Take ``CESSION_NAME``, or ``CESSION_NAME_FILE`` with the path of a file that holds it."""
    texts: dict[str, str] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in Settings.model_fields and name.endswith("_file"):
            plain = name.removesuffix("_file")
            if f"{PREFIX}{plain.upper()}" in environ:
                raise SettingsError(f"set {variable} or {variable.removesuffix('_FILE')}, not both")
            try:
                texts[plain] = Path(text).read_text("utf-8").rstrip("\r\n")
            except OSError as error:
                raise SettingsError(f"{variable}: {text}: {error.strerror}") from None
        else:
            texts[name] = text
    known = _known(texts, "in the environment", PREFIX)
    return {name: _typed(name, text) for name, text in known.items()}


def _typed(name: str, text: str) -> Any:
    """Read tables and lists of secrets as JSON; the other settings are their text."""
    if Settings.model_fields[name].get_default(call_default_factory=True) not in ({}, ()):
        return text
    try:
        return read_json(text)
    except JsonError:
        raise SettingsError(
            f"{PREFIX}{name.upper()} is not JSON; write "
            + (
                '["one", "another"]'
                if Settings.model_fields[name].get_default(call_default_factory=True) == ()
                else '{"code": …}'
            )
        ) from None


def _known(values: dict[str, Any], where: str, prefix: str) -> dict[str, Any]:
    unknown = sorted(values.keys() - Settings.model_fields.keys())
    if not unknown:
        return values
    problems: list[str] = []
    for name in unknown:
        near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
        advice = f" (did you mean {_spelt(near[0], prefix)}?)" if near else ""
        problems.append(f"  {_spelt(name, prefix)}{advice}")
    raise SettingsError("\n".join([f"unknown settings {where}:", *problems]))


def _spelt(name: str, prefix: str) -> str:
    return f"{prefix}{name.upper()}" if prefix else name
