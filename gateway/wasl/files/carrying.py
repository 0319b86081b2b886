"""Files on their way to providers: read for a batch in one query, never more of them at one time than fits."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from wasl.content.rendering import RenderingFailed
from wasl.ledger.files import FileKey, Files
from wasl_contracts import Attachment, Delivery, Envelope, Reason

_MOST = 64 * 1024 * 1024  # bytes of all messages that are under way; a provider's plugin makes some copies of them


class FilesGone(RenderingFailed):
    """A file of the message is not kept any more."""

    def __init__(self) -> None:
        super().__init__(Reason.ATTACHMENT_UNAVAILABLE, "a file is not kept any more")


class Contents:
    """The files of a batch of messages."""

    def __init__(self, found: Mapping[FileKey, bytes] = MappingProxyType({}), waiting: frozenset[str] = frozenset()) -> None:
        self._found = found
        self._waiting = waiting

    def waits(self, envelope: Envelope) -> bool:
        """Whether the files of a message had no room beside those that are under way."""
        return envelope.message_id in self._waiting

    def along(self, delivery: Delivery, envelope: Envelope, *, carried: bool) -> Delivery:
        """The delivery with the files of its message, where the provider carries them.

        Raises:
            FilesGone: one of them is not kept any more.
        """
        if not envelope.files or not carried:
            return delivery
        attachments = tuple(
            Attachment.model_construct(name=one.name, media_type=one.media_type, content=self._content(envelope.brand, one.file))
            for one in envelope.files
        )
        return delivery.model_copy(update={"attachments": attachments})

    def _content(self, brand: str, file_id: str) -> bytes:
        try:
            return self._found[brand, file_id]
        except KeyError:
            raise FilesGone from None


NONE = Contents()


class Carrying:
    """Reads the files of messages that go."""

    def __init__(self, files: Files, most: int = _MOST) -> None:
        self._files = files
        self._most = most

    async def contents(self, going: Iterable[Envelope], under_way: Iterable[Envelope]) -> Contents:
        """The files of those that go now, as many as fit beside those of messages that are under way; one fits always."""
        with_files = [envelope for envelope in going if envelope.files]
        if not with_files:
            return NONE
        room = self._most - sum(map(_size, under_way))
        waiting: set[str] = set()
        wanted: set[FileKey] = set()
        for envelope in with_files:
            if _size(envelope) <= room or room == self._most:
                wanted |= {(envelope.brand, one.file) for one in envelope.files}
                room -= _size(envelope)
            else:
                waiting.add(envelope.message_id)
        return Contents(await self._files.contents(wanted), frozenset(waiting))


def _size(envelope: Envelope) -> int:
    return sum(one.size for one in envelope.files)
