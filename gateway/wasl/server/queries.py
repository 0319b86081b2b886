"""What stands behind the `?` of a request."""

import re
from collections.abc import Sequence

from aiohttp import web

from wasl.errors import Problem, Refused
from wasl.problems import did_you_mean, pointer

LARGEST_PAGE = 200
_LIMIT = re.compile(r"[0-9]{1,3}")


def read_query(request: web.Request, known: Sequence[str]) -> dict[str, str]:
    """The parameters, each once.

    Raises:
        Refused: one is not known, came twice, or holds U+0000.
    """
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name not in known:
            raise refused(name, "unknown_filter", f"is not a known filter{did_you_mean(name, known)}")
        if name in found:
            raise refused(name, "duplicate_key", "came twice; send it once")
        if "\0" in value:
            raise refused(name, "nul_character", "holds U+0000; remove it")
        found[name] = value
    return found


def page_limit(text: str) -> int:
    """How many to a page; raises Refused."""
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= LARGEST_PAGE:
        raise refused("limit", "out_of_range", f"must be a whole number from 1 to {LARGEST_PAGE}")
    return int(text)


def refused(parameter: str, code: str, message: str) -> Refused:
    """The error for one parameter."""
    return Refused([Problem(pointer=pointer([parameter]), code=code, message=message)])
