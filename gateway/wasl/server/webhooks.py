"""/v1/webhooks: where what happened is posted to, of the key's brand."""

from aiohttp import web

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.problems import validated
from wasl.server.bodies import read_json
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.problems import shutting_down
from wasl.server.queries import read_query
from wasl.webhooks.webhook import NewWebhook, Replay, TriesSeen, Try, WebhookChange, WebhookSeen, WebhooksSeen


async def add(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The webhook with its secret."""
    _open(gateway)
    asked = validated(NewWebhook, await read_json(request, gateway.config.server.body_timeout))
    made = await gateway.add_webhook(asked)
    return answer(made, 201, {"Location": f"/v1/webhooks/{made.id}"})


async def listed(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All of them."""
    read_query(request, ())
    return answer(await gateway.webhooks())


async def show(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """One of them."""
    return answer(await gateway.webhook(request.match_info["id"]))


async def change(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """It, changed."""
    _open(gateway)
    asked = validated(WebhookChange, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.change_webhook(request.match_info["id"], asked))


async def remove(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """Those that are left."""
    _open(gateway)
    await gateway.remove_webhook(request.match_info["id"])
    return answer(await gateway.webhooks())


async def rotate(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """It with its new secret."""
    _open(gateway)
    return answer(await gateway.rotate_webhook(request.match_info["id"]))


async def replay(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """It; what is to be posted again goes out after the answer."""
    _open(gateway)
    asked = validated(Replay, await read_json(request, gateway.config.server.body_timeout))
    return answer(await gateway.replay_webhook(request.match_info["id"], event=asked.event, since=asked.since), 202)


async def test_one(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """How the post of a test event ended."""
    _open(gateway)
    return answer(await gateway.test_webhook(request.match_info["id"]))


async def tried(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The last posts."""
    read_query(request, ())
    return answer(await gateway.webhook_tries(request.match_info["id"]))


def _open(gateway: Gateway) -> None:
    if gateway.closing:
        raise shutting_down()


_ID = Parameter("id", "path", {"type": "string", "examples": ["wh_0198c7a1b2c3d4e5f607"]}, "The webhook's id.")
_WRITES = (422, 503, 507)
_BODY = (408, 413, 415)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/webhooks",
        name="addWebhook",
        summary="Post what happens from now on to a URL, signed by Standard Webhooks. The secret is in this answer and never again.",
        run=add,
        scope="webhooks",
        takes=NewWebhook,
        answers={201: WebhookSeen},
        problems=(*_BODY, *_WRITES),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks",
        name="listWebhooks",
        summary="All webhooks, oldest first.",
        run=listed,
        scope="webhooks",
        answers={200: WebhooksSeen},
        problems=(422, 503),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}",
        name="getWebhook",
        summary="One webhook.",
        run=show,
        scope="webhooks",
        answers={200: WebhookSeen},
        parameters=(_ID,),
        problems=(404, 503),
    ),
    Operation(
        method="PATCH",
        path="/v1/webhooks/{id}",
        name="changeWebhook",
        summary="Change where it posts and what, or enable it again: then it goes on where it ended.",
        run=change,
        scope="webhooks",
        takes=WebhookChange,
        answers={200: WebhookSeen},
        parameters=(_ID,),
        problems=(404, *_BODY, *_WRITES),
    ),
    Operation(
        method="DELETE",
        path="/v1/webhooks/{id}",
        name="removeWebhook",
        summary="Post nothing there any more; answers with those that are left.",
        run=remove,
        scope="webhooks",
        answers={200: WebhooksSeen},
        parameters=(_ID,),
        problems=(404, *_WRITES),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}:rotate",
        name="rotateWebhook",
        summary="A new secret; for 24 hours everything is signed with the one before as well.",
        run=rotate,
        scope="webhooks",
        answers={200: WebhookSeen},
        parameters=(_ID,),
        problems=(404, *_WRITES),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}:replay",
        name="replayWebhook",
        summary="Post one event again, or all that happened since a moment, with the same ids.",
        run=replay,
        scope="webhooks",
        takes=Replay,
        answers={202: WebhookSeen},
        parameters=(_ID,),
        problems=(404, *_BODY, *_WRITES),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}:test",
        name="testWebhook",
        summary="Post an event `webhook.test` now, once, and tell how that ended.",
        run=test_one,
        scope="webhooks",
        answers={200: Try},
        parameters=(_ID,),
        problems=(404, 503),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}/tries",
        name="listWebhookTries",
        summary="The last posts, newest first: status, milliseconds and why one does not count as taken.",
        run=tried,
        scope="webhooks",
        answers={200: TriesSeen},
        parameters=(_ID,),
        problems=(404, 422, 503),
    ),
)
