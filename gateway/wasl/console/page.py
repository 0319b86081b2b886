"""What a page of the console is: a row beside its code, from which its route, its guard and the matrix of roles are made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from wasl.console.permissions import Permission
from wasl.console.visit import Visit

PREFIX = "/console"
"""Under which all pages are."""


@dataclass(frozen=True, slots=True)
class Page:
    """One method on one path, such as `/messages/{id}`, below /console.

    `permission` is asked before `show` runs; whoever lacks it gets 403. A POST has proved by then that it comes from a form of ours. A form
    with the hidden field `once` (macro `form`) is carried out once, however often it is sent.
    """

    method: Literal["GET", "POST"]
    path: str
    permission: Permission
    show: Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Nav:
    """An entry of the navigation: an English label that the words translate, the path of a GET page, and its place."""

    label: str
    path: str
    order: int
