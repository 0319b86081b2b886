"""/openapi.json: the OpenAPI 3.1 document, made of the operations' rows and the pydantic models."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Literal, cast

from aiohttp import web
from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.problems import ProblemDocument
from wasl.server.bodies import CSV, FORM, JSON
from wasl.server.operations import Operation, Parameter
from wasl.server.problems import PROBLEM_JSON

_Mode = Literal["validation", "serialization"]
_Names = Mapping[tuple[type[BaseModel], _Mode], JsonValue]
_REF = "#/components/schemas/{model}"
# What any operation may answer: an unreadable head, an unknown host, a fault of ours; and with a key also its lack.
_ALWAYS = (400, 421, 500)
_WITH_KEY = (401, 403)
_REQUEST_ID = Parameter(
    "X-Request-Id",
    "header",
    {"type": "string"},
    "Your own id for this request: at most 64 letters, digits, `_` and `-`. Without one, or with another, wasl makes one.",
)
_FILE: JsonValue = {  # bytes have no schema (OpenAPI 3.1, "Considerations for File Uploads")
    "*/*": {},
    FORM: {"schema": {"type": "object", "properties": {"file": {"contentMediaType": "application/octet-stream"}}, "required": ["file"]}},
}
_ANSWER_HEADERS: JsonValue = {
    "X-Request-Id": {"description": "The id under which wasl's log knows this request.", "schema": {"type": "string"}}
}


def document(operations: Sequence[Operation]) -> dict[str, JsonValue]:
    """The OpenAPI document of these operations, as plain JSON."""
    names, schemas = models_json_schema(sorted(set(_models(operations)), key=str), ref_template=_REF)
    writer = _Writer(cast("_Names", names), schemas["$defs"])
    paths: dict[str, dict[str, JsonValue]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = writer.described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wasl",
            "version": version("wasl"),
            "description": "One call sends a message to a person on any channel, and keeps a receipt for everything.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": cast("JsonValue", paths),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "An API key: wasl_live_…"}},
        },
    }


def describing(operations: Sequence[Operation]) -> Operation:
    """The operation that answers with the document of the others."""
    body = json.dumps(document(operations)).encode()

    async def describe(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
        return web.Response(body=body, content_type=JSON)

    return Operation("GET", "/openapi.json", "describe", "This document.", describe, None, {})


def _models(operations: Iterable[Operation]) -> Iterator[tuple[type[BaseModel], _Mode]]:
    yield ProblemDocument, "serialization"
    for operation in operations:
        for answered in operation.answers.values():
            yield answered, "serialization"
        for asked in (operation.takes, operation.queries):
            if asked is not None:
                yield asked, "validation"


class _Writer:
    """Writes operations with references into one set of schemas."""

    def __init__(self, names: _Names, schemas: Mapping[str, Mapping[str, JsonValue]]) -> None:
        self._names = names
        self._schemas = schemas

    def described(self, operation: Operation) -> JsonValue:
        parameters = (*operation.parameters, *self._filters(operation.queries), _REQUEST_ID)
        described: dict[str, JsonValue] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "parameters": [_parameter(parameter) for parameter in parameters],
            "responses": self._responses(operation),
        }
        if operation.takes is not None:
            schema = self._names[operation.takes, "validation"]
            described["requestBody"] = {"required": True, "content": {operation.media_type: {"schema": schema}}}
        if operation.csv == "body":
            described["requestBody"] = {"required": True, "content": {CSV: {"schema": {"type": "string"}}}}
        if operation.file:
            described["requestBody"] = {"required": True, "content": _FILE}
        if operation.scope is not None:
            described["security"] = [{"apiKey": [operation.scope]}]
        return described

    def _responses(self, operation: Operation) -> JsonValue:
        answers = {status: self._answer(status, operation.media_type, model) for status, model in operation.answers.items()}
        if operation.csv == "answer":
            answers[200] = {"description": "OK", "headers": _ANSWER_HEADERS, "content": {CSV: {"schema": {"type": "string"}}}}
        if operation.page:
            answers[200] = {"description": "OK", "headers": _ANSWER_HEADERS, "content": {"text/html": {"schema": {"type": "string"}}}}
        if operation.text:
            answers[200] = {"description": "OK", "headers": _ANSWER_HEADERS, "content": {operation.text: {"schema": {"type": "string"}}}}
        answers |= {status: {"description": HTTPStatus(status).phrase, "headers": _ANSWER_HEADERS} for status in operation.empty}
        refusals = sorted({*_ALWAYS, *(_WITH_KEY if operation.scope else ()), *operation.problems})
        problems = {status: self._answer(status, PROBLEM_JSON, ProblemDocument) for status in refusals}
        return {str(status): answer for status, answer in {**answers, **problems}.items()}

    def _answer(self, status: int, media_type: str, model: type[BaseModel]) -> JsonValue:
        content: JsonValue = {media_type: {"schema": self._names[model, "serialization"]}}
        return {"description": HTTPStatus(status).phrase, "headers": _ANSWER_HEADERS, "content": content}

    def _filters(self, model: type[BaseModel] | None) -> Iterator[Parameter]:
        if model is None:
            return
        properties = cast("Mapping[str, dict[str, JsonValue]]", self._schemas[model.__name__]["properties"])
        for name, schema in properties.items():
            kinds = cast("list[dict[str, JsonValue]]", schema.get("anyOf", [schema]))
            present = next(kind for kind in kinds if kind.get("type") != "null")
            yield Parameter(name, "query", present, f"Only those with this `{name}`.")


def _parameter(parameter: Parameter) -> JsonValue:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
