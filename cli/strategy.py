"""Strategies: the versions there are, what each does, and open cases that go over to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import RenderableType

from activities import strategy as moves
from activities.office import Office
from activities.strategy import Use
from cli.house import House, house
from cli.office import working
from cli.progress import progress
from cli.reach import acting, one
from cli.show import REFUSED, AsJson, RefusedError, show, table
from cli.stop import PLACE, Reason, coded, woken
from models.strategy import Step, Strategy
from models.tables import Debt
from rules.strategy import StrategyLibrary, load_strategies
from rules.switch import Considered, read_ref
from runtime.settings import PACKS
from runtime.temporal import TemporalUnreachableError
from store import debt as debts
from store import debtor as debtors

app = typer.Typer(
    no_args_is_help=True,
    help="Strategies: list the versions, read one, let open cases go over to another.",
)

PACE = 20.0
"""Cases a second that are woken to go over: below what a worker takes on beside its work."""

EXAMPLES = 3
"""Accounts named for each outcome; JSON has all that stay."""

Version = Annotated[str, typer.Argument(metavar="VERSION", help="Name and version, as standard-2.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the versions there are, with the cases that follow each."""
    library = load_strategies(PACKS / "strategies")
    with house() as here, here.store.reading() as session:
        used = moves.used(session)
    latest = {library.latest(each.name).ref for each in library}
    lines = [
        {
            "strategy": each.ref,
            "new_cases": each.ref in latest,
            **used.get(each.ref, Use())._asdict(),
            "purpose": each.purpose,
        }
        for each in library
    ]
    gone = sorted(used.keys() - {each.ref for each in library})
    show(
        lines,
        as_json,
        table(
            f"{len(lines)} versions",
            ("strategy", "new cases", "#open", "#coming", "#closed", "what it is for"),
            (
                (
                    line["strategy"],
                    "take this one" if line["new_cases"] else "",
                    line["open"],
                    line["coming"],
                    line["closed"],
                    line["purpose"],
                )
                for line in lines
            ),
        ),
        *(
            f"{ref} is followed by cases and is not here: put packs/strategies/{ref}.toml back."
            for ref in gone
        ),
    )


@app.command("show")
def show_(
    version: Version,
    place: Annotated[
        str | None, typer.Option(help="Only what it does there, as US-NY or CN.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what one version does, step by step, place by place."""
    strategy = _known(load_strategies(PACKS / "strategies"), version, "VERSION")
    if place and not PLACE.fullmatch(place):
        raise RefusedError(f"{place!r} is no place; write a country as US, or a part as US-NY")
    names = [strategy.section_name(place)] if place else list(strategy.jurisdiction)
    whole = strategy.model_dump(mode="json", exclude_defaults=True)
    whole["jurisdiction"] = {name: whole["jurisdiction"][name] for name in names}
    show(whole, as_json, f"[bold]{strategy.ref}[/bold]", strategy.purpose, *_shown(strategy, names))


@app.command()
def move(  # noqa: PLR0917
    from_: Annotated[
        str, typer.Option("--from", metavar="VERSION", help="What they follow, as standard-1.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="What they go over to, as standard-2.")
    ],
    reason: Reason,
    portfolio: Annotated[str | None, typer.Option(help="Only cases of this portfolio.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Only this one: account reference or case id.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would become of each case.")
    ] = False,
    pace: Annotated[
        float, typer.Option(min=0.1, max=100, help="Cases a second that are woken for it.")
    ] = PACE,
    as_json: AsJson = False,
) -> None:
    """Let open cases go over to another version, each when it is between two steps.

    What was done stays done, and a step that the other version has before a case's place is not done
    late. What binds by law is no part of a strategy: that holds for every case at once.
    """
    coded(reason)
    with house() as here, working(here.settings) as office:
        old, new = (
            _known(office.strategies, from_, "--from"),
            _known(office.strategies, to, "--to"),
        )
        if old.ref == new.ref:
            raise RefusedError(f"--from and --to are both {old.ref}; nothing would change")
        if old.name != new.name:
            raise RefusedError(
                f"{new.ref} is no version of {old.name}: which strategy a case follows is chosen at "
                "its preparation, by who the debtor is; only its version can change"
            )
        cases = _meant(here, old, portfolio, account)
        found: list[tuple[Debt, Considered]] = []
        with progress("cases", len(cases), quiet=as_json) as done:
            for debt_id in cases:
                found.append(_one(here, office, debt_id, new, None if dry_run else reason))
                done(len(found))
        told = _told(here, found, pace) if not dry_run else None
    stays = [debt.account_ref for debt, said in found if said.outcome == "stays"]
    kinds = Counter((said.outcome, said.why) for _, said in found)
    show(
        {
            "from": old.ref,
            "to": new.ref,
            "dry_run": dry_run,
            "cases": len(found),
            "outcomes": [
                {"outcome": outcome, "why": why, "cases": count}
                for (outcome, why), count in sorted(kinds.items())
            ],
            "stay": stays,
            "woken": told,
        },
        as_json,
        *_outcome(old, new, found, kinds, told, dry_run=dry_run),
    )
    if stays:
        raise typer.Exit(REFUSED)


@app.command()
def keep(
    version: Version,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Take back what cases were told to go over to and have not yet: they stay where they are."""
    coded(reason)
    with house() as here, working(here.settings) as office:
        to = _known(office.strategies, version, "VERSION")
        with here.store.reading() as session:
            cases = moves.coming(session, to.ref)
        kept = 0
        for debt_id in cases:
            with here.store.writing() as session:
                debt = debts.get(session, debt_id)
                debtors.lock(session, debt.debtor_id)
                session.refresh(debt)
                if debt.strategy_next == to.ref:
                    moves.order(
                        session, office, debt, None, acting().code, reason, here.clock.now()
                    )
                    kept += 1
    show(
        {"to": to.ref, "kept": kept},
        as_json,
        f"{kept} cases that had not gone over to {to.ref} yet stay on their version.",
    )


def _known(library: StrategyLibrary, text: str, option: str) -> Strategy:
    read = read_ref(text)
    found = library.find(f"{read[0]}-{read[1]}") if read else None
    if found is None:
        raise RefusedError(
            f"{option} {text}: there is no such version; there are: {', '.join(library.refs)}. A new "
            "one is a file packs/strategies/NAME-VERSION.toml"
        )
    return found


def _meant(here: House, old: Strategy, portfolio: str | None, account: str | None) -> list[UUID]:
    with here.store.reading() as session:
        if account is not None:
            debt = one(session, account)
            if debt.strategy_ref != old.ref or debt.status == "closed":
                state = "closed" if debt.status == "closed" else debt.strategy_ref or "not prepared"
                raise RefusedError(
                    f"{debt.account_ref} does not follow {old.ref}: it is {state}", REFUSED
                )
            return [debt.id]
        sold = debts.portfolio(session, portfolio) if portfolio is not None else None
        if portfolio is not None and sold is None:
            raise RefusedError(f"no portfolio {portfolio}; see `cession portfolio list`")
        return moves.following(session, old, sold.id if sold else None)


def _one(
    here: House, office: Office, debt_id: UUID, new: Strategy, reason: str | None
) -> tuple[Debt, Considered]:
    """Order one case, in a transaction of its own, or with no reason only say what would be."""
    now = here.clock.now()
    if reason is None:
        with here.store.reading() as session:
            return moves.consider(session, office, debt_id, new, now)
    with here.store.writing() as session:
        debt, said = moves.consider(session, office, debt_id, new, now)
        if said.outcome in ("goes", "waits"):
            moves.order(session, office, debt, new.ref, acting().code, reason, now)
        return debt, said


def _told(here: House, found: Iterable[tuple[Debt, Considered]], pace: float) -> int | None:
    """Wake those that can go over now; the others do it when they are done with their step."""
    ready = [debt.workflow_id for debt, said in found if said.outcome == "goes"]
    try:
        return woken(here, ready, pace, "strategy") if ready else 0
    except TemporalUnreachableError:
        return None


# For people


_SAID = {
    "goes": "goes over at its next look, which is now",
    "waits": "goes over when it is done with what it is at",
    "stays": "stays: the other version lacks what it needs",
    "ordered": "was told already",
}


def _outcome(
    old: Strategy,
    new: Strategy,
    found: list[tuple[Debt, Considered]],
    kinds: Counter[tuple[str, str]],
    told: int | None,
    *,
    dry_run: bool,
) -> Iterator[RenderableType]:
    if not found:
        yield f"No open case follows {old.ref}."
        return
    yield table(
        f"{len(found)} cases from {old.ref} to {new.ref}",
        ("what becomes of them", "because of", "#cases", "such as"),
        (
            (
                _SAID[outcome],
                why,
                count,
                ", ".join(
                    [debt.account_ref for debt, said in found if said == (outcome, why)][:EXAMPLES]
                ),
            )
            for (outcome, why), count in sorted(kinds.items())
        ),
    )
    if dry_run:
        yield "Nothing was ordered: this was a dry run."
    elif told is None:
        yield "Temporal does not answer now: each case sees it at its next step."
    else:
        yield f"{told} cases were woken. Take it back with: cession strategy keep {new.ref} --reason …"


def _shown(strategy: Strategy, names: Iterable[str]) -> Iterator[RenderableType]:
    for name in names:
        section = strategy.jurisdiction[name]
        notice = section.notice
        ways = ", ".join(f"{way.key} ({way.channel}, {way.template})" for way in notice.services)
        yield table(
            f"{name}: notice {ways}; collection once it is {notice.gate}",
            ("#day", "at", "step", "by", "template", "else by", "offer", "only for"),
            (
                (
                    step.day,
                    step.at.isoformat("minutes") if step.at else "",
                    step.key,
                    step.channel or f"a person: {step.task}",
                    step.template,
                    ", ".join(step.instead),
                    step.offer,
                    _only(step),
                )
                for step in section.steps
            ),
        )


def _only(step: Step) -> str:
    said: dict[str, Any] = step.only.model_dump(mode="json", exclude_none=True)
    return "; ".join(
        f"{name} {'/'.join(sorted(wanted)) if isinstance(wanted, list) else str(wanted).lower()}"
        for name, wanted in said.items()
    )
