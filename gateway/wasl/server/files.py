"""/v1/files: store a file, so that messages can have it."""

import asyncio
from tempfile import SpooledTemporaryFile
from typing import IO

import aiohttp
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol

from wasl.answers import FileSeen
from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.errors import Problem
from wasl.files.inspecting import LARGEST
from wasl.server.bodies import FORM, header, spool_file
from wasl.server.operations import Operation, answer
from wasl.server.problems import Malformed, bad_header, shutting_down, too_large

_IN_MEMORY = 256 * 1024  # bytes of each file that is coming; the rest waits on disk, in a file without a name
_FRAME = 64 * 1024  # bytes of a form around its file


async def put(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """The file's id; the same bytes again have the same one."""
    if gateway.closing:
        raise shutting_down()
    said = (header(request, "Content-Type") or "").strip()
    form = said.lower().startswith(FORM)
    async with gateway.files.coming():
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            await spool_file(request, body, LARGEST + _FRAME if form else LARGEST, gateway.config.server.body_timeout)
            async with gateway.files.turn():
                return await _stored(gateway, body, said, form=form)


async def _stored(gateway: Gateway, body: IO[bytes], said: str, *, form: bool) -> web.Response:
    body.seek(0)
    content = await asyncio.to_thread(body.read)
    if form:
        content, said = await _of_form(content, said)
    return answer(await gateway.files.put(content, said.partition(";")[0].strip().lower() or None))


async def _of_form(body: bytes, content_type: str) -> tuple[bytes, str]:
    """The field `file` of a form, and what its media type is said to be."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), limit=len(body) + 1, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    try:
        reader = aiohttp.MultipartReader({"Content-Type": content_type}, stream)
        while (part := await reader.next()) is not None:
            if isinstance(part, aiohttp.BodyPartReader) and part.name == "file":
                content = bytes(await part.read(decode=False))
                if len(content) > LARGEST:
                    raise too_large(LARGEST)
                return content, part.headers.get("Content-Type", "")
    except (ValueError, RuntimeError, AssertionError, aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError):
        raise bad_header("Content-Type", "does not fit the body; send the file alone, or as the field `file` of a form") from None
    raise Malformed([Problem(pointer="/file", code="missing_field", message="is missing in the form")])


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/files",
        name="putFile",
        summary="Store a file of at most 25 MiB, as the whole body or as the field `file` of a form; its id goes into `attachments`. "
        "Text of any kind is stored as text/plain, and called there what `media_type` or the name says.",
        run=put,
        scope="send",
        answers={200: FileSeen},
        file=True,
        problems=(408, 413, 415, 422, 503, 507),
    ),
)
