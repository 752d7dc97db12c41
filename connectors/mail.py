"""E-mail over SMTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from typing import Literal
from uuid import UUID

import aiosmtplib

from connectors.base import refusal
from models.contact import Channel
from models.message import Accepted, CannotTell, Delivery, Doubt, OutboundMessage, Refused, Sighting

Security = Literal["starttls", "tls", "none"]


def message_id(contact_id: UUID, sender: str) -> str:
    """Name a contact's e-mail; bounces and replies quote it."""
    return f"<{contact_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def written(message: OutboundMessage, sender: str) -> bytes | Refused:
    """Write the message as MIME in UTF-8, with the contact's id in two headers."""
    try:
        return _mime(message, sender).as_bytes()
    except (ValueError, MessageError):
        return Refused(reason="address_or_subject_malformed", permanent=True)


def _mime(message: OutboundMessage, sender: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP_POLICY)
    name, address = parseaddr(sender)
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = message.subject
    mail["Date"] = message.at
    mail["Message-ID"] = message_id(message.contact_id, sender)
    mail["X-Cession-Contact"] = str(message.contact_id)
    mail["Content-Language"] = message.locale
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, cte="quoted-printable")
    for attachment in message.attachments:
        main, _, sub = attachment.media_type.partition("/")
        mail.add_attachment(
            attachment.content, maintype=main, subtype=sub, filename=attachment.name
        )
    return mail


@dataclass(frozen=True)
class SmtpAccount:
    """A mail server and how to enter it."""

    host: str
    port: int
    sender: str
    """``Name <address>`` that replies and bounces go to."""
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """PEM file of the authority to trust; empty trusts what the machine trusts."""
    timeout: float = 30.0
    """Seconds for each step of the conversation."""


class SmtpMail:
    """Hands one message to the mail server in one session.

    Until the server has the text, every failure is certain: the mail is not taken. From then on
    only its answer is certain, and a lost connection is doubt (RFC 5321, 4.2.5 and 6.1).
    """

    name = "smtp"
    settles = None

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account

    async def deliver(self, message: OutboundMessage) -> Delivery:
        refused = refusal(message, Channel.EMAIL)
        if refused:
            return refused
        content = written(message, self._account.sender)
        if isinstance(content, Refused):
            return content
        server = self._server()
        try:
            opened = await self._open(server, message.to)
            return opened or await self._hand_over(server, content, message.contact_id)
        finally:
            server.close()

    async def lookup(self, contact_id: UUID) -> Sighting:
        del contact_id
        return CannotTell(reason="smtp_keeps_no_record")

    async def close(self) -> None:
        """Nothing is open between messages."""

    def _server(self) -> aiosmtplib.SMTP:
        account = self._account
        return aiosmtplib.SMTP(
            hostname=account.host,
            port=account.port,
            timeout=account.timeout,
            use_tls=account.security == "tls",
            start_tls=account.security == "starttls",
            username=account.username or None,
            password=account.password or None,
            cert_bundle=account.ca_file or None,
        )

    async def _open(self, server: aiosmtplib.SMTP, to: str) -> Refused | None:
        try:
            await server.connect()
            await server.mail(parseaddr(self._account.sender)[1])
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refused(reason=_reason(error), permanent=False)
        try:
            await server.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            return Refused(reason=_reason(error), permanent=error.code >= 500)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refused(reason=_reason(error), permanent=False)
        except UnicodeEncodeError:
            return Refused(reason="address_not_ascii", permanent=True)
        return None

    async def _hand_over(
        self, server: aiosmtplib.SMTP, content: bytes, contact_id: UUID
    ) -> Delivery:
        try:
            await server.data(content)
        except aiosmtplib.SMTPResponseException as error:
            if error.code < 400:
                return Doubt(reason=_reason(error))
            return Refused(reason=_reason(error), permanent=error.code >= 500)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Doubt(reason=_reason(error))
        return Accepted(provider_id=message_id(contact_id, self._account.sender))


def _reason(error: Exception) -> str:
    """Name a failure without the server's words, which quote the address."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"smtp_{error.code}"
    return error.__class__.__name__
