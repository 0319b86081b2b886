from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.scripted import NOON, Carrier, specs
from wasl.routing import Routing
from wasl_contracts import Address, Envelope

EMAIL = Address(channel="email", kind="email", value="ann@example.com")
OTHER_EMAIL = Address(channel="email", kind="email", value="ann@work.example")
PHONE = Address(channel="sms", kind="phone", value="+966501234567")
DEVICES = tuple(Address(channel="push", kind="fcm_token", value=token) for token in ("a", "b"))
SLACK_USER = Address(channel="chat", kind="slack_user", value="U1")
SLACK_ROOM = Address(channel="chat", kind="slack_channel", value="C1")
MENTION = Address(channel="social", kind="mastodon_handle", value="@ann")


@pytest.fixture
def routing(tmp_path: Path) -> Routing:
    carriers = {
        "mail": Carrier("email"), "spare": Carrier("email"), "text": Carrier("sms"), "device": Carrier("push"),
        "slack": Carrier("chat"), "wall": Carrier("social"),
    }  # fmt: skip
    loaded = specs(tmp_path, carriers)
    return Routing(loaded.config.channels, {name: loaded[name] for name in loaded.plugins})


def envelope(*addresses: Address, audience: str = "person") -> Envelope:
    return Envelope(
        message_id="msg_1", brand="default", recipient_id="u_1", audience=audience, addresses=addresses, locale="en", topic="default",
        category="otp", channels=("email",), mode="first", created_at=NOON, expires_at=NOON + timedelta(hours=1),
    )  # type: ignore[arg-type]  # fmt: skip


def listed(routing: Routing, given: Envelope, *channels: str) -> list[tuple[str, str, tuple[str, ...]]]:
    found = routing.candidates(given, channels, lambda address: f"hash of {address.value}")
    return [(c.channel, c.address_hash.removeprefix("hash of "), c.providers) for c in found]


def test_candidates_are_in_the_order_of_the_route_with_their_providers_in_order_of_failover(routing: Routing) -> None:
    given = envelope(EMAIL, OTHER_EMAIL, PHONE)

    assert listed(routing, given, "sms", "email") == [
        ("sms", "+966501234567", ("text",)),
        ("email", "ann@example.com", ("mail", "spare")),
    ]


def test_a_push_goes_to_all_devices(routing: Routing) -> None:
    assert [value for _, value, _ in listed(routing, envelope(*DEVICES), "push")] == ["a", "b"]


def test_a_channel_without_an_address_has_no_candidate(routing: Routing) -> None:
    assert listed(routing, envelope(PHONE), "email", "push", "chat") == []


@pytest.mark.parametrize(
    ("audience", "channel", "found"),
    [
        ("person", "chat", ["U1"]),
        ("group", "chat", ["C1"]),
        ("public", "chat", []),
        ("person", "social", ["@ann"]),
        ("public", "social", ["*"]),
        ("group", "social", []),
        ("public", "email", []),
        ("group", "email", []),
    ],
)
def test_an_envelope_never_goes_to_another_audience(routing: Routing, audience: str, channel: str, found: list[str]) -> None:
    given = envelope(SLACK_USER, SLACK_ROOM, MENTION, EMAIL, audience=audience)

    assert [value for _, value, _ in listed(routing, given, channel)] == found


def test_a_mention_is_marked_as_not_private(routing: Routing) -> None:
    candidates = routing.candidates(envelope(MENTION, EMAIL), ("social", "email"), lambda _: "")

    assert [candidate.private for candidate in candidates] == [False, True]


def test_an_address_of_a_kind_that_nobody_serves_is_no_candidate(routing: Routing) -> None:
    assert listed(routing, envelope(Address(channel="email", kind="x400", value="C=SA")), "email") == []


def test_the_first_channel_is_the_first_with_an_address_else_the_first(routing: Routing) -> None:
    assert routing.first_channel("default", ("push", "sms", "email"), "person", (EMAIL, PHONE)) == "sms"
    assert routing.first_channel("default", ("push", "sms"), "person", ()) == "push"
    assert routing.first_channel("default", ("email", "social"), "public", ()) == "social"


@pytest.fixture
def shared_and_own(tmp_path: Path) -> Routing:
    """On email one provider for all and one for acme alone, on SMS one for acme and kids alone."""
    loaded = specs(tmp_path, {"mail": Carrier("email"), "acme-mail": Carrier("email"), "text": Carrier("sms")})
    brands = {"mail": (), "acme-mail": ("acme",), "text": ("acme", "kids")}
    return Routing(loaded.config.channels, {name: loaded[name] for name in loaded.plugins}, brands)


@pytest.mark.parametrize(
    ("brand", "providers"),
    [
        ("acme", {"email": ("acme-mail", "mail"), "sms": ("text",)}),
        ("kids", {"email": ("mail",), "sms": ("text",)}),
        ("beta", {"email": ("mail",)}),
    ],
)
def test_a_brands_own_providers_come_before_those_of_all_and_another_brands_never(
    shared_and_own: Routing, brand: str, providers: dict[str, tuple[str, ...]]
) -> None:
    given = envelope(EMAIL, PHONE).model_copy(update={"brand": brand})

    assert {channel: names for channel, _, names in listed(shared_and_own, given, "email", "sms")} == providers
    assert shared_and_own.serves_others(brand, "sms") == (brand == "beta")
    assert not shared_and_own.serves_others(brand, "email")
    assert shared_and_own.first_channel(brand, ("sms", "email"), "person", (EMAIL, PHONE)) == next(reversed(providers))


def test_channels_are_parted_by_the_brands_that_have_providers_of_their_own(shared_and_own: Routing) -> None:
    assert shared_and_own.shared == {"email": ["mail"], "sms": []}
    assert shared_and_own.own == {"email": {"acme": ["acme-mail", "mail"]}, "sms": {"acme": ["text"], "kids": ["text"]}}
