"""An empty ledger with its keys, to be copied."""

from pathlib import Path

from wasl.keys import open_ring
from wasl.ledger.sqlite import Sqlite


async def make(folder: Path) -> None:
    """Make it in a folder that is there."""
    open_ring(folder / "wasl.db.keys", {}, create=True)
    await (await Sqlite.open(folder / "wasl.db")).close()
