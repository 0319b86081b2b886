"""Channels in one file each, for private use: the folder that `plugins` in wasl.toml names, and nowhere else."""

import hashlib
import sys
import traceback
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

from wasl.config.mistakes import printable
from wasl_contracts.provider import Provider, ProviderSpec

_PREFIX = "wasl_plugin_file_"


class FaultyFile(Exception):
    """A file that makes no channel; its text says where and why, in one line."""


@dataclass(frozen=True, slots=True)
class OneFile:
    """A file that should hold the channel of its name. It has what the registry asks of an entry point."""

    name: str
    path: Path
    dist: None = None

    @property
    def value(self) -> str:
        """Where it is, as people know it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def version(self) -> str:
        """A file has no version, but its text has a digest."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]

    def load(self) -> type[Provider]:
        """Run the file, once in a process for each text that it has.

        Raises:
            FaultyFile: it cannot be run, or holds no channel of its name.
        """
        module = self._run()
        made = [one for one in vars(module).values() if isinstance(getattr(one, "spec", None), ProviderSpec)]
        if found := next((one for one in made if one.spec.name == self.name), None):
            return found  # type: ignore[no-any-return]  # it has the spec of a provider
        others = f"; it makes {', '.join(sorted({one.spec.name for one in made}))}" if made else ""
        raise FaultyFile(f'{self.value} makes no channel {self.name}{others}; write @channel("{self.name}", kind="…") above its function')

    def _run(self) -> ModuleType:
        path = str(self.path.resolve())
        name = f"{_PREFIX}{self.version}_{hashlib.sha256(path.encode()).hexdigest()[:12]}"
        if name in sys.modules:
            return sys.modules[name]
        loader = SourceFileLoader(name, path)
        spec = ModuleSpec(name, loader, origin=path)
        spec.has_location = True
        sys.modules[name] = module = module_from_spec(spec)  # pydantic looks annotations up there
        try:
            loader.exec_module(module)
        except BaseException as error:  # whatever the file does, the rest must start
            del sys.modules[name]
            if isinstance(error, KeyboardInterrupt):
                raise  # somebody's Ctrl-C
            raise FaultyFile(self._told(error)) from None
        return module

    def _told(self, error: BaseException) -> str:
        """What went wrong, at which line of the file."""
        if isinstance(error, SyntaxError):
            return f"{self.value}:{error.lineno}: {printable(str(error.msg))}"
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path.resolve())]
        said = printable(" ".join(str(error).split()))[:300]
        return f"{self.value}:{lines[-1] if lines else 1}: {type(error).__name__}: {said}"


def files_in(folder: Path) -> dict[str, OneFile]:
    """The files of a folder by the names of their channels; none is run. Names that begin with `_` or `.` are no channels."""
    found = sorted(folder.glob("*.py"))
    return {path.stem: OneFile(path.stem, path) for path in found if not path.name.startswith(("_", "."))}
