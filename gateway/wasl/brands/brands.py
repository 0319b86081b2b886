"""All brands of an installation: found by name, or by the version that a message was accepted with."""

from collections.abc import Collection, Iterable
from pathlib import Path

from wasl.brands.brand import DEFAULT, Brand
from wasl.brands.reading import read
from wasl.config.mistakes import Mistake


class NoSuchBrand(LookupError):
    """No brand has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"no brand is called {name!r}; there are: {', '.join(self.known)}")


class Brands:
    """The brands of one folder, older versions that messages still need, and one that needs no file: `default`.

    `warnings` tells what works, but should be changed.
    """

    def __init__(self, brands: Iterable[Brand] = (), default: str = DEFAULT.name, warnings: Iterable[Mistake] = ()) -> None:
        self._by_name = {default: Brand(name=default).versioned(), **{brand.name: brand for brand in brands}}
        self._by_version = {DEFAULT.version: DEFAULT, **{brand.version: brand for brand in self._by_name.values()}}
        self.default = self._by_name[default]
        self.warnings = tuple(warnings)

    @classmethod
    def load(cls, folder: Path | None, default: str = DEFAULT.name, channels: Collection[str] = ()) -> "Brands":
        """Read a folder; None has only the brand `default`, which needs no folder of its own. `channels` are those that are configured.

        Raises:
            BrandMistakes: every mistake in every file.
        """
        brands, warnings = read(folder, channels)
        return cls(brands, default, warnings)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all brands, in order."""
        return tuple(sorted(self._by_name))

    def find(self, name: str) -> Brand:
        """The brand of that name, as it is now.

        Raises:
            NoSuchBrand: there is none.
        """
        if (found := self._by_name.get(name)) is None:
            raise NoSuchBrand(name, self.names)
        return found

    def adopt(self, fresh: "Brands") -> None:
        """Take over how brands look now. One that is new, or gone, is so from the next start: more than looks belongs to it."""
        for name in self._by_name.keys() & fresh._by_name.keys():
            self._by_name[name] = fresh.find(name)
            self.pin(self._by_name[name])
        self.default, self.warnings = self._by_name[self.default.name], fresh.warnings

    def pin(self, brand: Brand) -> None:
        """Keep a version, so that messages accepted with it are rendered with it."""
        self._by_version[brand.version] = brand

    def pinned(self, version: str | None) -> Brand | None:
        """The brand of a version, None where it was neither loaded nor pinned. No version stands for wasl's own face."""
        return self._by_version.get(version or DEFAULT.version)
