"""A channel in one file, for private use: a function that sends, and what must be said of it.

@channel("pager", kind="pager_id")
async def pager(delivery: Delivery, settings: Settings, http: HttpSession) -> Receipt | None:
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar, get_type_hints

from pydantic import BaseModel

from wasl_contracts.content import Format
from wasl_contracts.delivery import Delivery
from wasl_contracts.model import Frozen
from wasl_contracts.provider import AddressKind, Capabilities, HttpSession, Provider, ProviderSpec
from wasl_contracts.receipt import Receipt

SettingsT = TypeVar("SettingsT", bound=BaseModel)
Send = Callable[[Delivery, SettingsT, HttpSession], Awaitable[Receipt | None]]
_SHAPE = "write: async def {}(delivery: Delivery, settings: Settings, http: HttpSession) -> Receipt | None"


class NoSettings(Frozen):
    """The settings of a function that names no model for them: there are none."""


def channel(
    name: str,
    *,
    kind: str | AddressKind,
    channel: str | None = None,
    format: Format = "plain",
    capabilities: Capabilities | None = None,
) -> Callable[[Send[SettingsT]], type[Provider]]:
    """Make a provider of a function that hands over one delivery. `channel` is the name's own where it is not told.

    The function raises `Rejected`, `Unavailable` or `Unknown` as `Provider.send` does; None counts as a receipt without reference. The
    annotation of its second parameter is the model of its settings in wasl.toml.

    Raises:
        TypeError: the function has another shape.
        pydantic.ValidationError: a name or a capability is wrong.
    """
    address = AddressKind(kind=kind) if isinstance(kind, str) else kind

    def made(function: Send[SettingsT]) -> type[Provider]:
        told = ProviderSpec(
            name=name,
            channel=channel or name,
            format=format,
            addresses=(address,),
            settings=_settings_of(function),
            capabilities=capabilities or Capabilities(),
        )

        class OneFunction:
            spec: ClassVar[ProviderSpec] = told

            def __init__(self, settings: SettingsT, http: HttpSession) -> None:
                self._settings, self._http = settings, http

            async def send(self, delivery: Delivery) -> Receipt:
                receipt = await function(delivery, self._settings, self._http)
                return Receipt() if receipt is None else receipt

            async def close(self) -> None:
                pass

        OneFunction.__name__ = OneFunction.__qualname__ = function.__name__
        OneFunction.__module__, OneFunction.__doc__ = function.__module__, function.__doc__
        return OneFunction

    return made


def _settings_of(function: Callable[..., object]) -> type[BaseModel]:
    shape = _SHAPE.format(getattr(function, "__name__", "send"))
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"a channel is an asynchronous function; {shape}")
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != 3:
        raise TypeError(f"a channel's function takes a delivery, settings and http; {shape}")
    model = get_type_hints(function).get(parameters[1], NoSettings)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"the annotation of {parameters[1]} is no pydantic model, so wasl could not check wasl.toml; {shape}")
    return model
