"""What `[quiet_hours]` of wasl.toml may say: the hours at which messages may go, and when they may not."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple, Self

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from wasl.config.positions import Key
from wasl_contracts.duration import Duration
from wasl_contracts.model import Frozen, Slug

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "weekend"]
Held = Literal["service", "promotional"]
"""What can wait. One-time codes and transactional messages go at any hour."""
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60


class Window(NamedTuple):
    """From one minute of a day to another, the second not included; beyond 24:00 it ends on the day after."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.begin)}-{_clock(self.end if self.end <= _DAY else self.end - _DAY)}"


class Dates(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}/{self.last}" if self.first < self.last else str(self.first)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(written: object) -> int:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)|24:00", written, re.ASCII) if isinstance(written, str) else None
    if match is None:
        raise PydanticCustomError("bad_time_of_day", "is not a time of day; write it like 08:00 or 22:30")
    return int(match[1]) * 60 + int(match[2]) if match[1] else _DAY


def _window(written: object) -> Window:
    if isinstance(written, Window):
        return written
    begin, dash, end = written.partition("-") if isinstance(written, str) else ("", "", "")
    if not dash:
        raise PydanticCustomError("bad_window", "is not a window; write it like 09:00-19:00, or 20:00-02:00 over midnight")
    window = Window(_minute(begin), _minute(end))
    if window.begin in (window.end, _DAY):
        raise PydanticCustomError("bad_window", "has no length; write 00:00-24:00 for the whole day, and no window for none of it")
    return window if window.begin < window.end else Window(window.begin, window.end + _DAY)


def _dates(written: object) -> Dates:
    if isinstance(written, Dates):
        return written
    try:
        first, _, last = str(written).partition("/")
        dates = Dates(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise PydanticCustomError("bad_dates", "are not days; write 2027-03-10, or 2027-02-08/2027-03-09 with both ends") from None
    if dates.first > dates.last or not date(1970, 1, 2) < dates.first <= dates.last < date(2999, 1, 1):
        raise PydanticCustomError("bad_dates", "end before they begin, or are not of this age")
    return dates


def _country(code: str) -> str:
    if not re.fullmatch("[A-Z]{2}", code, re.ASCII):
        raise PydanticCustomError("bad_country", "should be two capital letters, like SA (ISO 3166)")
    if code not in SUPPORTED_REGIONS:
        raise PydanticCustomError("bad_country", "is no country that has phone numbers; write one like SA, AE or DE (ISO 3166)")
    return code


Windows = tuple[Annotated[Window, BeforeValidator(_window), PlainSerializer(str, return_type=str)], ...]
Country = Annotated[str, AfterValidator(_country)]
Week = tuple[tuple[Window, ...], ...]
"""The windows of each day, Monday first."""


class Hours(Frozen):
    """When messages of some categories may go by some channels (none named: by all), on some dates (none named: always).

    `windows` hold for every day that `days` does not name; `weekend` there stands for the days that are the weekend in the recipient's
    country, and a day's own name comes before it. A window belongs to the day on which it begins; no window is no moment of that day.
    """

    categories: tuple[Held, ...] = ("promotional",)
    channels: tuple[Slug, ...] = ()
    dates: tuple[Annotated[Dates, BeforeValidator(_dates), PlainSerializer(str, return_type=str)], ...] = ()
    windows: Windows | None = None
    days: Mapping[_Day, Windows] = Field(default_factory=dict)

    def week(self, weekend: Iterable[Weekday]) -> Week:
        """The windows of each day where that is the weekend."""
        return tuple(self._day(day, day in weekend) for day in WEEKDAYS)

    def _day(self, day: Weekday, weekend: bool) -> tuple[Window, ...]:
        usual = self._usual()
        if weekend:
            usual = self.days.get("weekend", usual)
        return tuple(sorted(self.days.get(day, usual)))

    def _usual(self) -> tuple[Window, ...]:
        return (Window(0, _DAY),) if self.windows is None else self.windows


class QuietRule(Hours):
    """`[quiet_hours.NAME]`: quiet from one time of day `to` another, or the `windows` in which messages may go.

    A rule that names countries stands in place of their calendars; one that names none holds beside them. On its dates a rule stands in
    place of those without dates.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    countries: tuple[Country, ...] = ()
    from_: Annotated[int, BeforeValidator(_minute), PlainSerializer(_clock, return_type=str)] | None = Field(None, alias="from")
    to: Annotated[int, BeforeValidator(_minute), PlainSerializer(_clock, return_type=str)] | None = None

    @model_validator(mode="after")
    def _says_hours(self) -> Self:
        if (self.from_ is None) != (self.to is None):
            raise PydanticCustomError("half_quiet", "needs both from and to, like 22:00 and 08:00")
        if self.from_ is not None and self.windows is not None:
            raise PydanticCustomError("two_hours", "has quiet hours and windows; keep from and to, or windows")
        if self.from_ is None and self.windows is None and not self.days:
            raise PydanticCustomError("no_hours", 'says no hours; add from = "22:00" and to = "08:00", or windows = ["09:00-19:00"]')
        if self.from_ is not None and self.to is not None and self.from_ % _DAY == self.to % _DAY:
            raise PydanticCustomError("no_hours", "begins and ends at one time; write windows = [] for no moment of the day")
        return self

    def _usual(self) -> tuple[Window, ...]:
        if self.from_ is None or self.to is None:
            return super()._usual()
        begin, end = self.to % _DAY, self.from_ or _DAY
        around = (Window(begin, end),) if begin < end else (Window(0, end), Window(begin, _DAY))
        return tuple(window for window in around if window.begin < window.end)


class QuietSection(Frozen):
    """`[quiet_hours]`: what is deferred goes at the first moment that it may, plus as much of `jitter` as its id says.

    `calendars`: whether those of the countries hold that wasl brings along. All other keys are rules, by their names.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, QuietRule] = Field(init=False)

    jitter: Duration = timedelta(minutes=10)
    calendars: bool = True

    @model_validator(mode="after")
    def _named(self) -> Self:
        if wrong := next((name for name in self.rules if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name)), None):
            raise PydanticCustomError("bad_name", f"has a rule {wrong!r}; use a small letter first, then small letters, digits, _ or -")
        return self

    @property
    def rules(self) -> Mapping[str, QuietRule]:
        """The rules, by name."""
        return self.__pydantic_extra__


def named_channels(section: QuietSection) -> Iterator[tuple[Key, str, str]]:
    """The channels that rules name: where each is written, the table of such names, and the name."""
    for name, rule in section.rules.items():
        yield from ((("quiet_hours", name, "channels", index), "channels", channel) for index, channel in enumerate(rule.channels))
