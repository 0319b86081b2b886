"""Which brands there are: the one that the configuration names, and each folder in `brands`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE: Final = "brand.toml"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def folders(brands: Path) -> Iterator[Path]:
    """The folders of brands, in order; what is hidden, and files beside them, are none."""
    return (path for path in sorted(brands.glob("[!._]*")) if path.is_dir())


def names(default: str, brands: Path | None) -> tuple[str, ...]:
    """The names of all brands, in order."""
    own = (path.name for path in folders(brands)) if brands is not None else ()
    return tuple(sorted({default, *own}))
