"""Deliveries through Apprise (https://github.com/caronc/apprise), in threads, since its calls block."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_apprise.services import PATIENCE, Services, understood
from wasl_contracts import (
    AddressKind,
    Capabilities,
    Delivery,
    HttpSession,
    Plain,
    ProviderSpec,
    Reason,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)
from wasl_contracts.handing import handing_over
from wasl_contracts.model import Frozen

_CALLS: Final = 8  # each is a thread
_NAME: Final = r"[a-z0-9][a-z0-9_-]{0,63}"


def _known(url: SecretStr) -> SecretStr:
    if not understood(url):
        raise PydanticCustomError("apprise_url", "is no URL that Apprise understands; see https://github.com/caronc/apprise/wiki")
    return url


class AppriseSettings(Frozen):
    """A section of wasl.toml with `plugin = "apprise"`."""

    services: Mapping[Annotated[str, StringConstraints(pattern=f"^{_NAME}$")], Annotated[SecretStr, AfterValidator(_known)]] = Field(
        min_length=1, description="Apprise's URLs by the names that addresses give them. They hold tokens: give each as { env = … }."
    )


class Apprise:
    """Sends to the services that the settings name.

    Apprise tells only whether it went well. Where it did not, a message may have left and may not: that is Unknown, whatever the reason.
    """

    spec: ClassVar[ProviderSpec] = ProviderSpec(
        name="apprise",
        channel="chat",
        format="plain",
        # Who reads there is not known: it may be a room of many.
        addresses=(AddressKind(kind="apprise_service", pattern=f"^{_NAME}$", audience="group", private=False),),
        settings=AppriseSettings,
        capabilities=Capabilities(concurrency=_CALLS, timeout_seconds=PATIENCE + 5, shared=False),
        docs_url="https://github.com/caronc/apprise/wiki",
    )

    def __init__(self, settings: AppriseSettings, http: HttpSession) -> None:
        self._names = frozenset(settings.services)
        self._services = Services(settings.services)
        self._threads = ThreadPoolExecutor(_CALLS, "wasl-apprise")

    async def send(self, delivery: Delivery) -> Receipt:
        """Hand it to Apprise in a thread; see `Provider.send` for what it raises."""
        said = self.wire(delivery)
        handing_over(said)
        name = delivery.address.value
        if name not in self._names:
            raise Rejected(Reason.INVALID_ADDRESS, "content", "no_such_service")  # the settings may name it tomorrow
        call = self._threads.submit(self._services.send, name, said.decode())
        try:
            async with asyncio.timeout(PATIENCE):
                taken = await asyncio.wrap_future(call)
        except TimeoutError:
            raise Unavailable(code="no_thread") if call.cancelled() else Unknown("timeout") from None
        except Exception as error:
            raise Unknown(type(error).__name__) from None
        if not taken:
            raise Unknown("failed")
        return Receipt()

    def wire(self, delivery: Delivery) -> bytes:
        """The text that Apprise gets, in UTF-8."""
        content = delivery.content
        if not isinstance(content, Plain):
            raise TypeError("needs content in the format plain")
        return content.text.encode()

    async def close(self) -> None:
        """Begin no further call. Those in threads cannot be stopped, and end within Apprise's timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)
