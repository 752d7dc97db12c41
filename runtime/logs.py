"""One form for every log line, ours and the SDK's; silent in workflows while they replay.

Personal data is never logged in the first place: no processor here would find it. Only errors
lose their text, because nobody knows what it quotes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

CORE = "temporal.core"
"""Logger that the engine's native part writes to."""


def lift(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Flatten what the SDK adds to records of workflows and activities."""
    for source in ("temporal_workflow", "temporal_activity"):
        for key, value in (event.pop(source, None) or {}).items():
            event.setdefault(key, value)
    return event


def drop_on_replay(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Drop a line written before: the workflow's logger is disabled while history replays."""
    if not logger.isEnabledFor(logging.getLevelNamesMapping()[name.upper()]):
        raise structlog.DropEvent
    return event


def name_errors(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Show an error's type and place, and of its causes; its text may quote a person."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    error = given[1] if isinstance(given, tuple) else error if given else None
    lines: list[str] = []
    while isinstance(error, BaseException):
        lines += [*traceback.format_tb(error.__traceback__), error.__class__.__name__, "\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        event["exception"] = "".join(lines).rstrip()
    return event


SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    lift,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(style: Literal["json", "console"] = "console", level: str = "INFO") -> None:
    """Send all logs of this process to standard error in one form."""
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                name_errors,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def workflow_logger(**bound: Any) -> structlog.stdlib.BoundLogger:
    """Give workflow code a logger in our calling style: ``log.info("case.closed", ending=…)``.

    A plain structlog logger would repeat every line at every replay.
    """
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        workflow.logger,
        processors=[drop_on_replay, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return logger.bind(**bound)
