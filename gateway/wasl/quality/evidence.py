"""What can be seen of a plugin: its distribution, its spec, and a run of its tests with the contract kit among them."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from wasl.errors import Unusable
from wasl.registry import GROUP, Plugin, load_plugin

_PATIENCE = 300  # seconds for a plugin's tests, and for mypy
_FAILED = frozenset({"failure", "error"})
_PASSED_OR_NOT = _FAILED | {"skipped"}
_ENDED = (0, 5)  # pytest: all passed, or there were none
_RAISED = re.compile(r": KeyboardInterrupt$|^SystemExit")
_OUTCOME = re.compile(r"^(failed on setup with )?\"?(AssertionError|Failed): ")


@dataclass(frozen=True, slots=True)
class Sources:
    """A plugin's distribution as it stands in a folder."""

    folder: Path
    package: Path
    project: dict[str, object]
    plugin: Plugin

    @property
    def readme(self) -> str:
        file = self.folder / "README.md"
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    @property
    def tests(self) -> str:
        """The text of all its tests."""
        return "\n".join(file.read_text(encoding="utf-8") for file in sorted(self.folder.glob("tests/**/*.py")))


@dataclass(frozen=True, slots=True)
class Run:
    """How its tests ended: the names of those that passed, with their parameters, and of those that failed with what each complains of.

    `said` is pytest's last line.
    """

    passed: frozenset[str] = field(default_factory=frozenset)
    failed: Mapping[str, str] = field(default_factory=dict)
    said: str = ""


def sources(folder: Path) -> Sources:
    """The distribution in a folder, imported.

    Raises:
        Unusable: the folder holds no plugin.
    """
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        ((name, target),) = project["entry-points"][GROUP].items()
    except FileNotFoundError:
        raise Unusable(f"{folder} has no pyproject.toml; name the folder of a plugin, or make one: wasl plugin new NAME") from None
    except (tomllib.TOMLDecodeError, KeyError, ValueError, AttributeError):
        raise Unusable(f'{folder / "pyproject.toml"} has no [project.entry-points."{GROUP}"] with one plugin in it.') from None
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return Sources(folder, folder / target.partition(":")[0], project, load_plugin(EntryPoint(name, target, GROUP)))


def run_tests(found: Sources) -> Run:
    """Run its tests in a process of their own.

    Raises:
        Unusable: pytest is not installed, or they did not end.
    """
    if find_spec("pytest") is None:
        raise Unusable("The contract kit needs pytest; install it with: pip install 'wasl-contracts[testing]'")
    with TemporaryDirectory(prefix="wasl-check-") as kept:
        report = Path(kept) / "report.xml"
        # Native tracebacks: pytest's own are built by parsing source, which a plugin with a wild error can trip (CPython 3.11).
        words = ["-m", "pytest", "-q", "--no-header", "--tb=native", "-p", "no:cacheprovider", f"--junitxml={report}", "tests"]
        ended = _ended(found, words)
        if not report.is_file():
            return Run(failed={"tests": (ended.stderr or ended.stdout).strip()[-300:]}, said="pytest did not run")
        told = ElementTree.parse(report)  # noqa: S314 - pytest's own
    cases = [case for case in told.iter("testcase") if case.get("name")]  # where a run was cut short, one has no name
    passed = {case.attrib["name"] for case in cases if not _PASSED_OR_NOT.intersection(child.tag for child in case)}
    # What went wrong after a test failed says less, and comes later.
    failed = {case.attrib["name"]: _complaint(child) for case in reversed(cases) for child in reversed(case) if child.tag in _FAILED}
    if not failed and ended.returncode not in _ENDED:
        failed["the run"] = _cut_short(ended.stdout + ended.stderr)
    return Run(frozenset(passed), failed, ended.stdout.strip().rpartition("\n")[2])


def _complaint(failure: ElementTree.Element) -> str:
    """Why a test failed, in one line: the text of its assertion, or what a file raised that could not be imported."""
    said = failure.get("message", "")
    if said == "collection failure":
        said = (failure.text or said).strip().rpartition("\n")[2].removeprefix("E ")
    return _OUTCOME.sub("", said.strip().partition("\n")[0])[:300]


def _cut_short(output: str) -> str:
    """What ended all tests at once."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.search(line)]
    return f"was cut short by {(raised or lines or ['something that said nothing'])[-1][:300]}"


def strictly_typed(found: Sources) -> str | None:
    """What mypy says of it, in one line; nothing where it is content. Where mypy is not installed, that."""
    if find_spec("mypy") is None:
        return "mypy is not installed"
    ended = _ended(found, ["-m", "mypy", "--strict", "--no-error-summary", found.package.name])
    return None if ended.returncode == 0 else (ended.stdout + ended.stderr).strip().partition("\n")[0][:300]


def _ended(found: Sources, words: list[str]) -> subprocess.CompletedProcess[str]:
    places = os.pathsep.join(filter(None, (str(found.folder), os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.run(  # noqa: S603 - this Python, with words of ours
            [sys.executable, *words], cwd=found.folder, env={**os.environ, "PYTHONPATH": places}, capture_output=True, text=True,
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        again = f"see where they hang: cd {found.folder} && python -m pytest -x -v tests"
        raise Unusable(f"The tests of {found.plugin.name} did not end within {_PATIENCE} seconds; {again}") from None
