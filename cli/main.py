"""The ``cession`` command: its groups, loaded when they are called, and how it fails.

A new group is a module with ``app = typer.Typer()`` and one line in ``COMMANDS``.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.words import heard, language, say

COMMANDS = {
    "portfolio": (
        "cli.portfolio",
        "A seller's debts: check, import, pause, recall, who owned them.",
    ),
    "transactions": (
        "cli.transactions",
        "A seller's payments, credits and charges: check, import.",
    ),
    "media": ("cli.media", "Documents asked of sellers: ask, list, answer."),
    "case": ("cli.case", "List cases, read one, hold, release or end it."),
    "desk": ("cli.desk", "Take calls, visits and reviews; report on them."),
    "pay": ("cli.pay", "Book cash or a transfer."),
    "wording": ("cli.wording", "Ask the wording guard about texts; sign packs off."),
    "evidence": ("cli.evidence", "Check bundles of evidence, offline."),
    "law": ("cli.law", "Ask the law about cases, read it, sign it off."),
    "strategy": ("cli.strategy", "Strategies: their versions, and cases that go over to another."),
    "plan": ("cli.plan", "Agree instalment plans."),
    "settle": ("cli.plan:settle_app", "Settle debts for a part of what is owed."),
    "refund": ("cli.plan:refund_app", "Pay credit back."),
    "ledger": ("cli.ledger", "Fold a table of entries; show, check and export ledgers."),
    "statement": ("cli.statement", "Read bank statements, and book them."),
    "suspense": ("cli.suspense", "Money and words that fit no debt: look, match, release."),
    "inbox": ("cli.suspense:inbox_app", "What came in: list it, have it tried again."),
    "doctor": ("cli.doctor", "Check that everything this installation needs is there and well."),
    "up": ("cli.up:up_app", "Run the whole stack in real time."),
    "demo": ("cli.demo", "Play a sample portfolio on the real engine, time skipped."),
    "worker": ("cli.up:worker_app", "Host workflows, activities and the relay only."),
    "gateway": ("cli.up:gateway_app", "Serve the gateway only."),
    "db": ("cli.db", "Create, upgrade, back up or restore the database."),
    "reconcile": ("cli.reconcile", "After a restore: compare store and engine, mend, go on."),
    "login": ("cli.operator:login_app", "Say who you are, by your token."),
    "logout": ("cli.operator:logout_app", "Forget who is logged in here."),
    "whoami": ("cli.operator:whoami_app", "Say who you act as, and your roles."),
    "stop": (
        "cli.stop",
        "The kill switch: stop contact for a portfolio, seller, channel, place or all.",
    ),
    "person": ("cli.person", "What is held on a person: export, litigation hold, erase."),
    "retention": ("cli.retention", "How long records are kept, and what is due to be destroyed."),
    "secret": ("cli.secret", "What payment notices and receipts are signed with: list, change."),
    "keys": ("cli.keys", "The key files: status, a new master key, a copy for the safe."),
    "audit": ("cli.audit", "The record: who did what and why; prove that nobody changed it."),
    "operator": ("cli.operator", "Those who work here: add, disable, give roles and tokens."),
}
"""Name to the module that has ``app``, or ``module:name`` of another one, and a line of help."""

PANELS = (
    "ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ERRORS_PANEL_TITLE",
    "RICH_HELP", "DEFAULT_STRING", "REQUIRED_LONG_STRING",
)  # fmt: skip
"""The option parser's own words that stand around a help or a refusal."""

_MINUS = re.compile(r"-[0-9.]+")

FAULT = 3
"""Exit code of a bug; 1 is a refusal by the domain, 2 a usage, file or setting problem."""


INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class Commands(TyperGroup):
    """Lists every command without importing any; turns failures into plain words."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, (_, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=text))

    def make_context(self, *given: Any, **named: Any) -> Any:
        _in_the_readers_language(self)
        try:
            return super().make_context(*given, **named)
        except Exception as error:
            _reworded(error)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else command, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):  # who reads has read enough
            raise
        except KeyboardInterrupt:
            raise typer.Exit(_tell_of_interruption()) from None
        except Exception as error:
            if minus := _MINUS.fullmatch(str(getattr(error, "option_name", ""))):
                raise typer.Exit(_tell_of_minus(minus[0])) from None
            if ctx.params.get("trace") or _is_usage(error):
                _reworded(error)
                raise
            raise typer.Exit(_tell(error)) from None


def load(name: str) -> Any:
    """Import the module of a command and answer what the command line runs, behind its rights."""
    import structlog  # noqa: PLC0415  # the list of commands needs none of it

    from cli.rights import guarded  # noqa: PLC0415  # the list of commands needs none of it

    if Program.own:
        # Until a command that runs on says otherwise: standard output is for what was asked.
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    place, _, app = COMMANDS[name][0].partition(":")
    command = typer.main.get_command(getattr(import_module(place), app or "app"))
    command.name = name
    _in_the_readers_language(command)
    return guarded(command, name)


def _tell_of_interruption() -> int:
    """Say what an interrupted command leaves behind."""
    from cli.show import note  # noqa: PLC0415  # only when somebody interrupted

    note(
        "Interrupted. What was stored until then stands; an import that is given again goes on from there."
    )
    return INTERRUPTED


def _tell_of_minus(text: str) -> int:
    """Explain an amount below nothing, which the option parser takes for an option."""
    from cli.show import UNUSABLE, complain  # noqa: PLC0415  # only when something failed

    complain(
        f"{text}… begins with a minus, and an amount must be more than nothing: write it without "
        "a sign, as 120.00. Refunds and reversals have their own way"
    )
    return UNUSABLE


def _in_the_readers_language(command: Any) -> None:
    """Say the help of a command, of its options and of the commands below in the reader's language."""
    if language() == "en":
        return
    from typer import rich_utils  # noqa: PLC0415  # a fifth of a second, and English needs none

    for name in PANELS:
        setattr(rich_utils, name, say(getattr(rich_utils, name)))
    command.help = heard(command.help or "")
    asked = command.get_help_option

    def help_option(ctx: Any) -> Any:
        if (option := asked(ctx)) is not None:
            option.help = heard(option.help or "")
        return option

    command.get_help_option = help_option
    usage = command.get_usage
    command.get_usage = lambda ctx: usage(ctx).replace("Usage: ", say("Usage: "), 1)
    for option in command.params:
        if getattr(option, "help", None):
            option.help = heard(option.help)
    for below in getattr(command, "commands", {}).values():
        _in_the_readers_language(below)


def _reworded(error: Exception) -> None:
    """Say what the option parser refuses in the reader's language."""
    if _is_usage(error) and language() != "en":
        text = heard(error.format_message())  # type: ignore[attr-defined]
        error.format_message = lambda: text  # type: ignore[attr-defined]


def _is_usage(error: Exception) -> bool:
    """Say whether the option parser itself explains this error."""
    return hasattr(error, "format_message")


def _tell(error: Exception) -> int:
    """Explain a failure on standard error and answer the exit code."""
    from cli.show import complain, in_plain_words  # noqa: PLC0415  # only when something failed

    if known := in_plain_words(error):
        complain(known.message)
        return known.code
    complain(
        f"cession failed: {type(error).__name__}. This is a fault of the program and nothing you "
        "did; run it again as `cession --trace …` and report what it prints"
    )
    return FAULT


def _usable_streams() -> None:
    """See that writing never fails for a stream that is closed or cannot show a character."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        if isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _version(wanted: bool) -> None:
    if wanted:
        project = Path(__file__).parents[1] / "pyproject.toml"
        typer.echo(f"cession {tomllib.loads(project.read_text('utf-8'))['project']['version']}")
        raise typer.Exit


class Program(typer.Typer):
    """The command line as a process: what it answers is out before the interpreter goes down.

    The engine's client has threads of its own. One that calls back while the interpreter is being
    taken apart aborts the process after its work was done, so such a process ends at once.
    """

    own = False
    """This is the process of a command, and no test that calls one."""

    def __call__(self, *args: Any, **given: Any) -> Any:
        Program.own = True
        # What we write is of people, and for who runs us alone.
        os.umask(0o077)
        _usable_streams()
        try:
            return super().__call__(*args, **given)
        except SystemExit as end:
            if "temporalio.bridge.temporal_sdk_bridge" not in sys.modules:
                raise
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))


app = Program(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def cession(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    trace: Annotated[
        bool, typer.Option("--trace", help="On a failure print where in the program it arose.")
    ] = False,
) -> None:
    """Durable, lawful, respectful collection of transferred debts."""
    del version, trace
