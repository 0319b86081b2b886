"""What a request brings: its headers, its body, and the JSON in it."""

import asyncio
from datetime import timedelta
from typing import IO

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError, PayloadEncodingError, TransferEncodingError
from pydantic import JsonValue

from wasl.errors import Problem
from wasl.server.problems import Malformed, WrongMediaType, bad_header, too_large, unsupported_encoding
from wasl.server.slow_clients import read_patiently, spool_patiently
from wasl.server.strict_json import parse

OFF_LOOP = 256 * 1024  # bytes that take long enough to parse (1,000,000 keys: 0.9 s) to keep others waiting
LARGEST_CSV = 256 * 1024 * 1024
"""Bytes of a body of CSV, also after unpacking."""
_UNREADABLE = (web.RequestPayloadError, ContentEncodingError, PayloadEncodingError, TransferEncodingError)

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
FORM = "multipart/form-data"


def header(request: web.Request, name: str) -> str | None:
    """A header's value, None where it is absent.

    Raises:
        Malformed: it came twice, or is not UTF-8.
    """
    values = request.headers.getall(name, ())
    if not values:
        return None
    if len(values) > 1:
        raise bad_header(name, "came twice")
    value = values[0]
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise bad_header(name, "is not UTF-8") from None
    return value


async def read_body(request: web.Request, media_type: str, patience: timedelta) -> bytes:
    """The whole body, unpacked.

    Raises:
        WrongMediaType: its media type or its encoding is another.
        TooLarge: it has more bytes than the application's limit.
        TooSlow: it did not come in time.
        Malformed: it is not what its headers say.
    """
    _check_form(request, media_type)
    return await _read(request, request.client_max_size, patience)


async def read_bytes(request: web.Request, limit: int, patience: timedelta) -> bytes:
    """A body of any media type, unpacked. Raises as `read_body` does."""
    _check_encoding(request)
    return await _read(request, limit, patience)


async def _read(request: web.Request, limit: int, patience: timedelta) -> bytes:
    content = request.content
    try:
        if content.is_eof():  # it came together with its head, so there is nothing to wait for
            body = content.read_nowait()
        elif (request.content_length or 0) > limit:
            raise too_large(limit)
        else:
            return await read_patiently(content, limit, patience)
    except _UNREADABLE:
        raise Malformed([Problem(pointer="", code="bad_body", message="has a body that is not encoded as its headers say")]) from None
    if len(body) > limit:
        raise too_large(limit)
    return body


async def spool_csv(request: web.Request, file: IO[bytes], patience: timedelta) -> None:
    """Write a body of CSV, unpacked, into a file: it may be far larger than other bodies. Raises as `read_body` does."""
    _check_form(request, CSV)
    if (request.content_length or 0) > LARGEST_CSV:
        raise too_large(LARGEST_CSV)
    try:
        await spool_patiently(request.content, file, LARGEST_CSV, patience)
    except _UNREADABLE:
        raise Malformed([Problem(pointer="", code="bad_body", message="has a body that is not encoded as its headers say")]) from None


async def spool_file(request: web.Request, file: IO[bytes], limit: int, patience: timedelta) -> None:
    """Write a body of any media type, unpacked, into a file. Raises as `read_body` does."""
    _check_encoding(request)
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    try:
        await spool_patiently(request.content, file, limit, patience)
    except _UNREADABLE:
        raise Malformed([Problem(pointer="", code="bad_body", message="has a body that is not encoded as its headers say")]) from None


async def read_json(request: web.Request, patience: timedelta) -> JsonValue:
    """The JSON in the body; a large one is parsed in a thread. Raises as `read_body` and `parse` do."""
    body = await read_body(request, JSON, patience)
    return parse(body) if len(body) <= OFF_LOOP else await asyncio.to_thread(parse, body)


def _check_form(request: web.Request, media_type: str) -> None:
    given = header(request, "Content-Type")
    if given != media_type and not _means(given or "", media_type):
        raise WrongMediaType(f"The body must be {media_type}.", suggested_action=f"Send the header Content-Type: {media_type}.")
    _check_encoding(request)


def _check_encoding(request: web.Request) -> None:
    encoding = header(request, "Content-Encoding")
    if encoding is not None and encoding.strip().lower() not in ("gzip", "identity"):
        raise unsupported_encoding()


def _means(given: str, media_type: str) -> bool:
    kind, _, parameters = given.partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    return kind.strip().lower() == media_type and charset in ("", "charset=utf-8")
