"""A real PostgreSQL server for tests, in a temporary folder: `postgres` (one a session) and `postgres_url` (a fresh database a test)."""

import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_PATIENCE = 120.0  # seconds: its last checkpoint syncs what hundreds of tests have written
_ROOM = 4 * 1024**3  # bytes
_MANY = 24  # databases
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_checkpoints": "off",
    "dynamic_shared_memory_type": "mmap",  # in its folder, so that nothing is left when it was killed
    "wal_writer_delay": "10s",  # what nobody asked to be synced stays unsynced, so that a crash loses it
}


class Missing(Exception):
    """PostgreSQL is not installed here."""


def programs() -> Path:
    """The folder of `initdb` and `postgres`, of the newest version that is installed; raises Missing."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    there = [path.parent for place in _PLACES for path in Path("/").glob(f"{place[1:]}/initdb")]
    if not there:
        raise Missing("PostgreSQL (initdb, postgres) is not installed")
    return max(there, key=lambda path: [int(digits) for digits in path.parent.name.split("-")[-1].split("@")[-1].split(".")])


class Server:
    """A server with all its guarantees on (fsync, synchronous_commit). It listens on one loopback port for its whole life."""

    def __init__(self, **settings: str) -> None:
        self._programs = programs()
        self._settings = {**_SETTINGS, **self._quick_recovery(), **settings}
        self.folder = Path(tempfile.mkdtemp(prefix="wasl-pg-", dir=in_memory()))
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._psql: subprocess.Popen[str] | None = None
        self._numbers = count(1)
        self._done: list[str] = []
        # PostgreSQL refuses to run as root.
        self._user = next((name for name in ("postgres", "nobody") if _is_user(name)), None) if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        # initdb need not sync: what the server writes later is what counts, and that is synced.
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        self._run("initdb", f"--pgdata={self.folder}/data", *options)

    def _quick_recovery(self) -> dict[str, str]:
        """After a crash it syncs its whole folder; file by file that takes a minute where many tests had a database."""
        told = subprocess.run([f"{self._programs}/postgres", "--version"], capture_output=True, text=True, check=True).stdout
        version = re.search(r"\) (\d+)", told)
        known = version is not None and int(version[1]) >= 14 and sys.platform == "linux"
        return {"recovery_init_sync_method": "syncfs"} if known else {}

    def start(self) -> None:
        """Start it, also again after `stop` or `kill`; returns when it takes connections."""
        for port in [self.port] if self.port else _ports():
            self.port = port
            if self._started():
                return
        raise AssertionError(f"PostgreSQL did not start: {self.log()[-2000:]}")

    def stop(self) -> None:
        """End it orderly, cutting its connections."""
        self._leave()
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its backends: nothing of it runs on."""
        self._leave()
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more of them meanwhile
        children = _children(self._process.pid)
        for pid in (self._process.pid, *children):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has ended by itself
        self._process.wait(_PATIENCE)
        self._process = None
        _wait_until(lambda: not _running(children))

    @property
    def running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL to one of its processes. The postmaster then ends the others and recovers by itself."""
        self._leave()
        assert self._process is not None
        try:
            os.kill(chance.choice(_children(self._process.pid)), signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended by itself

    def checkpoint(self) -> None:
        """So that after a crash it need not do again all that the tests before have written."""
        self._do("CHECKPOINT")

    def recovered(self) -> None:
        """Returns when it takes connections again after `kill_one`."""
        time.sleep(0.1)  # the postmaster has to notice
        _wait_until(self._answers)

    def close(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Where that database is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of that one."""
        if len(self._done) >= _MANY:
            self._do(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self._done))
            self._done.clear()
        name = f"test_{next(self._numbers)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def done(self, url: str) -> None:
        """Such a database is not needed any more: it goes with others, as hundreds of them would fill the memory."""
        self._done.append(url.rpartition("/")[2])

    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log").read_text(errors="replace")

    def _started(self) -> bool:
        told = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        command = [f"{self._programs}/postgres", "-D", f"{self.folder}/data", "-k", f"{self.folder}", *told]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, group=self._group, extra_groups=self._groups, stdout=log, stderr=log)
        process = self._process
        _wait_until(lambda: process.poll() is not None or self._answers())
        if process.poll() is not None:
            self._process = None
        return self._process is not None

    def _do(self, *statements: str) -> None:
        """By one connection that stays open: a process and a connection for every database would take twice as long."""
        if self._psql is None:
            command = [f"{self._programs}/psql", *self._place, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "postgres"]
            self._psql = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder
            )
        assert self._psql.stdin is not None
        assert self._psql.stdout is not None
        self._psql.stdin.write("".join(f"{statement};\n" for statement in statements) + "\\echo done\n")
        self._psql.stdin.flush()
        told = self._psql.stdout.readline()
        assert told == "done\n", told + self._psql.stdout.read()

    def _leave(self) -> None:
        if self._psql is not None:
            self._psql.communicate()
            self._psql = None

    def _answers(self) -> bool:
        return subprocess.run([f"{self._programs}/pg_isready", "--quiet", *self._place], check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        command = [f"{self._programs}/{program}", *arguments]
        done = subprocess.run(
            command, user=self._user, group=self._group, extra_groups=self._groups, cwd=self.folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    @property
    def _place(self) -> list[str]:
        return ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]

    @property
    def _group(self) -> int | None:
        return pwd.getpwnam(self._user).pw_gid if self._user else None

    @property
    def _groups(self) -> list[int] | None:
        return [] if self._user else None


@contextmanager
def served() -> Iterator[Server]:
    """A running server of one's own. Where PostgreSQL is missing the test is skipped, except under CI."""
    try:
        server = Server()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One running server for the session; each worker of pytest-xdist has its own."""
    with served() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """`postgresql://…` of an empty database of this test's own."""
    url = postgres.fresh()
    yield url
    postgres.done(url)


def in_memory() -> Path | None:
    """A folder that is in memory, where there is one with room: none of these tests pulls the plug, and a disk has its bad moments."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > _ROOM else None


def _ports() -> Iterator[int]:
    """Free ports below those that the system gives to connections: none can take ours while the server is down."""
    for port in random.sample(range(15_000, 30_000), 50):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                yield port


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _children(parent: int) -> list[int]:
    return [pid for pid, of, _ in _processes() if of == parent]


def _running(pids: list[int]) -> bool:
    """Whether one of them lives. One that its new parent has not buried yet holds nothing any more."""
    return any(pid in pids and not state.startswith("Z") for pid, _, state in _processes())


def _processes() -> Iterator[tuple[int, int, str]]:
    """Of every process: its id, its parent's, its state (proc(5))."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it has ended meanwhile
        yield int(stat.parent.name), int(parent), state


def _wait_until(true: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "PostgreSQL took too long"
        time.sleep(0.01)
