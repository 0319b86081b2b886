"""A message that somebody at the console sends to a person who is known: whom, what, and what fills it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import JsonValue

from wasl.answers import VariableSeen
from wasl.console.diagnoses import problem_told
from wasl.console.visit import Visit
from wasl.console.words import Words
from wasl.errors import NotFound, Problem, Refused

AS_JSON = frozenset({"list", "object", "money", "integer", "number", "boolean"})
"""Types of variables that are written as JSON in the form; the others as they are."""
FIELD = "data."
"""Before the name of a variable, that of its field."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a form says. `written` is what stands in its fields, by variable."""

    brand: str
    person: str
    template: str
    topic: str
    channel: str
    variables: Mapping[str, VariableSeen]
    written: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str]:
        """The form as its hidden fields."""
        told = {"brand": self.brand, "person": self.person, "template": self.template, "topic": self.topic, "channel": self.channel}
        return {**told, **{f"{FIELD}{name}": value for name, value in self.written.items()}}

    @property
    def path(self) -> str:
        """Where the form is, below /console; what fills the template does not stand in it."""
        told = {name: value for name, value in self.fields.items() if value and not name.startswith(FIELD)}
        return f"/explain/send?{urlencode(told)}"

    def message(self) -> dict[str, JsonValue]:
        """The fields of the message.

        Raises:
            Refused: a field does not hold what its variable asks for.
        """
        told: dict[str, JsonValue] = {"to": {"id": self.person}, "template": self.template, "data": self._data()}
        if self.topic:
            told["topic"] = self.topic
        return {**told, "channels": [self.channel]} if self.channel else told

    def _data(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        problems = []
        for name, variable in self.variables.items():
            value = self.written.get(name, "")
            try:
                if value:
                    found[name] = json.loads(value) if variable.type in AS_JSON else value
            except (ValueError, RecursionError):
                problems.append(Problem(pointer=f"/data/{name}", code="invalid_json", message="is not JSON; write it like the example"))
        if problems:
            raise Refused(problems)
        return found


async def by_hand(visit: Visit, fields: Mapping[str, str]) -> ByHand:
    """What the fields of a form or a query say.

    Raises:
        NotFound: there is no such template, brand or person, or they are not this user's to see.
    """
    gateway = visit.of(fields["brand"]) if fields.get("brand") else visit.gateway
    template, person = fields.get("template", ""), fields.get("person", "")
    variables = {one.name: one.variables for one in (await gateway.templates()).data}.get(template)
    if variables is None:
        raise NotFound("There is no such template.")
    await gateway.recipient(person)
    return ByHand(
        brand=gateway.brand,
        person=person,
        template=template,
        topic=fields.get("topic", ""),
        channel=fields.get("channel", ""),
        variables=variables,
        written={name: fields.get(f"{FIELD}{name}", "").strip() for name in variables},
    )


def by_variable(refused: Refused, words: Words) -> dict[str, list[str]]:
    """What is wrong, by the name of the variable; under the empty name what is about none."""
    found: dict[str, list[str]] = {}
    for problem in refused.errors:
        field, _, name = problem.pointer.strip("/").partition("/")
        found.setdefault(name if field == "data" else "", []).append(problem_told(words, problem))
    return found
