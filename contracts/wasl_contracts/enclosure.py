"""The files of a message: as a caller gives them, and as they are kept."""

from base64 import b64decode, b64encode
from binascii import Error
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.attachment import FileName, MediaType
from wasl_contracts.model import Frozen, plain_name

MOST_FILES = 20
"""Files of one message."""
LARGEST_INLINE = 256 * 1024
"""Bytes of all files of a message that stand in it as base64; larger ones are stored first."""


def _bytes(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return b64decode(given, validate=True)
    except (Error, ValueError):
        raise PydanticCustomError("bad_base64", "is not base64 (RFC 4648 section 4)") from None


def _small(content: bytes) -> bytes:
    if not 0 < len(content) <= LARGEST_INLINE:
        raise PydanticCustomError("too_large", f"must have 1 to {LARGEST_INLINE} bytes; store a larger file first: POST /v1/files")
    return content


Base64 = Annotated[
    bytes,
    BeforeValidator(_bytes),
    AfterValidator(_small),
    PlainSerializer(lambda content: b64encode(content).decode(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 4, "maxLength": -(-LARGEST_INLINE // 3) * 4}),
]
"""Bytes; in JSON as base64."""
FileId = Annotated[str, StringConstraints(pattern=r"^file_[0-9a-f]{34}$")]


class Enclosure(Frozen):
    """A file that goes along: one that was stored before (`file`), its bytes (`content`), or a public https `url` that is fetched once,
    when the message is accepted.

    `name` is what people see. `media_type` must be what the bytes are; without it that follows from the name and the bytes.
    """

    name: FileName = Field(repr=False)
    file: FileId | None = None
    content: Base64 | None = Field(None, repr=False)
    url: Annotated[str, StringConstraints(min_length=1, max_length=2048), AfterValidator(plain_name)] | None = Field(None, repr=False)
    media_type: MediaType | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.file, self.content, self.url)) != 1:
            raise PydanticCustomError("one_of", "needs just one of file, content and url")
        return self


def _inline_together(files: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    if sum(len(one.content) for one in files if one.content is not None) > LARGEST_INLINE:
        message = f"have more than {LARGEST_INLINE} bytes in the message; store larger ones first: POST /v1/files"
        raise PydanticCustomError("too_large", message)
    return files


Enclosures = Annotated[tuple[Enclosure, ...], Field(max_length=MOST_FILES), AfterValidator(_inline_together)]


class Enclosed(Frozen):
    """A file of an accepted message. The bytes are kept under `file`; the name is the message's own."""

    file: FileId
    name: FileName = Field(repr=False)
    media_type: MediaType
    size: int = Field(ge=0)
