"""What an HTTP operation is: a row beside its code, from which both the route and the OpenAPI document are made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, JsonValue
from pydantic_core import to_json

from wasl.api import Gateway
from wasl.apikeys import ApiKey, Scope
from wasl.server.bodies import JSON

Run = Callable[[Gateway, web.Request, ApiKey], Awaitable[web.StreamResponse]]

NOBODY = ApiKey(id="", name="nobody", brand="", scopes=frozenset())
"""The key that open operations get."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, the query or a header, with its JSON Schema."""

    name: str
    where: Literal["path", "query", "header"]
    schema: Mapping[str, JsonValue]
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. `scope` is what the API key must allow; None means that no key is asked for.

    `queries` is a model whose fields are optional query parameters. `problems` are the statuses with which it may refuse, beside
    those that every operation has. A `page` answers 200 with HTML. `csv` is
    where CSV stands: in the body that it takes, or in what it answers with 200. With `file` its body is a file of any kind.
    `empty` are the statuses that it answers without a body. `text` is the media type of the text that it answers with 200.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    name: str
    summary: str
    run: Run
    scope: Scope | None
    answers: Mapping[int, type[BaseModel]]
    takes: type[BaseModel] | None = None
    media_type: str = JSON
    parameters: tuple[Parameter, ...] = ()
    queries: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()
    page: bool = False
    csv: Literal["body", "answer"] | None = None
    file: bool = False
    empty: tuple[int, ...] = ()
    text: str = ""


MESSAGE_ID = Parameter("id", "path", {"type": "string", "examples": ["msg_0198c7a1b2c3"]}, "The message's id.")


def answer(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A model as a JSON answer."""
    return web.Response(status=status, body=to_json(model), headers=headers, content_type=JSON)
