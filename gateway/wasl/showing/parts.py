"""What of rendered content people read, by name; the page of a mail is shown as a page."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from wasl.showing.seen import ChannelPreview
from wasl_contracts.content import Rendered

_NOT_READ = frozenset({"format", "html", "locale", "direction", "encoding", "segments", "table", "allowed_mentions"})


class Part(NamedTuple):
    """One part, as text. `data` is what programs read, such as buttons and links: it runs from left to right."""

    name: str
    text: str
    data: bool


def parts(content: Rendered) -> Iterator[Part]:
    """Each part that says something."""
    for name, value in content.model_dump(mode="json").items():
        if name not in _NOT_READ and value not in (None, "", [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
            yield Part(name, text, text is not value or text.startswith("https:"))


def whom(channel: ChannelPreview) -> str:
    """Whom it would go to."""
    return f"nobody ({channel.address})" if channel.invented else f"{channel.address}"
