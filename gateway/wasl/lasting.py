"""What processes that run for long have in common: they end when told, and when they hang."""

import asyncio
import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType

import structlog

HUNG = 7
"""The exit code of a process that ended itself because it hung."""

_log = structlog.get_logger("wasl.lasting")
_LOOKS = 8  # in the time that is allowed
_DEEPEST = 30  # functions told of a stack


async def run_until_told() -> None:
    """Returns at SIGTERM or SIGINT. A second signal then ends the process at once."""
    keep_memory()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def keep_memory() -> None:
    """For a process that has imported and opened everything: what is there stays for good, and what comes is soon gone without help.

    Walking over the first again and again took a tenth of the CPU; looking for cycles after every 700 new objects nearly another.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@contextmanager
def watched(patience: timedelta) -> Iterator[None]:
    """While it lasts, the process ends with exit code 7 when this event loop stands still for so long; another one can then take over.

    A thread looks. It counts its own looks, so that a process that was stopped itself is not taken for one that hangs. Code that lets
    no other thread run (a regular expression without end) is ended after twice the time by the system, with exit code 1.
    """
    watchdog = _Watchdog(patience.total_seconds())
    ticking = asyncio.get_running_loop().create_task(watchdog.tick(), name="wasl-watchdog")
    watchdog.start()
    try:
        yield
    finally:
        ticking.cancel()
        watchdog.stopped = True
        faulthandler.cancel_dump_traceback_later()


class _Watchdog(threading.Thread):
    def __init__(self, patience: float) -> None:
        super().__init__(name="wasl-watchdog", daemon=True)
        self.stopped = False
        self._patience = patience
        self._pause = min(1.0, patience / _LOOKS)
        self._silent = 0
        self._watched = threading.get_ident()

    async def tick(self) -> None:
        """The sign of life of the loop."""
        while True:
            self._silent = 0
            if sys.__stderr__ is not None:
                faulthandler.dump_traceback_later(2 * self._patience, exit=True, file=sys.__stderr__)
            await asyncio.sleep(self._pause)

    def run(self) -> None:
        while not self.stopped:
            time.sleep(self._pause)
            self._silent += 1
            if self._silent * self._pause > self._patience and not self.stopped:
                with suppress(Exception):  # whatever the log says to it, the process must end
                    _log.critical("worker.hung", seconds=self._patience, stack=_names(sys._current_frames().get(self._watched)))
                os._exit(HUNG)


def _names(frame: FrameType | None) -> str:
    """The functions that are being run, the innermost first: their names alone, as values may be personal."""
    names: list[str] = []
    while frame is not None and len(names) < _DEEPEST:
        names.append(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return " < ".join(names)
