import socket
from email import message_from_bytes
from email.policy import default

import pytest

from connectors.mail import SmtpAccount, SmtpMail
from models.contact import Channel
from models.message import Accepted, Doubt, Refused

SENDER = "Collections <post@example.org>"


def mail_to(port: int, **changes) -> SmtpMail:
    fields = {"security": "none", "timeout": 0.3, **changes}
    return SmtpMail(SmtpAccount("127.0.0.1", port, SENDER, **fields))


async def test_the_sink_receives_what_was_written(mail_sink, make_message):
    message = make_message(Channel.EMAIL)
    answer = await mail_to(mail_sink.port).deliver(message)
    assert answer == Accepted(provider_id=f"<{message.contact_id}@example.org>")
    mail = message_from_bytes(mail_sink.mails[0], policy=default)
    assert mail["Message-ID"] == answer.provider_id
    assert mail["From"] == SENDER
    assert mail.get_content().splitlines() == message.body.splitlines()


@pytest.mark.parametrize(
    ("rcpt", "data", "answer"),
    [
        ("450 busy", "250 OK", Refused(reason="smtp_450", permanent=False)),
        ("550 no such user", "250 OK", Refused(reason="smtp_550", permanent=True)),
        ("250 OK", "451 try again", Refused(reason="smtp_451", permanent=False)),
        ("250 OK", "554 not wanted", Refused(reason="smtp_554", permanent=True)),
    ],
)
async def test_the_servers_no_is_certain(mail_sink, make_message, rcpt, data, answer):
    mail_sink.rcpt, mail_sink.data = rcpt, data
    assert await mail_to(mail_sink.port).deliver(make_message(Channel.EMAIL)) == answer
    assert not mail_sink.mails


async def test_a_connection_lost_before_the_text_is_a_refusal_for_now(mail_sink, make_message):
    mail_sink.drop = "rcpt"
    answer = await mail_to(mail_sink.port).deliver(make_message(Channel.EMAIL))
    assert answer == Refused(reason="SMTPServerDisconnected", permanent=False)


async def test_a_connection_lost_after_the_text_is_doubt(mail_sink, make_message):
    mail_sink.drop = "data"
    answer = await mail_to(mail_sink.port).deliver(make_message(Channel.EMAIL))
    assert answer == Doubt(reason="SMTPServerDisconnected")
    assert len(mail_sink.mails) == 1


async def test_silence_after_the_text_is_doubt(mail_sink, make_message):
    mail_sink.hang = True
    answer = await mail_to(mail_sink.port).deliver(make_message(Channel.EMAIL))
    assert answer == Doubt(reason="SMTPReadTimeoutError")


async def test_nobody_listening_is_a_refusal_for_now(make_message):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = await mail_to(port).deliver(make_message(Channel.EMAIL))
    assert answer == Refused(reason="SMTPConnectError", permanent=False)


async def test_a_server_without_tls_gets_no_mail_when_tls_is_asked(mail_sink, make_message):
    answer = await mail_to(mail_sink.port, security="starttls").deliver(make_message(Channel.EMAIL))
    assert isinstance(answer, Refused)
    assert not answer.permanent
    assert not mail_sink.mails


@pytest.mark.parametrize("to", ["not an address", "a@example.com\r\nBcc: b@example.com", "李@例子"])
async def test_an_address_that_cannot_be_written_is_refused(mail_sink, make_message, to):
    answer = await mail_to(mail_sink.port).deliver(make_message(Channel.EMAIL, to=to))
    assert isinstance(answer, Refused)
    assert answer.permanent
    assert not mail_sink.mails
