"""The rows of the table: who runs against whom, and what ratio is wanted."""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from wasl_bench.processes import Process
from wasl_bench.rounds import Contender, Measured, measure
from wasl_bench.workload import COMMIT

CONNECTIONS = 64


@dataclass(frozen=True)
class Size:
    """How much work a turn is. `apprise` is small because Apprise is slow; its rate is what counts."""

    rounds: int = 5
    posts: int = 4000
    batches: int = 16
    sends: int = 2000
    mails_by_apprise: int = 60
    posts_by_apprise: int = 250
    latencies: int = 1500


SMOKE = Size(rounds=1, posts=64, batches=1, sends=COMMIT, mails_by_apprise=2, posts_by_apprise=2, latencies=20)


@dataclass(frozen=True)
class Row:
    """A line of the table. Goals are None where neither the issue nor DESIGN names one."""

    work: str
    against: str
    loop: str
    rates: tuple[float, float]
    ratio: tuple[float, float, float]
    issue: float | None = None
    design: float | None = None


@dataclass(frozen=True)
class Latency:
    """How long one accept takes on the client's clock, in milliseconds, at so many connections."""

    loop: str
    connections: int
    p50: float
    p99: float


def accept_one(size: Size, loop: str) -> Iterator[Row | Latency]:
    """One message by HTTP, durable."""
    with _Scene(loop) as scene:
        client = scene.start("client")
        servers = [scene.start("accepting", kind, loop, scene.folder()) for kind in ("wasl", "bare")]

        def post(server: Process, count: int, connections: int) -> dict[str, float]:
            return client.ask("post", port=server.facts["port"], key=server.facts["key"], count=count, connections=connections)

        contenders = [Contender(s, lambda s=s: int(post(s, size.posts, CONNECTIONS)["count"])) for s in servers]
        yield _row("accept one by HTTP, durable", "aiohttp + pydantic, stores nothing", loop, measure(contenders, size.rounds), (0.5, 0.6))
        for connections in (1, CONNECTIONS):
            found = post(servers[0], size.latencies, connections)
            yield Latency(loop, connections, found["p50"], found["p99"])


def accept_batches(size: Size, loop: str) -> Iterator[Row]:
    """Batches of 500 through `accept_many`."""
    with _Scene(loop) as scene:
        subjects = [scene.start("batches", kind, loop, scene.folder()) for kind in ("wasl", "bare", "rows", "json")]
        measured = measure(
            [Contender(s, lambda s=s: s.ask("work")["count"], lambda s=s: s.ask("prepare", batches=size.batches)) for s in subjects],
            size.rounds,
        )
    yield _row("accept in batches of 500", "executemany, one table", loop, measured, (0.25, 0.35))
    yield _row("accept in batches of 500", "executemany, wasl's own rows", loop, measured, twin=2)
    yield _row("the same from JSON bytes", "executemany, one table", loop, measured, contender=3)


def whole_path(size: Size, loop: str, channel: str) -> Iterator[Row]:
    """From accepted to settled."""
    taken, by_apprise = ("http", size.posts_by_apprise) if channel == "webhook" else ("smtp", size.mails_by_apprise)
    with _Scene(loop) as scene:
        sink = scene.start("sinks", loop)
        port = sink.facts[taken]
        wasl = scene.start("whole_path", channel, loop, scene.folder(), sink.facts["http"], sink.facts["smtp"])
        bare, apprise = scene.start("bare_sending", channel, loop, port), scene.start("apprise_sending", channel, port)
        wasl.ask("prepare", count=COMMIT)
        wasl.ask("work")
        content = sink.ask(taken)["last"]
        assert b"A-" in base64.b64decode(content)
        measured = measure(
            [
                Contender(wasl, lambda: wasl.ask("work")["count"], lambda: wasl.ask("prepare", count=size.sends)),
                Contender(bare, lambda: bare.ask("work", count=size.sends, content=content)["count"]),
                Contender(apprise, lambda: apprise.ask("work", count=by_apprise)["count"]),
            ],
            size.rounds,
        )
        turns = size.rounds + 1
        _check(wasl.ask("sent")["count"], COMMIT + turns * size.sends)
        _check(sink.ask(taken)["count"], turns * (2 * size.sends + by_apprise))
    if channel == "webhook":
        yield _row("whole path, HTTP provider", "aiohttp client, same bodies", loop, measured, (0.35, 0.5))
        yield _row("whole path, HTTP provider", "Apprise json://", loop, measured, (4, 5), twin=2)
    else:
        yield _row("whole path, SMTP", "aiosmtplib pool, ready-made bytes", loop, measured, (0.6, 1.0))
        yield _row("whole path, SMTP", "Apprise mailto://", loop, measured, (8, 10), twin=2)


class _Scene(ExitStack):
    """The processes and folders of a row, gone at its end."""

    def __init__(self, loop: str) -> None:
        super().__init__()
        self._loop = loop

    def start(self, module: str, *arguments: object) -> Process:
        return self.enter_context(Process(module, *arguments))

    def folder(self) -> Path:
        return Path(self.enter_context(tempfile.TemporaryDirectory(prefix="wasl-bench-", ignore_cleanup_errors=True)))


def _row(  # noqa: PLR0913 - the columns
    work: str,
    against: str,
    loop: str,
    measured: Measured,
    goals: tuple[float | None, float | None] = (None, None),
    *,
    contender: int = 0,
    twin: int = 1,
) -> Row:
    rates = measured.rate(contender), measured.rate(twin)
    return Row(work, against, loop, rates, measured.ratio(contender, twin), *goals)


def _check(found: int, expected: int) -> None:
    """A benchmark that loses or doubles messages measures nothing."""
    if found != expected:
        raise RuntimeError(f"{found} arrived where {expected} were sent")
