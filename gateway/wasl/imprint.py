"""What is kept of the bytes that a call hands over: a keyed digest, and by what they were made, so that they can be made again.

The digest is keyed because content of a few words could be guessed from a plain one. Erasing a person drops it all the same.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from wasl.clock import micros
from wasl.keys import KeyRing
from wasl.ledger.rows import SourceRow
from wasl.ledger.settle import Made
from wasl.registry import Specs, installed, version_of
from wasl_contracts import Delivery

_LIBRARIES = ("Babel", "Jinja2", "css-inline", "hijridate", "markdown-it-py", "mrml", "nh3")
"""Of what they do the bytes consist."""
KIND = "software"


class ProviderMade(NamedTuple):
    """A provider as it made bytes: its plugin, the version of that, and a digest of its settings, which hold no secrets."""

    plugin: str
    version: str
    settings: str


class Software(NamedTuple):
    """What made bytes, as far as they can depend on it. `links` is the address that opt-out links begin with."""

    wasl: str
    libraries: Mapping[str, str]
    links: str | None
    providers: Mapping[str, ProviderMade]

    @classmethod
    def of(cls, specs: Specs) -> "Software":
        """That of this process."""
        entries = installed(folder=specs.config.plugins)
        providers = {}
        for name in specs.plugins:
            section = specs.config.providers[name]
            entry = entries.get(section.plugin)
            # SecretStr is dumped as asterisks.
            set_so = section.model_dump_json() + specs.settings[name].model_dump_json(fallback=lambda other: type(other).__name__)
            settings = hashlib.sha256(set_so.encode()).hexdigest()[:16]
            providers[name] = ProviderMade(section.plugin, version_of(entry) if entry is not None else "?", settings)
        libraries = {name: told for name in _LIBRARIES if (told := _version(name)) is not None}
        return cls(version("wasl"), libraries, specs.config.server.public_url, providers)

    @classmethod
    def read(cls, text: str) -> "Software":
        """As `row` wrote it."""
        found = json.loads(text)
        return cls(**{**found, "providers": {name: ProviderMade(*told) for name, told in found["providers"].items()}})

    def row(self) -> SourceRow:
        """As it is kept, once for all that it makes."""
        text = json.dumps(self._asdict(), sort_keys=True)
        made_by = hashlib.sha256(text.encode()).hexdigest()[:16]
        return {"version": made_by, "kind": KIND, "name": "wasl", "locale": "", "text": text}


class Imprint:
    """Makes what is kept of calls. `made_by` is the version of the software's row."""

    def __init__(self, ring: KeyRing, made_by: str) -> None:
        self._ring = ring
        self._made_by = made_by

    def of(self, delivery: Delivery, handed: bytes | None) -> Made | None:
        """`handed` is the SHA-256 of what was handed over."""
        if handed is None:
            return None
        return Made(self._ring.digest(handed), micros(delivery.dated_at or delivery.created_at), self._made_by)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
