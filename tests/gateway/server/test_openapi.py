import asyncio
import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from wasl.server.app import OPERATIONS
from wasl.server.events import EVENT_STREAM
from wasl.server.openapi import document

_PROVED = ("/v1", "/hooks", "/inbox", "/metrics")
"""Where a caller proves who it is: by a key, as a callback by its signature, by a token."""


def resolved(node: Any, whole: dict[str, Any]) -> Any:
    if isinstance(node, dict) and "$ref" in node:
        for part in node["$ref"].removeprefix("#/").split("/"):
            whole = whole[part]
        return whole
    return node


def test_the_document_is_openapi_3_1():
    OpenAPIV31SpecValidator(document(OPERATIONS)).validate()


async def test_it_is_served_to_anybody(serving):
    answer = await serving.get("/openapi.json", key=None)

    assert answer.status == 200
    assert answer.json == json.loads(json.dumps(document(OPERATIONS)))


def test_every_operation_says_how_it_refuses_and_what_key_it_needs():
    for path, methods in document(OPERATIONS)["paths"].items():
        for operation in methods.values():
            refusals = {status: answer for status, answer in operation["responses"].items() if status >= "4"}

            assert {"400", "421", "500"} <= set(refusals)
            assert all(set(answer["content"]) == {"application/problem+json"} for answer in refusals.values())
            assert ("security" in operation) == path.startswith("/v1")
            assert ("401" in refusals) == path.startswith(_PROVED)
            assert set(re.findall(r"{(\w+)}", path)) == {found["name"] for found in operation["parameters"] if found["in"] == "path"}


def test_filters_headers_and_bodies_are_described():
    whole = document(OPERATIONS)
    listing, sending = whole["paths"]["/v1/messages"]["get"], whole["paths"]["/v1/messages"]["post"]

    assert {found["name"] for found in listing["parameters"] if found["in"] == "query"} == {
        "state", "reason", "channel", "recipient", "topic", "template", "since", "limit", "cursor",
    }  # fmt: skip
    assert "Idempotency-Key" in {found["name"] for found in sending["parameters"]}
    message = resolved(sending["requestBody"]["content"]["application/json"]["schema"], whole)
    assert message["additionalProperties"] is False
    assert message["required"] == ["to"]


@schemathesis.serializer("application/x-ndjson")
def _line(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.serializer("text/csv")
def _file(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


load_all_checks()
CONFORMANCE = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
BOUNDED = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
REJECTION = CHECKS.get_by_names(["negative_data_rejection"])
CONFIG = SchemathesisConfig()
_rejecting = CONFIG.projects.default.checks.negative_data_rejection
_rejecting.expected_statuses = [*_rejecting.expected_statuses, "413"]  # what breaks its schema may be too large as well


def exercise(url: str, place: tuple[str, str], key: str) -> int:
    """Calls one operation with what fits its schema and what does not; every answer must be one that the document describes."""
    operation = schemathesis.openapi.from_url(f"{url}/openapi.json", config=CONFIG)[place[0]][place[1]]
    checks = CONFORMANCE if place[0].endswith(":batch") else CONFORMANCE + REJECTION  # a bad line of a batch is refused in its result
    called = 0

    @given(case=operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE))
    @BOUNDED
    def calls(case: schemathesis.Case) -> None:
        nonlocal called
        called += 1
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=checks)

    calls()
    return called


ENDING = [operation for operation in OPERATIONS if operation.media_type != EVENT_STREAM]  # an answer without an end cannot be checked


@pytest.mark.parametrize("place", [(operation.path, operation.method) for operation in ENDING], ids=[one.name for one in ENDING])
async def test_the_server_keeps_to_its_document_whatever_it_is_asked(serving, place):
    called = await asyncio.to_thread(exercise, serving.url, place, serving.keys["both"])

    assert called > 0
