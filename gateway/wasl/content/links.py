"""Which links a message may hold."""

import re

LONGEST_LINK = 2048
# Also what reorders or hides text (UAX #9, UTS #39): a link must be what it looks like.
_WEB = re.compile(
    r"https?://[^/?#@\x00-\x20\"<>\\\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
    r"(?:[/?#][^\x00-\x20\"<>\\\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]*)?"
)


def is_web_link(url: str) -> bool:
    """Whether it is a whole http or https link: the rule of `wasl_contracts.content.Url`."""
    return len(url) <= LONGEST_LINK and _WEB.fullmatch(url) is not None
