"""The rows in which one process of wasl runs against a twin, and what ratio is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass

from wasl_bench.processes import Process
from wasl_bench.rounds import Contender, Measured, measure
from wasl_bench.scene import Row, Scene, Setting, Size, check

CONNECTIONS = 64


@dataclass(frozen=True)
class Latency:
    """How long one accept takes on the client's clock, in milliseconds, at so many connections."""

    engine: str
    loop: str
    connections: int
    p50: float
    p99: float


def accept_one(size: Size, setting: Setting) -> Iterator[Row | Latency]:
    """One message by HTTP, durable."""
    with Scene() as scene:
        client = scene.start("client")
        servers = [scene.start("accepting", kind, setting.loop, *scene.ledger(setting.engine)) for kind in ("wasl", "bare")]

        def post(server: Process, count: int, connections: int) -> dict[str, float]:
            return client.ask("post", port=server.facts["port"], key=server.facts["key"], count=count, connections=connections)

        def contender(server: Process) -> Contender:
            return Contender(server, lambda: int(post(server, size.posts, CONNECTIONS)["count"]), beside=setting.engine.spent)

        measured = measure([contender(server) for server in servers], size.rounds)
        yield setting.row("accept one by HTTP, durable", "aiohttp + pydantic, stores nothing", measured, (0.5, 0.6))
        for connections in (1, CONNECTIONS):
            found = post(servers[0], size.latencies, connections)
            yield Latency(setting.engine.name, setting.loop, connections, found["p50"], found["p99"])


def callbacks(size: Size, setting: Setting) -> Iterator[Row]:
    """A provider's callback by HTTP: proved, stored and applied, against a twin that only proves it."""
    with Scene() as scene:
        client = scene.start("client")
        servers = [scene.start("telling", kind, setting.loop, *scene.ledger(setting.engine)) for kind in ("wasl", "bare")]

        def contender(server: Process) -> Contender:
            attempts: list[str] = []

            def prepare() -> None:
                attempts[:] = server.ask("sent", count=size.told)["attempts"]

            def work() -> int:
                return int(client.ask("tell", port=server.facts["port"], attempts=attempts, connections=CONNECTIONS)["count"])

            return Contender(server, work, prepare, beside=setting.engine.spent)

        measured = measure([contender(server) for server in servers], size.rounds)
    yield setting.row("a callback by HTTP, stored and applied", "aiohttp, verifies the same HMAC", measured, (0.5, None))


def accept_batches(size: Size, setting: Setting) -> Iterator[Row]:
    """Batches of 500 through `accept_many`; on SQLite."""
    with Scene() as scene:
        process = scene.start("batches", setting.loop, scene.folder())

        def side(name: str) -> Contender:
            return Contender(
                process, lambda: process.ask(f"work {name}")["count"], lambda: process.ask(f"prepare {name}", count=size.batches)
            )

        measured = measure([side(name) for name in ("wasl", "one_table", "own_rows", "json")], size.rounds)
    yield setting.row("accept in batches of 500", "executemany, one table", measured, (0.25, 0.35))
    yield setting.row("accept in batches of 500", "executemany, wasl's own rows", measured, twin=2)
    yield setting.row("the same from JSON bytes", "executemany, one table", measured, contender=3)


def rendering(size: Size, setting: Setting) -> Iterator[Row]:
    """A mail from an envelope to its bytes: from a template, and from content that is new each time."""
    with Scene() as scene:
        process = scene.start("rendering", setting.loop)

        def side(name: str) -> Contender:
            return Contender(
                process, lambda: process.ask(f"work {name}")["count"], lambda: process.ask(f"prepare {name}", count=size.mails)
            )

        measured = measure([side(name) for name in ("wasl", "bare", "inline")], size.rounds)
    # The issue lets a mail cost 1.5 times what the bare twin's does.
    yield setting.row("render a mail, from a template", "jinja2 + css-inline + email.message", measured, (0.67, None))
    yield setting.row("render a mail, each with a text of its own", "jinja2 + css-inline + email.message", measured, contender=2)


def whole_path(size: Size, setting: Setting) -> Iterator[Row]:
    """From accepted to settled, by HTTP and by mail, against bare twins and Apprise."""
    with Scene() as scene:
        ports, senders = _senders(scene, setting)
        apprise = scene.start("apprise_sending", *ports)

        def by_apprise(how: str, count: int) -> Contender:
            return Contender(apprise, lambda: apprise.ask(how, count=count)["count"])

        posts, mails = size.posts_by_apprise, size.mails_by_apprise
        http = senders.measured("webhook", size, {by_apprise("webhook", posts): posts})
        mail = senders.measured(
            "email", size, {by_apprise("email", mails): mails, by_apprise("email, one TLS context", 4 * mails): 4 * mails}
        )
    yield setting.row("accepted to settled, HTTP provider", "aiohttp client, same bodies", http, (0.35, 0.5))
    yield setting.row("the call to settled, HTTP provider", "aiohttp client, same bodies", http, contender=2)
    yield setting.row("the call to settled, HTTP provider", "Apprise json://", http, (4, 5), contender=2, twin=3)
    yield setting.row("accepted to settled, SMTP", "aiosmtplib pool, ready-made bytes", mail, (0.6, 1.0))
    yield setting.row("the call to settled, SMTP", "aiosmtplib pool, ready-made bytes", mail, contender=2)
    yield setting.row("the call to settled, SMTP", "Apprise mailto://", mail, (8, 10), contender=2, twin=3)
    yield setting.row("the call to settled, SMTP", "Apprise mailto://, one TLS context", mail, contender=2, twin=4)


def whole_path_alone(size: Size, setting: Setting) -> Iterator[Row]:
    """From accepted to settled, against the bare twins only."""
    with Scene() as scene:
        _, senders = _senders(scene, setting)
        http, mail = senders.measured("webhook", size), senders.measured("email", size)
    yield setting.row("accepted to settled, HTTP provider", "aiohttp client, same bodies", http, (0.35, 0.5))
    yield setting.row("accepted to settled, SMTP", "aiosmtplib pool, ready-made bytes", mail, (0.6, 1.0))


def policies(size: Size, setting: Setting) -> Iterator[Row]:
    """What consent, suppression, quiet hours and two caps cost on the whole path."""
    with Scene() as scene:
        ports, judged = _senders(scene, setting, "judged")
        free = scene.start("whole_path", setting.loop, *scene.ledger(setting.engine), *ports, "free")

        def side(process: Process) -> Contender:
            return Contender(
                process,
                lambda: process.ask("work")["count"],
                lambda: process.ask("prepare_queue", channel="webhook", count=size.sends),
                setting.engine.spent,
            )

        measured = measure([side(judged.wasl), side(free)], size.rounds)
        sent = sum(process.ask("sent", channel="webhook")["count"] for process in (judged.wasl, free))
        check(judged.sink.ask("webhook")["count"], sent)
        check(sent, sum(p.ask("sent", channel="webhook")["late"] for p in (judged.wasl, free)) + 2 * (size.rounds + 1) * size.sends)
    yield setting.row("consent, suppression, quiet hours, two caps", "wasl, the same messages, none of these", measured, (0.75, None))


@dataclass(frozen=True)
class _Senders:
    """Who sends to the sink."""

    setting: Setting
    sink: Process
    wasl: Process
    bare: Process

    def measured(self, channel: str, size: Size, others: dict[Contender, int] | None = None) -> Measured:
        """wasl from a full queue, the bare twin; where there are others, with so many units a turn, wasl from the call and these."""
        others = others or {}
        self.wasl.ask("prepare", channel=channel, count=1)
        self.wasl.ask("work")
        content = self.sink.ask(channel)["last"]  # the bare twin sends what wasl made
        bare = Contender(self.bare, lambda: self.bare.ask(channel, count=size.sends, content=content)["count"])
        from_the_call = [self._wasl("prepare", channel, size)] if others else []
        measured = measure([self._wasl("prepare_queue", channel, size), bare, *from_the_call, *others], size.rounds)
        turns, by_wasl = size.rounds + 1, 1 + len(from_the_call)
        sent = self.wasl.ask("sent", channel=channel)
        check(sent["count"], 1 + sent["late"] + by_wasl * turns * size.sends)
        check(self.sink.ask(channel)["count"], sent["late"] + turns * ((by_wasl + 1) * size.sends + sum(others.values())))
        return measured

    def _wasl(self, how: str, channel: str, size: Size) -> Contender:
        return Contender(
            self.wasl,
            lambda: self.wasl.ask("work")["count"],
            lambda: self.wasl.ask(how, channel=channel, count=size.sends),
            self.setting.engine.spent,
        )


def _senders(scene: Scene, setting: Setting, *policies: str) -> tuple[tuple[int, int], _Senders]:
    sink = scene.start("sinks", setting.loop)
    ports = int(sink.facts["http"]), int(sink.facts["smtp"])
    wasl = scene.start("whole_path", setting.loop, *scene.ledger(setting.engine), *ports, *policies)
    return ports, _Senders(setting, sink, wasl, scene.start("bare_sending", setting.loop, *ports))
