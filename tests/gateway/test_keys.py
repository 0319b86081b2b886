import json
import os
import stat
import threading
from pathlib import Path

import pytest

from wasl.errors import Unusable
from wasl.keys import KeyRing, open_ring

OLD, NEW = b"o" * 32, b"n" * 32


def test_the_first_start_writes_a_ring_that_only_its_user_may_read(tmp_path: Path) -> None:
    path = tmp_path / "wasl.db.keys"

    ring = open_ring(path, {})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["wasl.db.keys"]
    assert open_ring(path, {}).hash("x") == ring.hash("x")


def test_what_a_crash_left_of_a_first_start_does_not_hinder_the_next(tmp_path: Path) -> None:
    (tmp_path / f"wasl.db.keys.{os.getpid()}").write_text("half")

    open_ring(tmp_path / "wasl.db.keys", {})


def test_starts_at_the_same_time_agree_on_one_ring(tmp_path: Path) -> None:
    path, hashes = tmp_path / "keys", []
    threads = [threading.Thread(target=lambda: hashes.append(open_ring(path, {}).hash("x"))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(hashes) == 8
    assert len(set(hashes)) == 1


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    written = open_ring(path, {})

    from_environment = open_ring(tmp_path / "other", {"WASL_KEYS": path.read_text()})

    assert from_environment.hash("x") == written.hash("x")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"current": 1, "keys": {}}', '{"current": 1, "keys": {"1": "c2hvcnQ="}}', '{"current": [], "keys": {"1": "x"}}',
     json.dumps({"current": 2, "keys": {"1": "b" * 44}}), '{"current": 300, "keys": {"300": "' + "b" * 43 + '="}}', "\udcff"],
)  # fmt: skip
def test_a_ring_that_cannot_be_read_is_never_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(Unusable, match="restore it from your backup"):
        open_ring(path, {})

    assert path.read_bytes() == text.encode(errors="surrogateescape")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="Make its folder writable"):
        open_ring(tmp_path / "missing" / "keys", {})


def test_only_the_same_key_and_purpose_open_a_sealed_value() -> None:
    sealed = KeyRing({1: OLD}, 1).seal(b"ann@example.com", b"default|u_1")

    assert KeyRing({1: OLD, 2: NEW}, 2).open(sealed, b"default|u_1") == b"ann@example.com"
    assert b"ann" not in sealed
    for ring, value, about in (
        (KeyRing({1: NEW}, 1), sealed, b"default|u_1"),
        (KeyRing({2: OLD}, 2), sealed, b"default|u_1"),
        (KeyRing({1: OLD}, 1), sealed, b"default|u_2"),
        (KeyRing({1: OLD}, 1), sealed[:-1] + bytes([sealed[-1] ^ 1]), b"default|u_1"),
        (KeyRing({1: OLD}, 1), b"", b"default|u_1"),
        (KeyRing({1: OLD}, 1), sealed[:5], b"default|u_1"),
    ):
        with pytest.raises(Unusable):
            ring.open(value, about)


def test_a_hash_names_its_key_and_depends_on_it() -> None:
    first, second = KeyRing({1: OLD}, 1).hash("x"), KeyRing({2: NEW}, 2).hash("x")

    assert (first[:2], second[:2], len(first)) == ("01", "02", 34)
    assert first[2:] != second[2:]
    assert first != KeyRing({1: OLD}, 1).hash("y")


def test_what_was_hashed_or_signed_is_recognised_after_a_new_key_has_taken_over() -> None:
    before, after = KeyRing({1: OLD}, 1), KeyRing({1: OLD, 2: NEW}, 2)

    assert after.hash("ann@example.com") == before.hash("ann@example.com")
    assert after.sign(b"an API key") == before.sign(b"an API key")
    assert after.seal(b"ann@example.com", b"")[0] == 2


def test_uses_of_a_key_are_apart() -> None:
    ring = KeyRing({1: OLD}, 1)

    assert ring.sign(b"x").hex() != ring.hash("x")[2:]
    assert len({ring.seal(b"same", b"") for _ in range(50)}) == 50


def test_no_key_is_in_the_repr() -> None:
    assert "ooo" not in repr(KeyRing({1: OLD}, 1))


def test_a_digest_is_of_its_key_and_can_be_made_again_as_long_as_that_is_there() -> None:
    old, new = KeyRing({1: b"a" * 32}, 1), KeyRing({1: b"a" * 32, 2: b"b" * 32}, 2)

    made = old.digest(b"text")

    assert new.key_of(made) == 1
    assert new.digest(b"text", 1) == made != new.digest(b"text") != old.digest(b"other")
    assert KeyRing({2: b"b" * 32}, 2).key_of(made) is None
