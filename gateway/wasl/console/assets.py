"""The static files: each under a name with its hash, so that browsers keep it for a year and never show an old one."""

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_LEFT_OUT = (".toml", ".md", ".txt", ".py", "__pycache__")  # of the folder, but for readers of the source


class Asset(NamedTuple):
    """A static file: the name with its hash, its media type and its bytes."""

    name: str
    media_type: str
    body: bytes


@cache
def assets() -> Mapping[str, Asset]:
    """All static files, by the name that they have in the folder."""
    folder = files("wasl.console").joinpath("static")
    return {one.name: _asset(one.name, one.read_bytes()) for one in folder.iterdir() if not one.name.endswith(_LEFT_OUT)}


@cache
def served() -> Mapping[str, Asset]:
    """The same by the names under which they are served."""
    return {asset.name: asset for asset in assets().values()}


def asset_url(name: str) -> str:
    """Where a static file is: `asset("console.css")` in a template; raises KeyError for one that is not there."""
    return f"/console/static/{assets()[name].name}"


def _asset(name: str, body: bytes) -> Asset:
    stem, _, ending = name.rpartition(".")
    media_type = "text/javascript" if ending == "js" else mimetypes.guess_type(name)[0]
    if media_type is None:
        raise ValueError(f"static/{name} has an ending that no media type is known for")
    return Asset(f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}", media_type, body)
