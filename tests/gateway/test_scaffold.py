"""What `wasl plugin new` writes is a plugin from its first minute: its kit is green, its tools are content, nothing else is touched."""

import ast
import io
import os
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

from tests.forking import Forking
from wasl.errors import Unusable
from wasl.scaffold import BadName, Kind, write

ROOT = Path(__file__).parents[2]
NAMES = {Kind.HTTP: "pager", Kind.SOCKET: "acme_two", Kind.LOCAL: "zebra"}  # before and after wasl_contracts in the alphabet
PYTEST = "import sys, pytest\nsys.exit(pytest.main(sys.argv[1:]))\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    into = tmp_path_factory.mktemp("made")
    return {kind: write(name, kind, into)[0] for kind, name in NAMES.items()}


def code_lines(file: Path) -> int:
    """Lines that are no blank, comment or docstring."""
    text = file.read_text(encoding="utf-8")
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {line for token in tokens if token.type not in silent for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_its_kit_is_green_at_once(made: dict[Kind, Path], tmp_path: Path, forking: Forking) -> None:
    script = tmp_path / "run.py"
    script.write_text(PYTEST)
    folders = [str(folder) for folder in made.values()]
    settings = ["-p", "no:cacheprovider", "-q", "-c", str(made[Kind.HTTP] / "pyproject.toml")]

    ran = forking.run([*settings, *folders], tmp_path, {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}, tmp_path, script=script)

    assert ran.returncode == 0, ran.stdout[-3000:]
    assert int(ran.stdout.rpartition(" passed")[0].rpartition("\n")[2]) > 130


def test_ruff_and_mypy_are_content(made: dict[Kind, Path]) -> None:
    for folder in made.values():
        for words in (["check", "--no-cache", "."], ["format", "--check", "--no-cache", "."]):
            ran = subprocess.run([sys.executable, "-m", "ruff", *words], cwd=folder, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stdout
    packages = [str(folder / f"wasl_{NAMES[kind]}") for kind, folder in made.items()]
    words = ["-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"), *packages]
    ran = subprocess.run([sys.executable, *words], cwd=made[Kind.HTTP], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("kind", Kind)
def test_a_provider_is_at_most_60_lines_of_its_own(made: dict[Kind, Path], kind: Kind) -> None:
    assert code_lines(made[kind] / f"wasl_{NAMES[kind]}" / "__init__.py") <= 60


def test_it_is_a_distribution_of_its_own_and_touches_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    folder, *files = write("wasl-acme_pay", Kind.HTTP, tmp_path)

    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "notes.txt", *files}
    assert folder.name == "wasl-acme-pay"
    told = tomllib.loads((folder / "pyproject.toml").read_text())
    assert told["project"]["name"] == "wasl-acme_pay"
    assert told["project"]["entry-points"]["wasl.providers"] == {"acme_pay": "wasl_acme_pay:AcmePay"}
    assert told["tool"]["pytest"]["ini_options"]["asyncio_mode"] == "auto"
    assert "$" not in "".join(file.read_text("utf-8") for file in files)


def test_in_a_workspace_it_is_a_member_named_like_the_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["gateway", "plugins/*"]\n')
    (tmp_path / "plugins").mkdir()

    folder, *_ = write("pager", Kind.LOCAL, tmp_path / "plugins")

    told = tomllib.loads((folder / "pyproject.toml").read_text())
    assert folder == tmp_path / "plugins" / "pager"
    assert told["tool"]["uv"]["sources"] == {"wasl-contracts": {"workspace": True}}
    assert "pytest" not in told["tool"]  # the workspace's settings hold


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Foo-Bar", "'Foo-Bar' is no name for a plugin; take small letters, digits and single underscores, at most 40, like foo_bar."),
        ("../up", "'../up' is no name for a plugin; take small letters, digits and single underscores, at most 40, like up."),
        ("1", "'1' is no name for a plugin; take small letters, digits and single underscores, at most 40, like acme."),
        ("مرسال", "'مرسال' is no name for a plugin; take small letters, digits and single underscores, at most 40, like acme."),
        ("a" * 41, "at most 40, like " + "a" * 40),
        ("contracts", "wasl_contracts is wasl's own; choose another name."),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_one_that_can(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(BadName) as refused:
        write(name, Kind.HTTP, tmp_path)

    assert told in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "wasl-pager").mkdir()

    with pytest.raises(Unusable, match="is there already and stays as it is; choose another name"):
        write("pager", Kind.HTTP, tmp_path)

    assert not list((tmp_path / "wasl-pager").iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable, match="cannot be written"):
        write("pager", Kind.HTTP, tmp_path / "file")
