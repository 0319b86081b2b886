"""What somebody may have meant who typed an address that nobody has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasl.near_misses import MOST, distance, near_emails, near_phones

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_+", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("ann@gmail.con", "ann@gmail.com"),
        ("ann@gmaill.con", "ann@gmail.com"),
        ("Ann@Hotmial.com", "ann@hotmail.com"),
        ("anb@example.com", "ann@example.com"),
        ("an@example.com", "ann@example.com"),
        ("ann+shop@example.com", "ann@example.com"),
        ("a.n.n@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("nan@gmial.com", "ann@gmail.com"),
    ],
)
def test_the_address_that_was_meant_is_among_those_that_are_looked_up(typed: str, meant: str) -> None:
    assert meant in near_emails(typed)


@pytest.mark.parametrize(("typed", "meant"), [("+966501234576", "+966501234567"), ("+96650123456", "+966501234567")])
def test_a_number_with_one_slip_is_found(typed: str, meant: str) -> None:
    assert meant in near_phones(typed)


@pytest.mark.parametrize("typed", ["", "ann", "@example.com", "0501234567", "+12ab"])
def test_what_is_no_address_is_near_to_none(typed: str) -> None:
    assert (near_emails(typed), near_phones(typed)) == ([], [])


def test_the_likeliest_come_first_and_the_one_that_was_typed_never() -> None:
    found = near_emails("ann@gmial.com")

    assert found[0] == "ann@gmail.com"
    assert "ann@gmial.com" not in found
    assert len(found) == len(set(found))


def test_however_long_an_address_is_so_many_are_looked_up_and_no_more() -> None:
    assert len(near_emails(f"{'a' * 64}@gmial.com")) <= MOST
    assert len(near_emails(f"{'abcdef' * 5}@{'long' * 5}.example.com")) <= MOST


@given(LETTERS, st.data())
def test_every_address_that_one_slip_made_is_found_back(local: str, data: st.DataObject) -> None:
    meant = f"{local}@shop.example"
    place = data.draw(st.integers(0, len(meant) - 2))
    slips = [
        meant[:place] + meant[place + 1 :],
        meant[:place] + "x" + meant[place:],
        meant[:place] + "x" + meant[place + 1 :],
        meant[:place] + meant[place + 1] + meant[place] + meant[place + 2 :],
    ]
    typed = data.draw(st.sampled_from([slip for slip in slips if slip != meant and slip.count("@") == 1 and slip[0] != "@"] or [meant]))

    assert typed == meant or meant in near_emails(typed)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("gmail", "gmail", 0), ("gmial", "gmail", 1), ("gmil", "gmail", 1), ("gmal", "gmial", 1), ("yahoo", "gmail", 3), ("a", "abcdef", 3)],
)
def test_a_distance_counts_slips(one: str, other: str, far: int) -> None:
    assert distance(one, other) == far
