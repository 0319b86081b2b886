"""The gateways of commands that neither accept nor send: weak durability costs them nothing, so they work beside every server."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wasl.cli.exits import as_options

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.registry import Specs

_Result = TypeVar("_Result")
_Work = Callable[["Gateway"], Awaitable[_Result]]


async def looking(config: Path | None, work: _Work[_Result], brand: str | None = None) -> _Result:
    """Do what only reads, as a brand sees it. It makes and migrates no database; raises Unusable where there is none."""
    from wasl.registry import read

    return await looking_with(read(config, os.environ), work, brand)


async def looking_with(specs: "Specs", work: _Work[_Result], brand: str | None = None) -> _Result:
    """The same, with a configuration that was read already."""
    from wasl.ledger.opening import require_schema

    await require_schema(specs.config)
    return await _with(specs, work, brand)


async def administering(config: Path | None, work: _Work[_Result], brand: str | None = None) -> _Result:
    """Do what writes, but sends nothing. As every start does, it makes the database where there is none."""
    from wasl.registry import read

    return await _with(read(config, os.environ), work, brand)


async def _with(specs: "Specs", work: _Work[_Result], brand: str | None) -> _Result:
    from getpass import getuser

    from wasl.api import Gateway
    from wasl.audited import Actor

    async with Gateway(specs, worker=False, unsafe_durability=True) as gateway:
        return await work(seen_as(gateway.by(Actor("cli", getuser())), brand))


def seen_as(gateway: "Gateway", brand: str | None) -> "Gateway":
    """The gateway as the brand of --brand sees it; raises Refused for one that is not there."""
    from wasl.errors import Refused

    try:
        return gateway if brand is None else gateway.of(brand)
    except Refused as error:
        raise as_options(error) from None
