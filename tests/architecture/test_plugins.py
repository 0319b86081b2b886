"""A plugin is one folder that stands alone (DESIGN.md sections 2 and 7)."""

import tomllib
from pathlib import Path

import pytest

from tests.architecture.members import PLUGINS, ROOT, imported, sources

pytestmark = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)


def test_it_has_all_that_a_distribution_needs(plugin: Path) -> None:
    package = plugin / f"wasl_{plugin.name}"

    for part in (plugin / "README.md", package / "__init__.py", package / "py.typed"):
        assert part.is_file(), part.relative_to(ROOT)
    assert list((plugin / "tests").glob("test_*.py"))
    assert {path.name for path in plugin.iterdir() if not path.name.startswith((".", "__"))} >= {package.name, "pyproject.toml"}


def test_it_is_found_by_its_entry_point_and_depends_on_the_contracts_alone(plugin: Path) -> None:
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]

    assert project["name"] == f"wasl-{plugin.name}"
    assert list(project["entry-points"]) == ["wasl.providers"]
    assert [target.partition(":")[0] for target in project["entry-points"]["wasl.providers"].values()] == [f"wasl_{plugin.name}"]
    ours = [needed for needed in project["dependencies"] if needed.startswith("wasl")]
    assert [needed.partition("[")[0] for needed in ours] == ["wasl-contracts"]


def test_it_imports_nothing_of_the_gateway_or_of_another_plugin(plugin: Path) -> None:
    allowed = {"wasl_contracts", f"wasl_{plugin.name}"}

    for path in (*sources(plugin), *plugin.glob("tests/**/*.py")):
        ours = {name for name in imported(path) if name == "wasl" or name.startswith("wasl_")}
        assert ours <= allowed, path.relative_to(ROOT)


def test_its_readme_shows_how_to_configure_it(plugin: Path) -> None:
    readme = (plugin / "README.md").read_text(encoding="utf-8")

    assert readme.startswith(f"# wasl-{plugin.name}\n")
    assert f'plugin = "{plugin.name}"' in readme


def test_nothing_of_the_gateway_and_the_contracts_knows_it(plugin: Path) -> None:
    for member in ("gateway", "contracts"):
        for path in sources(ROOT / member):
            assert f"wasl_{plugin.name}" not in imported(path), path.relative_to(ROOT)
