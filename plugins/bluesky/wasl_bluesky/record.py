"""A delivery in Bluesky's words: the record of a post, the text of a direct message, and the links in both."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Final

from wasl_contracts import Delivery, Post
from wasl_contracts.length import LINK

COLLECTION: Final = "app.bsky.feed.post"
_SIGNS: Final = "234567abcdefghijklmnopqrstuvwxyz"


def put(delivery: Delivery, post: Post, account: str) -> bytes:
    """The body of com.atproto.repo.putRecord: the same delivery has the same key, so that it is one post however often it is sent."""
    record = {
        "$type": COLLECTION,
        **_rich(post.text),
        "langs": [re.split("[-_]", post.locale)[0].lower()],
        "createdAt": _written(delivery.dated_at or delivery.created_at),
    }
    return _json({"repo": account, "collection": COLLECTION, "rkey": record_key(delivery), "record": record})


def message(post: Post) -> bytes:
    """What a direct message says (chat.bsky.convo.defs#messageInput)."""
    return _json(_rich(post.text))


def sending(convo: str, said: bytes) -> bytes:
    """The body of chat.bsky.convo.sendMessage."""
    return b'{"convoId":' + _json(convo) + b',"message":' + said + b"}"


def record_key(delivery: Delivery) -> str:
    """The key of a delivery's post: a TID (https://atproto.com/specs/tid), as posts must have.

    Its second is that in which the delivery was accepted, since that never changes; all below it comes from the delivery's id.
    """
    drawn = int.from_bytes(hashlib.sha256(delivery.id.encode()).digest()[:8])
    moment = int(delivery.created_at.timestamp()) * 1_000_000 + drawn % 1_000_000
    number = moment << 10 | drawn // 1_000_000 % 1024
    return "".join(_SIGNS[number >> 5 * place & 31] for place in range(12, -1, -1))


def _rich(text: str) -> dict[str, object]:
    facets = [_link(text, found.start(), found.group()) for found in LINK.finditer(text)]
    return {"text": text, **({"facets": facets} if facets else {})}


def _link(text: str, start: int, url: str) -> dict[str, object]:
    """A part of the text that is a link, in bytes of UTF-8 (https://docs.bsky.app/docs/advanced-guides/post-richtext)."""
    begin = len(text[:start].encode())
    place = {"byteStart": begin, "byteEnd": begin + len(url.encode())}
    return {"index": place, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": url}]}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
