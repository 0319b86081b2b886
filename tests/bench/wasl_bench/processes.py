"""Measured processes, seen from outside."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent.parent
_ROOT = _HERE.parent.parent  # where `tests.postgres` is


class Died(Exception):
    """A measured process ended early; what it said stands above, on stderr."""


class Process(AbstractContextManager["Process"]):
    """`python -m wasl_bench.<module>` with these arguments; several may start at one time."""

    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", f"wasl_bench.{module}", *map(str, arguments)]
        self._name = module
        environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
        self._child = subprocess.Popen(command, cwd=_HERE, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What it told when it was ready."""
        return self._answer()

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Have one command done."""
        assert self._child.stdin is not None
        assert self.facts
        self._child.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._child.stdin.flush()
        return self._answer()

    def cpu(self) -> float:
        """CPU-seconds used so far: user and system, all threads."""
        return float(self.ask("cpu")["cpu"])

    def __exit__(self, *_: object) -> None:
        self._child.communicate()  # closing stdin ends it

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise Died(f"{self._name} ended with exit code {self._child.wait()}")
        return dict(json.loads(line))
