"""What bytes are, and whether that is what somebody says that they are."""

import re
from mimetypes import MimeTypes

import filetype

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
_HTML, _SVG = "text/html", "image/svg+xml"
_LOOKED_AT = 8192  # bytes, as filetype does
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OF_TEXT = bytes({*range(256)} - {*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F})
_PIECE = 1024 * 1024  # bytes that are looked at in one go, so that the event loop gets its turn meanwhile
_WEB_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|script|iframe)\b", re.I | re.S)
_DRAWING = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!doctype svg[^>]*>\s*)*<svg\b", re.I | re.S)
_RECOGNISED = frozenset(kind.mime for kind in filetype.TYPES) - {UNKNOWN}
_WRITTEN = ("application/pdf", "application/postscript", "application/rtf")  # formats that may be all text
_BY_EXTENSION = MimeTypes()  # only Python's own table, and what not every version of it has, so that it is the same on every machine
for _extension, _type in (
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("md", "text/markdown"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("m4a", "audio/mp4"),
    ("mkv", "video/x-matroska"),
    ("pkpass", "application/vnd.apple.pkpass"),
):
    _BY_EXTENSION.add_type(_type, f".{_extension}")

# Names of one and the same format, or formats that share their first bytes.
_FAMILIES = {
    "jpeg": ("image/jpeg", "image/jpg", "image/pjpeg"),
    "png": ("image/png", "image/apng"),
    "icon": ("image/x-icon", "image/vnd.microsoft.icon"),
    "bitmap": ("image/bmp", "image/x-ms-bmp"),
    "photoshop": ("image/vnd.adobe.photoshop", "image/x-photoshop", "application/x-photoshop"),
    "wave": ("audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave"),
    "flac": ("audio/x-flac", "audio/flac"),
    "aiff": ("audio/x-aiff", "audio/aiff"),
    "mp3": ("audio/mpeg", "audio/mp3"),
    "ogg": ("audio/ogg", "video/ogg", "application/ogg", "audio/opus"),
    "iso media": ("video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp", "audio/3gpp"),
    "heif": ("image/heic", "image/heif"),
    "matroska": ("video/x-matroska", "video/webm", "audio/webm"),
    "gzip": ("application/gzip", "application/x-gzip"),
    "bzip": ("application/x-bzip2", "application/bzip2"),
    "7z": ("application/x-7z-compressed",),
    "rar": ("application/x-rar-compressed", "application/vnd.rar"),
    "rtf": ("application/rtf", "text/rtf"),
    "font": ("application/font-sfnt", "font/ttf", "font/otf", "font/sfnt"),
    "sqlite": ("application/x-sqlite3", "application/vnd.sqlite3"),
    "ole": (
        "application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook", "application/vnd.visio", "application/vnd.ms-project",
    ),
    "zip": (
        "application/zip", "application/x-zip-compressed", "application/vnd.apple.pkpass", "application/vnd.apple.pages",
        "application/vnd.apple.numbers", "application/vnd.apple.keynote",
    ),
}  # fmt: skip
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names}
_PACKED_DOCUMENTS = ("application/vnd.openxmlformats-", "application/vnd.oasis.", "application/vnd.ms-word.", "application/vnd.ms-excel.",
                     "application/vnd.ms-powerpoint.", "application/epub+zip")  # fmt: skip
_TEXTS = ("application/json", "application/xml", "application/sql", "application/x-ndjson", "application/pgp-signature", "application/yaml")


def found(content: bytes) -> str:
    """The media type that the first bytes tell: `text/plain` for text of any kind, `application/octet-stream` where they tell none."""
    head = content[:_LOOKED_AT]
    if head.startswith(_OLE):
        return "application/x-ole-storage"
    known = filetype.guess_mime(head)
    text = known not in _WRITTEN and _is_text(content)
    if not text:
        return str(known or UNKNOWN)
    if _DRAWING.match(head):
        return _SVG
    return _HTML if _WEB_PAGE.match(head) else TEXT


def said_by(name: str) -> str | None:
    """What the extension of a name says of a single file; None where it says nothing."""
    said = _BY_EXTENSION.guess_type(f"a.{name.rpartition('.')[2]}")[0] if "." in name else None
    return None if said == UNKNOWN or said is None or said.startswith(("message/", "multipart/")) else said


def fits(said: str, is_: str) -> bool:
    """Whether a file may be called so that is this by its bytes."""
    if said == is_ or (is_zip(said) and is_zip(is_)):
        return True
    if said in _FAMILY or is_ in _FAMILY:
        return _FAMILY.get(said) == _FAMILY.get(is_)
    if is_ in (TEXT, _SVG):  # most kinds of text have no mark of their own
        return said not in _RECOGNISED and not said.startswith(("image/", "audio/", "video/", "font/"))
    if is_ == _HTML:
        return said == "application/xhtml+xml"
    return is_ == UNKNOWN and said not in _RECOGNISED and not is_text(said)


def is_text(media_type: str) -> bool:
    """Whether it is a kind of text by its name."""
    return media_type.startswith("text/") or media_type in _TEXTS or media_type.endswith(("+json", "+xml"))


def is_zip(media_type: str) -> bool:
    """Whether a file of that type is a ZIP archive."""
    return _FAMILY.get(media_type) == "zip" or media_type.startswith(_PACKED_DOCUMENTS) or media_type.endswith("+zip")


def _is_text(content: bytes) -> bool:
    """Text in UTF-8, in UTF-16 with its mark, or in an old encoding: that has no controls."""
    if content.startswith(_UTF_16):
        return len(content) % 2 == 0
    pieces = (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))
    return not any(piece.translate(None, _OF_TEXT) for piece in pieces)
