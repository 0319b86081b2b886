from datetime import timedelta

import pytest

from tests.gateway.scripted import NOON
from wasl.client import Client
from wasl.errors import NotFound
from wasl.standing import Standing
from wasl_contracts import Reason

LATER = NOON + timedelta(days=36_500)


async def find(serving, change, state, reason=None, code=None):
    """What a worker would have found."""
    rows = serving.gateway._open.providers
    await rows.add(["mail"])
    await rows.record([(change, Standing("mail", state, reason, code, NOON, LATER))])


async def test_configured_providers_are_listed_with_their_limits(serving):
    answer = await serving.get("/v1/providers", key="read")

    assert answer.status == 200
    assert answer.json["data"] == [
        {
            "name": "mail", "channel": "log", "plugin": "log", "brands": [], "state": "closed", "reason": None, "since": None,
            "until": None, "concurrency": 32, "rate": None, "silent_since": None,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "state", "reason", "code"),
    [
        ("open", "open", Reason.PROVIDER_FAILING, "503"),
        ("pause", "paused", Reason.PROVIDER_MISCONFIGURED, "401"),
        ("slow", "closed", Reason.RATE_LIMITED, "429"),
    ],
)
async def test_each_state_is_told_with_its_reason_and_times(serving, change, state, reason, code):
    await find(serving, change, state, reason, code)

    (mail,) = (await serving.get("/v1/providers", key="read")).json["data"]

    assert (mail["state"], mail["reason"]["code"], mail["reason"]["provider_code"]) == (state, reason, code)
    assert (mail["since"], mail["until"]) == ("2026-03-01T12:00:00Z", LATER.isoformat().replace("+00:00", "Z"))


async def test_a_moment_to_slow_down_that_has_passed_is_not_told(serving):
    rows = serving.gateway._open.providers
    await rows.add(["mail"])
    await rows.record([("slow", Standing("mail", "closed", Reason.RATE_LIMITED, "429", NOON, NOON - timedelta(days=900)))])

    (mail,) = (await serving.get("/v1/providers", key="read")).json["data"]

    assert (mail["state"], mail["reason"], mail["since"], mail["until"]) == ("closed", None, None, None)


async def test_an_operator_lets_a_provider_be_called_again(serving):
    await find(serving, "pause", "paused", Reason.PROVIDER_MISCONFIGURED, "401")

    answer = await serving.post(None, "/v1/providers/mail:resume", key="send")

    assert answer.status == 200
    assert [(mail["state"], mail["reason"]) for mail in answer.json["data"]] == [("closed", None)]


async def test_an_operator_pauses_a_provider_until_somebody_resumes_it(serving):
    paused = await serving.post(None, "/v1/providers/mail:pause", key="send")
    again = await serving.post(None, "/v1/providers/mail:pause", key="send")
    await find(serving, "close", "closed")
    (still,) = (await serving.get("/v1/providers", key="read")).json["data"]
    resumed = await serving.post(None, "/v1/providers/mail:resume", key="send")

    assert (paused.status, again.json) == (200, paused.json)
    assert (still["state"], still["reason"]["code"], still["until"]) == ("paused", "operator_paused", None)
    assert [mail["state"] for mail in resumed.json["data"]] == ["closed"]


async def test_a_provider_that_is_not_configured_is_not_found(serving):
    assert (await serving.post(None, "/v1/providers/pigeon:pause", key="send")).problem == (404, "not_found")
    assert (await serving.post(None, "/v1/providers/pigeon:resume", key="send")).problem == (404, "not_found")


async def test_scopes_are_needed(serving):
    assert (await serving.get("/v1/providers", key="send")).problem == (403, "scope_required")
    for verb in ("pause", "resume"):
        assert (await serving.post(None, f"/v1/providers/mail:{verb}", key="read")).problem == (403, "scope_required")


async def test_the_client_has_the_same_verbs(serving):
    await find(serving, "open", "open", Reason.PROVIDER_FAILING, "503")

    async with Client(serving.url, serving.keys["both"]) as client:
        told = await client.providers()
        resumed = await client.resume_provider("mail")
        paused = await client.pause_provider("mail")
        with pytest.raises(NotFound):
            await client.resume_provider("pigeon")

    assert [provider.state for provider in (*told.data, *resumed.data, *paused.data)] == ["open", "closed", "paused"]


async def test_a_parameter_that_nobody_knows_is_refused(serving):
    answer = await serving.get("/v1/providers?x=1", key="read")

    assert answer.problem == (422, "unknown_filter")
