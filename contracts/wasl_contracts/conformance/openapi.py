"""A provider's own OpenAPI document as the judge of the requests that a plugin makes. Needs openapi-schema-validator (extra `testing`)."""

import json
import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from wasl_contracts.conformance.wire import Request

_WANTED = "openapi_schema_validator"
_METHODS = ("get", "put", "post", "delete", "patch")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_NUMBERS = {"integer": re.compile(r"-?[0-9]+"), "number": re.compile(r"-?[0-9]+(\.[0-9]+)?")}
Json = Mapping[str, object]


class Fault(Protocol):
    """What a validator says of a value."""

    message: str
    json_path: str


class Validator(Protocol):
    """What judges values by one schema."""

    def iter_errors(self, instance: object) -> Iterator[Fault]: ...


def validates() -> bool:
    """Whether the library that judges is installed."""
    return find_spec(_WANTED) is not None


def folder_of(file: Path) -> Path | None:
    """The folder `shared/specs` beside any folder around a test file, where the documents are kept; None where there is none."""
    return next((found for above in file.parents if (found := above / "shared" / "specs").is_dir()), None)


@cache
def judge(document: Path) -> "Judge":
    """The judge by a document in JSON, read once."""
    return Judge(json.loads(document.read_text(encoding="utf-8")))


class Judge:
    """Says what a document does not allow in a request: its method, path, query, type and every field, also those it does not know."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._operations = list(_operations(document))
        self._validators: dict[int, Validator] = {}

    def faults(self, request: Request) -> list[str]:
        """What is wrong with it, as sentences; none where the document allows it."""
        found = self._operation(request)
        if found is None:
            return [f"the document knows no {request.method} {request.path}"]
        operation, parameters, parts = found
        return [*self._in_address(request, parameters, parts), *self._in_body(request, operation)]

    def _operation(self, request: Request) -> "tuple[Json, list[Json], Mapping[str, str]] | None":
        for method, path, operation, parameters in self._operations:
            if method == request.method and (match := path.fullmatch(request.path)):
                # Groups have numbers: names of parameters may be no identifiers.
                names = re.findall(r"\{([^}]+)\}", str(operation["x-path"]))
                return operation, [self._resolved(one) for one in parameters], dict(zip(names, match.groups(), strict=True))
        return None

    def _in_address(self, request: Request, parameters: list[Json], parts: Mapping[str, str]) -> Iterator[str]:
        asked = dict(parse_qsl(request.query, keep_blank_values=True))
        given = {"path": {name: unquote(part) for name, part in parts.items()}, "query": asked}
        known = {str(one["name"]): one for one in parameters if one["in"] == "query"}
        for place in ("path", "query"):
            for one in (one for one in parameters if one["in"] == place):
                name, schema = str(one["name"]), cast("Json", one["schema"])
                if name in given[place]:
                    yield from self._by_schema(schema, self._typed(schema, given[place][name]), f"{place} {name}")
                elif one.get("required"):
                    yield f"{place} {name} is missing"
        yield from (f"query {name} is not known" for name in asked if name not in known)

    def _in_body(self, request: Request, operation: Json) -> Iterator[str]:
        wanted = self._resolved(cast("Json", operation.get("requestBody", {})))
        if not request.body:
            if wanted.get("required"):
                yield "the body is missing"
            return
        media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        kinds = cast("Mapping[str, Json]", wanted.get("content", {}))
        if media not in kinds:
            yield f"the body is {media or 'of no type'}; the document knows {', '.join(kinds) or 'none'}"
            return
        schema = cast("Json", kinds[media]["schema"])
        value = self._typed_form(schema, _form(request, media)) if media in _FORMS else json.loads(request.body)
        yield from self._by_schema(schema, value, "body")
        yield from self._unknown(schema, value, "body")

    def _by_schema(self, schema: Json, value: object, where: str) -> Iterator[str]:
        validator = self._validators.get(id(schema)) or self._validators.setdefault(id(schema), self._validator(schema))
        return (f"{where}{fault.json_path[1:]}: {fault.message}" for fault in validator.iter_errors(value))

    def _validator(self, schema: Json) -> Validator:
        from openapi_schema_validator import OAS30Validator, OAS31Validator  # noqa: PLC0415 - only those who judge need it

        version = OAS30Validator if str(self._document["openapi"]).startswith("3.0") else OAS31Validator
        return cast("Validator", version({"allOf": [schema], "components": self._document.get("components", {})}))

    def _unknown(self, schema: Json, value: object, where: str) -> Iterator[str]:
        """The names in a value that the document does not know, where it lists those of an object; providers ignore most misspellings."""
        if isinstance(value, list):
            for each in self._branches(schema):
                if isinstance(each.get("items"), dict):
                    for number, one in enumerate(value):
                        yield from self._unknown(cast("Json", each["items"]), one, f"{where}[{number}]")
        elif isinstance(value, dict):
            properties, open_ended = self._properties(schema)
            for name, inner in value.items():
                if name in properties:
                    yield from self._unknown({"anyOf": properties[name]}, inner, f"{where}.{name}")
                elif properties and not open_ended:
                    yield f"{where}.{name} is not known"

    def _properties(self, schema: Json) -> tuple[dict[str, list[object]], bool]:
        """The schemas of an object's properties by name, from all that it may be; and whether it may have any others."""
        found: dict[str, list[object]] = {}
        open_ended = False
        for each in self._branches(schema):
            for name, inner in cast("Json", each.get("properties", {})).items():
                found.setdefault(name, []).append(inner)
            open_ended |= bool(each.get("additionalProperties")) or "patternProperties" in each
        return found, open_ended

    def _branches(self, schema: Json) -> Iterator[Json]:
        """The schema and all that it is made of."""
        schema = self._resolved(schema)
        yield schema
        for how in ("allOf", "anyOf", "oneOf"):
            for part in cast("list[Json]", schema.get(how, [])):
                yield from self._branches(part)

    def _resolved(self, schema: Json) -> Json:
        while isinstance(ref := schema.get("$ref"), str):
            found: object = self._document
            for step in ref.removeprefix("#/").split("/"):
                found = cast("Json", found)[unquote(step).replace("~1", "/").replace("~0", "~")]
            schema = cast("Json", found)
        return schema

    def _typed_form(self, schema: Json, form: Mapping[str, list[str]]) -> dict[str, object]:
        properties, _ = self._properties(schema)
        return {name: self._field({"anyOf": properties.get(name, [])}, values) for name, values in form.items()}

    def _field(self, schema: Json, values: list[str]) -> object:
        if len(values) > 1 or (self._takes(schema, "array") and not self._takes(schema, "string")):
            return values
        return self._typed(schema, values[0])

    def _takes(self, schema: Json, kind: str) -> bool:
        return any(kind in (told if isinstance(told := each.get("type"), list) else [told]) for each in self._branches(schema))

    def _typed(self, schema: Json, text: str) -> object:
        """A text from a URL or a form as the type that the schema asks for."""
        if self._takes(schema, "string"):
            return text
        for kind, pattern in _NUMBERS.items():
            if self._takes(schema, kind) and pattern.fullmatch(text):
                return json.loads(text)
        return text == "true" if self._takes(schema, "boolean") and text in ("true", "false") else text


def _operations(document: Json) -> Iterator[tuple[str, re.Pattern[str], Json, list[Json]]]:
    """Every operation: its method, the pattern of its path, itself (with its path in `x-path`), and its parameters."""
    servers = cast("list[Mapping[str, str]]", document.get("servers", []))
    bases = "|".join({re.escape(urlsplit(server["url"]).path.rstrip("/")) for server in servers} | {""})
    for path, item in cast("Mapping[str, Json]", document["paths"]).items():
        pieces = re.split(r"\{[^}]+\}", path)
        # Literal paths go before those with holes in their place.
        pattern = re.compile(f"(?:{bases})" + "([^/]+?)".join(map(re.escape, pieces)))
        shared = cast("list[Json]", item.get("parameters", []))
        for method in _METHODS:
            if method in item:
                operation = cast("Json", item[method])
                yield (
                    method.upper(),
                    pattern,
                    {**operation, "x-path": path},
                    [*shared, *cast("list[Json]", operation.get("parameters", []))],
                )


def _form(request: Request, media: str) -> dict[str, list[str]]:
    """The values of a form by name; a file counts as its name."""
    found: dict[str, list[str]] = {}
    if media == _FORMS[0]:
        for name, value in parse_qsl(request.body.decode(), keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    for part in message_from_bytes(head + request.body).walk():
        field = part.get_param("name", header="content-disposition")
        if isinstance(field, str):
            payload = part.get_payload(decode=True)
            text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
            found.setdefault(field, []).append(part.get_filename() or text)
    return found
