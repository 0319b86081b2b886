"""The bytes of providers, without a network: each provider is opened for that when it is first asked for."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from wasl.registry import Specs
from wasl_contracts import Delivery, HttpSession, Provider, ProviderError, Transparent
from wasl_contracts.provider import HttpResponse


class NotShown(Exception):
    """There are no bytes to show. `opened` is False where the provider itself is not there."""

    def __init__(self, fact: str, *, opened: bool = True) -> None:
        super().__init__(fact)
        self.opened = opened


class _NoNetwork:
    """The session of providers that send nothing."""

    def request(
        self, method: str, url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None, allow_redirects: bool = True
    ) -> AbstractAsyncContextManager[HttpResponse]:
        raise RuntimeError("what is only shown must make no request")


class Wires:
    """Makes the bytes of deliveries. Close it."""

    def __init__(self, specs: Specs) -> None:
        self._specs = specs
        self._opened: dict[str, Provider] = {}

    def of(self, provider: str, delivery: Delivery) -> bytes:
        """What `send` would hand over.

        Raises:
            NotShown: the plugin does not tell, refuses the delivery, or cannot be opened.
        """
        opened = self._open(provider)
        if not isinstance(opened, Transparent):
            raise NotShown("The plugin does not show what it hands over.")
        try:
            return opened.wire(delivery)
        except ProviderError as refused:
            raise NotShown(f"It would be refused before sending: {refused.reason.sentence}") from None

    async def close(self) -> None:
        """Let go of the providers."""
        for provider in self._opened.values():
            await provider.close()
        self._opened.clear()

    def _open(self, name: str) -> Provider:
        if (opened := self._opened.get(name)) is not None:
            return opened
        if name not in self._specs.plugins:
            raise NotShown("The provider is not configured any more.", opened=False)
        http: HttpSession = _NoNetwork()
        try:
            opened = self._specs.plugins[name](self._specs.settings[name], http)
        except Exception as error:  # a plugin's constructor may raise anything; its text may hold a secret
            raise NotShown(f"The provider cannot be opened ({type(error).__name__}).", opened=False) from None
        return self._opened.setdefault(name, opened)
