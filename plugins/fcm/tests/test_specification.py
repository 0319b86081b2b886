import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from wasl_contracts import Address, Delivery

SPECIFICATION = Path(__file__).parents[4] / "shared" / "specs" / "fcm.oas.json"
ADDRESSES = [("fcm_token", "c0ffee:APA91bToken"), ("fcm_fid", "cIdmyJ0KQYKrJ5eTzQyXnA")]


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="FCM's API description is not beside the repository (../shared/specs)")
@pytest.mark.parametrize(("kind", "value"), ADDRESSES)
async def test_the_request_is_one_that_fcms_description_allows(
    google, connect: Callable, delivery: Delivery, kind: str, value: str
) -> None:
    document = json.loads(SPECIFICATION.read_text())
    schema = {"$ref": "#/components/schemas/SendMessageRequest", "components": document["components"]}

    await connect().send(delivery.model_copy(update={"address": Address(channel="push", kind=kind, value=value)}))

    [request], [body] = google.requests, google.bodies
    assert request.path.replace("acme-app", "{projectsId}") in document["paths"]
    assert request.headers["Content-Type"].startswith("application/json")
    assert not list(Draft202012Validator(schema).iter_errors(body))
