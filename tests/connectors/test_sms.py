import socket

import pytest

from connectors.sms import SmsAccount, SmsGateway
from models.contact import Channel
from models.message import Accepted, CannotTell, Doubt, NotFound, Refused


@pytest.fixture
async def gateway(sms_provider):
    account = SmsAccount(
        sms_provider.url, "secret-key", "EXAMPLE", "https://c.example/r", timeout=0.3
    )
    gateway = SmsGateway(account)
    yield gateway
    await gateway.close()


async def test_the_contact_id_is_the_providers_id_and_the_key_is_shown(
    gateway, sms_provider, make_message
):
    message = make_message(Channel.SMS)
    answer = await gateway.deliver(message)
    assert answer == Accepted(provider_id=str(message.contact_id))
    assert sms_provider.keys == {"App secret-key"}
    assert sms_provider.taken[message.contact_id] == {
        "sender": "EXAMPLE",
        "destinations": [{"to": "12025550143", "messageId": str(message.contact_id)}],
        "content": {"text": message.body},
        "webhooks": {"delivery": {"url": "https://c.example/r"}},
    }


@pytest.mark.parametrize(
    ("then", "answer"),
    [
        ("429", Refused(reason="http_429", permanent=False)),
        ("503", Refused(reason="http_503", permanent=False)),
        ("401", Refused(reason="http_401", permanent=False)),
        ("302", Refused(reason="http_302", permanent=False)),
        ("400", Refused(reason="http_400", permanent=True)),
        ("reject", Refused(reason="GROUP_5", permanent=True)),
    ],
)
async def test_a_certain_refusal_says_whether_later_may_do(
    gateway, sms_provider, make_message, then, answer
):
    sms_provider.then = then
    assert await gateway.deliver(make_message(Channel.SMS)) == answer


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("take_then_500", "http_500"),
        ("take_then_502", "http_502"),
        ("take_then_hang", "ReadTimeout"),
        ("take_then_drop", "ReadError"),
        ("take_then_nonsense", "answer_unreadable"),
    ],
)
async def test_doubt_after_acceptance_is_resolved_by_asking(
    gateway, sms_provider, make_message, then, reason
):
    sms_provider.then = then
    message = make_message(Channel.SMS)
    answer = await gateway.deliver(message)
    assert isinstance(answer, Doubt)
    assert answer.reason == reason or then == "take_then_drop"
    assert await gateway.lookup(message.contact_id) == Accepted(provider_id=str(message.contact_id))


async def test_a_message_that_was_refused_is_not_found(gateway, sms_provider, make_message):
    sms_provider.then = "503"
    message = make_message(Channel.SMS)
    await gateway.deliver(message)
    assert await gateway.lookup(message.contact_id) == NotFound()


async def test_nobody_listening_is_a_refusal_for_now_and_cannot_be_asked(make_message):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    gateway = SmsGateway(SmsAccount(url, "k", "EXAMPLE"))
    message = make_message(Channel.SMS)
    assert await gateway.deliver(message) == Refused(reason="ConnectError", permanent=False)
    assert await gateway.lookup(message.contact_id) == CannotTell(reason="ConnectError")
    await gateway.close()
