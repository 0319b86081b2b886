"""Logging: one JSON object a line on stderr, without personal data, secrets or control characters."""

import codecs
import json
import logging
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from wasl.clock import Clock, SystemClock
from wasl.config.mistakes import ConfigMistakes, Mistake, closest
from wasl.log_privacy import MASK, cleaned, private, safe

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_MACHINE = SystemClock()


def configure(environ: Mapping[str, str], stream: TextIO | None = None, clock: Clock = _MACHINE) -> None:
    """Send all logging, structlog's and the standard library's, to `stream` (stderr): JSON, or for people where it is a terminal.

    WASL_LOG is the lowest level that is shown: debug, info (the default), warning, error or critical. NO_COLOR is honoured. Of other
    libraries only warnings and worse are shown, whatever the level: below, they log requests and SQL with everything in them.

    Raises:
        ConfigMistakes: WASL_LOG is none of the levels.
    """
    out = stream or sys.stderr
    level = _level(environ.get("WASL_LOG", ""))
    stamped: list[Processor] = [structlog.processors.add_log_level, _stamp(clock)]
    renderer = _for_people(colors="NO_COLOR" not in environ) if out.isatty() else _as_json(out)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, redacted, *stamped, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(out),
        cache_logger_on_first_use=True,
    )
    foreign: list[Processor] = [_unwrapped, structlog.contextvars.merge_contextvars, redacted, *stamped, renderer]
    _route_stdlib(out, level, structlog.stdlib.ProcessorFormatter(processors=foreign))


class _Lines(structlog.WriteLogger):
    """Writes lines. One that cannot be written, to a full disk or a closed stderr, is dropped: it must not stop a send."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is personal or secret, by the key, by the type, or because it looks so; write exceptions out without locals."""
    exc_info = event.pop("exc_info", None)
    for key, value in event.items():
        if private(key):
            event[key] = None if value is None else MASK
        elif type(value) is not int:
            event[key] = cleaned(value)
    if exc_info:
        event["exception"] = _written(exc_info)
    return event


def _written(exc_info: object) -> str:
    """A traceback of at most 20,000 characters. It quotes source lines, never values, and each line of its messages is masked."""
    match exc_info:
        case BaseException() as error:
            lines = traceback.format_exception(error)
        case (_, BaseException() as error, (TracebackType() | None) as trace):
            lines = traceback.format_exception(type(error), error, trace)
        case _:
            lines = [traceback.format_exc()]
    return "\n".join(safe(line) for line in "".join(lines)[-20_000:].splitlines())


def _level(name: str) -> int:
    if name and name.lower() not in _LEVELS:
        message = "should be debug, info, warning, error or critical"
        raise ConfigMistakes([Mistake("environment WASL_LOG", None, None, "", message, closest(name.lower(), _LEVELS))])
    return _LEVELS[name.lower() or "info"]


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = clock.now().isoformat(timespec="microseconds")
        return event

    return stamp


def _as_json(out: TextIO) -> Processor:
    # Arabic stays readable where the stream can carry it.
    readable = out.encoding is None or codecs.lookup(out.encoding).name == "utf-8"
    write = json.JSONEncoder(ensure_ascii=not readable, separators=(",", ":")).encode

    def render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        return write(event)

    return render


def _for_people(colors: bool) -> Processor:
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _route_stdlib(out: TextIO, level: int, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("wasl").setLevel(level)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # as _Lines


def _unwrapped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A record of the standard library, without structlog's own keys."""
    del event["_from_structlog"]
    event["logger"] = event.pop("_record").name
    return event
