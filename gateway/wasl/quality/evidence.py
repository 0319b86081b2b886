"""What can be seen of a plugin: its distribution, its spec, and a run of its tests with the contract kit among them."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from wasl.errors import Unusable
from wasl.registry import GROUP, Plugin, load_plugin

_PATIENCE = 300  # seconds for a plugin's tests, and for mypy
_PASSED_OR_NOT = ("failure", "error", "skipped")


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
    """How its tests ended: the names of those that passed, failed and were skipped, with their parameters. `said` is pytest's last line."""

    passed: frozenset[str] = field(default_factory=frozenset)
    failed: frozenset[str] = field(default_factory=frozenset)
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
        words = ["-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", f"--junitxml={report}", "tests"]
        ended = _ended(found, words)
        if not report.is_file():
            return Run(failed=frozenset({"tests"}), said=(ended.stderr or ended.stdout).strip()[-300:])
        cases = {case: {child.tag for child in case} for case in ElementTree.parse(report).iter("testcase")}  # noqa: S314 - pytest's own
    passed = {case.attrib["name"] for case, tags in cases.items() if not tags.intersection(_PASSED_OR_NOT)}
    failed = {case.attrib["name"] for case, tags in cases.items() if tags & {"failure", "error"}}
    return Run(frozenset(passed), frozenset(failed), ended.stdout.strip().rpartition("\n")[2])


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
        raise Unusable(f"The tests of {found.plugin.name} did not end within {_PATIENCE} seconds.") from None
