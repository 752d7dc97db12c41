"""What every connector promises, whatever service stands behind it."""

from uuid import uuid4

import pytest

from connectors.base import Connectors, NoConnectorError
from connectors.letter import PrintFolder
from connectors.mail import SmtpAccount, SmtpMail
from connectors.outbox import FileOutbox
from connectors.sms import SmsAccount, SmsGateway
from models.contact import Channel, Mode
from models.message import Accepted, CannotTell, NotFound, Refused

SENDER = "Collections <post@example.org>"


@pytest.fixture(params=["outbox-sms", "outbox-email", "outbox-letter", "smtp", "sms", "print"])
async def served(request, tmp_path, sms_provider, mail_sink):
    match request.param:
        case "smtp":
            account = SmtpAccount("127.0.0.1", mail_sink.port, SENDER, security="none")
            connector, channel = SmtpMail(account), Channel.EMAIL
        case "sms":
            connector = SmsGateway(SmsAccount(sms_provider.url, "k", "EXAMPLE"))
            channel = Channel.SMS
        case "print":
            connector, channel = PrintFolder(tmp_path), Channel.LETTER
        case name:
            connector = FileOutbox(tmp_path, SENDER)
            channel = Channel(name.removeprefix("outbox-"))
    yield connector, channel
    await connector.close()


async def test_a_message_that_is_taken_is_answered_with_the_providers_id(served, make_message):
    connector, channel = served
    answer = await connector.deliver(make_message(channel))
    assert isinstance(answer, Accepted)
    assert answer.provider_id


async def test_a_message_that_was_taken_is_found_or_the_service_cannot_tell(served, make_message):
    connector, channel = served
    message = make_message(channel)
    await connector.deliver(message)
    assert isinstance(await connector.lookup(message.contact_id), Accepted | CannotTell)


async def test_a_message_that_was_never_handed_over_is_not_found(served):
    connector, _ = served
    assert isinstance(await connector.lookup(uuid4()), NotFound | CannotTell)


async def test_a_message_of_another_channel_is_refused(served, make_message):
    connector, _ = served
    answer = await connector.deliver(make_message(Channel.VISIT))
    assert isinstance(answer, Refused)
    assert answer.permanent


async def test_a_shadow_message_reaches_nobody_but_the_outbox(
    served, make_message, sms_provider, mail_sink
):
    connector, channel = served
    answer = await connector.deliver(make_message(channel, Mode.SHADOW))
    assert isinstance(answer, Refused) == (connector.name != "outbox")
    assert not sms_provider.taken
    assert not mail_sink.mails


async def test_neither_answers_nor_errors_nor_reprs_quote_the_message(served, make_message):
    connector, channel = served
    message = make_message(channel)
    answer = await connector.deliver(message)
    for secret in (message.to, message.body, message.subject or message.to):
        assert secret not in repr(message)
        assert secret not in repr(answer)


def test_a_message_without_an_address_is_refused_without_quoting_it(make_message):
    with pytest.raises(ValueError) as caught:
        make_message(Channel.SMS, to="", body="Marked 4417")
    assert "4417" not in str(caught.value)


def test_live_without_a_connector_says_what_to_do_and_shadow_goes_to_the_outbox(tmp_path):
    outbox = FileOutbox(tmp_path, SENDER)
    connectors = Connectors(outbox)
    assert connectors.choose(Mode.SHADOW, Channel.SMS) is outbox
    with pytest.raises(NoConnectorError, match="'sms': configure one"):
        connectors.choose(Mode.LIVE, Channel.SMS)
