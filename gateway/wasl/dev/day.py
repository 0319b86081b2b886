"""A believable day of a shop: who is told what, what goes wrong with it, and what providers and people then say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from pydantic import JsonValue

from wasl.answers import TemplateSeen
from wasl.capturing.capture import News
from wasl.capturing.mishaps import Mishap
from wasl.dev.people import FOLLOWERS, MAYA, PEOPLE, Someone
from wasl_contracts import Content, Message, Recipient

LENGTH: Final = timedelta(hours=23)
_COUNT: Final = 80


@dataclass(frozen=True, slots=True)
class Episode:
    """One message, so long after the day began. `mishaps` strike its first calls; `news` come so many seconds after it was taken.

    It goes after a `wait`; one that is `cancelled` does not.
    """

    at: timedelta
    who: Someone
    said: dict[str, JsonValue]
    mishaps: tuple[Mishap, ...] = ()
    news: tuple[tuple[int, News], ...] = ()
    wait: timedelta | None = None
    cancelled: bool = False

    def message(self, to: Recipient, now: datetime) -> Message:
        """As it is accepted at that moment."""
        send_at = now + self.wait if self.wait is not None else None
        return Message.model_validate({"to": to, "brand": self.who.brand, "send_at": send_at, **self.said})


_DELIVERED, _OPENED, _CLICKED = (2, News("delivered")), (65, News("opened")), (90, News("clicked"))
_ENDS: Final[Sequence[tuple[int, tuple[Mishap, ...], tuple[tuple[int, News], ...]]]] = (
    (44, (), (_DELIVERED,)),
    (12, (), (_DELIVERED, _OPENED)),
    (8, (), (_DELIVERED, _OPENED, _CLICKED)),
    (5, (), ()),
    (6, (Mishap.DOWN,), (_DELIVERED,)),
    (4, (Mishap.REFUSED,), (_DELIVERED,)),
    (3, (Mishap.LOST,), ()),
    (4, (), ((30, News("bounced")),)),
    (4, (), (_DELIVERED, (200, News("replied", text="Thank you, when does it arrive?")))),
)
"""How often (in a hundred or so), what goes wrong, and what is told."""
_RARE: Final = {
    17: (_DELIVERED, (150, News("complained"))),
    31: ((20, News("bounced", dead=True)),),
    47: (_DELIVERED, (240, News("replied", text="STOP"))),
}
"""What happens once, by the number of the message."""

_NEWS: Final[dict[str, tuple[str, str]]] = {
    "en": ("New opening hours", "From Sunday we open at **9:00** and close at 22:00."),
    "ar": ("ساعات عمل جديدة", "ابتداءً من الأحد نفتح الساعة **9:00** ونغلق الساعة 22:00."),
    "fr": ("Nouveaux horaires", "À partir de dimanche, nous ouvrons à **9 h** et fermons à 22 h."),
    "ur": ("نئے اوقات کار", "اتوار سے ہم صبح **9:00** بجے کھولیں گے اور رات 22:00 بجے بند کریں گے۔"),
    "es": ("Nuevo horario", "Desde el domingo abrimos a las **9:00** y cerramos a las 22:00."),
    "de": ("Neue Öffnungszeiten", "Ab Sonntag öffnen wir um **9:00** und schließen um 22:00."),
}


def shop_day(random: Random) -> Iterator[Episode]:
    """A day of the made-up shop, in order."""
    for number in range(_COUNT):
        at = LENGTH * ((number + random.random() * 0.5) / _COUNT)
        if number in _ONCE:
            yield _ONCE[number](at)
            continue
        who = PEOPLE[random.randrange(len(PEOPLE))]
        yield _episode(number, at, who, _of_the_shop(number, who, random), random)


def own_day(random: Random, templates: Sequence[TemplateSeen], brands: Sequence[str]) -> Iterator[Episode]:
    """A day of an application's own templates, filled with their examples, and of plain content where it has none."""
    people = [who for who in PEOPLE if who.brand is None or who.brand in brands]
    filled = [(one.name, data) for one in templates if (data := _examples(one)) is not None]
    for number in range(_COUNT):
        who = people[random.randrange(len(people))]
        name, data = filled[number % len(filled)] if filled else ("", {})
        at = LENGTH * ((number + random.random() * 0.5) / _COUNT)
        yield _episode(number, at, who, {"template": name, "data": data} if name else _plain(who), random)


def _episode(number: int, at: timedelta, who: Someone, said: dict[str, JsonValue], random: Random) -> Episode:
    if number in _RARE:
        return Episode(at, who, said, news=_RARE[number])
    _, mishaps, news = random.choices(_ENDS, weights=[end[0] for end in _ENDS])[0]
    return Episode(at, who, said, mishaps, news)


def _of_the_shop(number: int, who: Someone, random: Random) -> dict[str, JsonValue]:
    order = str(1000 + number)
    kind = random.choices(("order", "code", "offer", "news", "later"), weights=(50, 16, 16, 15, 3))[0]
    if kind == "code":
        return {"template": "sign_in_code", "topic": "sign-in", "data": {"code": f"{random.randrange(10**6):06}", "minutes": 5}}
    if kind == "offer":
        offered = "تشكيلة شاي الشتاء" if who.locale == "ar" else "winter teas"
        told: dict[str, JsonValue] = {"name": who.name, "percent": 20, "collection": offered, "code": "WINTER20", "until": "2026-12-31"}
        return {"template": "offer", "topic": "offers", "data": told}
    if kind == "news":
        return {**_plain(who), "topic": "news"}
    shipped: dict[str, JsonValue] = {
        "order": order,
        "name": who.name,
        "carrier": "أرامكس" if who.locale == "ar" else "Aramex",
        "arrives": "2026-12-03",
        "tracking_url": f"https://shop.example/track/{order}",
    }
    said: dict[str, JsonValue] = {
        "template": "order_shipped", "topic": "orders", "data": shipped, "about": f"order-{order}", "metadata": {"order": order},
    }  # fmt: skip
    if number % 9 == 0:
        said |= {"channels": ["email", "push", "inapp"], "mode": "all"}
    return said


def _posted(at: timedelta) -> Episode:
    news: dict[str, JsonValue] = {
        "headline": "Our Riyadh store opens on Thursday",
        "summary": "Come by from 10:00; the first hundred visitors get a tea box.",
        "link": "https://shop.example/news/riyadh",
    }
    return Episode(at, FOLLOWERS, {"template": "announcement", "topic": "news", "channels": ["social"], "data": news})


def _chatted(at: timedelta) -> Episode:
    return Episode(at, MAYA, {**_plain(MAYA), "topic": "news", "channels": ["chat"]})


def _pushed(at: timedelta) -> Episode:
    return Episode(at, PEOPLE[0], {**_plain(PEOPLE[0]), "topic": "news", "channels": ["push"]}, news=((4, News("delivered")),))


def _failed(at: timedelta) -> Episode:
    said: dict[str, JsonValue] = {
        "template": "sign_in_code",
        "topic": "sign-in",
        "data": {"code": "482913", "minutes": 5},
        "channels": ["sms"],
    }
    return Episode(at, PEOPLE[6], said, (Mishap.REFUSED,))


def _doubtful(at: timedelta) -> Episode:
    return Episode(at, PEOPLE[3], {**_plain(PEOPLE[3]), "topic": "orders", "channels": ["email"]}, (Mishap.LOST,))


def _later(at: timedelta) -> Episode:
    return Episode(at, PEOPLE[1], {**_plain(PEOPLE[1]), "topic": "news"}, wait=timedelta(days=1))


def _cancelled(at: timedelta) -> Episode:
    return Episode(at, PEOPLE[5], {**_plain(PEOPLE[5]), "topic": "news"}, wait=timedelta(days=1), cancelled=True)


_ONCE: Final[dict[int, Callable[[timedelta], Episode]]] = {
    8: _posted, 14: _chatted, 22: _pushed, 39: _failed, 52: _pushed, 63: _cancelled, 70: _later, 74: _chatted, 78: _doubtful,
}  # fmt: skip
"""What the made-up shop does beside, by the number of the message."""


def _plain(who: Someone) -> dict[str, JsonValue]:
    title, body = _NEWS.get(who.locale, _NEWS["en"])
    return {"content": Content(title=title, body=body).model_dump(mode="json")}


def _examples(template: TemplateSeen) -> dict[str, JsonValue] | None:
    """An example for each of its variables; None where one that it needs has none."""
    if any(one.example is None and not one.optional for one in template.variables.values()):
        return None
    return {name: one.example for name, one in template.variables.items() if one.example is not None}
