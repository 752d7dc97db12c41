"""How every client, worker and replayer is put together, in one plugin."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import PydanticPayloadConverter, ToJsonOptions
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.plugin import SimplePlugin
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkerDeploymentConfig,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from runtime.logs import CORE
from runtime.settings import Settings

SHARED = ("models", "activities", "runtime", "structlog")
"""Modules that workflow code shares with its process: values, activity types, the logger.

``workflows`` is not among them: it alone is reloaded and restricted. Passing its package
through would switch the sandbox off for it.
"""

DEPLOYMENT = "cession"
"""Of versioned workers."""

WHEREABOUTS = "stack.json"
"""File under ``var`` in which a running embedded stack says where it listens."""


@dataclass(frozen=True)
class Labour:
    """The activities of this process, by type: what runs now, and what its end has cut off."""

    running: Counter[str] = field(default_factory=Counter[str])
    cut: Counter[str] = field(default_factory=Counter[str])


LABOUR = Labour()
"""Read when the process ends, to say what is waited for and what was not done; decides nothing."""


class LeanConverter(PydanticPayloadConverter):
    """Messages as JSON without fields that were never set: histories stay small.

    What is left out is read back as its default, so the default of a message's field never
    changes.
    """

    def __init__(self) -> None:
        super().__init__(ToJsonOptions(exclude_unset=True))


CONVERTER = DataConverter(payload_converter_class=LeanConverter)


def sandbox() -> SandboxedWorkflowRunner:
    """Make a sandbox that refuses, at worker start, any import not listed in ``SHARED``."""
    policy = SandboxImportNotificationPolicy
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            *SHARED
        ).with_import_notification_policy(
            policy.WARN_ON_DYNAMIC_IMPORT | policy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )


class CessionPlugin(SimplePlugin):
    """Converter, sandbox and log context for client, worker and replayer alike.

    Give it to the client only: workers made of the client inherit it. A worker that asks for no
    sandbox, as some tests do, gets none.
    """

    def __init__(self) -> None:
        def runner(asked: WorkflowRunner | None) -> WorkflowRunner:
            return asked if isinstance(asked, UnsandboxedWorkflowRunner) else sandbox()

        super().__init__(
            "cession",
            data_converter=CONVERTER,
            workflow_runner=runner,
            interceptors=[ActivityLogs()],
        )


class ActivityLogs(Interceptor):
    """Every line written during an activity names its workflow, its type and its attempt.

    An error that calls itself ``hopeless``, as of a debt that is not there, is not tried again.
    What an unforeseen error says goes neither into the history nor into the log.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        info = activity.info()
        with structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id, activity=info.activity_type, attempt=info.attempt
        ):
            LABOUR.running[info.activity_type] += 1
            try:
                return await super().execute_activity(input)
            except asyncio.CancelledError:
                LABOUR.cut[info.activity_type] += activity.is_worker_shutdown()
                raise
            except FailureError:
                raise
            except Exception as error:  # noqa: BLE001
                hopeless = getattr(error, "hopeless", False)
                # The text of an unforeseen error may quote a person; its type and place do not.
                text = str(error) if hopeless else "its text stays in the process"
                raise ApplicationError(
                    text, type=error.__class__.__name__, non_retryable=hopeless
                ).with_traceback(error.__traceback__) from None
            finally:
                LABOUR.running[info.activity_type] -= 1


class TemporalUnreachableError(Exception):
    """No Temporal server answers; the text says where it was sought and what to do."""

    def __init__(self, address: str, *, embedded: bool, why: str) -> None:
        advice = (
            "start the embedded one with `cession up`, or name yours in TEMPORAL_ADDRESS"
            if embedded
            else "is it running, and do TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the "
            "TEMPORAL_TLS… variables fit?"
        )
        super().__init__(f"no Temporal server answers at {address}: {advice} ({why})")


def _cause(error: Exception) -> str:
    """Answer the innermost words of an error of the engine's native part, without its wrappings."""
    text = str(error).splitlines()[0]
    said = re.findall(r'message: "([^"]+)"', text)
    return said[-1] if said else text[:200]


def outside() -> dict[str, Any]:
    """Answer how the operator's own cluster is reached; empty if the embedded one is meant.

    ``TEMPORAL_…`` variables and ``temporal.toml`` are those of Temporal's own tools.
    """
    config = dict(ClientConfig.load_client_connect_config(config_file_strict=True))
    return config if "target_host" in config else {}


def embedded_address(settings: Settings) -> str:
    """Answer where the embedded server of this ``var`` listens, or would by default."""
    try:
        return str(json.loads((settings.var / WHEREABOUTS).read_text("utf-8"))["temporal"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return f"127.0.0.1:{settings.temporal_port}"


async def connect(
    settings: Settings, *, role: str = "cli", runtime: Runtime | None = None
) -> Client:
    """Connect to the cluster that ``TEMPORAL_…`` names, else to the embedded server.

    ``role`` and process number are the client's identity: short, as every event repeats it.
    """
    try:
        config = outside()
    except (ValueError, RuntimeError, OSError) as error:
        raise TemporalUnreachableError(
            "the configured address", embedded=False, why=str(error)
        ) from None
    embedded = not config
    config = config or {"target_host": embedded_address(settings)}
    config["identity"] = f"{role}-{os.getpid()}"
    try:
        return await Client.connect(**config, plugins=[CessionPlugin()], runtime=runtime)
    except (RuntimeError, RPCError) as error:
        raise TemporalUnreachableError(
            config["target_host"], embedded=embedded, why=_cause(error)
        ) from None


def telemetry(metrics_address: str = "") -> Runtime:
    """Make the engine's runtime: its logs joined with ours, metrics for Prometheus if wanted."""
    return Runtime(
        telemetry=TelemetryConfig(
            metrics=PrometheusConfig(
                bind_address=metrics_address,
                durations_as_seconds=True,
                unit_suffix=True,
                counters_total_suffix=True,
            )
            if metrics_address
            else None,
            logging=LoggingConfig(
                filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
                forwarding=LogForwardingConfig(
                    logger=logging.getLogger(CORE), append_target_to_name=False
                ),
            ),
        )
    )


def deployment(
    build_id: str, behaviour: VersioningBehavior = VersioningBehavior.AUTO_UPGRADE
) -> WorkerDeploymentConfig:
    """Version the workers of a release; on a laptop, with no build id, leave them plain.

    A case lives for months and moves to the new release at its next step. An import takes
    minutes and ends on the release that began it.

    Plain ones have an empty name, or every event would repeat a long hash of all loaded code.
    The behaviour stands here and not at the workflow: an annotated workflow on a plain worker
    fails every task on a real server.
    """
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT if build_id else "", build_id),
        use_worker_versioning=bool(build_id),
        default_versioning_behavior=behaviour if build_id else VersioningBehavior.UNSPECIFIED,
    )
