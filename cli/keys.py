"""The key files: which there are, a new master key, and a copy for the safe."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli.house import House, house
from cli.reach import acting
from cli.show import REFUSED, AsJson, RefusedError, instant, show, table
from cli.words import say
from runtime.clock import wall_now
from runtime.settings import Settings, load

if TYPE_CHECKING:
    from store.keys import Keys

app = typer.Typer(
    no_args_is_help=True, help="The key files: status, a new master key, a copy for the safe."
)

BACKED_UP = "backup.json"
"""Lies beside the keys and says of which ones a copy was made, and when."""

PAGE = 500
"""Data keys wrapped anew in one transaction: others wait for milliseconds."""


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which keys there are, what they wrap, and whether a copy of them was made."""
    from store.keys import Keys

    with house() as here:
        directory = here.settings.keys_directory
        keys = Keys.load_or_create(directory)
        with here.store.reading() as session:
            wrapped = keys.wrapped_by(session)
        kept = backup_of(here.settings)
        files = sorted(path.name for path in directory.glob("*.key"))
    told = {
        "directory": directory,
        "files": files,
        "master": keys.master_id,
        "wraps": wrapped,
        "backup": kept,
        "backed_up": is_backed_up(here.settings),
    }
    show(
        told,
        as_json,
        table(
            f"Keys in {directory}",
            ("master key", "", "#data keys"),
            (
                (name, "present" if name == keys.master_id else "former", count)
                for name, count in sorted(({keys.master_id: 0} | wrapped).items())
            ),
        ),
        f"Files: {', '.join(files)}.",
        f"Copied {instant(kept['at'])}"
        + ("." if is_backed_up(here.settings) else ", but keys changed since: copy them again.")
        if kept
        else "No copy was ever made: cession keys backup FILE",
    )


@app.command()
def rotate(
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare", help="Only make the next key's file, to carry it to other machines first."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new master key and wrap every person's key with it; nothing stops meanwhile."""
    from store.keys import Keys, prepare_master, rotate_master

    with house() as here:
        directory = here.settings.keys_directory
        if prepare:
            path = prepare_master(directory)
            show(
                {"prepared": path},
                as_json,
                f"{escape(str(path))} is ready; copy it to the same place on every machine, then "
                "run: cession keys rotate",
            )
            return
        made = rotate_master(directory)
        keys = Keys.load_or_create(directory)
        count = _rewrapped(here, keys)
        _record(here, "keys.rotated", {"master": made, "wrapped": count})
    show(
        {"master": made, "wrapped": count},
        as_json,
        f"Master key {made} wraps {count} data keys. Make a new copy: cession keys backup FILE. "
        "Restart other processes when convenient, then run `cession keys rewrap`: it wraps what "
        "they wrapped meanwhile and deletes the former key.",
    )


@app.command()
def rewrap(as_json: AsJson = False) -> None:
    """Wrap what former master keys still wrap, and delete those that wrap nothing."""
    from store.keys import Keys, retire_masters

    with house() as here:
        directory = here.settings.keys_directory
        keys = Keys.load_or_create(directory)
        count = _rewrapped(here, keys)
        if count:
            _record(here, "keys.rewrapped", {"master": keys.master_id, "wrapped": count})
        with here.store.reading() as session:
            gone = retire_masters(directory, keys.wrapped_by(session))
    show(
        {"master": keys.master_id, "wrapped": count, "retired": gone},
        as_json,
        f"{count} data keys wrapped anew; {len(gone)} former master keys deleted.",
    )


Asked = Annotated[
    bool,
    typer.Option(
        "--passphrase", help="Ask for a passphrase, without echo; the file opens with it."
    ),
]

AskedOf = Annotated[
    Path | None, typer.Option("--passphrase-file", help="Its first line is the passphrase.")
]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file outside of the installation.")],
    asked: Asked = False,
    asked_of: AskedOf = None,
    as_json: AsJson = False,
) -> None:
    """Copy all keys into one file, mode 0600: without it no backup of the database can be read."""
    from store.keys import fingerprint
    from store.strongbox import PassphraseError, lock

    passphrase = _passphrase(asked_of, confirm=True) if asked or asked_of else None
    with house() as here:
        settings = here.settings
        inside = file.expanduser().absolute()
        if settings.var in inside.parents:
            raise RefusedError(
                f"{file} lies under {settings.var}; a copy that is lost together with the keys is "
                "none: name a place outside"
            )
        directory = settings.keys_directory
        content = {path.name: path.read_text().strip() for path in directory.glob("*.key")}
        try:
            made: dict[str, Any] = (
                {"cession_keys": 1, "keys": content}
                if passphrase is None
                else {"cession_keys": 2, **lock(content, passphrase)}
            )
        except PassphraseError as short:
            raise RefusedError(f"--passphrase: {short}") from None
        try:
            descriptor = os.open(inside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise RefusedError(f"{file} is there already; give a new name") from None
        except OSError as error:
            raise RefusedError(f"{file}: {error.strerror}") from None
        with os.fdopen(descriptor, "w") as out:
            json.dump(made, out, indent=2)
            out.write("\n")
        now = wall_now()
        mark = {"at": now.isoformat(), "fingerprint": fingerprint(directory)}
        _private(directory / BACKED_UP, json.dumps(mark))
        _record(here, "keys.backed_up", {"fingerprint": mark["fingerprint"]})
    show(
        {"file": inside, "sealed": passphrase is not None, **mark},
        as_json,
        f"{len(content)} keys in {escape(str(inside))}, under the passphrase. Without it the file is "
        "worth nothing: keep the two apart, and both apart from backups of the database."
        if passphrase is not None
        else f"{len(content)} keys in {escape(str(inside))}. Whoever has this file and the database "
        "reads everything: put it where only administrators get at it, apart from backups of the "
        "database, or make it with --passphrase.",
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Made by cession keys backup.")],
    asked_of: AskedOf = None,
    as_json: AsJson = False,
) -> None:
    """Put the keys of a copy in place where none are; never replaces one.

    A copy under a passphrase asks for it.
    """
    from store.keys import NAMES, KeyFileError, Keys
    from store.strongbox import PassphraseError, unlock

    settings = load()
    try:
        read: Any = json.loads(file.read_text("utf-8"))
        sealed = read["cession_keys"] == 2
        keys: dict[str, str] = unlock(read, _passphrase(asked_of)) if sealed else read["keys"]
        known = sealed or read["cession_keys"] == 1
        whole = known and {f"{name}.key" for name in NAMES} <= keys.keys()
    except PassphraseError as wrong:
        raise RefusedError(f"{file}: {wrong}", REFUSED) from None
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        whole, keys = False, {}
    if not whole or any(Path(name).name != name for name in keys):
        raise RefusedError(f"{file} is no copy made by `cession keys backup`")
    directory = settings.keys_directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if there := sorted(path.name for path in directory.glob("*.key")):
        raise RefusedError(
            f"{directory} has keys already ({', '.join(there)}); move them away first", REFUSED
        )
    for name, text in keys.items():
        _private(directory / name, text + "\n")
    try:
        Keys.load_or_create(directory)
    except KeyFileError as wrong:
        raise RefusedError(f"{file} is damaged: {wrong}") from None
    show({"restored": sorted(keys)}, as_json, f"{len(keys)} keys are in {escape(str(directory))}.")


def _passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """Read a passphrase from a file, or ask for it without echo; never from the command line."""
    if file is None:
        return typer.prompt(say("Passphrase"), hide_input=True, confirmation_prompt=confirm)
    try:
        return (file.read_text("utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"--passphrase-file {file}: {getattr(error, 'strerror', 'no text')}"
        ) from None


def backup_of(settings: Settings) -> dict[str, Any] | None:
    """Answer when the last copy of the keys was made, and of which."""
    try:
        read = json.loads((settings.keys_directory / BACKED_UP).read_text())
        return {"at": datetime.fromisoformat(read["at"]), "fingerprint": read["fingerprint"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_backed_up(settings: Settings) -> bool:
    """Whether a copy has the keys as they are now."""
    from store.keys import fingerprint

    kept = backup_of(settings)
    return kept is not None and kept["fingerprint"] == fingerprint(settings.keys_directory)


def _rewrapped(here: House, keys: Keys) -> int:
    count = 0
    while True:
        with here.store.writing() as session:
            done = keys.rewrap(session, PAGE)
        count += done
        if not done:
            return count


def _record(here: House, what: str, facts: dict[str, Any]) -> None:
    from store import case as records

    with here.store.writing() as session:
        records.act(
            session,
            at=here.clock.now(),
            observed_at=wall_now(),
            what=what,
            reason="ordered",
            actor=acting().code,
            facts=facts,
        )


def _private(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)
