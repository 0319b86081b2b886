"""A file that goes along with a message."""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from wasl_contracts.model import Frozen, Line, without_direction_controls

# RFC 6838 section 4.2. Neither multipart nor message may be encoded as base64 (RFC 2045 section 6.4), which files are.
_MEDIA_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


# RFC 2047 section 2. Mail programs decode one even inside quotes, where it has no business.
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)


def _file_name(name: str) -> str:
    without_direction_controls(name)  # they make `cod.exe` look like `exe.doc`
    if "/" in name or "\\" in name or not name.strip() or name.strip(" .") != name.strip():
        raise PydanticCustomError("bad_file_name", "is not the bare name of a file; leave out folders, and dots at its ends")
    if _ENCODED_WORD.search(name):
        raise PydanticCustomError("bad_file_name", "holds =?…?=, which mail programs take for another name; write the name itself")
    return name


def _media_type(text: str) -> str:
    if not _MEDIA_TYPE.fullmatch(text):
        raise PydanticCustomError("bad_media_type", "is not the media type of a file; write it like application/pdf, without parameters")
    return text


FileName = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_file_name)]
"""The name of a file as people see it, without folders, line breaks and invisible direction controls."""
MediaType = Annotated[str, StringConstraints(to_lower=True, max_length=255), AfterValidator(_media_type)]
"""What a file is, like `application/pdf`: in small letters, without parameters, neither multipart nor message."""


class Attachment(Frozen):
    """A file with its bytes. Its name may be personal data, so repr shows neither. In JSON the bytes are base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: FileName = Field(repr=False)
    media_type: MediaType
    content: bytes = Field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)
