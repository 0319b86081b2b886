"""What is published works: wheels of every member, in an environment without the sources; and plugins without the gateway."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [path.parent for path in sorted([*ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")])]

_PYTEST = """
[pytest]
addopts = -ra --import-mode=importlib -p no:cacheprovider
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""


def run(*command: str | Path, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "WASL", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources that is gone afterwards."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheels")
    for member in MEMBERS:
        shutil.copytree(member, copy / member.name, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    folders = [copy / member.name for member in MEMBERS]
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", out, *folders, cwd=out)
    shutil.rmtree(copy)
    return out


def environment(at: Path, wheels: Path, *, without: tuple[str, ...] = ()) -> Path:
    """A fresh environment: our dependencies linked in, our members from their wheels. Returns its python."""
    venv.create(at, symlinks=True, with_pip=False)
    site = next(at.glob("lib/python*/site-packages"))
    for entry in Path(next(path for path in sys.path if path.endswith("site-packages"))).iterdir():
        if not entry.name.lower().startswith(("wasl", "_editable_impl_wasl", "__editable__", "__pycache__")):
            (site / entry.name).symlink_to(entry)
    chosen = [wheel for wheel in wheels.iterdir() if wheel.name.split("-")[0] not in without]
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, *chosen, cwd=at)
    return at / "bin" / "python"


def test_every_member_is_built_and_carries_its_types(wheels: Path) -> None:
    built = sorted(wheel.name.split("-")[0] for wheel in wheels.iterdir())

    assert len(built) == len(MEMBERS)
    assert {"wasl", "wasl_contracts", "wasl_smtp"} <= set(built)


def test_the_gateways_wheel_carries_the_calendars(wheels: Path) -> None:
    (wheel,) = wheels.glob("wasl-*.whl")
    calendars = {file.name for file in (ROOT / "gateway/wasl/calendars").glob("*.toml")}

    packed = {name.removeprefix("wasl/calendars/") for name in zipfile.ZipFile(wheel).namelist() if name.startswith("wasl/calendars/")}

    assert {"sa.toml", "unknown.toml", "weekends.toml"} <= calendars <= packed


def test_the_demo_runs_from_wheels_with_the_sources_deleted(wheels: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", wheels)

    shown = run(python, "-m", "wasl", "demo", cwd=tmp_path)

    where = run(python, "-c", "import wasl, wasl_contracts; print(wasl.__file__, wasl_contracts.__file__)", cwd=tmp_path)
    assert str(ROOT) not in where
    assert "sent" in shown


def test_plugins_pass_their_tests_where_wasl_is_not_installed(wheels: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", wheels, without=("wasl",))
    for tests in ROOT.glob("plugins/*/tests"):
        shutil.copytree(tests, tmp_path / "plugins" / tests.parent.name / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")  # where the kit looks for the providers' OpenAPI documents
    (tmp_path / "pytest.ini").write_text(_PYTEST)

    absent = subprocess.run([python, "-c", "import wasl"], cwd=tmp_path, capture_output=True, check=False)
    shown = run(python, "-m", "pytest", "-q", "-n", "2", "plugins", cwd=tmp_path)  # they wait more than they work

    assert absent.returncode != 0
    assert " passed" in shown
    print(shown[-6000:])  # what was skipped, and why
