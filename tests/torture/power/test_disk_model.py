"""The disk of the power cuts forgets what it may, and nothing else."""

from random import Random

import pytest

from tests.torture.power.disk import Create, Disk, Link, Mode, Step, Sync, Truncate, Unlink, Write

_SAFE = (Create("/d/a"), Write("/d/a", 0, b"x" * 2000), Sync("/d/a"), Sync("/d"))


def cuts(*steps: Step, mode: Mode = "torn") -> list[dict[str, bytes]]:
    """What many cuts after these steps leave."""
    disk = Disk()
    for step in steps:
        disk.do(step)
    return [dict(disk.cut(mode, Random(seed))) for seed in range(50)]


@pytest.mark.parametrize("mode", ["nothing", "some", "torn"])
def test_what_was_synced_with_its_name_is_always_there(mode: Mode) -> None:
    assert cuts(*_SAFE, mode=mode) == [{"/d/a": b"x" * 2000}] * 50


def test_a_file_whose_folder_was_not_synced_may_be_gone() -> None:
    found = cuts(*_SAFE[:3])

    assert {} in found
    assert {"/d/a": b"x" * 2000} in found


def test_a_write_that_was_not_synced_may_be_there_whole_or_not_or_torn_at_sectors() -> None:
    found = [cut["/d/a"] for cut in cuts(*_SAFE, Write("/d/a", 100, b"y" * 1500))]

    assert b"x" * 2000 in found
    assert any(b"y" in content and content[100:1600] != b"y" * 1500 for content in found)
    assert all(content[:100] + content[1600:] == b"x" * 500 for content in found)
    assert all(len(set(content[512:1024])) == 1 for content in found)


def test_writes_may_be_lost_in_any_order() -> None:
    found = [cut["/d/a"][:2] for cut in cuts(*_SAFE, Write("/d/a", 0, b"1"), Write("/d/a", 1, b"2"), mode="some")]

    assert set(found) == {b"xx", b"1x", b"x2", b"12"}


def test_a_file_that_was_removed_may_be_back_until_the_folder_is_synced() -> None:
    assert {"/d/a": b"x" * 2000} in cuts(*_SAFE, Unlink("/d/a"))
    assert cuts(*_SAFE, Unlink("/d/a"), Sync("/d")) == [{}] * 50


def test_a_second_name_is_of_the_same_file() -> None:
    assert cuts(*_SAFE, Link("/d/b", "/d/a"), Unlink("/d/a"), Sync("/d")) == [{"/d/b": b"x" * 2000}] * 50


def test_a_truncation_waits_for_its_sync_too() -> None:
    found = [len(cut["/d/a"]) for cut in cuts(*_SAFE, Truncate("/d/a", 7))]

    assert set(found) == {2000, 7}
