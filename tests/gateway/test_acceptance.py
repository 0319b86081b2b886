import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted import ANN, NOON, Carrier, message, specs
from wasl.acceptance import Drafting
from wasl.addresses import Addresses
from wasl.clock import micros
from wasl.content.templates import Templates
from wasl.errors import Refused
from wasl.ledger.accept import Draft, Stored
from wasl_contracts import AddressKind, Message, State

DraftOf = Callable[..., Draft]


@pytest.fixture
def drafting(tmp_path: Path, templates: Path) -> Drafting:
    carriers = {"mail": Carrier("email"), "text": Carrier("sms"), "wall": Carrier("social")}
    config = {
        "topics": {"codes": {"category": "otp"}, "news": {"category": "promotional", "route": "both", "expires_in": "1d"}},
        "routes": {"both": {"mode": "all", "channels": ["sms", "email"]}},
        "templates": templates,
    }
    loaded = specs(tmp_path, carriers, **config)
    addresses = Addresses([("social", AddressKind(kind="public")), ("social", AddressKind(kind="mastodon_handle"))])
    return Drafting(loaded.config, "v1", addresses, Templates.load(templates), lambda address: f"hash-{address.value}")


@pytest.fixture
def draft(drafting: Drafting) -> DraftOf:
    def make(given: Message | None = None, key: str | None = None, now: Any = NOON, locale: str | None = None) -> Draft:
        return drafting.draft(given or message(), key, now, locale)

    return make


def refusal(draft: DraftOf, given: Message, key: str | None = None) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        draft(given, key)
    (problem,) = refused.value.errors
    assert problem.message
    return problem.pointer, problem.code


def test_topic_route_and_times_are_resolved(draft: DraftOf) -> None:
    row = draft().row

    assert (row["topic"], row["category"], row["mode"], json.loads(row["channels"])) == (
        "default",
        "transactional",
        "first",
        ["email", "sms"],
    )
    assert (row["created_at"], row["due_at"], row["expires_at"]) == (micros(NOON), micros(NOON), micros(NOON + timedelta(hours=72)))
    assert (row["brand"], row["locale"], row["config"], row["recipient_id"]) == ("default", "en", "v1", "u_1")


def test_a_topic_has_its_own_route_and_life(draft: DraftOf) -> None:
    row = draft(message(topic="news")).row

    assert (row["mode"], json.loads(row["channels"]), row["category"]) == ("all", ["sms", "email"], "promotional")
    assert row["expires_at"] == micros(NOON + timedelta(days=1))
    assert draft(message(topic="codes")).row["expires_at"] == micros(NOON + timedelta(minutes=5))


def test_the_message_overrides_the_topic(draft: DraftOf) -> None:
    row = draft(message(topic="news", channels=["email"], mode="first", expires_in="10m")).row

    assert (row["mode"], json.loads(row["channels"]), row["expires_at"]) == ("first", ["email"], micros(NOON + timedelta(minutes=10)))


def test_its_life_counts_from_when_it_may_go_and_the_past_means_now(draft: DraftOf) -> None:
    later, past = NOON + timedelta(hours=5), NOON - timedelta(hours=5)

    assert draft(message(send_at=later, expires_in="1h")).row["expires_at"] == micros(later + timedelta(hours=1))
    assert draft(message(send_at=past, expires_in="1h")).row["due_at"] == micros(NOON)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"topic": "orders"}, "/topic", "unknown_topic"),
        ({"channels": ["email", "fax"]}, "/channels/1", "unknown_channel"),
        ({"brand": "acme"}, "/brand", "unknown_brand"),
        ({"send_at": NOON + timedelta(days=367)}, "/send_at", "out_of_range"),
        ({"template": "order_left"}, "/template", "unknown_template"),
        ({"template": "order_shipped"}, "/data/number", "missing_variable"),
        ({"to": {"id": "u", "email": "ann"}}, "/to/email", "invalid_address"),
    ],
)
def test_each_mistake_is_named_by_its_field(draft: DraftOf, fields: dict[str, Any], pointer: str, code: str) -> None:
    to = fields.pop("to", None)

    assert refusal(draft, message(to, **fields)) == (pointer, code)


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256, "tab\t", "nul\0"])
def test_a_key_that_is_none_is_refused(draft: DraftOf, key: str) -> None:
    assert refusal(draft, message(), key) == ("/idempotency_key", "bad_idempotency_key")


def test_without_a_provider_there_is_no_channel(tmp_path: Path) -> None:
    loaded = specs(tmp_path, {})
    drafting = Drafting(loaded.config, "v1", Addresses([]), Templates(), str)

    assert refusal(lambda given, key: drafting.draft(given, key, NOON), message()) == ("/channels", "no_channel")


def test_a_template_is_pinned_by_its_version_in_the_language_of_the_recipient(draft: DraftOf) -> None:
    english = draft(message(template="order_shipped", data={"number": "7"}))
    arabic = english.in_locale("ar-SA")

    assert english.template is not None
    assert arabic.template is not None
    assert (english.template["locale"], arabic.template["locale"]) == ("en", "ar")
    assert arabic.row["template_version"] == arabic.template["version"] != english.template["version"]
    assert arabic.row["locale"] == "ar-SA"
    assert json.loads(arabic.row["body"]) == {"data": {"number": "7"}}


def test_the_fingerprint_is_of_the_message_and_only_with_a_key(draft: DraftOf) -> None:
    first, again, other = draft(message(), "k"), draft(message(), "k2", NOON + timedelta(hours=1)), draft(message(about="x"), "k")

    assert draft().row["fingerprint"] is None
    assert first.row["fingerprint"] == again.row["fingerprint"] != other.row["fingerprint"]
    assert first.row["id"] != again.row["id"]


def test_nobody_in_particular_is_the_hash_of_the_first_address(draft: DraftOf) -> None:
    assert draft(message({"email": "Ann@EXAMPLE.com"})).row["recipient_id"] == "anon_hash-Ann@example.com"


def test_the_answer_is_of_the_stored_row_and_masks_addresses(drafting: Drafting, draft: DraftOf) -> None:
    given = draft(message(ANN), "k")
    stored = Stored("msg_1", micros(NOON), micros(NOON + timedelta(hours=1)), micros(NOON + timedelta(hours=2)), None, replayed=True)

    answer = drafting.accepted(given, stored)

    assert (answer.id, answer.state, answer.due_at, answer.replayed) == ("msg_1", State.SCHEDULED, NOON + timedelta(hours=1), True)
    assert answer.to.addresses == ("email a•••@e•••.com", "phone +9665•••••67")
    assert "replayed" not in answer.model_dump_json()
