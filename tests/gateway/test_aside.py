"""Work beside the loop: its outcome comes back, and one that hangs holds nothing up."""

import asyncio
import threading

import pytest

from wasl.aside import aside


async def test_what_is_found_or_raised_comes_back() -> None:
    assert await aside(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)


async def test_work_that_hangs_is_left_behind() -> None:
    never = threading.Event()

    waiting = asyncio.create_task(aside(never.wait))
    await asyncio.sleep(0.01)
    threads = [thread for thread in threading.enumerate() if thread.name == "wasl-aside"]
    waiting.cancel()
    ended, _ = await asyncio.wait([waiting], timeout=1)

    assert ended
    assert [thread.daemon for thread in threads] == [True]
    never.set()
    threads[0].join(1)
