"""The other side of proving.py: a process that fills templates under limits, and is killed by what takes more.

Reads trials as JSON from stdin; writes `harmless` or `harmful`, a line each, to stdout.
"""

import json
import resource
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from wasl.content.formats import FORMATS
from wasl.content.rendering import RenderingFailed, render
from wasl.content.templates import Template, Templates
from wasl.content.variables import Variable
from wasl_contracts.envelope import Envelope

_CPU_SECONDS = 1
_MEMORY = 256 * 2**20
_STAND_INS: Final[dict[str, JsonValue]] = {"integer": 1, "number": 1, "boolean": True, "list": [], "object": {}, "date": "2026-01-31"}
_NOW = datetime(2026, 1, 31, tzinfo=UTC)


def main() -> None:
    """Try what stdin holds, one after the other."""
    trials = json.load(sys.stdin)
    _limit_memory()
    for _, name, locale, source in trials:
        signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS)  # by its default, the signal ends the process
        verdict = "harmless" if _is_harmless(name, locale, source) else "harmful"
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(verdict, flush=True)


def _limit_memory() -> None:
    """256 MiB more than the interpreter and the libraries have already."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        now = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + _MEMORY, now + _MEMORY))


def _is_harmless(name: str, locale: str, source: str) -> bool:
    try:
        template = Templates.compile(source, name=name, locale=locale)
        return _renders(template, _envelope(template))
    except MemoryError:
        return False


def _renders(template: Template, envelope: Envelope) -> bool:
    for format in FORMATS:
        try:
            render(envelope, format, Templates([template]))
        except RenderingFailed as failed:
            if "template_limit" in str(failed):
                return False
    return True


def _envelope(template: Template) -> Envelope:
    data = {name: _example(variable) for name, variable in template.variables.items()}
    return Envelope(
        message_id="msg_trial", brand="default", recipient_id="trial", audience="person", addresses=(), locale=template.locale,
        topic="trial", category="transactional", channels=("email",), mode="first", template=template.name, data=data,
        created_at=_NOW, expires_at=_NOW + timedelta(days=1),
    )  # fmt: skip


def _example(variable: Variable) -> JsonValue:
    return variable.example if variable.example is not None else _STAND_INS.get(variable.type, "x")


if __name__ == "__main__":
    main()
