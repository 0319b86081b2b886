"""What became of a message, in a few sentences for people: of its state, way, reason and marks alone. English and Arabic."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from babel import Locale

from wasl.answers import DeliverySeen, MessageSeen
from wasl.counterfactuals import CHANNELS_IN_ARABIC
from wasl.reasons_in_arabic import IN_ARABIC
from wasl_contracts import Mark, Reason, State

_FSI, _PDI = "\u2068", "\u2069"  # names keep their own direction inside of a sentence (Unicode UAX #9)
_WENT: Final = frozenset({State.SENDING, State.SENT, State.DELIVERED, State.UNKNOWN})
_ENDS: Final = frozenset({State.FAILED, State.BOUNCED, State.WITHHELD, State.EXPIRED})
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_NO_TOPIC: Final = "default"
_NAMED_ATTEMPTS: Final = 5
_MOST_OTHERS: Final = 3  # other channels that are told

_CHANNELS: Final[Mapping[str, str]] = {"sms": "SMS", "push": "push notification", "inapp": "the app’s inbox", "voice": "a call"}


class _Language(NamedTuple):
    """The sentences of one language. Durations and counts have a form for each plural category that the language has."""

    states: Mapping[State, str]
    marks: Mapping[Mark, str]
    way: str
    by: str
    took: str
    at_once: str
    ordinal: str
    ordinals: tuple[str, ...]
    attempts: Mapping[str, str]
    units: Mapping[str, Mapping[str, str]]
    code: str
    not_by: str
    goes_at: str
    unproved: str
    waited: str
    untaken: str
    unnamed: str


_ENGLISH: Final = _Language(
    states={
        State.ACCEPTED: "{what} for {whom} was accepted and is about to go.",
        State.SCHEDULED: "{what} for {whom} is waiting.",
        State.SENDING: "{what} for {whom} is being handed over right now{way}.",
        State.UNKNOWN: "It is not certain whether {what} reached {whom}{way}.",
        State.SENT: "{what} was sent to {whom}{way}{took}{tries}.",
        State.DELIVERED: "{what} was delivered to {whom}{way}{took}{tries}.",
        State.BOUNCED: "{what} came back and did not reach {whom}{way}.",
        State.FAILED: "{what} could not be sent to {whom}{way}{tries}.",
        State.WITHHELD: "{what} was not sent to {whom}.",
        State.EXPIRED: "{what} was not sent to {whom} in time.",
        State.CANCELLED: "{what} for {whom} was cancelled.",
        State.SUPERSEDED: "{what} was not sent to {whom}.",
    },
    marks={
        Mark.OPENED: "It was opened.",
        Mark.SEEN: "It was seen.",
        Mark.READ: "It was read.",
        Mark.CLICKED: "A link in it was followed.",
        Mark.REPLIED: "It was answered.",
        Mark.COMPLAINED: "It was reported as unwanted.",
        Mark.UNSUBSCRIBED: "It was used to unsubscribe.",
        Mark.POSSIBLE_DUPLICATE: "It may have arrived twice.",
        Mark.SIMULATED: "It was simulated and did not really go.",
    },
    way=" by {channel} through {provider}",
    by=" by {channel}",
    took=", {duration} after it was asked for",
    at_once=", at once",
    ordinal=", on the {ordinal} attempt",
    ordinals=("second", "third", "fourth", "fifth"),
    attempts={"other": ", after {n} attempts"},
    units={
        "second": {"one": "1 second", "other": "{n} seconds"},
        "minute": {"one": "1 minute", "other": "{n} minutes"},
        "hour": {"one": "1 hour", "other": "{n} hours"},
        "day": {"one": "1 day", "other": "{n} days"},
    },
    code="The provider’s code: {code}.",
    not_by="Not by {channel}: {reason}",
    goes_at="It goes at {at}.",
    unproved="Nothing has told yet that it arrived.",
    waited="What it waited for: {reason}",
    untaken="The provider could not take it in all that time.",
    unnamed="a message",
)
_ARABIC: Final = _Language(
    states={
        State.ACCEPTED: "قُبلت الرسالة {what} إلى {whom} وستُرسل بعد لحظات.",
        State.SCHEDULED: "الرسالة {what} إلى {whom} في الانتظار.",
        State.SENDING: "يجري الآن إرسال الرسالة {what} إلى {whom}{way}.",
        State.UNKNOWN: "ليس مؤكدًا هل وصلت الرسالة {what} إلى {whom}{way}.",
        State.SENT: "أُرسلت الرسالة {what} إلى {whom}{way}{took}{tries}.",
        State.DELIVERED: "سُلّمت الرسالة {what} إلى {whom}{way}{took}{tries}.",
        State.BOUNCED: "ارتدّت الرسالة {what} ولم تصل إلى {whom}{way}.",
        State.FAILED: "تعذّر إرسال الرسالة {what} إلى {whom}{way}{tries}.",
        State.WITHHELD: "لم تُرسل الرسالة {what} إلى {whom}.",
        State.EXPIRED: "لم تُرسل الرسالة {what} إلى {whom} في وقتها.",
        State.CANCELLED: "أُلغيت الرسالة {what} إلى {whom}.",
        State.SUPERSEDED: "لم تُرسل الرسالة {what} إلى {whom}.",
    },
    marks={
        Mark.OPENED: "فُتحت.",
        Mark.SEEN: "شوهدت.",
        Mark.READ: "قُرئت.",
        Mark.CLICKED: "فُتح رابط فيها.",
        Mark.REPLIED: "جاء ردّ عليها.",
        Mark.COMPLAINED: "أُبلغ عنها بأنها غير مرغوب فيها.",
        Mark.UNSUBSCRIBED: "أُلغي الاشتراك من خلالها.",
        Mark.POSSIBLE_DUPLICATE: "ربما وصلت مرتين.",
        Mark.SIMULATED: "كانت محاكاة ولم تُرسل فعلًا.",
    },
    way=" عبر {channel} بواسطة {provider}",
    by=" عبر {channel}",
    took="، بعد {duration} من طلبها",
    at_once="، فورًا",
    ordinal="، في المحاولة {ordinal}",
    ordinals=("الثانية", "الثالثة", "الرابعة", "الخامسة"),
    attempts={"few": "، بعد {n} محاولات", "many": "، بعد {n} محاولة", "other": "، بعد {n} محاولة"},
    units={  # after "بعد", so in the genitive
        "second": {"one": "ثانية واحدة", "two": "ثانيتين", "few": "{n} ثوانٍ", "many": "{n} ثانية", "other": "{n} ثانية"},
        "minute": {"one": "دقيقة واحدة", "two": "دقيقتين", "few": "{n} دقائق", "many": "{n} دقيقة", "other": "{n} دقيقة"},
        "hour": {"one": "ساعة واحدة", "two": "ساعتين", "few": "{n} ساعات", "many": "{n} ساعة", "other": "{n} ساعة"},
        "day": {"one": "يوم واحد", "two": "يومين", "few": "{n} أيام", "many": "{n} يومًا", "other": "{n} يوم"},
    },
    code="رمز المزوّد: {code}.",
    not_by="ليس عبر {channel}: {reason}",
    goes_at="تُرسل في {at}.",
    unproved="لم يأتِ بعد ما يثبت وصولها.",
    waited="ما كانت تنتظره: {reason}",
    untaken="لم يتمكن المزوّد من قبولها طوال ذلك الوقت.",
    unnamed="",
)
_LANGUAGES: Final = {"en": _ENGLISH, "ar": _ARABIC}


def sentence(seen: MessageSeen, lang: str, *, topic: str | None = None, at: Callable[[datetime], str] | None = None) -> str:
    """What became of it: the state with its way first, then why, what was tried before, and what the person did with it.

    Written by what is stored, never by what it said. `topic` is the title of its topic; `at` writes a moment, in UTC without it.
    A language that is not there is told in English.
    """
    said = _LANGUAGES.get(lang, _ENGLISH)
    lang = lang if lang in _LANGUAGES else "en"
    leading = next(one for one in seen.deliveries if one.state is seen.state)
    facts = {
        "what": _kept(seen.template or topic or (seen.topic if seen.topic != _NO_TOPIC else None)) or said.unnamed,
        "whom": _kept(seen.to.id),
        "way": _way(said, lang, leading),
        "took": _took(said, lang, seen, leading),
        "tries": _tries(said, lang, leading),
    }
    first = said.states[seen.state].format_map(facts).replace("  ", " ")
    found = [first[:1].upper() + first[1:]]
    found += _why(said, lang, seen, leading)
    if seen.state is State.SCHEDULED and leading.due_at is not None:
        found.append(said.goes_at.format(at=_kept((at or _in_utc)(leading.due_at))))
    if seen.state is State.EXPIRED and (waited := _waited(seen, leading)) is not None:
        found.append(said.untaken if waited is Reason.RETRYING else said.waited.format(reason=reason_sentence(waited, lang)))
    if seen.state in _WENT:
        found += [said.not_by.format(channel=channel_word(one, lang), reason=reason) for one, reason in _others(seen, leading, lang)]
    found += [text for mark, text in said.marks.items() if mark in seen.marks]
    return " ".join(found)


def reason_sentence(reason: Reason, lang: str) -> str:
    """The sentence of a reason in that language; in English where there is none."""
    return IN_ARABIC[reason] if lang == "ar" else reason.sentence


def channel_word(channel: str, lang: str) -> str:
    """A channel as people call it."""
    return CHANNELS_IN_ARABIC.get(channel, _kept(channel)) if lang == "ar" else _CHANNELS.get(channel, channel)


def _why(said: _Language, lang: str, seen: MessageSeen, leading: DeliverySeen) -> Iterator[str]:
    if seen.state is State.DELIVERED:
        return
    if seen.reason is None:
        if seen.state is State.SENT:
            yield reason_sentence(Reason.NO_RECEIPTS, lang) if Mark.UNCONFIRMED in leading.marks else said.unproved
        return
    if seen.reason.code.value != seen.state.value:  # it would say the same once more
        yield reason_sentence(seen.reason.code, lang)
    if seen.reason.provider_code:
        yield said.code.format(code=_kept(seen.reason.provider_code))


def _waited(seen: MessageSeen, leading: DeliverySeen) -> Reason | None:
    """Why it was held last."""
    held = [entry.facts.get("reason") for entry in seen.timeline if entry.delivery == leading.id and entry.type == State.SCHEDULED]
    return Reason(held[-1]) if held and isinstance(held[-1], str) else None


def _way(said: _Language, lang: str, leading: DeliverySeen) -> str:
    if leading.channel is None:
        return ""
    channel = channel_word(leading.channel, lang)
    return said.way.format(channel=channel, provider=_kept(leading.provider)) if leading.provider else said.by.format(channel=channel)


def _took(said: _Language, lang: str, seen: MessageSeen, leading: DeliverySeen) -> str:
    """From when it was asked for, or was to go, to the newest event that proves its state; else to the provider's yes."""
    of_it = [entry for entry in seen.timeline if entry.delivery == leading.id]
    proofs = [entry.at for entry in of_it if entry.type == seen.state] or [one.ended_at for one in leading.attempts if one.ended_at]
    if not proofs:
        return ""
    took = duration_words(proofs[0] - seen.created_at, lang)
    return said.took.format(duration=took) if took else said.at_once


def _tries(said: _Language, lang: str, leading: DeliverySeen) -> str:
    count = len(leading.attempts)
    if count <= 1:
        return ""
    if count <= _NAMED_ATTEMPTS:
        return said.ordinal.format(ordinal=said.ordinals[count - 2])
    return _plural(said.attempts, lang, count)


def duration_words(took: timedelta, lang: str) -> str:
    """A duration in its largest whole unit, as it stands after a preposition; empty below a second."""
    said = _LANGUAGES.get(lang, _ENGLISH)
    seconds = int(took.total_seconds())
    for unit, size in _UNITS:
        if seconds >= size:
            return _plural(said.units[unit], lang if lang in _LANGUAGES else "en", seconds // size)
    return ""


def _plural(forms: Mapping[str, str], lang: str, count: int) -> str:
    category = Locale.parse(lang).plural_form(count)
    return forms.get(category, forms["other"]).format(n=count)


def _others(seen: MessageSeen, leading: DeliverySeen, lang: str) -> list[tuple[str, str]]:
    """The channels by which it did not go, though they came first: each with why."""
    found: dict[str, str] = {}
    told = partial(reason_sentence, lang=lang)
    for decision in seen.decisions:
        for candidate in decision.candidates:
            if candidate.chosen:
                break
            if candidate.reason is not None and candidate.channel != leading.channel:
                found.setdefault(candidate.channel, told(candidate.reason))
    for one in seen.deliveries:
        if one.channel is not None and one.channel != leading.channel and one.state in _ENDS and one.reason is not None:
            found[one.channel] = told(one.reason)
    return list(found.items())[:_MOST_OTHERS]


def _in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _kept(text: str | None) -> str:
    return f"{_FSI}{text}{_PDI}" if text else ""
