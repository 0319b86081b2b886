import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.forking import Forking
from wasl.cli import main


@dataclass
class Shell:
    """Runs `wasl` as a process of its own, in a folder of its own."""

    folder: Path
    environ: dict[str, str]
    forking: Forking
    kept: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.forking.run(words, self.folder, self.environ | environ, self.kept)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that goes on, until `stop`."""
        process = subprocess.Popen(
            self._command(words), cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - it only sets a signal, and no thread of the tests holds a lock for that
        )  # fmt: skip
        self.running.append(process)
        return process

    def stop(self, process: subprocess.Popen[str], number: int = signal.SIGTERM) -> subprocess.CompletedProcess[str]:
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # it then says where it stands
            raise AssertionError(f"it did not end: {process.communicate(timeout=20)}") from None
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def config(self, text: str) -> None:
        (self.folder / "wasl.toml").write_text(text, encoding="utf-8")

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "wasl", *words]


@pytest.fixture
def wasl(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, forking: Forking) -> Iterator[Shell]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
    environ |= {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    shell = Shell(tmp_path, environ, forking, tmp_path_factory.mktemp("said"))
    yield shell
    for process in shell.running:
        with process:  # closes its pipes and waits for its end
            process.kill()


def _hear_ctrl_c() -> None:
    """Where the tests themselves run in the background of a shell, SIGINT is ignored, and that would be inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory, forking: Forking) -> Path:
    """A folder as `wasl init` leaves it, with the database of a first start: making that takes a second."""
    folder = tmp_path_factory.mktemp("opened")
    for words in (("init",), ("migrate", "up")):
        forking.run(words, folder, os.environ, tmp_path_factory.mktemp("said")).check_returncode()
    return folder


@pytest.fixture
def shop(wasl: Shell, opened: Path) -> Shell:
    """A folder in which wasl was begun."""
    shutil.copytree(opened, wasl.folder, dirs_exist_ok=True)
    return wasl


@pytest.fixture
def told(shop: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs `wasl` in this process, for what ends before a gateway is opened: exit code and stderr, as one line."""

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(shop.folder)
        monkeypatch.setattr(sys, "argv", ["wasl", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert out == ""
        return int(ended.value.code or 0), " ".join(err.split())

    return run
