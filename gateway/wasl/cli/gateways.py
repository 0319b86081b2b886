"""The gateways of commands that neither accept nor send: weak durability costs them nothing, so they work beside every server."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.registry import Specs

_Result = TypeVar("_Result")
_Work = Callable[["Gateway"], Awaitable[_Result]]


async def looking(config: Path | None, work: _Work[_Result]) -> _Result:
    """Do what only reads. It makes and migrates no database; raises Unusable where there is none."""
    from wasl.registry import read

    return await looking_with(read(config, os.environ), work)


async def looking_with(specs: "Specs", work: _Work[_Result]) -> _Result:
    """The same, with a configuration that was read already."""
    from wasl.ledger.opening import require_schema

    await require_schema(specs.config)
    return await _with(specs, work)


async def administering(config: Path | None, work: _Work[_Result]) -> _Result:
    """Do what writes, but sends nothing. As every start does, it makes the database where there is none."""
    from wasl.registry import read

    return await _with(read(config, os.environ), work)


async def _with(specs: "Specs", work: _Work[_Result]) -> _Result:
    from wasl.api import Gateway

    async with Gateway(specs, worker=False, unsafe_durability=True) as gateway:
        return await work(gateway)
