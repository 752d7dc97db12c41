"""Registers answer yes, no, or nothing; nothing is never no."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.register import FileRegister, HttpRegister
from models.register import RegisterKind, Subject, Told, Unreachable

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
ANNA = Subject(
    name="Anna Müller", born=date(1980, 2, 29), postcode="EC1A 1AA", phone="+447700900123",
    account="G1",
)  # fmt: skip


def listed(path, **entry):
    path.write_text(json.dumps({"as_of": "2026-11-10T06:00:00+00:00", "entries": [entry]}))
    return FileRegister(RegisterKind.MORATORIUM, path, timedelta(hours=24))


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"name": "anna muller", "born": "1980-02-29"}, True),
        ({"name": "ANNA MÜLLER", "postcode": "ec1a1aa"}, True),
        ({"name": "Anna Müller"}, False),
        ({"name": "Anna Müller", "born": "1981-02-28"}, False),
        ({"phone": "+44 7700 900123"}, True),
        ({"account": "G1"}, True),
        ({"account": "G2"}, False),
        ({"name": "Anne Müller", "born": "1980-02-29"}, False),
    ],
)
def test_an_entry_is_the_persons_by_name_with_birth_or_postcode_by_phone_or_account(
    tmp_path, entry, found
):
    told = listed(tmp_path / "list.json", **entry).ask(ANNA, NOW)
    assert isinstance(told, Told)
    assert told.listed is found
    assert told.as_of == datetime(2026, 11, 10, 6, tzinfo=UTC)


def test_what_is_taken_over_of_an_entry_names_nobody(tmp_path):
    told = listed(
        tmp_path / "list.json", account="G1", name="Anna Müller", ref="BS-1", start="2026-11-03"
    ).ask(ANNA, NOW)
    assert told.facts == {"ref": "BS-1", "start": "2026-11-03"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "file_missing"),
        ("{", "file_unreadable"),
        ('{"entries": []}', "file_unreadable"),
        ('{"as_of": "2026-11-10T06:00:00", "entries": []}', "file_without_offset"),
    ],
)
def test_a_list_that_cannot_be_read_is_no_answer(tmp_path, content, reason):
    path = tmp_path / "list.json"
    if content is not None:
        path.write_text(content)
    told = FileRegister(RegisterKind.INSOLVENCY, path, timedelta(hours=1)).ask(ANNA, NOW)
    assert told == Unreachable(reason=reason)


@pytest.fixture
def service():
    """A register on loopback that answers what it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.asked.append((self.headers.get("Authorization"), json.loads(asked)))
            status, body = self.server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], (200, '{"listed": false}')
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def over(service, **more):
    url = f"http://127.0.0.1:{service.server_port}/ask"
    return HttpRegister(RegisterKind.INSOLVENCY, url, timedelta(hours=6), **more)


def test_a_service_is_asked_about_the_person_and_believed(service):
    assert over(service, key="k").ask(ANNA, NOW) == Told(listed=False, as_of=NOW)
    key, asked = service.asked[0]
    assert key == "Bearer k"
    assert (asked["register"], asked["name"], asked["born"]) == (
        "insolvency", "Anna Müller", "1980-02-29",
    )  # fmt: skip
    service.answer = (200, '{"listed": true, "facts": {"status": "pending", "name": "x"}}')
    assert over(service).ask(ANNA, NOW).facts == {"status": "pending"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((503, ""), "status_503"),
        ((200, "yes"), "answer_unreadable"),
        ((200, '{"listed": "perhaps"}'), "answer_unreadable"),
        ((200, '{"listed": false, "as_of": "2026-11-11T12:00:00+00:00"}'), "answer_undated"),
    ],
)
def test_whatever_else_a_service_says_is_no_answer(service, answer, reason):
    service.answer = answer
    assert over(service).ask(ANNA, NOW) == Unreachable(reason=reason)


def test_a_service_that_is_not_there_is_no_answer():
    nowhere = HttpRegister(RegisterKind.INSOLVENCY, "http://127.0.0.1:9/", timedelta(hours=6))
    assert nowhere.ask(ANNA, NOW) == Unreachable(reason="ConnectError")
