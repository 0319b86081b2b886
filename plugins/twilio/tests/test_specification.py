import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from wasl_contracts import Delivery

SPECIFICATION = Path(__file__).parents[4] / "shared" / "specs" / "twilio_api_v2010.json"


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="Twilio's API description is not beside the repository (../shared/specs)")
async def test_the_request_is_one_that_twilios_description_allows(api, connect: Callable, delivery: Delivery) -> None:
    path = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    operation = json.loads(SPECIFICATION.read_text())["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]

    await connect(status_callback="https://wasl.example/hooks/sms").send(delivery)

    [request], [form] = api.requests, api.forms
    assert re.fullmatch(path.replace("{AccountSid}", "(AC[0-9a-fA-F]{32})"), request.path)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not list(Draft202012Validator(schema | {"additionalProperties": False}).iter_errors(form))
