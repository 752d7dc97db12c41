import json

import pytest

from models.contact import Channel
from models.payment import Unreadable
from models.receipt import ReceiptKind
from rules.receipt import read_receipts, read_replies

AT = "2026-06-29T10:00:00Z"
CONTACT = "3f6c2c4e-0000-4000-8000-000000000001"


def read(**changes):
    body = {"id": "r-1", "contact": CONTACT, "event": "delivered", "at": AT, **changes}
    return read_receipts("post", json.dumps(body).encode())


@pytest.mark.parametrize(
    ("event", "kind", "permanent"),
    [
        ("posted", ReceiptKind.SENT, False),
        ("delivered", ReceiptKind.DELIVERED, False),
        ("failed", ReceiptKind.BOUNCED, False),
        ("bounced", ReceiptKind.BOUNCED, True),
        ("returned", ReceiptKind.RETURNED, False),
    ],
)
def test_a_carriers_words_become_ours(event, kind, permanent):
    (receipt,) = read(event=event, evidence="XA12 3".replace(" ", ""))
    assert (receipt.kind, receipt.permanent, receipt.contact) == (kind, permanent, CONTACT)


@pytest.mark.parametrize("changes", [{"event": "eaten"}, {"at": "noon"}, {"reason": "Mr Li moved"}])
def test_a_receipt_that_is_not_understood_is_named(changes):
    answer = read(**changes)
    assert isinstance(answer, Unreadable)
    assert answer.where == next(iter(changes))


def report(group: int, name: str, *, permanent: bool = False):
    return {
        "messageId": CONTACT,
        "to": "12025550143",
        "doneAt": "2026-06-29T10:00:00.000+0000",
        "status": {"groupId": group, "groupName": "X", "id": 1, "name": name},
        "error": {"groupId": 1, "name": "X", "permanent": permanent},
    }


@pytest.mark.parametrize(
    ("group", "name", "permanent", "kind", "dead"),
    [
        (1, "PENDING_ENROUTE", False, ReceiptKind.SENT, False),
        (2, "UNDELIVERABLE_NOT_DELIVERED", True, ReceiptKind.BOUNCED, True),
        (2, "UNDELIVERABLE_NOT_DELIVERED", False, ReceiptKind.BOUNCED, False),
        (3, "DELIVERED_TO_HANDSET", False, ReceiptKind.DELIVERED, False),
        (4, "EXPIRED_EXPIRED", True, ReceiptKind.BOUNCED, False),
        (5, "REJECTED_NOT_ENOUGH_CREDITS", True, ReceiptKind.BOUNCED, False),
    ],
)
def test_infobips_reports_are_read_and_only_a_dead_number_is_dead(
    group, name, permanent, kind, dead
):
    raw = json.dumps({"results": [report(group, name, permanent=permanent)] * 2}).encode()
    first, second = read_receipts("infobip", raw)
    assert first == second
    assert (first.kind, first.permanent) == (kind, dead)
    assert first.external_id == f"{CONTACT}:{name}"
    assert first.at.isoformat() == "2026-06-29T10:00:00+00:00"


def test_a_reply_is_read_and_its_repr_shows_neither_sender_nor_text():
    body = {"id": "m-1", "from": "li@example.com", "text": "别再发了", "channel": "email", "at": AT}
    (reply,) = read_replies("mail", json.dumps(body).encode())
    assert (reply.channel, reply.sender, reply.text) == (
        Channel.EMAIL,
        "li@example.com",
        "别再发了",
    )
    assert "li@example.com" not in repr(reply)
    assert "别再发了" not in repr(reply)


def test_infobips_messages_are_read_as_sms_with_a_plus():
    text = {"messageId": "in-1", "from": "12025550143", "to": "99", "text": "STOP"}
    raw = json.dumps({"results": [{**text, "receivedAt": AT}], "messageCount": 1}).encode()
    (reply,) = read_replies("infobip", raw)
    assert (reply.channel, reply.sender, reply.text) == (Channel.SMS, "+12025550143", "STOP")


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"{}"])
def test_a_body_that_is_no_reply_is_refused_without_failing(raw):
    assert isinstance(read_replies("sms", raw), Unreadable)
    assert isinstance(read_replies("infobip", raw), Unreadable)
    assert isinstance(read_receipts("infobip", raw), Unreadable)
