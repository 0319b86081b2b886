"""`wasl listen`."""

import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import pytest

from tests.gateway.cli.conftest import Shell
from wasl.webhooks.signing import new_secret, signatures


@pytest.fixture
def receiver() -> Iterator[tuple[int, Queue[tuple[dict[str, str], bytes]]]]:
    """A port of this machine, and what was posted there."""
    came: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port, came
        server.shutdown()


def test_it_prints_what_happens_and_forwards_it_signed(shop: Shell, receiver: tuple[int, Queue[tuple[dict[str, str], bytes]]]) -> None:
    port, came = receiver
    secret = shop.environ["WASL_LISTEN_SECRET"] = new_secret()
    listening = shop.start("listen", "--json", "--type", "message.sent", "--forward-to", f"http://localhost:{port}/hook")
    assert listening.stderr is not None
    assert "Listening" in listening.stderr.readline()

    sent = shop("send", "--to", "any:desk", "--body", "after", "--wait")
    assert listening.stdout is not None
    event = json.loads(listening.stdout.readline())
    head, body = came.get(timeout=10)

    assert (event["type"], event["message"]) == ("message.sent", sent.stdout.split()[0])
    assert head["webhook-signature"] == signatures([secret], f"evt_{event['id']}", int(head["webhook-timestamp"]), body)
    posted = listening.stderr.readline()
    ended = shop.stop(listening, signal.SIGINT)
    assert ended.returncode == 130
    assert "→ 204 in " in posted
    assert secret not in posted + ended.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--type", "message.snet"), '--type has a type that does not exist; did you mean "message.sent"?'),
        (("--after", "yesterday"), "--after is not the id of an event"),
        (("--forward-to", "http://10.0.0.1/hook"), "--forward-to leads to an address that is not public"),
    ],
)
def test_what_cannot_be_followed_is_told_by_its_option(shop: Shell, words: tuple[str, ...], told: str) -> None:
    ended = shop("listen", *words)

    assert ended.returncode == 2
    assert told in ended.stderr


def test_what_came_after_an_event_that_is_not_kept_is_gone(shop: Shell) -> None:
    ended = shop("listen", "--after", "1-0-7-0")

    assert ended.returncode == 1
    assert "not kept any more" in ended.stderr
