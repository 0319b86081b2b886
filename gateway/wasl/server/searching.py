"""/v1/messages:search: messages by one text, in the language that the console and `wasl messages list` understand too."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import JsonValue

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.searching.seen import SearchPage
from wasl.searching.tokens import LONGEST
from wasl.server.operations import Operation, Parameter, answer
from wasl.server.queries import LARGEST_PAGE, page_limit, read_query


async def search(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """A page of what fits, newest first."""
    query = read_query(request, ["q", "limit", "cursor"])
    page = await gateway.search(query.get("q", ""), limit=page_limit(query.get("limit", "50")), cursor=query.get("cursor"))
    response = answer(page)
    if page.older:
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=page.older)}>; rel="next"'
    return response


_TEXT: Mapping[str, JsonValue] = {"type": "string", "maxLength": LONGEST, "examples": ["status:failed channel:sms after:24h"]}
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/messages:search",
        name="searchMessages",
        summary="Find messages by a query, newest first.",
        run=search,
        scope="read",
        answers={200: SearchPage},
        parameters=(
            Parameter(
                "q", "query", _TEXT, "What to find: `status:failed channel:sms -topic:offers after:24h`, or an address, id or order number."
            ),
            Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}, "How many at most."),
            Parameter("cursor", "query", {"type": "string"}, "`older` or `newer` of a page of the same query."),
        ),
        problems=(422,),
    ),
)
