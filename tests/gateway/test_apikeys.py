import re
import zlib

from hypothesis import given
from hypothesis import strategies as st

from wasl.apikeys import digest, id_of, new_key, same
from wasl.keys import KeyRing

RING = KeyRing({1: b"x" * 32}, 1)


def test_a_key_has_the_documented_shape_and_names_its_id() -> None:
    key, key_id = new_key()

    assert re.fullmatch(r"wasl_live_[0-9a-z]{8}_[0-9A-Za-z]{43}_[0-9a-f]{8}", key)
    assert id_of(key.encode()) == key_id


def test_keys_do_not_repeat() -> None:
    assert len({new_key()[0] for _ in range(200)}) == 200


def test_a_mistyped_key_names_nobody() -> None:
    key, _ = new_key()

    for changed in (key[:-1], key + "0", key.upper(), key.replace("live", "test"), "", key + "\n"):
        assert id_of(changed.encode()) is None


@given(st.integers(min_value=0, max_value=69), st.sampled_from("aZ5_"))
def test_any_single_wrong_character_is_seen(position: int, other: str) -> None:
    key = "wasl_live_abcdefgh_" + "A" * 43
    whole = f"{key}_{zlib.crc32(key.encode()):08x}"
    changed = whole[:position] + other + whole[position + 1 :]

    assert (id_of(changed.encode()) is None) == (changed != whole)


@given(st.binary(max_size=120))
def test_no_bytes_break_the_look_up(key: bytes) -> None:
    assert id_of(key) is None


def test_a_digest_depends_on_the_key_ring_and_the_whole_key() -> None:
    key = new_key()[0].encode()

    assert same(digest(key, RING), digest(key, RING))
    assert not same(digest(key, RING), digest(key[:-1], RING))
    assert not same(digest(key, RING), digest(key, KeyRing({1: b"y" * 32}, 1)))
    assert key not in digest(key, RING)
