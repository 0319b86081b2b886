"""Files that a running process reads again when they change: templates and brands. A change holds for what is accepted after it."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from wasl.aside import aside
from wasl.brands.brands import Brands
from wasl.brands.reading import BrandMistakes
from wasl.config import Config
from wasl.config.mistakes import Mistake
from wasl.config.written import is_leftover
from wasl.ledger.ledger import Ledger
from wasl.pinned import Pinned, brand_row, brands_of

_log = structlog.get_logger("wasl.reloading")
_EVERY = 1.0  # seconds between two looks
_DEEPEST = 4  # folders below the one that is watched

_File = tuple[str, int, int, int]
Reading = Callable[[], Awaitable[Sequence[Mistake]]]


@dataclass(slots=True)
class Watched:
    """A folder, what reads it again, and how it was when it was read last.

    `read` keeps in use what was good before of each file that cannot be used, and returns why it cannot.
    """

    what: str
    folder: Path
    read: Reading
    files: frozenset[_File]
    mistakes: tuple[Mistake, ...] = ()


Files = tuple[frozenset[_File], frozenset[_File]]
"""Those of the templates and of the brands."""


def seen(config: Config) -> Files:
    """The files as they are; ask before they are read, so that no change falls between."""
    return files_of(config.templates), files_of(config.brands)


def reloading(config: Config, files: Files, pinned: Pinned, ledger: Ledger) -> "Reloading":
    """What keeps the templates and brands of a process in step with their files, which were `files` when they were read."""

    async def templates() -> Sequence[Mistake]:
        folder = config.templates
        return await aside(lambda: pinned.templates.reload(folder)) if folder is not None else ()

    async def brands() -> Sequence[Mistake]:
        try:
            fresh = await aside(lambda: brands_of(config))
        except BrandMistakes as found:
            return found.mistakes
        await ledger.put_sources([brand_row(fresh.find(name)) for name in fresh.names])  # before a message can name one of them
        pinned.brands.adopt(fresh)
        return tuple(_from_next_start(config, pinned.brands, fresh))

    watching = Reloading()
    watching.watch("template", config.templates, templates, files[0])
    watching.watch("brand", config.brands, brands, files[1])
    return watching


def _from_next_start(config: Config, known: Brands, fresh: Brands) -> Iterator[Mistake]:
    """Brands that are new or gone: routes, providers and keys were made for those that there were."""
    for name in sorted(set(fresh.names) ^ set(known.names)):
        fact = "is gone, but messages still wear it" if name in known else "is new, and no message can wear it yet"
        yield Mistake(str((config.brands or Path()) / name), None, None, "", f"{fact}; restart wasl")


class Reloading:
    """Looks once a second whether files have changed. Each change is told once in the log, and its mistakes as long as they stand."""

    def __init__(self) -> None:
        self._watched: list[Watched] = []
        self._task: asyncio.Task[None] | None = None

    def watch(self, what: str, folder: Path | None, read: Reading, files: frozenset[_File]) -> None:
        """Watch a folder, whose files were `files` when it was read last; None is nothing to watch."""
        if folder is not None:
            self._watched.append(Watched(what, folder, read, files))

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What keeps files from use now: their last good versions are used."""
        return tuple(mistake for watched in self._watched for mistake in watched.mistakes)

    @property
    def checks(self) -> dict[str, str]:
        """What to tell of that beside other checks: nothing where all is well."""
        if not (mistakes := self.mistakes):
            return {}
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        return {"files": f"the last good versions are used; {mistakes[0]}{more}"}

    async def start(self) -> None:
        """Look once a second until `close`."""
        if self._watched:
            self._task = asyncio.create_task(self._run(), name="wasl-reloading")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def look(self) -> None:
        """Read again what has changed since the last look."""
        for watched in self._watched:
            try:
                await _look(watched)
            except Exception as error:
                # Nothing that stands in a folder may end the process that looks at it; what was good stays in use.
                _log.error(f"{watched.what}.unread", folder=watched.folder.name, error=type(error).__name__)
                sentence = f"could not be read ({type(error).__name__}); see the log, and ask wasl doctor"
                watched.mistakes = (Mistake(str(watched.folder), None, None, "", sentence),)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await self.look()


def files_of(folder: Path | None) -> frozenset[_File]:
    """Every file of a folder by what changes when it is written; of one that is not there, none."""
    return frozenset(_files(folder, _DEEPEST)) if folder is not None else frozenset()


def _files(folder: Path, deepest: int) -> Iterator[_File]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if is_leftover(entry.name):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path), deepest - 1) if deepest else ()
        elif (file := _file(entry)) is not None:
            yield file


def _file(entry: "os.DirEntry[str]") -> _File | None:
    try:
        found = entry.stat()
    except OSError:  # gone between two calls
        return None
    return entry.path, found.st_mtime_ns, found.st_size, found.st_ino


async def _look(watched: Watched) -> None:
    files = await aside(lambda: files_of(watched.folder))
    if files == watched.files:
        return
    watched.mistakes = tuple(await watched.read())
    watched.files = files
    for mistake in watched.mistakes:
        _log.error(f"{watched.what}.refused", at=str(mistake))
    _log.info(f"{watched.what}.reloaded", refused=len(watched.mistakes))
