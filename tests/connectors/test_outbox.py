import asyncio
from email import message_from_bytes
from email.policy import default

from connectors.outbox import FileOutbox
from models.contact import Channel, Mode
from models.message import Accepted, Refused

SENDER = "Collections <post@example.org>"


def files(directory):
    return sorted(p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file())


async def test_an_sms_is_a_text_file_named_by_day_and_contact(tmp_path, make_message):
    message = make_message(Channel.SMS, Mode.SHADOW)
    await FileOutbox(tmp_path, SENDER).deliver(message)
    assert files(tmp_path) == [f"sms/2026-06-29/{message.contact_id}.txt"]
    head, _, body = (tmp_path / files(tmp_path)[0]).read_text().partition("\n\n")
    assert head.splitlines()[0] == "To: +12025550143"
    assert body == f"{message.body}\n"


async def test_an_email_is_valid_mime_that_carries_the_contacts_id(tmp_path, make_message):
    message = make_message(Channel.EMAIL, Mode.SHADOW)
    await FileOutbox(tmp_path, SENDER).deliver(message)
    mail = message_from_bytes((tmp_path / files(tmp_path)[0]).read_bytes(), policy=default)
    assert not mail.defects
    assert mail["Subject"] == message.subject
    assert mail["To"] == "li.wei@example.com"
    assert mail["Message-ID"] == f"<{message.contact_id}@example.org>"
    assert mail["X-Cession-Contact"] == str(message.contact_id)
    assert mail.get_content().splitlines() == message.body.splitlines()


async def test_a_letter_is_its_page(tmp_path, make_message):
    message = make_message(Channel.LETTER, Mode.SHADOW)
    await FileOutbox(tmp_path, SENDER).deliver(message)
    assert files(tmp_path) == [f"letter/2026-06-29/{message.contact_id}.pdf"]
    assert (tmp_path / files(tmp_path)[0]).read_bytes() == b"%PDF-1.7 x"


async def test_a_letter_without_its_page_is_refused(tmp_path, make_message):
    message = make_message(Channel.LETTER, Mode.SHADOW, attachments=())
    answer = await FileOutbox(tmp_path, SENDER).deliver(message)
    assert answer == Refused(reason="letter_without_one_pdf", permanent=True)


async def test_a_line_break_in_a_subject_is_refused_and_adds_no_header(tmp_path, make_message):
    message = make_message(Channel.EMAIL, Mode.SHADOW, subject="Hello\r\nBcc: other@example.com")
    answer = await FileOutbox(tmp_path, SENDER).deliver(message)
    assert answer == Refused(reason="address_or_subject_malformed", permanent=True)
    assert files(tmp_path) == []


async def test_the_same_contact_is_written_once_even_by_two_outboxes_on_two_days(
    tmp_path, make_message
):
    message = make_message(Channel.SMS, Mode.SHADOW)
    outboxes = [FileOutbox(tmp_path, SENDER) for _ in range(8)]
    answers = await asyncio.gather(*(o.deliver(message) for o in outboxes))
    later = message.model_copy(update={"at": message.at.replace(day=30), "body": "other"})
    answers.append(await outboxes[0].deliver(later))
    assert answers == [Accepted(provider_id=files(tmp_path)[0])] * 9
    assert len(files(tmp_path)) == 1


async def test_an_outbox_that_cannot_be_written_refuses_for_now(tmp_path, make_message):
    (tmp_path / "sms").write_text("a file where a folder should be")
    answer = await FileOutbox(tmp_path, SENDER).deliver(make_message(Channel.SMS, Mode.SHADOW))
    assert isinstance(answer, Refused)
    assert not answer.permanent
