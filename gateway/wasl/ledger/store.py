"""What the ledger needs of a database engine."""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from wasl.clock import Clock
from wasl.ledger.port import Reader
from wasl.ledger.writer import Writer


class Store(Protocol):
    """An open database.

    `writer` and `working` run transactions: those of callers, and those of the worker. `reader` is for hot reads beside them,
    `engine` for everything else. `exclusive` tells that only one process at a time may send.
    """

    @property
    def writer(self) -> Writer: ...
    @property
    def working(self) -> Writer: ...
    @property
    def reader(self) -> Reader: ...
    @property
    def engine(self) -> AsyncEngine: ...
    @property
    def exclusive(self) -> bool: ...

    def clock(self, machine: Clock) -> Clock:
        """The clock of leases and windows: the database's, where several machines share it."""
        ...

    async def weakness(self) -> str | None:
        """In which way what is committed may be lost in a power cut; None where it may not."""
        ...

    def low(self) -> bool:
        """Whether new messages must be refused, so that there is room to settle those accepted."""
        ...

    def take_worker_role(self) -> bool:
        """Whether this process may send now."""
        ...

    async def barrier(self) -> None:
        """Return when every transaction has ended that writes now: the next ones see what is committed."""
        ...

    async def forget(self) -> None:
        """Overwrite what deleted values leave behind in the engine's files, as far as that can be done beside others."""
        ...

    def tell(self) -> None:
        """Wake the workers of other processes, where the engine can; they look by themselves too."""
        ...

    async def listen(self, call: Callable[[], None]) -> None:
        """Call this when another process tells."""
        ...

    async def close(self) -> None:
        """Finish what is waiting, and let go of the database and the role."""
        ...
