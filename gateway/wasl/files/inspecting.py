"""Whether a file may be sent, and what it is."""

from wasl.files import archives, kinds, programs

LARGEST = 25 * 1024 * 1024
"""Bytes of all files of one message, and so of one file: what most mail servers take."""
_CODE = "attachment_rejected"


class NotSendable(Exception):
    """A file is not sent; `message` says why and goes on after the name of its field."""

    code = _CODE

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def inspected(content: bytes, *, name: str | None = None, said: str | None = None) -> str:
    """What a file is: as it is said (`said`, else by the extension of its name) where its bytes agree, else as they tell.

    Raises:
        NotSendable: it is empty, a program, something else than is said, or an archive of such things.
    """
    if not content:
        raise NotSendable("is empty")
    if programs.by_bytes(content) or (name is not None and programs.by_name(name)):
        raise NotSendable("is a program, which is never sent")
    found = kinds.found(content)
    if kinds.is_zip(found) or archives.is_archive(content):
        try:
            archives.look_into(content)
        except archives.BadArchive as bad:
            raise NotSendable(str(bad)) from None
    return agreed(found, name=name, said=said)


def agreed(found: str, *, name: str | None = None, said: str | None = None) -> str:
    """The media type of a file that is `found` by its bytes, under a name and as somebody says.

    Raises:
        NotSendable: these do not go together, or the name is a program's.
    """
    if name is not None:
        check_name(name)
    told = said if said not in (None, kinds.UNKNOWN) else kinds.said_by(name) if name is not None else None
    if told is None:
        return found
    if not kinds.fits(told, found):
        raise NotSendable(f"is said to be {told}, and its content is {found}")
    return told


def check_name(name: str) -> None:
    """Raises NotSendable where a name is that of a program."""
    if programs.by_name(name):
        raise NotSendable("has the name of a program, which is never sent")
