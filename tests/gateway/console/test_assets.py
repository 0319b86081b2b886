"""What browsers get beside the pages: our own files and those of others, which are the ones that we think they are."""

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.gateway.console.conftest import Console
from wasl.console.assets import asset_url, assets
from wasl.console.icons import names
from wasl.console.rendering import environment_of
from wasl.console.screens.home import local

STATIC = Path(__file__).parents[3] / "gateway" / "wasl" / "console" / "static"
TEMPLATES = STATIC.parent / "templates"
VENDORED = [(folder, entry) for folder in (STATIC, Path(__file__).parent / "vendor")
            for entry in tomllib.loads((folder / "VENDOR.toml").read_text(encoding="utf-8"))["file"]]  # fmt: skip
MOST_COMPRESSED = 300 * 1024


@pytest.mark.parametrize(("folder", "entry"), VENDORED, ids=lambda one: one.get("path") if isinstance(one, dict) else one.name)
def test_what_is_not_ours_is_what_was_looked_at(folder: Path, entry: dict[str, str]) -> None:
    assert hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry.keys() == {"path", "package", "version", "from", "licence", "sha256"}


def test_every_licence_of_others_goes_along() -> None:
    told = (STATIC / "THIRD_PARTY_LICENSES.txt").read_text(encoding="utf-8")

    assert all(f"{entry['package']} {entry['version']}" in told for folder, entry in VENDORED if folder == STATIC)


def test_the_console_is_small() -> None:
    left_out = {"__pycache__", "pictures"}
    shipped = [path for path in STATIC.parent.rglob("*") if path.is_file() and not left_out & {*path.parts} and path.suffix != ".py"]

    assert sum(len(gzip.compress(path.read_bytes())) for path in shipped) < MOST_COMPRESSED


async def test_a_file_is_served_for_a_year_under_a_name_with_its_hash_and_with_its_type(console: Console) -> None:
    nobody = await console.as_(None)
    types = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml"}
    for name, media_type in types.items():
        found = await nobody.get(asset_url(name).removeprefix("/console"))

        assert (found.status, found.headers["Content-Type"]) == (200, media_type)
        assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert (await nobody.get("/static/console.css")).status == 404
    assert (await nobody.get("/static/..%2fvisit.py")).status == 404


def test_nothing_else_of_the_folder_is_served() -> None:
    assert {name.rpartition(".")[2] for name in assets()} <= {"css", "js", "svg", "woff2", "png"}


def test_templates_hold_neither_scripts_nor_styles_nor_names_of_other_hosts() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")

        assert not re.search(
            r"<style|\sstyle=|\son(?:click|load|error|submit|change|input|key[a-z]+|mouse[a-z]+|focus|blur|toggle)=|javascript:|<script(?![^>]*\ssrc=)",
            text,
        ), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text), path
        assert not re.search(r"\|\s*safe\b|autoescape false", text), path
        if path.name != "macros.html":
            assert not re.search(r"\shx-", re.sub(r"<hx-partial [^>]*>", "", text)), f"{path}: htmx's attributes stand in macros.html alone"


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    used = set()
    for path in TEMPLATES.rglob("*.html"):
        used |= set(re.findall(r"icon\(\"([a-z0-9-]+)\"\)", path.read_text(encoding="utf-8")))

    assert used <= names()


def test_every_template_compiles() -> None:
    for path in TEMPLATES.rglob("*.html"):
        environment_of().get_template(path.relative_to(TEMPLATES).as_posix())


@pytest.mark.parametrize(
    ("path", "found"), [("/people?q=x", "/people?q=x"), ("", "/"), ("//evil", "/"), ("/\\evil", "/"), ("https://x", "/")]
)
def test_only_a_path_of_the_console_is_gone_back_to(path: str, found: str) -> None:
    assert local(path) == found
