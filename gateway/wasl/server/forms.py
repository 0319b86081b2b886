"""What an HTML form sends: application/x-www-form-urlencoded or multipart/form-data."""

from datetime import timedelta
from email.parser import BytesParser
from urllib.parse import parse_qsl

from aiohttp import web

from wasl.server.bodies import header
from wasl.server.problems import too_large
from wasl.server.slow_clients import read_patiently

_MOST_FIELDS = 4096

Fields = list[tuple[str, str]]


async def read_form(request: web.Request, limit: int, patience: timedelta) -> Fields:
    """The names and values of a form, in order; what is neither of the two forms, or has no field in it, is an empty list.

    Raises:
        TooLarge: it has more than `limit` bytes, or more than 4,096 fields.
        TooSlow: it did not come in time.
        Malformed: its Content-Type is not UTF-8 or came twice.
    """
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    kind = header(request, "Content-Type") or ""
    body = await read_patiently(request.content, limit, patience)
    if kind.lower().startswith("multipart/form-data"):
        found = _parts(kind, body)
        if len(found) > _MOST_FIELDS:
            raise too_large(limit)
        return found
    if body.count(b"&") >= _MOST_FIELDS:
        raise too_large(limit)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError:  # not UTF-8
        return []


def _parts(kind: str, body: bytes) -> Fields:
    parts = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).walk()
    found = []
    for part in parts:
        name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            found.append((name, value.decode(errors="replace").removesuffix("\r\n")))
    return found
