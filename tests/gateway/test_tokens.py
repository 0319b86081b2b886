import pytest

from wasl.keys import KeyRing
from wasl.tokens import issue, read

RING = KeyRing({1: b"x" * 32}, 1)


def test_a_token_tells_what_it_was_given_and_only_for_its_purpose() -> None:
    token = issue(RING, "preferences", {"recipient": "u_1", "at": 7})

    assert read(RING, "preferences", token) == {"recipient": "u_1", "at": 7}
    assert read(RING, "confirm", token) is None
    assert read(KeyRing({1: b"y" * 32}, 1), "preferences", token) is None
    assert "u_1" not in token


@pytest.mark.parametrize("at", [0, 10, 40])
def test_a_changed_token_is_none(at: int) -> None:
    token = list(issue(RING, "preferences", {"recipient": "u_1"}))

    token[at] = "A" if token[at] != "A" else "B"

    assert read(RING, "preferences", "".join(token)) is None


@pytest.mark.parametrize("token", ["", "a", "é" * 40, "../../etc/passwd", "A" * 5000, "%00", "\0"])
def test_junk_is_none(token: str) -> None:
    assert read(RING, "preferences", token) is None
