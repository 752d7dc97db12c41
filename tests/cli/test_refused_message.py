"""A message that the guard refuses at the moment of sending comes before a supervisor."""

import asyncio
from dataclasses import replace

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.contact import ContactActivities, check
from models.case import CheckAsk, Contact, SendAsk
from models.contact import Channel, Purpose
from models.operator import Role
from models.tables import ContactRow


def test_a_refused_message_is_never_sent_and_desk_qa_shows_it(here):
    debt, now = here.prepare("US-0001"), here.clock.now()
    contact = Contact(
        step="notice", channel=Channel.LETTER, purpose=Purpose.VALIDATION,
        template="validation_notice",
    )  # fmt: skip
    ask = {"debt": debt.id, "epoch": 1, "ordinal": 1, "contact": contact, "now": now}
    with here.office.store.writing() as session:
        assert check(session, here.office, CheckAsk(**ask), contact, "check").go
    wordings = here.office.wordings
    pack = wordings.pack("en-US")
    said = pack.templates["validation_notice"]
    changed = said.model_copy(update={"text": f"{said.text}\nWe will tell your employer.\n"})
    templates = {**pack.templates, "validation_notice": changed}
    packs = {locale: wordings.pack(locale) for locale in wordings.locales}
    packs["en-US"] = pack.model_copy(update={"templates": templates})
    office = replace(here.office, wordings=type(wordings)(packs))
    run = ActivityEnvironment()
    shift = now - run.info.started_time
    answer = asyncio.run(run.run(ContactActivities(office).send, SendAsk(shift=shift, **ask)))
    assert answer.did.startswith("message refused: WORDING-")
    with here.office.store.reading() as session:
        (row,) = session.exec(select(ContactRow).where(ContactRow.debt_id == debt.id)).all()
    assert row.state == "released"
    boss = replace(here, token=here.hire("sue", Role.SUPERVISOR))
    (entry,) = boss.json("desk", "qa")
    assert (entry["what"], entry["of"], entry["agent"]) == ("message", "validation_notice", None)
    assert any(rule.startswith("L07") for rule in entry["rules"])
    assert "tell your" not in str(entry)
    done = boss.json("desk", "reviewed", entry["item"], "--result", "mended")
    assert (done["result"], done["by"]) == ("mended", "sue")
    assert boss.json("desk", "qa") == []
