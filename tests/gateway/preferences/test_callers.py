"""Whence a request comes, and how many from there are answered."""

import pytest
from aiohttp.test_utils import make_mocked_request

from wasl.callers import PerMinute, TooMany, caller, network


class Asked:
    """A request from an address, with the hops that its proxies tell."""

    def __init__(self, remote: str | None, *hops: str) -> None:
        self.request = make_mocked_request("GET", "/", headers=[("X-Forwarded-For", hop) for hop in hops]).clone(remote=remote or "")


@pytest.mark.parametrize(
    ("remote", "hops", "proxies", "found"),
    [
        ("203.0.113.7", (), (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), (), "203.0.113.7"),  # nobody is believed
        ("203.0.113.7", ("198.51.100.1",), ("10.0.0.0/8",), "203.0.113.7"),  # not a proxy of ours
        ("10.0.0.1", ("198.51.100.1",), ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", ("1.2.3.4, 198.51.100.1, 10.0.0.2",), ("10.0.0.0/8",), "198.51.100.1"),  # what stands before may be forged
        ("10.0.0.1", ("1.2.3.4", "198.51.100.1"), ("10.0.0.1",), "198.51.100.1"),
        ("10.0.0.1", ("unknown",), ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", (), ("10.0.0.0/8",), "10.0.0.1"),
        ("::ffff:10.0.0.1", ("2001:db8::7",), ("10.0.0.0/8",), "2001:db8::7"),
        ("", (), (), None),
    ],
)
def test_only_believed_proxies_speak_for_others(remote: str, hops: tuple[str, ...], proxies: tuple[str, ...], found: str | None) -> None:
    assert caller(Asked(remote, *hops).request, proxies) == found


def test_a_household_of_ipv6_is_one_caller() -> None:
    assert network("2001:db8:1:2:aaaa::1") == network("2001:db8:1:2:bbbb::1") != network("2001:db8:1:3::1")
    assert network("203.0.113.7") != network("203.0.113.8")


def test_the_next_minute_begins_anew() -> None:
    now = 0.0
    limit = PerMinute(2, lambda: now)
    limit.count("a")
    limit.count("a")

    with pytest.raises(TooMany):
        limit.count("a")
    limit.count("b")
    now = 60.0
    limit.count("a")


def test_it_remembers_a_bounded_number_of_callers() -> None:
    limit = PerMinute(1, lambda: 0.0)

    for number in range(30_000):
        limit.count(str(number))

    assert len(limit._counts) <= 10_000
