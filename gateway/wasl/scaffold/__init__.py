"""What `wasl plugin new` writes: a distribution that keeps the contract from its first minute. The folders beside this hold its files.

`http`, `socket` and `local` are the kinds, `shared` is for all of them; `$name`, `$Name`, `$NAME` and `$host` are filled in.
"""

import getpass
import re
import tomllib
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from string import Template

from wasl.errors import Unusable

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TAKEN = frozenset({"contracts"})  # wasl_contracts is what plugins import
_OUR_IMPORTS = re.compile(r"(?:^from wasl_\S+ import .*[^(\n]\n)+", re.MULTILINE)
_EXTRA = {"http": "[http]"}


class Kind(StrEnum):
    """What a plugin speaks with: a provider's HTTP API, a server in a protocol of its own, or this machine alone."""

    HTTP = "http"
    SOCKET = "socket"
    LOCAL = "local"


class BadName(Unusable):
    """A plugin cannot be called that; the text says why, and what would do."""


def write(name: str, kind: Kind, into: Path) -> list[Path]:
    """Write the distribution of a plugin below a folder, and give the files in it; the first is its folder.

    In a uv workspace it becomes a member, named like the others; elsewhere it stands alone, with the settings of its tools.

    Raises:
        BadName: it is no name for a plugin.
        Unusable: it is there already, or cannot be written.
    """
    name = _checked(name.removeprefix("wasl-").removeprefix("wasl_"))
    member = _in_workspace(into)
    folder = into / (name if member else f"wasl-{name.replace('_', '-')}")
    if folder.exists():
        raise Unusable(f"{folder} is there already and stays as it is; choose another name, or another folder with --into.")
    texts = _texts(name, kind, member)
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{error.filename} cannot be written ({error.strerror}); name a folder where you may write with --into.") from None
    return [folder, *(folder / path for path in texts)]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > 40:
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:40].strip("_")
        meant = f", like {near}" if _NAME.fullmatch(near) else ", like acme"
        raise BadName(f"{name!r} is no name for a plugin; take small letters, digits and single underscores, at most 40{meant}.")
    if name in _TAKEN:
        raise BadName(f"wasl_{name} is wasl's own; choose another name.")
    return name


def _in_workspace(into: Path) -> bool:
    """Whether the folder is one of a uv workspace's members, as its pyproject.toml says."""
    project = into.resolve().parent / "pyproject.toml"
    try:
        told = tomllib.loads(project.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    members = told.get("tool", {}).get("uv", {}).get("workspace", {}).get("members", [])
    return f"{into.resolve().name}/*" in members


def _texts(name: str, kind: Kind, member: bool) -> dict[str, str]:
    """The text of each file by its path in the distribution."""
    package, project = f"wasl_{name}", _filled("shared", "pyproject.toml", name, kind)
    return {
        "pyproject.toml": project + _filled("shared", "member" if member else "alone", name, kind),
        "README.md": _filled(kind, "README", name, kind),
        f"{package}/__init__.py": _filled(kind, "provider", name, kind),
        f"{package}/py.typed": "",
        f"{package}/quality.toml": _filled("shared", "quality.toml", name, kind),
        "tests/test_contract.py": _filled(kind, "test_contract", name, kind),
        f"tests/test_{name}.py": _filled(kind, "test_provider", name, kind),
    }


def _filled(folder: str, file: str, name: str, kind: Kind) -> str:
    text = (files("wasl.scaffold") / folder / f"{file}.txt").read_text(encoding="utf-8")
    words = {
        "name": name,
        "Name": "".join(map(str.capitalize, name.split("_"))),
        "NAME": name.upper(),
        "host": name.replace("_", "-"),
        "owner": _owner(),
    }
    return _OUR_IMPORTS.sub(_sorted, Template(text).substitute(words, extra=_EXTRA.get(kind, "")))


def _owner() -> str:
    """Who is at work here, as the system knows them."""
    try:
        return re.sub(r'["\\\\]', "", getpass.getuser())
    except (OSError, KeyError):  # a container may know no name
        return "you"


def _sorted(imports: re.Match[str]) -> str:
    """The import lines in the order of their modules, which depends on the name."""
    return "".join(sorted(imports[0].splitlines(keepends=True), key=lambda line: line.split()[1]))
