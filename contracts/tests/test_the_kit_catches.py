"""The kit is worth its name: each fault that is put into a correct plugin fails the check that is there for it.

A mutant is the source of a reference plugin with a piece of text replaced (mutants.toml); its tests, which come with it, must notice.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

_HERE = Path(__file__).parent
# Native tracebacks: pytest's own are built by parsing source, where the garbage of leaking mutants can trip CPython 3.11.
_CONFIG = """[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = --import-mode=importlib -p no:cacheprovider --tb=native
"""
# What a mutant leaks is told at its own end, and not in whichever test the collector happens to run.
_CONFTEST = """import gc

def pytest_collection_finish():
    gc.freeze()

def pytest_runtest_teardown():
    gc.collect()
"""
# Passes for every mutant: so it is the fault that fails, and not a slip that keeps the mutant from being a plugin at all.
_HARMLESS = "test_the_verbs_have_the_protocols_shape"
_REFERENCES = {
    "provider": ("test_small_provider.py", "TestSmall"),
    "mailer": ("test_small_mailer.py", "TestSmallMailer"),
    "teller": ("test_small_teller.py", "TestSmallTeller"),
    "socket": ("test_small_socket.py", "TestSmallSocket"),
}


class Mutant(NamedTuple):
    module: str
    reference: str
    fault: str
    caught_by: str
    old: str
    new: str


def _mutants() -> Iterator[Mutant]:
    for reference, faults in tomllib.loads((_HERE / "mutants.toml").read_text(encoding="utf-8")).items():
        for number, fault in enumerate(faults):
            yield Mutant(f"test_{reference}_{number}", reference, **fault)


_ALL = list(_mutants())


def _written(mutant: Mutant, folder: Path) -> list[str]:
    """Write a mutant, and give the ids of the tests to run on it."""
    file, tests = _REFERENCES[mutant.reference]
    source = (_HERE / file).read_text(encoding="utf-8")
    assert mutant.old in source, f"{mutant.fault}: {file} holds no {mutant.old!r}"
    (folder / f"{mutant.module}.py").write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    return [f"{mutant.module}.py::{tests}::{check}" for check in (_HARMLESS, mutant.caught_by)]


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """The module and name of every test that failed on its mutant."""
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "pytest.ini").write_text(_CONFIG)
    (folder / "conftest.py").write_text(_CONFTEST)
    ids = [test for mutant in _ALL for test in _written(mutant, folder)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--junitxml=report.xml", *ids],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1, f"the run itself broke down: {run.stdout[-3000:]}{run.stderr[-3000:]}"
    cases = [case for case in ElementTree.parse(folder / "report.xml").iter("testcase") if case.find("failure") is not None]
    return {(case.attrib["classname"].split(".")[0], case.attrib["name"]) for case in cases}


@pytest.mark.parametrize("mutant", _ALL, ids=[mutant.fault.replace(" ", "-") for mutant in _ALL])
def test_a_fault_fails_the_check_that_is_there_for_it(mutant: Mutant, failed: set[tuple[str, str]]) -> None:
    assert (mutant.module, _HARMLESS) not in failed, "the mutant is no plugin at all"
    assert (mutant.module, mutant.caught_by) in failed, f"{mutant.caught_by} does not notice that {mutant.fault}"
