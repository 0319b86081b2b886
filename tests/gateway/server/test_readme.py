import re
from pathlib import Path

import wasl.server


def test_every_file_is_in_the_chapters_map():
    folder = Path(wasl.server.__file__).parent
    files = {file.name for file in folder.glob("*.py")} - {"__init__.py"}

    assert files == set(re.findall(r"`(\w+\.py)`", (folder / "README.md").read_text()))
