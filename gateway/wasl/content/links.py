"""Which links a message may hold."""

_FORBIDDEN = frozenset('"<>\\')


def is_web_link(url: str) -> bool:
    """Whether it is a whole http or https link: the rule of `wasl_contracts.content.Url`."""
    return url.startswith(("https://", "http://")) and len(url) <= 2048 and not any(c <= " " or c in _FORBIDDEN for c in url)
