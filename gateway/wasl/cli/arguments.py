"""What people write on the command line, as the values that it stands for. Every mistake is a usage error with an example."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import JsonValue

    from wasl_contracts import ProviderSpec


@dataclass(frozen=True, slots=True)
class To:
    """Whom a message is for, as written, and their language."""

    text: str
    locale: str | None

    def recipient(self, specs: "Sequence[ProviderSpec]") -> "dict[str, JsonValue]":
        """The recipient's fields. `specs` are the configured providers, which say what kinds of addresses there are."""
        from wasl.whom import UnknownKind, recipient_named

        spoken: dict[str, JsonValue] = {"locale": self.locale} if self.locale else {}
        try:
            return {**recipient_named(self.text, specs), **spoken}
        except UnknownKind as fact:
            raise typer.BadParameter(str(fact), param_hint="--to") from None


def data(written: Iterable[str]) -> "dict[str, JsonValue]":
    """`k=text`, `k:=json` and `@file.json`, the later ones over the earlier ones."""
    found: dict[str, JsonValue] = {}
    for one in written:
        if one.startswith("@"):
            found.update(_object_in(Path(one[1:])))
            continue
        name, equals, value = one.partition("=")
        if not equals or not name.rstrip(":"):
            raise typer.BadParameter("write NAME=TEXT, NAME:=JSON or @file.json, like order=1042", param_hint="--data")
        found[name.removesuffix(":")] = _json(value, name) if name.endswith(":") else value
    return found


def action(written: str) -> "dict[str, JsonValue]":
    """`label=url`."""
    label, equals, url = written.partition("=")
    if not equals:
        raise typer.BadParameter("write LABEL=URL, like Track=https://shop.example/1042", param_hint="--action")
    return {"label": label, "url": url}


def moment(written: str) -> datetime:
    """An ISO 8601 moment; without a zone it is this machine's."""
    try:
        return datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter("is not a moment; write it like 2026-12-01T09:00 or 2026-12-01T09:00:00+03:00") from None


def _object_in(file: Path) -> "dict[str, JsonValue]":
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--data") from None
    except (ValueError, RecursionError):
        raise typer.BadParameter(f"{file} is not JSON in UTF-8", param_hint="--data") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f'{file} holds no JSON object; write {{"name": "Ann"}}', param_hint="--data")
    return found


def _json(text: str, name: str) -> "JsonValue":
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        raise typer.BadParameter(f"what follows {name}= is not JSON; write {name}=3, or NAME=TEXT for text", param_hint="--data") from None
    return found
