"""Apprise's own objects, for the URLs of the settings; Apprise is first imported when one is needed, which takes half a second."""

import importlib
import logging
import threading
import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

if TYPE_CHECKING:
    from apprise import Apprise as Sending

PATIENCE: Final = 15.0
"""Seconds that Apprise may take for a send."""
# Apprise logs whole messages, and what it sends them with logs URLs, which hold tokens.
_TALKATIVE: Final = ("apprise", "urllib3.connectionpool", "requests_oauthlib")


class Services(threading.local):
    """What sends to each of the URLs. Every thread has its own: Apprise's objects keep the state of a send."""

    def __init__(self, urls: Mapping[str, SecretStr]) -> None:
        self._urls = urls
        self._made: dict[str, Sending] = {}

    def send(self, name: str, text: str) -> bool:
        """Whether Apprise says that the service took it."""
        if name not in self._made:
            self._made[name] = _sending(self._urls[name])
        return bool(self._made[name].notify(body=text, body_format="text"))


def understood(url: SecretStr) -> bool:
    """Whether Apprise knows what to do with a URL."""
    return len(_sending(url)) > 0


def _sending(url: SecretStr) -> "Sending":
    library = _apprise()
    asset = library.AppriseAsset(
        app_id="wasl", async_mode=False, http_redirects=False, storage_mode="memory", service_timeout=PATIENCE, allow_templates=False
    )
    sending: Sending = library.Apprise(asset=asset)
    sending.add(url.get_secret_value())
    for service in sending:
        # wasl alone repeats and paces; a failure is never to be called a success.
        service.retry, service.request_rate_per_sec, service.optional, service.redirects = 0, 0, False, False
    return sending


@cache
def _apprise() -> ModuleType:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings(action="ignore"):  # it imports modules that Python is going to drop, where they are there
        library = importlib.import_module("apprise")
        library.Apprise.instantiate("json://localhost")  # which imports all services
    return library
