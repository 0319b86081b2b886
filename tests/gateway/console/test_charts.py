"""Charts as SVG: what is drawn, where it leads, and that nothing in it can run."""

from markupsafe import Markup

from wasl.console.charts import Chart, Limit, Series, bars, lines

HOSTILE = '"><script>alert(1)</script>'


def chart(**told: object) -> Chart:
    series = (Series("ok", "ok", (8, 0, 2)), Series("failed", "failed", (2, 0, None)))
    return Chart(**{"title": "Messages", "labels": ("09:00", "10:00", "11:00"), "series": series, **told})  # type: ignore[arg-type]


def test_bars_stand_on_one_another_and_the_smallest_is_seen() -> None:
    series = (Series("ok", "ok", (1000,)), Series("failed", "failed", (1,)))

    drawn = bars(chart(labels=("09:00",), series=series))

    assert '<rect class="tone-ok" x="0.75" y="1.5" width="8.5" height="98.5"/>' in drawn
    assert '<rect class="tone-failed" x="0.75" y="0" width="8.5" height="1.5"/>' in drawn


def test_a_bar_that_shows_something_is_a_link_with_its_numbers() -> None:
    drawn = bars(chart(links=("/a", "/middle", "/c")))

    assert drawn.count("<a ") == 2
    assert '<a href="/a" aria-label="09:00: ok 8; failed 2">' in drawn
    assert "/middle" not in drawn
    assert 'role="group"' in drawn


def test_the_first_is_at_the_right_where_it_is_read_from_there() -> None:
    left, right = bars(chart()), bars(chart(rtl=True))

    assert '<rect class="tone-ok" x="0.75" y="20" width="8.5" height="80"/>' in left
    assert '<rect class="tone-ok" x="20.75" y="20" width="8.5" height="80"/>' in right


def test_a_line_is_broken_where_there_is_no_value() -> None:
    series = (Series("rate", "a", (0.5, 1.0, None, 0.5, None, 0, 0.5)),)

    drawn = lines(chart(labels=tuple("abcdefg"), series=series, limit=Limit("limit", 2.0)))

    assert 'd="M5 75L15 50M55 100L65 75"' in drawn
    assert 'class="chart-dots tone-a" d="M35 75h0.01"' in drawn
    assert 'class="chart-limit" d="M0 0H70"' in drawn
    assert "limit 2" in drawn


def test_what_people_wrote_is_text() -> None:
    series = (Series(HOSTILE, "a", (1.0,)), Series("b", "b", (1.0,)))

    for drawn in (bars(chart(title=HOSTILE, labels=(HOSTILE,), series=series, links=(HOSTILE,), said=HOSTILE)),):
        assert isinstance(drawn, Markup)
        assert "<script" not in drawn
        assert "style=" not in drawn


def test_its_table_has_the_same_numbers() -> None:
    assert list(chart().rows()) == [("09:00", "8", "2"), ("10:00", "0", "0"), ("11:00", "2", "")]


def test_nothing_at_all_is_drawn_as_an_empty_frame() -> None:
    assert "<rect" not in bars(chart(labels=(), series=(Series("ok", "ok", ()),)))
    assert "<path" not in lines(chart(labels=(), series=(Series("ok", "ok", ()),)))
