"""The tutorial for plugin authors makes what it says: a plugin whose kit is green, and bronze on the scale."""

import os
import re
from pathlib import Path

import pytest

from tests.forking import Forking

PAGE = (Path(__file__).parents[1] / "plugins" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^\*\*([\w./\\]+)\*\*\n\n```\w+\n(.*?)^```", PAGE, re.M | re.S)
TOLD = re.findall(r"`(from wasl_contracts[\w.]* import[^`]+)`", PAGE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has who typed it all; a second block of a file goes on where the first one ended."""
    made = tmp_path_factory.mktemp("beep")
    for title, block in BLOCKS:
        path = made / title.replace("\\", "")
        path.parent.mkdir(exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
        path.write_text(before + block, encoding="utf-8")
    package = made / "wasl_beep"
    source = package / "__init__.py"
    imports = "\n".join(" ".join(line.split()) for line in TOLD)
    source.write_text(source.read_text("utf-8").replace("import json\n", f"import json\n{imports}\n", 1), encoding="utf-8")
    (package / "py.typed").touch()
    (made / "README.md").write_text('# wasl-beep\n\nplugin = "beep", token, base_url, beeper\n')
    return made


def test_the_page_is_read() -> None:
    assert len(BLOCKS) == 5
    assert len(TOLD) == 2


def test_the_reader_ends_with_a_green_kit_and_a_bronze_plugin(folder: Path, tmp_path: Path, forking: Forking) -> None:
    ran = forking.run(["plugin", "check", str(folder)], folder, os.environ, tmp_path)

    shown = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert PAGE.count(shown[-2]) == PAGE.count(shown[-1]) == 1, shown[-2:]
