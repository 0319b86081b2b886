"""Matches again what came before our own account of its call, each second."""

import asyncio

import structlog

from wasl.errors import WaslError
from wasl.ledger.callbacks import BATCH, Callbacks

_EVERY = 1.0  # seconds
_log = structlog.get_logger("wasl.receipts")


class Sweeping:
    """A task beside the worker. Where nothing is due it costs one read of an empty index."""

    def __init__(self, callbacks: Callbacks, every: float = _EVERY) -> None:
        self._callbacks = callbacks
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wasl-receipts")

    async def close(self) -> None:
        """Stop; what is being matched just now is matched."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                while len(await self._callbacks.look_again()) == BATCH:
                    pass
            except WaslError as error:
                _log.error("receipts.waiting", code=error.code)
            except Exception:  # a fault of ours in one of them: the others come in the next second
                _log.exception("receipts.failed")
