"""Which links a message may hold."""

import re
from typing import Final

LONGEST_LINK: Final = 2048
"""Characters."""
# What ends a link in text or markup, and what reorders or hides text (UAX #9, UTS #39): a link must be what it looks like.
_NEVER = r"\x00-\x20\x7f-\xa0\"<>\\\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_HOST = rf"\[[0-9a-f:.]+\]|[^/?#@:%\[\]{_NEVER}]+"
_WEB = re.compile(rf"(?P<start>https?://(?:{_HOST})(?::(?P<port>[0-9]{{0,5}}))?)(?P<rest>[/?#][^{_NEVER}]*)?", re.IGNORECASE)


def web_link(text: str) -> str | None:
    """A whole http or https link without a password, its scheme and host in small letters (RFC 3986 section 6.2.2.1); None for others."""
    found = _WEB.fullmatch(text) if len(text) <= LONGEST_LINK else None
    if found is None or not 0 < int(found["port"] or 1) < 65_536:
        return None
    start = found["start"]
    return text if start.islower() else start.lower() + (found["rest"] or "")
