"""The rows of the table: who runs against whom, and what ratio is wanted."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from wasl_bench.processes import Process
from wasl_bench.rounds import Contender, Measured, measure

CONNECTIONS = 64


@dataclass(frozen=True)
class Size:
    """How much work a turn is. `apprise` is small because Apprise is slow; its rate is what counts."""

    rounds: int = 5
    posts: int = 4000
    batches: int = 16
    sends: int = 2000
    mails_by_apprise: int = 40
    posts_by_apprise: int = 250
    latencies: int = 1500


SMOKE = Size(rounds=1, posts=64, batches=1, sends=64, mails_by_apprise=2, posts_by_apprise=2, latencies=20)


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
    with _Scene() as scene:
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
    with _Scene() as scene:
        process = scene.start("batches", loop, scene.folder())

        def side(name: str) -> Contender:
            return Contender(
                process, lambda: process.ask(f"work {name}")["count"], lambda: process.ask(f"prepare {name}", count=size.batches)
            )

        measured = measure([side(name) for name in ("wasl", "one_table", "own_rows", "json")], size.rounds)
    yield _row("accept in batches of 500", "executemany, one table", loop, measured, (0.25, 0.35))
    yield _row("accept in batches of 500", "executemany, wasl's own rows", loop, measured, twin=2)
    yield _row("the same from JSON bytes", "executemany, one table", loop, measured, contender=3)


def whole_path(size: Size, loop: str) -> Iterator[Row]:
    """From accepted to settled, by HTTP and by mail."""
    with _Scene() as scene:
        sink = scene.start("sinks", loop)
        ports = sink.facts["http"], sink.facts["smtp"]
        senders = Senders(
            sink,
            scene.start("whole_path", loop, scene.folder(), *ports),
            scene.start("bare_sending", loop, *ports),
            scene.start("apprise_sending", *ports),
        )
        http = _sent(senders, "webhook", size, {"webhook": size.posts_by_apprise})
        by_apprise = {"email": size.mails_by_apprise, "email, one TLS context": 4 * size.mails_by_apprise}
        mail = _sent(senders, "email", size, by_apprise)
    yield _row("accepted to settled, HTTP provider", "aiohttp client, same bodies", loop, http, (0.35, 0.5), twin=2)
    yield _row("the call to settled, HTTP provider", "aiohttp client, same bodies", loop, http, contender=1, twin=2)
    yield _row("the call to settled, HTTP provider", "Apprise json://", loop, http, (4, 5), contender=1, twin=3)
    yield _row("accepted to settled, SMTP", "aiosmtplib pool, ready-made bytes", loop, mail, (0.6, 1.0), twin=2)
    yield _row("the call to settled, SMTP", "aiosmtplib pool, ready-made bytes", loop, mail, contender=1, twin=2)
    yield _row("the call to settled, SMTP", "Apprise mailto://", loop, mail, (8, 10), contender=1, twin=3)
    yield _row("the call to settled, SMTP", "Apprise mailto://, one TLS context", loop, mail, contender=1, twin=4)


@dataclass(frozen=True)
class Senders:
    """Who sends to the sink."""

    sink: Process
    wasl: Process
    bare: Process
    apprise: Process


def _sent(senders: Senders, channel: str, size: Size, by_apprise: dict[str, int]) -> Measured:
    wasl, bare, apprise = senders.wasl, senders.bare, senders.apprise
    wasl.ask("prepare", channel=channel, count=1)
    wasl.ask("work")
    content = senders.sink.ask(channel)["last"]  # the bare twin sends what wasl made
    contenders = [
        *(
            Contender(wasl, lambda: wasl.ask("work")["count"], lambda how=how: wasl.ask(how, channel=channel, count=size.sends))
            for how in ("prepare_queue", "prepare")
        ),
        Contender(bare, lambda: bare.ask(channel, count=size.sends, content=content)["count"]),
        *(Contender(apprise, lambda how=how, count=count: apprise.ask(how, count=count)["count"]) for how, count in by_apprise.items()),
    ]
    measured, turns = measure(contenders, size.rounds), size.rounds + 1
    _check(wasl.ask("sent", channel=channel)["count"], 1 + 2 * turns * size.sends)
    _check(senders.sink.ask(channel)["count"], turns * (3 * size.sends + sum(by_apprise.values())))
    return measured


class _Scene(ExitStack):
    """The processes and folders of a row, gone at its end."""

    def start(self, module: str, *arguments: object) -> Process:
        return self.enter_context(Process(module, *arguments))

    def folder(self) -> Path:
        return Path(self.enter_context(tempfile.TemporaryDirectory(prefix="wasl-bench-", ignore_cleanup_errors=True)))


def _row(
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
