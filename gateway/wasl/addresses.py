"""Addresses in normal form: one spelling for each, so that a hash finds it, and mistakes are seen before anything is kept."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType

from wasl.errors import Problem, Refused
from wasl.outbound import Reach, Unreached, checked
from wasl_contracts import PUBLIC_KIND, Address, AddressKind, Recipient

# Ordinary mailboxes (RFC 5321 dot-string at a host name), which email-validator leaves as they are: it takes 30 µs, this takes 1.
# Special-use domains (RFC 6761), Punycode and everything unusual go to the library; a property test holds the two together.
_ORDINARY_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]{1,30}(?:\.[A-Za-z0-9_+-]{1,30})?@(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,4}"
    r"(?!(?:arpa|invalid|local|localhost|onion|test)$)[a-z]{2,20}"
)

# Digits of any script, as people write them: Arabic-Indic, Persian, full width.
_WRITTEN_PHONE = re.compile(r"(?:tel:)?[+＋]?[\d ()./\u00a0\u2010-\u2015-]+")

# Landlines get no messages, and premium ranges are how toll fraud earns (threats.md E).
_NO_MESSAGES = {PhoneNumberType.FIXED_LINE, PhoneNumberType.PREMIUM_RATE}


class BadAddress(ValueError):
    """The address cannot be used; its text says why, without the address."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def normal_email(value: str) -> str:
    """The mailbox with its domain in small letters.

    Raises:
        BadAddress: it is not one mailbox (RFC 5321, RFC 6531).
    """
    return value if _ORDINARY_EMAIL.fullmatch(value) else _unusual_email(value)


@lru_cache(maxsize=10_000)
def _unusual_email(value: str) -> str:
    if value.count("@") > 1 and ("," in value or ";" in value):
        raise BadAddress("one_address_expected", "holds several addresses; send one message for each")
    try:
        return validate_email(value, check_deliverability=False, test_environment=True, strict=True).normalized
    except EmailNotValidError:
        raise BadAddress("invalid_address", "is not an email address; write it like ann@example.com") from None


@lru_cache(maxsize=10_000)
def normal_phone(value: str, country: str | None = None) -> str:
    """The number in E.164, read as a national one of `country` where it does not begin with +.

    Raises:
        BadAddress: no such number can exist in the numbering plan.
    """
    if not _WRITTEN_PHONE.fullmatch(value):  # the library skips what it does not know
        raise BadAddress("bad_recipient", "is not a phone number; write it in E.164, like +966501234567")
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        raise BadAddress("bad_recipient", "is not a phone number; write it in E.164, like +966501234567") from None
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        raise BadAddress("bad_recipient", "is not a phone number in use anywhere; write it in E.164, like +966501234567")
    if phonenumbers.number_type(number) in _NO_MESSAGES:
        raise BadAddress("bad_recipient", "is a landline or a premium number; give a mobile one")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def loose_phone(value: str, country: str | None = None) -> str | None:
    """As `normal_phone`, also for a number that can be none, as where somebody mistyped it; None where it does not look like one."""
    if not _WRITTEN_PHONE.fullmatch(value):
        return None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def pointer(recipient: Recipient, position: int, part: str = "value", where: str = "/to") -> str:
    """The place of one of a recipient's addresses in the request; `position` counts all of them."""
    short = [name for name in ("email", "phone") if getattr(recipient, name) is not None]
    return f"{where}/{short[position]}" if position < len(short) else f"{where}/addresses/{position - len(short)}/{part}"


class Urls(NamedTuple):
    """Kinds of addresses that are called as they are, and where they may lead; where a name leads is seen when it is connected to."""

    kinds: frozenset[str]
    reach: Reach

    def check(self, value: str) -> None:
        """Raise BadAddress for a URL that is never called. A value that is none, but holds one, is the plugin's to read."""
        if value.startswith(("http://", "https://")):
            try:
                checked(value, self.reach)
            except Unreached as unreached:
                raise BadAddress(unreached.code, unreached.message) from None


class Addresses:
    """Brings addresses into normal form by their kind: email and phone by their standards, the others by the pattern of a plugin's spec."""

    def __init__(self, kinds: Iterable[tuple[str, AddressKind]], country: str | None = None, urls: "Urls | None" = None) -> None:
        """`kinds` are those of all configured providers, each with its channel; `urls` are those of which wasl calls the values."""
        self._patterns: dict[str, list[re.Pattern[str] | None]] = {}
        self._channels = {"email": {"email"}, "phone": {"sms"}}
        for channel, kind in kinds:
            self._patterns.setdefault(kind.kind, []).append(re.compile(kind.pattern) if kind.pattern else None)
            self._channels.setdefault(kind.kind, set()).add(channel)
        self._country = country
        self._urls = urls or Urls(frozenset(), Reach())

    def normal(self, address: Address) -> Address:
        """The address in normal form.

        Raises:
            BadAddress: no configured provider knows the kind on this channel, or the value does not fit it.
        """
        if (channels := self._channels.get(address.kind)) is not None and address.channel not in channels:
            raise BadAddress(
                "wrong_channel", f"is not for addresses of the kind {address.kind}; these belong to {', '.join(sorted(channels))}"
            )
        if address.kind == "email":
            value = normal_email(address.value)
        elif address.kind == "phone":
            value = normal_phone(address.value, self._country)
        else:
            value = self._by_pattern(address)
        return address if value == address.value else address.model_copy(update={"value": value})

    def placed(self, value: str, channel: str | None = None, kind: str | None = None) -> Address:
        """The address in normal form, where its channel or its kind may be left out: they follow from each other, or from the value.

        Raises:
            BadAddress: they do not follow (`channel_missing`, `kind_missing`), or as `normal` does.
        """
        if channel is None and kind is None:
            kind = "phone" if value.startswith("+") else "email" if "@" in value[1:] else None
            if kind is None:
                raise BadAddress("channel_missing", "needs its channel beside it: it is neither an email address nor a phone number with +")
        kinds = [kind] if kind is not None else sorted(one for one, there in self._channels.items() if channel in there)
        channels = [channel] if channel is not None else sorted(self._channels.get(str(kind), ()))
        if len(kinds) > 1:
            raise BadAddress("kind_missing", f"needs its kind beside it; on this channel there are: {', '.join(kinds)}")
        if len(channels) > 1:
            raise BadAddress("channel_missing", f"needs its channel beside it; of this kind there are: {', '.join(channels)}")
        if not kinds or not channels:
            raise BadAddress("unknown_channel", "is for a channel or of a kind that no configured provider serves")
        return self.normal(Address(channel=channels[0], kind=kinds[0], value=value))

    def normal_all(self, recipient: Recipient, where: str = "/to") -> tuple[Address, ...]:
        """All of a recipient's addresses in normal form. `where` is the pointer to the recipient in the request.

        Raises:
            Refused: names each field that cannot be used.
        """
        try:
            return tuple([self.normal(address) for address in recipient.every_address()])
        except BadAddress:
            raise Refused(self._problems(recipient, where)) from None

    def _problems(self, recipient: Recipient, where: str) -> list[Problem]:
        problems = []
        for position, address in enumerate(recipient.every_address()):
            try:
                self.normal(address)
            except BadAddress as bad:
                part = {"unknown_kind": "kind", "wrong_channel": "channel"}.get(bad.code, "value")
                problems.append(Problem(pointer=pointer(recipient, position, part, where), code=bad.code, message=bad.message))
        return problems

    def _by_pattern(self, address: Address) -> str:
        patterns = self._patterns.get(address.kind)
        if patterns is None or address.kind == PUBLIC_KIND:
            known = ", ".join(sorted({"email", "phone", *self._patterns} - {PUBLIC_KIND}))
            raise BadAddress("unknown_kind", f"is of a kind that no configured provider serves; known kinds: {known}")
        if not any(pattern is None or pattern.fullmatch(address.value) for pattern in patterns):
            raise BadAddress("invalid_address", f"does not look like a {address.kind}")
        if address.kind in self._urls.kinds:
            self._urls.check(address.value)
        return address.value
