"""Reading the strategies that ship as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from models.strategy import Strategy


class StrategyError(ValueError):
    """A strategy file that cannot be used; the message names the file, the place and the fault."""


class StrategyLibrary:
    """All strategies of an installation, by name and version."""

    def __init__(self, strategies: Mapping[tuple[str, int], Strategy]) -> None:
        self._strategies = dict(strategies)

    def get(self, name: str, version: int) -> Strategy:
        """Answer the version a case is pinned to. Raises ``StrategyError``."""
        try:
            return self._strategies[name, version]
        except KeyError:
            raise StrategyError(
                f"no strategy {name}-{version}; there are: {', '.join(self.refs)}"
            ) from None

    def latest(self, name: str) -> Strategy:
        """Answer the newest version. Raises ``StrategyError``."""
        versions = [version for known, version in self._strategies if known == name]
        return self.get(name, max(versions, default=0))

    def find(self, ref: str) -> Strategy | None:
        """Answer the version that a reference as ``standard-2`` names, if it is here."""
        return next((each for each in self._strategies.values() if each.ref == ref), None)

    def __iter__(self) -> Iterator[Strategy]:
        """Every version, by name, the oldest first."""
        return (self._strategies[known] for known in sorted(self._strategies))

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(each.ref for each in self)


def load_strategies(directory: Path) -> StrategyLibrary:
    """Read every ``NAME-VERSION.toml`` of a directory. Raises ``StrategyError``."""
    strategies: dict[tuple[str, int], Strategy] = {}
    for path in sorted(directory.glob("*.toml")):
        strategy = read_strategy(path.read_text(encoding="utf-8"), path.name)
        if path.stem != strategy.ref:
            raise StrategyError(f"{path.name} holds {strategy.ref}; name the file after it")
        strategies[strategy.name, strategy.version] = strategy
    if not strategies:
        raise StrategyError(f"no strategies in {directory}")
    return StrategyLibrary(strategies)


def read_strategy(text: str, where: str = "strategy") -> Strategy:
    """Read one strategy from TOML; ``where`` names it in errors. Raises ``StrategyError``."""
    try:
        return Strategy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise StrategyError(f"{where} is not TOML: {wrong}") from None
    except ValidationError as wrong:
        faults = (
            f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}"
            for fault in wrong.errors(include_url=False, include_input=False)
        )
        raise StrategyError(f"{where}: {'; '.join(faults)}") from None
