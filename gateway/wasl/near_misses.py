"""Which addresses somebody may have meant who typed one that nobody has: those that are one slip of the finger away.

Addresses are stored encrypted and found by a keyed hash, so none of them can be compared with what was typed. It goes the other way
round: every address that one slip could have been meant for is made, and those are looked up, some thousand hashes in one query.
"""

from collections.abc import Iterator
from itertools import chain, islice

MAILBOXES = (
    "gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "live.com", "aol.com", "gmx.de", "gmx.net", "web.de",
    "protonmail.com", "mail.ru", "yandex.ru", "orange.fr", "hotmail.fr", "outlook.sa", "yahoo.co.uk", "googlemail.com", "me.com", "msn.com",
)  # fmt: skip
"""The domains of most private mailboxes, by how many they have."""
MOST = 6_000
"""Addresses that are looked up for one that was typed."""
_EMAIL = "abcdefghijklmnopqrstuvwxyz0123456789.-_+"
_DIGITS = "0123456789"
_LONGEST = 64  # characters; of what is longer nothing is guessed but the domain
_SAME_MAILBOX = {"gmail.com": "googlemail.com", "googlemail.com": "gmail.com"}


def near_emails(typed: str) -> list[str]:
    """Mailboxes that somebody may have meant by this one, the likeliest first, each once; none that is as typed but for case."""
    local, at, domain = typed.casefold().rpartition("@")
    if not at or not local:
        return []
    found = chain(
        (f"{local}@{other}" for other in _domains(domain)),
        (f"{plain}@{domain}" for plain in _plainer(local, domain)),
        _slips(f"{local}@{domain}", _EMAIL),
        (f"{other}@{right}" for right in _domains(domain)[:2] for other in _slips(local, _EMAIL)),
    )
    return _some(found, f"{local}@{domain}")


def near_phones(typed: str) -> list[str]:
    """Numbers in E.164 that somebody may have meant by this one, each once."""
    if not typed.startswith("+") or not typed[1:].isdigit():
        return []
    return _some((f"+{digits}" for digits in _slips(typed[1:], _DIGITS)), typed)


def distance(one: str, other: str, most: int = 2) -> int:
    """How many slips lie between two words: a character left out, put in, changed, or two neighbours swapped; `most` + 1 for more.

    The optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
    return min(row[-1], most + 1)


def _domains(domain: str) -> list[str]:
    """The well-known domains that this one looks like, the nearest first."""
    near = [(distance(domain, known), place, known) for place, known in enumerate(MAILBOXES) if known != domain]
    alike = [known for far, _, known in sorted(near) if far <= 2]
    return [*alike, *([_SAME_MAILBOX[domain]] if domain in _SAME_MAILBOX else [])]


def _plainer(local: str, domain: str) -> Iterator[str]:
    """The same mailbox without what people put into it: a tag behind +, and with Gmail dots."""
    plain = local.partition("+")[0]
    yield plain
    if domain in _SAME_MAILBOX:
        yield plain.replace(".", "")


def _slips(word: str, alphabet: str) -> Iterator[str]:
    """Every word from which one slip leads to this one: two neighbours swapped, a character more, another one, one less."""
    if len(word) > _LONGEST:
        return
    for place in range(len(word) - 1):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
    for place in range(len(word)):
        for letter in alphabet:
            yield word[:place] + letter + word[place + 1 :]
    for place in range(len(word) + 1):
        for letter in alphabet:
            yield word[:place] + letter + word[place:]


def _some(found: Iterator[str], typed: str) -> list[str]:
    return list(islice(dict.fromkeys(one for one in found if one != typed), MOST))
