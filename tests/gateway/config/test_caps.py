"""What `[caps.NAME]` may say, and where a mistake is told."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.config_files import mistakes, written
from wasl.config import load
from wasl.policies.frequency_cap import FrequencyCap


def test_a_cap_is_read_with_what_holds_where_it_is_silent(here: Path) -> None:
    written(here, '[topics.offers]\ncategory = "promotional"\n\n[caps.weekly]\nlimit = 3\nper = "7d"\n')

    config = load(None, {})

    cap = config.caps["weekly"]
    assert (cap.limit, cap.per, cap.scope, cap.over, cap.reserve) == (3, timedelta(days=7), "person", "defer", {})
    assert (cap.topics, cap.categories, cap.channels) == ((), (), ())
    assert FrequencyCap("weekly", config)._source == "wasl.toml:4"


MISTAKES = [
    ('per = "1d"', "limit: is missing; add limit = …"),
    ("limit = 3", "per: is missing; add per = …"),
    ('limit = 0\nper = "1d"', "limit: should be greater than or equal to 1"),
    ('limit = 3\nper = "soon"', "per: is not a duration; write a number and a unit, like 90s, 15m, 4h or 3d"),
    ('limit = 3\nper = "1d"\nover = "drop"', "over: should be 'defer', 'next_channel' or 'withhold'"),
    ('limit = 3\nper = "1d"\nscope = "brand"', "scope: should be 'person', 'channel', 'topic' or 'category'"),
    ('limit = 3\nper = "1d"\ntopics = ["ofers"]', "topics.0: there is no topic ofers (did you mean 'offers'?)"),
    ('limit = 3\nper = "1d"\nchannels = ["emial"]', "channels.0: there is no channel emial (did you mean 'email'?)"),
    ('limit = 3\nper = "1d"\ncategories = ["promo"]', "categories.0: should be 'otp', 'transactional', 'service' or 'promotional'"),
    ('limit = 3\nper = "1d"\nreserve = { news = 1 }', "reserve.news: should be 'otp', 'transactional', 'service' or 'promotional'"),
    ('limit = 3\nper = "1d"\nreserve = { service = 0 }', "reserve.service: should be greater than or equal to 1"),
    ('limit = 3\nper = "1d"\nreserve = { service = 3 }', "reserves all its places, so that nothing else would ever go; raise limit"),
    ('limit = 3\nper = "1d"\nreserve = { service = 4 }', "reserves all its places, so that nothing else would ever go; raise limit"),
    (
        'limit = 3\nper = "1d"\ncategories = ["promotional"]\nreserve = { service = 1 }',
        "reserves places for service, which it does not count; add it to categories",
    ),
    (
        'limit = 3\nper = "1d"\nscope = "topic"\nreserve = { service = 1 }',
        "reserves places among messages of one category; use scope = 'person' or 'channel', or drop reserve",
    ),
]


@pytest.mark.parametrize(("told", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_place(here: Path, told: str, said: str) -> None:
    text = (
        f'[providers.mail]\nplugin = "smtp"\n[channels]\nemail = ["mail"]\n[topics.offers]\ncategory = "promotional"\n[caps.few]\n{told}\n'
    )

    (found,) = mistakes(text)

    place, _, rest = found.partition(" ")
    assert int(place.split(":")[1]) >= 7
    assert rest.removeprefix("caps.few").lstrip(".: ").startswith(said)


def test_all_places_may_be_shared_out_among_the_categories_that_are_counted(here: Path) -> None:
    text = 'limit = 3\nper = "1d"\ncategories = ["service", "promotional"]\nreserve = { service = 1, promotional = 2 }\n'
    written(here, f"[caps.few]\n{text}")

    assert load(None, {}).caps["few"].reserve == {"service": 1, "promotional": 2}
