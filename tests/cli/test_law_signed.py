"""Sign-off of the law, and what another version would have said of recorded contacts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from models.contact import ContactState
from models.operator import Role
from models.tables import Act, ContactPoint, ContactRow, Decision, Signoff, Stop

NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)
"""Business time of the installation."""

PACKS = Path(__file__).parents[2] / "packs/jurisdictions"


def test_counsel_signs_a_hash_and_takes_it_back(here):
    signed = here.json("law", "approve", "US-OH", "--note", "read with counsel")
    sha = here.office.law.merged("US", "OH").sha256
    assert (signed["sha256"], signed["approver"]) == (sha, "anna")
    assert signed["unconfirmed"] > 0
    again = here("law", "approve", "US-OH", "--note", "read again")
    assert again.exit_code == 1
    assert "has signed this version" in again.stderr
    assert here.json("law", "approve", "CN", "--note", "read")["pack"] == "CN"
    rows = {row["place"]: row for row in here.json("law", "packs")}
    assert rows["CN"]["signed_by"] == ["anna"]
    assert rows["US"]["signed_by"] == []
    assert rows["US-OH"]["signed_by"] == ["anna"], "a part without a pack of its own is told too"
    revoked = here.json("law", "revoke", "CN", "--note", "the standard was amended")
    assert revoked["revoked"] == 1
    assert here("law", "revoke", "CN", "--note", "once more").exit_code == 1
    with here.office.store.reading() as session:
        (row,) = session.exec(select(Signoff).where(Signoff.pack == "CN")).all()
        assert row.withdrawn_at is not None
        assert "revoked by anna: the standard was amended" in row.note
        acts = [act.what for act in session.exec(select(Act)).all()]
    assert acts.count("pack.signed") == 2
    assert acts.count("pack.revoked") == 1


def test_only_compliance_signs_and_the_attempt_of_another_is_on_record(here):
    other = replace(here, token=here.hire("otto", Role.OPERATIONS))
    refused = other("law", "approve", "CN", "--note", "me too")
    assert refused.exit_code != 0
    with here.office.store.reading() as session:
        assert session.exec(select(Signoff)).all() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("XX",), "no law of 'XX'"),
        (("US-QQ",), "no part of US"),
        (("CN", "--note", "  "), "--note is empty"),
    ],
)
def test_what_cannot_be_signed_is_refused(here, words, told):
    note = () if "--note" in words else ("--note", "read")
    done = here("law", "approve", *words, *note)
    assert done.exit_code == 2
    assert told in done.stderr.replace("\n", " ")


def test_another_version_is_tried_on_contacts_as_they_were_known_then(here, tmp_path):
    """A text at 20:30; it was lawful, and a window that closes at 20:00 would have put it off."""
    debt = here.prepare("US-0001")
    at = NOON.replace(hour=0, minute=30) + timedelta(days=1)
    with here.office.store.writing() as session:
        point = session.exec(
            select(ContactPoint).where(
                ContactPoint.debtor_id == debt.debtor_id, ContactPoint.kind == "phone"
            )
        ).first()
        session.add(
            ContactRow(
                id=uuid4(), debtor_id=debt.debtor_id, debt_id=debt.id, channel="phone",
                point_id=point.id, number=point.token, state=ContactState.SENT,
                outcome="no_answer", at=at, step="phone",
            )
        )  # fmt: skip
        session.add(
            Stop(
                id=uuid4(), kind="cease", scope="debtor", debtor_id=debt.debtor_id,
                entered_at=at + timedelta(hours=1), reason="letter", actor="anna", source="desk",
                external_id="c-1", observed_at=at, facts={"written": True},
            )
        )  # fmt: skip
    law = (PACKS / "US-FED.toml").read_text("utf-8").replace('closes = "21:00"', 'closes = "20:00"')
    (tmp_path / "US-FED.toml").write_text(law, "utf-8")
    told = here.json("law", "diff", "US-FED", tmp_path / "US-FED.toml")
    assert told["judged"] == 1
    named = told["cases"][0]
    shown = here("law", "diff", "US-FED", tmp_path / "US-FED.toml").stdout
    assert f"{named['account']} {named['law']}" in " ".join(shown.split())
    assert told["cases"][0]["new"]["rules"] != told["cases"][0]["old"]["rules"]
    assert "GEN-CEASE" not in told["cases"][0]["old"]["rules"]
    assert "US-FED-HOURS" in told["cases"][0]["new"]["rules"]
    assert "US-FED-HOURS" not in told["cases"][0]["old"]["rules"]
    assert here("law", "diff", "US-FED", "US-FED", "--portfolio", "none").exit_code == 2


def test_a_looser_version_is_tried_on_what_the_law_kept_back(here, tmp_path):
    """A text at 21:30 that was put off, and a call from which the wish to be left alone came."""
    debt = here.prepare("US-0001")
    night = NOON.replace(hour=1, minute=30) + timedelta(days=1)
    noon = NOON + timedelta(days=2)
    kept = {
        "debt_id": debt.id, "debtor_id": debt.debtor_id, "channel": "sms", "purpose": "collection",
        "moment": "check", "kind": "defer",
    }  # fmt: skip
    with here.office.store.writing() as session:
        point = session.exec(
            select(ContactPoint).where(
                ContactPoint.debtor_id == debt.debtor_id, ContactPoint.kind == "phone"
            )
        ).first()
        session.add(Decision(id=uuid4(), at=night, rule="US-FED-HOURS", **kept))
        session.add(Decision(id=uuid4(), at=night, rule="HOUSE-FEED-STALE", **kept))
        before = NOON - timedelta(days=30)  # before anything was booked on the account
        session.add(Decision(id=uuid4(), at=before, rule="US-FED-HOURS", **kept))
        session.add(
            ContactRow(
                id=uuid4(), debtor_id=debt.debtor_id, debt_id=debt.id, channel="phone",
                point_id=point.id, number=point.token, state=ContactState.SENT,
                outcome="conversation", at=noon, step="phone",
            )
        )  # fmt: skip
        session.add(
            Stop(
                id=uuid4(), kind="cease", scope="debtor", debtor_id=debt.debtor_id,
                entered_at=noon, reason="said so", actor="anna", source="desk",
                external_id="c-2", observed_at=noon, facts={"written": True},
            )
        )  # fmt: skip
    law = (PACKS / "US-FED.toml").read_text("utf-8").replace('closes = "21:00"', 'closes = "22:00"')
    (tmp_path / "US-FED.toml").write_text(law, "utf-8")
    told = here.json("law", "diff", "US-FED", tmp_path / "US-FED.toml")
    assert (told["judged"], told["left_out"], told["made_but_not_allowed_by_old"]) == (2, 0, 0)
    assert told["before_first_entry"] == 1
    (line,) = told["cases"]
    assert (line["then"], line["at"]) == ("put off", "2026-03-18T21:30:00-04:00")
    assert (line["old"]["decision"], line["old"]["rule"]) == ("defer", "US-FED-HOURS")
    assert line["new"]["decision"] == "allow"
