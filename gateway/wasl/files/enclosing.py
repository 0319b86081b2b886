"""From what a message says of its files to files that are kept: looked at, fetched where they are elsewhere, and told by their ids.

Files in the message itself are stored in its transaction; those by URL before it. What was stored before is looked up, and the
transaction sees to it that it is still there.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from wasl.answers import FileSeen
from wasl.clock import MICROSECOND, Clock, micros
from wasl.errors import Problem, Refused
from wasl.files import kinds
from wasl.files.inspecting import LARGEST, NotSendable, agreed, check_name, inspected
from wasl.ledger.accept import Draft
from wasl.ledger.files import Enclosures, Files, Known, NewFile
from wasl.outbound import BadUrl, BlockedAddress, Loop, Outbound, Reach, Unreached, checked
from wasl_contracts import Message
from wasl_contracts.attachment import MediaType
from wasl_contracts.enclosure import Enclosed, Enclosure

_FETCHES = 2  # messages of one brand whose files are fetched at one time, so that memory for them is bounded and others have their turn
_SECONDS = 15.0  # for all files of a message that are fetched
_UPLOADS = 4  # files that are in memory as a whole at one time, after they came
_COMING = 8  # files of one brand that come at one time
_AT_ONCE = 4 * 1024  # bytes that are looked at without a thread: as an archive they may unpack to a hundred times that
_NOT_FETCHED = "file_" + "0" * 34  # in an explanation, of a file that nobody has yet
_MEDIA_TYPE: TypeAdapter[str] = TypeAdapter(MediaType)


class _Found(NamedTuple):
    """One file of a message, and its rows where it is new."""

    file: Enclosed
    new: NewFile | None = None


class Enclosing:
    """Stores files and encloses them in drafts."""

    def __init__(self, files: Files, outbound: Outbound, reach: Reach, keep: timedelta, clock: Clock) -> None:
        self._files = files
        self._outbound = outbound
        self._reach = reach
        self._keep = keep
        self._clock = clock
        self._fetching: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_FETCHES))
        self.coming: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_COMING))
        """Turns of files that come over HTTP, by brand: a slow one holds up no other brand."""
        self.turns = asyncio.Semaphore(_UPLOADS)
        """Of files that have come, to be in memory as a whole."""

    async def put(self, brand: str, content: bytes, media_type: str | None = None) -> FileSeen:
        """Store a file; the same bytes again are the same file, kept longer. On disk when it returns.

        Raises:
            NotSendable: it is not what is said, a program, too large, or an archive of such things.
        """
        if len(content) > LARGEST:
            raise NotSendable(f"has more than {LARGEST} bytes")
        kind, digest = await asyncio.to_thread(_examined, content, media_type)
        until = self._clock.now() + self._keep
        file_id = await self._files.put(brand, content, kind, micros(until))
        return FileSeen(id=file_id, sha256=digest, size=len(content), media_type=kind, keep_until=until)

    async def enclosed(self, draft: Draft, message: Message) -> Draft:
        """The draft with the files of its message.

        Raises:
            Refused: names each file that cannot be sent, or cannot be had.
        """
        until = draft.row["expires_at"] + self._keep // MICROSECOND
        brand, given = draft.row["brand"], message.attachments
        found = [*await self._at_hand(brand, given, until)]
        if any(one.url is not None for one in given):
            async with self._fetching[brand]:
                await self._fetch(brand, given, found)
        listed = [one for one in found if one is not None]
        _check_total(listed)
        enclosures = Enclosures(tuple(one.file for one in listed), tuple(one.new for one in listed if one.new is not None))
        return _with_files(draft, enclosures, until, optional=message.attachments_optional)

    async def foreseen(self, draft: Draft, message: Message) -> Draft:
        """As `enclosed`, but nothing is fetched: what is elsewhere is taken to be as it should.

        Raises:
            Refused: names each file that cannot be sent.
        """
        found = await self._at_hand(draft.row["brand"], message.attachments, 0)
        elsewhere = [Enclosed(file=_NOT_FETCHED, name=one.name, media_type=kinds.UNKNOWN, size=0) for one in message.attachments if one.url]
        listed = [one for one in found if one is not None]
        _check_total(listed)
        enclosures = Enclosures((*(one.file for one in listed), *elsewhere), tuple(one.new for one in listed if one.new is not None))
        return _with_files(draft, enclosures, 0, optional=message.attachments_optional)

    async def _at_hand(self, brand: str, given: Sequence[Enclosure], until: int) -> Sequence[_Found | None]:
        """The files that need not be fetched; None in place of the others, of which only the URLs are looked at."""
        known = await self._files.known(brand, [one.file for one in given if one.file is not None])
        if sum(len(one.content or b"") for one in given) > _AT_ONCE:
            found, problems = await asyncio.to_thread(self._looked_at, brand, given, known, until)
        else:
            found, problems = self._looked_at(brand, given, known, until)
        if problems:
            raise Refused(problems)
        return found

    def _looked_at(
        self, brand: str, given: Sequence[Enclosure], known: Mapping[str, Known], until: int
    ) -> tuple[list[_Found | None], list[Problem]]:
        found: list[_Found | None] = []
        problems: list[Problem] = []
        for place, one in enumerate(given):
            try:
                found.append(self._one(brand, one, known, until))
            except (NotSendable, Unreached) as error:
                problems.append(_problem(place, one, error))
            except KeyError:
                message = "is not the id of a stored file; store it first: POST /v1/files"
                problems.append(Problem(pointer=f"/attachments/{place}/file", code="unknown_file", message=message))
        return found, problems

    def _one(self, brand: str, given: Enclosure, known: Mapping[str, Known], until: int) -> _Found | None:
        if given.file is not None:
            kind, size = known[given.file]
            media_type = agreed(kind, name=given.name, said=given.media_type)
            return _Found(Enclosed(file=given.file, name=given.name, media_type=media_type, size=size))
        if given.content is not None:
            media_type = inspected(given.content, name=given.name, said=given.media_type)
            new = self._files.new(brand, given.content, kinds.found(given.content), until)
            return _Found(Enclosed(file=new.row["id"], name=given.name, media_type=media_type, size=len(given.content)), new)
        checked(str(given.url), self._reach)
        check_name(given.name)
        return None

    async def _fetch(self, brand: str, given: Sequence[Enclosure], found: list[_Found | None]) -> None:
        """Put the files that are elsewhere into their places."""
        place = 0
        try:
            async with asyncio.timeout(_SECONDS):
                for place, one in enumerate(given):
                    if one.url is not None:
                        found[place] = await self._fetched(brand, one, place, room=LARGEST - _total(found))
        except TimeoutError:
            late = _Unavailable(f"did not come within the {_SECONDS:g} seconds that all files of a message have")
            raise Refused([_problem(place, given[place], late)]) from None

    async def _fetched(self, brand: str, given: Enclosure, place: int, room: int) -> _Found:
        try:
            answer = await self._outbound.get(str(given.url), most=room)
            if not answer.ok:
                raise _Unavailable(f"answers with HTTP {answer.status}")
            said = given.media_type or kinds.said_by(given.name) or _media_type(answer.media_type)
            media_type = await asyncio.to_thread(inspected, answer.body, name=given.name, said=said)
            file_id = (await self.put(brand, answer.body)).id
        except (NotSendable, Unreached) as error:
            raise Refused([_problem(place, given, error)]) from None
        return _Found(Enclosed(file=file_id, name=given.name, media_type=media_type, size=len(answer.body)))


def _examined(content: bytes, said: str | None) -> tuple[str, str]:
    """What the bytes tell, where they may be sent, and their SHA-256."""
    inspected(content, said=said)
    return kinds.found(content), sha256(content).hexdigest()


class _Unavailable(Unreached):
    """The file is not there."""


def _problem(place: int, given: Enclosure, error: NotSendable | Unreached) -> Problem:
    form = "file" if given.file is not None else "content" if given.content is not None else "url"
    named = isinstance(error, NotSendable | BadUrl | BlockedAddress | Loop)
    code = error.code if named else "attachment_unavailable"
    return Problem(pointer=f"/attachments/{place}/{form}", code=code, message=error.message)


def _total(found: Sequence[_Found | None]) -> int:
    return sum(one.file.size for one in found if one is not None)


def _check_total(found: Sequence[_Found]) -> None:
    if _total(found) > LARGEST:
        raise Refused([Problem(pointer="/attachments", code=NotSendable.code, message=f"have more than {LARGEST} bytes together")])


def _media_type(told: str) -> str | None:
    """What a server says, where that can be the type of a file."""
    try:
        return _MEDIA_TYPE.validate_python(told)
    except ValidationError:
        return None


def _with_files(draft: Draft, files: Enclosures, until: int, *, optional: bool) -> Draft:
    told = to_json({"files": files.listed, **({"files_optional": True} if optional else {})}).decode()
    body = f"{draft.row['body'][:-1]},{told[1:]}"

    def in_locale(locale: str) -> Draft:
        return _with_files(draft.in_locale(locale), files, until, optional=optional)

    return replace(draft, row={**draft.row, "body": body}, files=files, files_until=until, in_locale=in_locale)
