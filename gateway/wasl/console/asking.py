"""What the form of the explain screen asks: whom it names, and the message that is not sent."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from wasl.answers import RecipientSeen
from wasl.api import Gateway
from wasl.console.diagnoses import problem_told
from wasl.console.words import Words
from wasl.errors import Problem, Refused
from wasl.explanations import Question
from wasl.person_seen import Sought
from wasl.problems import validated
from wasl.whom import UnknownKind, recipient_named

_FIELDS = {"id": "person", "email": "person", "phone": "person", "to": "person", "addresses": "person"}
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


class Asked(NamedTuple):
    """What a form says, as it was written. `at` is a local moment of the user's time zone; what is empty is not asked for."""

    person: str = ""
    template: str = ""
    body: str = ""
    topic: str = ""
    channel: str = ""
    at: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Asked":
        return cls(**{name: fields.get(name, "").strip() for name in cls._fields})

    @property
    def complete(self) -> bool:
        """Whether there is something to explain."""
        return bool(self.person and (self.template or self.body))


class Whose(NamedTuple):
    """Whom a text names: the fields of a recipient, and those who are known by it."""

    to: Mapping[str, JsonValue]
    known: Sequence[RecipientSeen]


async def whose(gateway: Gateway, text: str) -> Whose:
    """Those who are known by an id or address, and whom a message would go to: the known one, else whoever has the address.

    Raises:
        Refused: it is no address, or an id that nobody has.
    """
    specs = gateway.provider_specs
    try:
        to = recipient_named(text, specs)
    except UnknownKind as fact:
        raise Refused([Problem(pointer="/person", code="unknown_kind", message=str(fact))]) from None
    if "audience" in to and to["audience"] != "person":
        return Whose(to, ())
    known = (await gateway.find_recipients(validated(Sought, _sought(to)))).data
    if len(known) == 1:
        return Whose({"id": known[0].id}, known)
    if not known and "id" in to:
        raise Refused([Problem(pointer="/person", code="unknown_recipient", message="is the id of nobody; give an address, or another id")])
    return Whose(to, known)


def question(asked: Asked, to: Mapping[str, JsonValue], zone: ZoneInfo, examples: Mapping[str, JsonValue]) -> Question:
    """The message that is asked about; a template is filled with `examples`.

    Raises:
        Refused: names each field of the form that is wrong.
    """
    given: dict[str, object] = {"to": dict(to), "topic": asked.topic or None, "channels": [asked.channel] if asked.channel else None}
    if asked.template:
        given |= {"template": asked.template, "data": dict(examples)}
    else:
        given["content"] = {"body": asked.body}
    given["at"] = moment(asked.at, zone)
    return validated(Question, {name: value for name, value in given.items() if value is not None})


def moment(written: str, zone: ZoneInfo) -> datetime | None:
    """The moment that a field of type datetime-local tells; None where it is empty.

    Raises:
        Refused: it tells none.
    """
    if not written:
        return None
    try:
        if not _LOCAL.fullmatch(written):
            raise ValueError(written)
        return datetime.fromisoformat(written).replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise Refused([Problem(pointer="/at", code="bad_value", message="is not a moment; write it like 2026-12-01T09:00")]) from None


def by_field(refused: Refused, words: Words) -> dict[str, list[str]]:
    """What is wrong, by the field of the form that it is about; under the empty name what is about none."""
    found: dict[str, list[str]] = {}
    for problem in refused.errors:
        first = problem.pointer.strip("/").partition("/")[0]
        field = {**_FIELDS, "content": "body", "data": "template", "channels": "channel"}.get(first, first)
        found.setdefault(field if field in Asked._fields else "", []).append(problem_told(words, problem))
    return found


def _sought(to: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The same as a search among those who are known."""
    addresses = to.get("addresses")
    if isinstance(addresses, list) and addresses and isinstance(addresses[0], dict):
        one = addresses[0]
        return {"address": one["value"], "channel": one["channel"], "kind": one["kind"]}
    return dict(to)
