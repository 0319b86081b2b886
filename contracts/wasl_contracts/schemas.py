"""The JSON Schemas of the contracts, for programs in other languages.

`python -m wasl_contracts.schemas contracts/schemas` writes them again after a change of a model; a test tells when that was forgotten.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from wasl_contracts.address import Address
from wasl_contracts.content import Content, Rendered
from wasl_contracts.delivery import Attempt, Delivery
from wasl_contracts.envelope import Envelope
from wasl_contracts.event import Event
from wasl_contracts.message import Message
from wasl_contracts.provider import Capabilities
from wasl_contracts.receipt import Receipt
from wasl_contracts.recipient import Recipient

_MODELS = (Address, Attempt, Capabilities, Content, Delivery, Envelope, Event, Message, Receipt, Recipient)
_ADAPTERS: dict[str, TypeAdapter[Any]] = {model.__name__.lower(): TypeAdapter(model) for model in _MODELS}
_ADAPTERS["rendered"] = TypeAdapter(Rendered)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of every schema, by file name."""
    found = {name: {"$schema": _DIALECT, **adapter.json_schema()} for name, adapter in _ADAPTERS.items()}
    return {f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in found.items()}


def write(folder: Path) -> None:
    """Write every schema into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(*sys.argv[1:]))
