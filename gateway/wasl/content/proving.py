"""Templates tried in a process of their own before they are used: 1 s of CPU and 256 MiB each, whatever they contain.

The budget of work (work.py) already bounds what a filling costs. This is the second wall, against what the budget does not foresee.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

SENTENCE: Final = (
    "template_limit: takes more than 1 s, 256 MB or 1,000,000 characters with its examples; loop over less, or use fewer filters"
)
_SECONDS = 5
_PASSED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT")

_harmless: set[str] = set()


class Trial(NamedTuple):
    """A template to try: its version and name, its language, and its source with all parts in it."""

    version: str
    name: str
    locale: str
    source: str


def harmful(trials: Sequence[Trial]) -> set[str]:
    """The versions that took more than a template may. What this process found harmless is not tried again.

    One process tries all; where one template kills it, another process goes on with those after it.

    Raises:
        OSError: no process can be started.
        subprocess.CalledProcessError: the trial itself is broken.
    """
    waiting = [trial for trial in trials if trial.version not in _harmless]
    found: set[str] = set()
    while waiting:
        verdicts = list(_verdicts(waiting))
        _harmless.update(version for version, harmless in verdicts if harmless)
        found.update(version for version, harmless in verdicts if not harmless)
        if len(verdicts) < len(waiting):  # the process ended while it tried the next one
            found.add(waiting[len(verdicts)].version)
        waiting = waiting[len(verdicts) + 1 :]
    return found


def _verdicts(trials: Sequence[Trial]) -> Iterator[tuple[str, bool]]:
    """The versions that the process came to the end of, and whether they were harmless."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    command = [sys.executable, "-m", "wasl.content.trial"]
    told, patience = json.dumps(trials).encode(), _SECONDS * (1 + len(trials))
    try:
        run = subprocess.run(command, input=told, stdout=subprocess.PIPE, env=environment, timeout=patience, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired as over:
        lines = (over.stdout or b"").split()
    else:
        lines = run.stdout.split()
        if run.returncode > 0:
            raise subprocess.CalledProcessError(run.returncode, command)
    yield from ((trial.version, line == b"harmless") for trial, line in zip(trials, lines, strict=False))
