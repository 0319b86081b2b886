"""P1, P2 and P9: what was accepted is whole, and nothing is there that nobody asked for."""

from collections.abc import Iterator

from wasl.ledger.clearing import CLEARED
from wasl.ledger.people import STUB
from wasl.ledger.stories import StoredMessage, Story
from wasl.verifying.judging import words
from wasl_contracts import State


def it_has_deliveries(message: StoredMessage, story: Story) -> Iterator[str]:
    """A message is one delivery at least, and with `all` one for each of its channels."""
    numbers = {delivery.number for delivery in story.deliveries}
    wanted = len(words(message.channels) or ()) if message.mode == "all" else 1
    missing = [number for number in range(1, wanted + 1) if number not in numbers]
    if missing:
        yield f"it has no delivery {', '.join(map(str, missing))}"


def its_recipient_is_there(message: StoredMessage, _story: Story) -> Iterator[str]:
    """Without its recipient nobody knows where to send it."""
    if message.recipient is None:
        yield "its recipient is not there"


def what_is_left_of_the_erased_tells_nothing(message: StoredMessage, story: Story) -> Iterator[str]:
    """The messages of a person who was erased say nothing, to no address."""
    if not (message.recipient or "").startswith(STUB):
        return
    if (message.body, message.metadata) != ("{}", "{}") or any((message.idempotency_key, message.fingerprint, message.ordering_key)):
        yield "its recipient was erased, but what it said is still there"
    if any(delivery.address_hash or delivery.address not in (None, CLEARED) for delivery in story.deliveries):
        yield "its recipient was erased, but their address is still there"


def its_template_is_there(message: StoredMessage, _story: Story) -> Iterator[str]:
    """Without the text of its template it cannot be rendered."""
    if (message.template is None) != (message.template_version is None):
        yield "it has a template without a version, or a version without a template"
    elif message.template is not None and message.source is None:
        yield "the text of its template is not there"


def its_key_is_whole(message: StoredMessage, _story: Story) -> Iterator[str]:
    """An idempotency key is compared by the fingerprint of what it was used for."""
    if (message.idempotency_key is None) != (not message.fingerprint):
        yield "it has an idempotency key without a fingerprint, or a fingerprint without a key"


def its_times_are_in_order(message: StoredMessage, _story: Story) -> Iterator[str]:
    """It is accepted, then due, then expired."""
    if not message.created_at <= message.due_at < message.expires_at:
        yield "it is due before it was accepted, or expired before it is due"


def what_replaced_it_is_there(message: StoredMessage, story: Story) -> Iterator[str]:
    """What was superseded names the message that replaced it."""
    if message.superseded_by is not None and message.replaced_at is None:
        yield f"it was replaced by {message.superseded_by}, which is not there"
    if message.superseded_by is None and any(delivery.state == State.SUPERSEDED for delivery in story.deliveries):
        yield "it is superseded, and does not say by which message"


def every_row_belongs_to_a_delivery(_message: StoredMessage, story: Story) -> Iterator[str]:
    """No attempt, event or callback without its delivery."""
    numbers = {delivery.number for delivery in story.deliveries}
    for name, rows in (("an attempt", story.attempts), ("an event", story.events), ("a callback", story.callbacks)):
        for number in sorted(rows.keys() - numbers):
            yield f"{name} is there of a delivery {number} that is not"


def strangers(story: Story) -> Iterator[str]:
    """No rows of a message that is not there."""
    for name, found in (
        ("deliveries", story.deliveries),
        ("attempts", story.attempts),
        ("events", story.events),
        ("callbacks", story.callbacks),
    ):
        if found:
            yield f"there are {name} of it, but the message is not there"
