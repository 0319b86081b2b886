"""Envelopes as rows: what is read of a message and its recipient, in the order of statements.CLAIMED_MESSAGES."""

import json
from datetime import timedelta
from operator import itemgetter

from wasl.clock import moment
from wasl.keys import KeyRing
from wasl.ledger.hot import Row
from wasl.ledger.people import PersonRow, unseal
from wasl.ledger.rows import MessageRow
from wasl.restoring import restored
from wasl_contracts import Content, Envelope, Escalation
from wasl_contracts.enclosure import Enclosed

_OF_MESSAGE = (
    "brand", "id", "created_at", "due_at", "expires_at", "topic", "category", "mode", "channels", "locale", "template", "template_version",
    "brand_version", "about", "fact", "body", "metadata",
)  # fmt: skip
_OF_ESCALATION = ("proof", "escalate_after")


def told(message: MessageRow, person: PersonRow) -> Row:
    """The row that CLAIMED_MESSAGES would read of them, without its last column."""
    of_person = person.id, person.audience, person.timezone, person.sealed
    return (*itemgetter(*_OF_MESSAGE)(message), *of_person, *itemgetter(*_OF_ESCALATION)(message))


def envelope_of(row: Row, keys: KeyRing) -> Envelope:
    """The envelope of a row of CLAIMED_MESSAGES, without its last column."""
    (
        brand, message_id, created_at, due_at, expires_at, topic, category, mode, channels, locale, template, version, face, about, fact,
        body, metadata, recipient_id, audience, timezone, sealed, proof, after,
    ) = row  # fmt: skip
    addresses, attributes = unseal(sealed, brand, recipient_id, keys)
    told = json.loads(body)
    fields: dict[str, object] = {
        "message_id": message_id,
        "brand": brand,
        "recipient_id": recipient_id,
        "audience": audience,
        "addresses": addresses,
        "locale": locale,
        "timezone": timezone,
        "attributes": attributes,
        "content": Content.model_validate(told["content"]) if "content" in told else None,
        "template": template,
        "template_version": version,
        "brand_version": face,
        "data": told.get("data", {}),
        "topic": topic,
        "category": category,
        "channels": tuple(json.loads(channels)),
        "mode": mode,
        "escalation": escalation_of(proof, after) if proof is not None else None,
        "about": about,
        "fact": fact,
        "files": tuple(map(Enclosed.model_validate, told["files"])) if "files" in told else (),
        "files_optional": told.get("files_optional", False),
        "metadata": json.loads(metadata) if metadata != "{}" else {},
        "created_at": moment(created_at),
        "send_at": moment(due_at) if due_at > created_at else None,
        "expires_at": moment(expires_at),
    }
    return restored(Envelope, fields)


def escalation_of(proof: str, after: int | None) -> Escalation:
    """What a message waits for before its next channel goes."""
    return restored(Escalation, {"until": proof, "after": timedelta(microseconds=after) if after is not None else "smart"})
