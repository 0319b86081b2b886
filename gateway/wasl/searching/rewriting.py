"""The text of a query, changed: what the console's buttons do, so that nobody has to learn the language to use it."""

from datetime import datetime

from wasl.searching.tokens import Misread, Token, tokens
from wasl.searching.vocabulary import ALIASES


def narrowed(text: str, key: str, value: str | None) -> str:
    """The query with that term in place of those of the same key that are not negated; with None without them."""
    kept = [text[token.start : token.end] for token in _tokens(text) if token.negated or _known(token) != key]
    return " ".join([*kept, *([f"{key}:{quoted(value)}"] if value is not None else [])])


def toggled(text: str, key: str, value: str) -> str:
    """The query with that value behind the key, or without it where it was there."""
    now = chosen(text, key)
    values = [one for one in now if one != value] if value in now else [*now, value]
    return narrowed(text, key, None) if not values else _joined(narrowed(text, key, None), f"{key}:{','.join(map(quoted, values))}")


def chosen(text: str, key: str) -> tuple[str, ...]:
    """The values that the query asks for behind a key, without those that it excludes."""
    return tuple(
        value.text + "*" * value.prefix for token in _tokens(text) if not token.negated and _known(token) == key for value in token.values
    )


def within(text: str, start: datetime, end: datetime) -> str:
    """The query, for what was accepted in that time and no other."""
    for key in ("on", "after", "before"):
        text = narrowed(text, key, None)
    return _joined(text, f"after:{_written(start)} before:{_written(end)}")


def mended(text: str, start: int, end: int, suggestion: str) -> str:
    """The query with that in place of what was wrong."""
    return text[:start] + suggestion + text[end:]


def quoted(value: str) -> str:
    """A value as it is written behind a key."""
    return f'"{value}"' if any(c.isspace() or c == "," for c in value) or value.startswith('"') else value


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _joined(text: str, term: str) -> str:
    return f"{text} {term}".strip()


def _known(token: Token) -> str:
    return ALIASES.get(token.key.lower(), token.key.lower())


def _tokens(text: str) -> list[Token]:
    try:
        return tokens(text)
    except Misread:  # what cannot be read has no terms to change; whoever asks for it is told why
        return []
