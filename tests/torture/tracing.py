"""strace on a running process: to see its system calls, to kill it at one of them, or to let some of them fail for a while."""

import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import pytest

_ATTACHES = 10.0  # seconds


@functools.cache
def untraceable() -> str | None:
    """Why system calls cannot be traced here; None where they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    sleeper = subprocess.Popen(["sleep", "10"])
    try:
        with attached(sleeper.pid, "-e", "trace=none"):
            return None
    except RuntimeError as error:
        return f"this machine does not allow ptrace: {error}"
    finally:
        sleeper.kill()
        sleeper.wait()


def need_tracing() -> None:
    """Skip the test where system calls cannot be traced."""
    if (reason := untraceable()) is not None:
        pytest.skip(reason)


@contextmanager
def attached(pid: int, *options: str) -> Iterator[None]:
    """strace with those options on all threads of a process, for as long as the block runs or the process lives.

    Raises:
        RuntimeError: strace could not attach; the text is its own.
    """
    with TemporaryFile() as told:
        strace = subprocess.Popen(["strace", "-f", "-p", str(pid), *options], stderr=told)
        try:
            _wait_for_attachment(strace, lambda: os.pread(told.fileno(), 4096, 0).decode())
            yield
        finally:
            strace.send_signal(signal.SIGINT)  # on which it detaches
            strace.wait()


def _wait_for_attachment(strace: "subprocess.Popen[bytes]", told: Callable[[], str]) -> None:
    ends = time.monotonic() + _ATTACHES
    while "attached" not in told():
        if strace.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(told().strip() or "strace did not attach")
        time.sleep(0.001)
