"""How a command ends: the exit codes, and every expected error as sentences on stderr."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

import typer

from wasl.cli.screen import say

if TYPE_CHECKING:
    from wasl.errors import Refused

_Result = TypeVar("_Result")
_FIELD = re.compile(r"^/([a-z_]+)$")


class ExitCode(IntEnum):
    """What scripts may rely on."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNUSABLE = 3
    PARTIAL = 4
    WITHHELD = 5
    BROKEN = 6
    HUNG = 7
    INTERRUPTED = 130


EPILOG = (
    "Data goes to stdout, everything else to stderr. Exit codes: 0 ok · 1 failed · 2 usage, or a message that was refused · "
    "3 the configuration or the database cannot be used · 4 partly sent · 5 withheld by a policy · "
    "6 a broken promise, found by wasl verify · 7 ended by itself because it hung · 130 ended by Ctrl-C."
)


def run(work: Coroutine[object, object, _Result], *, long: bool = False) -> _Result:
    """Run a command's asynchronous part; Ctrl-C ends it in order, with exit code 130. `long` ones run on uvloop where it is installed."""
    try:
        with asyncio.Runner(loop_factory=_fastest_loop() if long else None) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def as_options(error: "Refused") -> "Refused":
    """The same error of a command whose options are the fields: /state is --state there."""
    told = (one.model_copy(update={"pointer": _FIELD.sub(_option, one.pointer)}) for one in error.errors)
    error.errors = tuple(told)
    return error


def _option(field: re.Match[str]) -> str:
    return f"--{field[1].replace('_', '-')}"


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def explained(error: Exception) -> ExitCode | None:
    """Say on stderr what went wrong and how to mend it; None for an error that is no use to the user, but a fault of ours."""
    from wasl.config.mistakes import ConfigMistakes
    from wasl.errors import Refused, Unusable, WaslError

    if isinstance(error, ConfigMistakes):
        for mistake in error.mistakes:
            say(str(mistake))
        return ExitCode.UNUSABLE
    if isinstance(error, Refused):
        for problem in error.errors:
            say(f"{problem.pointer or 'the message'} {problem.message}")
        return ExitCode.USAGE
    if isinstance(error, WaslError):
        say(f"{error.message} {error.suggested_action}".rstrip())
        return ExitCode.UNUSABLE if isinstance(error, Unusable) else ExitCode.FAILED
    return None
