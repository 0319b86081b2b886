"""What processes that run for long have in common."""

import asyncio
import gc
import signal


async def run_until_told() -> None:
    """Returns at SIGTERM or SIGINT. A second signal then ends the process at once."""
    gc.collect()
    gc.freeze()  # what the imports left stays for good: walking over it again and again took a tenth of the CPU
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
