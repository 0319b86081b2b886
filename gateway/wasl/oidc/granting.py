"""What the claims of somebody give them here: who they are, their role and brands, and when they last proved a second factor. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic import JsonValue

from wasl.config.sign_on import SignOnSection
from wasl.oidc.faults import Because, NotSignedOn
from wasl.users import Role

FRESH = timedelta(minutes=10)
"""How long ago somebody may have proved themselves who is asked to do so anew: `max_age` of the request."""
_SKEW = timedelta(seconds=60)
_LONGEST_NAME = 56  # of 64 characters, so that there is room for a number behind it


class Identity(NamedTuple):
    """Somebody as the provider knows them. `subject` is unique and stays the same; `name` is neither.

    `role` and `brands` are None where their groups give them none. `factor_at` is when they proved a second factor.
    """

    subject: str
    name: str
    role: Role | None
    brands: tuple[str, ...] | None
    factor_at: datetime | None


def identity(claims: Mapping[str, JsonValue], told: SignOnSection) -> Identity:
    """What believed claims say."""
    groups = groups_of(claims, told.claim)
    factors = {*_words(claims.get("amr")), *_words(claims.get("acr"))}
    at = _moment(claims.get("auth_time")) if not factors.isdisjoint(told.second_factor) else None
    return Identity(str(claims["sub"]), name_of(claims), told.role(groups), told.brands_of(groups), at)


def check_fresh(claims: Mapping[str, JsonValue], now: datetime) -> None:
    """Raises NotSignedOn where somebody did not prove themselves within `FRESH`, or the provider does not say when."""
    at = _moment(claims.get("auth_time"))
    if at is None or not -_SKEW <= now - at <= FRESH + _SKEW:
        raise NotSignedOn(Because.NOT_FRESH, "auth_time")


def groups_of(claims: Mapping[str, JsonValue], claim: str) -> frozenset[str]:
    """The groups in a claim: one of that whole name (they may be URLs), else at the end of a path with dots. One text is one group."""
    if claim in claims:
        return frozenset(_words(claims[claim]))
    found: JsonValue = dict(claims)
    for name in claim.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return frozenset(_words(found))


def name_of(claims: Mapping[str, JsonValue]) -> str:
    """A name that a user here may have, of the first claim that has one; empty where none has."""
    for claim in ("preferred_username", "email", "name"):
        told = claims.get(claim)
        if isinstance(told, str) and (name := _plain(told)):
            return name
    return ""


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c != ":").strip()[:_LONGEST_NAME].strip()


def _words(told: JsonValue) -> tuple[str, ...]:
    return tuple(one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str))


def _moment(seconds: JsonValue) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and not isinstance(seconds, bool) else None
    except (OverflowError, ValueError, OSError):
        return None
