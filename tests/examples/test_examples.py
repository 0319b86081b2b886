"""Every example runs as it stands, says what its last comment says, and is short enough to read at a glance."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("[0-9]_*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_says(example, tmp_path, tmp_path_factory, forking):
    told = example.read_text(encoding="utf-8").partition("\n# Output:\n")[2]

    ran = forking.run([], tmp_path, {**os.environ, "PYTHONUTF8": "1"}, tmp_path_factory.mktemp("said"), script=example)

    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert told, "it ends without an `# Output:` block"
    assert ran.stdout == "".join(line.removeprefix("# ") + "\n" for line in told.splitlines())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_at_most_40_lines(example):
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 40


def test_the_readme_lists_every_example():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert EXAMPLES
    assert all(example.name in readme for example in EXAMPLES)
