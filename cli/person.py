"""What is held on a person: hand it over, keep it for a court, destroy it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.house import house
from cli.reach import Ref, acting, one
from cli.show import REFUSED, AsJson, RefusedError, jsonable, note, show
from models.case import CODE
from runtime.clock import wall_now

app = typer.Typer(
    no_args_is_help=True, help="What is held on a person: export it, keep it for a court, erase it."
)

Reason = Annotated[
    str, typer.Option(help="A code such as request; it stands on record, so no free text.")
]


@app.command()
def export(
    ref: Ref,
    to: Annotated[
        Path, typer.Option(help="A new directory, readable by you alone; person.json and .txt.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write all that is held on the debtor of a case, opened and readable; goes on record."""
    from activities import person
    from store import case as records

    with house() as here:
        now = here.clock.now()
        with here.store.reading() as session:
            debtor_id = one(session, ref).debtor_id
            told = jsonable(person.held_on(session, here.store.keys, debtor_id))
        try:
            to.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise RefusedError(f"{to} is there already; give a new name") from None
        except OSError as error:
            raise RefusedError(f"{to}: {error.strerror}") from None
        told = {"as_of": now.isoformat(), **told}
        _write(to / "person.json", json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        _write(to / "person.txt", "\n".join(_text(told)) + "\n")
        with here.store.writing() as session:
            records.act(
                session,
                at=now,
                observed_at=wall_now(),
                debtor_id=debtor_id,
                what="person.exported",
                reason="asked",
                actor=acting().code,
            )
    counts = {name: len(rows) for name, rows in told.items() if isinstance(rows, list)}
    show(
        {"directory": to, "held": counts},
        as_json,
        f"All that is held stands in {escape(str(to))}: "
        + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        + ". It is personal data: hand it over in private and delete it here.",
    )


@app.command()
def hold(ref: Ref, reason: Reason, as_json: AsJson = False) -> None:
    """Litigation hold: nothing on this person is erased, and nobody contacts them, until released."""
    from activities import person
    from activities.person import KeptError

    _code(reason)
    with house() as here, here.store.writing() as session:
        debtor_id, now = one(session, ref).debtor_id, here.clock.now()
        try:
            made = person.hold(session, debtor_id, reason=reason, actor=acting().code, now=now)
        except KeptError as kept:
            raise RefusedError(str(kept), REFUSED) from None
        ident = made.id
    show(
        {"hold": ident, "debtor": debtor_id},
        as_json,
        "Held: nothing on this person is erased, and contact has stopped.",
    )


@app.command()
def release(ref: Ref, reason: Reason, as_json: AsJson = False) -> None:
    """End the litigation hold on a person; other stops stay."""
    from activities import person

    _code(reason)
    with house() as here, here.store.writing() as session:
        debtor_id, now = one(session, ref).debtor_id, here.clock.now()
        ended = person.release(session, debtor_id, reason=reason, actor=acting().code, now=now)
        if not ended:
            raise RefusedError("no litigation hold is in force on this person", REFUSED)
    show({"released": ended, "debtor": debtor_id}, as_json, "Released; other stops stay.")


@app.command()
def erase(
    ref: Ref,
    reason: Reason,
    yes: Annotated[
        bool, typer.Option("--yes", help="It cannot be undone; without this nothing is done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy what is held on a person; refused under a hold, an open debt or a duty to keep."""
    from activities import person
    from activities.person import KeptError
    from rules.packs import load_packs
    from runtime.settings import PACKS
    from store.keys import PersonErasedError
    from worker.office import file_places

    _code(reason)
    law = load_packs(PACKS / "jurisdictions")
    with house() as here:
        now = here.clock.now()
        try:
            with here.store.writing() as session:
                debtor_id = one(session, ref).debtor_id
                gone = person.erase(
                    session,
                    here.store.keys,
                    law,
                    debtor_id,
                    now,
                    reason=reason,
                    actor=acting().code,
                )
                if not yes:
                    session.rollback()
        except KeptError as kept:
            raise RefusedError(f"{ref}: {kept}. Nothing was erased", REFUSED) from None
        except PersonErasedError:
            raise RefusedError(f"{ref}: this person was erased before", REFUSED) from None
        if not yes:
            raise RefusedError(
                f"{ref}: nothing stands in the way; it cannot be undone, so give --yes to do it",
                REFUSED,
            )
        files = person.discard(file_places(here.settings).all, gone.contacts)
    note("Backups still hold the destroyed key until they are destroyed in their turn.")
    show(
        {"debtor": gone.debtor, "bodies": gone.bodies, "files": files},
        as_json,
        f"Erased: the key is destroyed, with {gone.bodies} raw messages and {files} files. "
        "Opt-outs stay as keyed hashes, sums as they are.",
    )


def _code(reason: str) -> None:
    if not CODE.fullmatch(reason):
        raise RefusedError(
            f"--reason {reason!r} must be a code of lower-case letters, digits, '_', '-' or '.'"
        )


def _write(path: Path, text: str) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", -1, "utf-8"
    ) as out:
        out.write(text)


def _text(value: Any, depth: int = 0) -> Iterable[str]:
    """Write plain values for people: a line for each, indented under what they belong to."""
    pad = "  " * depth
    if isinstance(value, dict):
        for name, below in value.items():
            if below in (None, "", [], {}):
                continue
            said = name.replace("_", " ")
            if isinstance(below, dict | list):
                yield f"{pad}{said}:"
                yield from _text(below, depth + 1)
            else:
                yield f"{pad}{said}: {below}"
    else:
        for number, below in enumerate(value, 1):
            if isinstance(below, dict | list):
                yield f"{pad}{number}."
                yield from _text(below, depth + 1)
            else:
                yield f"{pad}- {below}"
