"""Every format keeps its limits, and what is kept of a long text is whole: characters, links, markup."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from wasl.content.fitting import fitted
from wasl.content.spans import Mark, Span, divided, parted, shortened, written_with
from wasl.content.spans import Pen as _Pen
from wasl_contracts import AddressKind, Capabilities, Plain, Post, ProviderSpec, Push
from wasl_contracts.graphemes import boundary
from wasl_contracts.length import length

_FAMILY = "👨\u200d👩\u200d👧"
_LINK = "https://shop.example/t"
_MASTODON = Capabilities(max_characters=500, counted_in="graphemes", link_counts=23)
_BLUESKY = Capabilities(max_characters=300, counted_in="graphemes")
_X = Capabilities(max_characters=280, counted_in="weighted", link_counts=23)
_DISCORD = Path(__file__).parents[4] / "shared/specs/discord_v10.json"


def _spec(can: Capabilities, adds: int = 0) -> ProviderSpec:
    kind = AddressKind(kind="place", adds=adds)
    return ProviderSpec(name="net", channel="social", format="post", addresses=(kind,), settings=BaseModel, capabilities=can)


@pytest.mark.parametrize("can", [_MASTODON, _BLUESKY, _X], ids=["mastodon", "bluesky", "x"])
@pytest.mark.parametrize("letter", ["word ", "كلمة ", "汉字", _FAMILY, "e\u0301"])
def test_a_long_post_is_cut_to_its_network_and_keeps_the_link(inline, can, letter):
    whole = inline(letter * 700, "post", actions=[{"label": "Read", "url": _LINK}])

    post = fitted(whole, _spec(can), "place")

    kept = post.text.removesuffix(f"…\n\n{_LINK}")
    assert can.max_characters - 3 <= can.length(post.text) <= can.max_characters
    assert kept != post.text
    assert whole.text.startswith(kept)
    assert boundary(whole.text, len(kept))


def test_a_post_that_fits_stays_whole(inline):
    whole = inline("x" * 270 + f" {_LINK}/{'y' * 400}", "post")

    assert fitted(whole, _spec(_MASTODON), "place") is whole
    assert whole.url == f"{_LINK}/{'y' * 400}"
    assert len(fitted(whole, _spec(_BLUESKY), "place").text) <= 300


def test_a_link_that_is_kept_in_the_text_is_not_repeated(inline):
    whole = inline(f"See {_LINK} " + "word " * 200, "post")

    assert fitted(whole, _spec(_X), "place").text.count(_LINK) == 1


def test_there_is_room_for_what_the_provider_adds_for_an_address(inline):
    post = fitted(inline("word " * 200, "post"), _spec(_MASTODON, adds=32), "place")

    assert 460 < len(post.text) <= 468


def test_a_push_is_cut_so_that_all_of_it_fits(inline):
    can = Capabilities(max_characters=1000, counted_in="bytes")
    push = inline("شحنة " * 180, "push", title="طلب", actions=[{"label": "a", "url": _LINK}])

    body = fitted(push, _spec(can), "place").body

    assert 990 <= length(f"{push.title}{body}{push.url}", "bytes") <= 1000
    assert body.endswith("…")


def test_what_cannot_be_cut_is_left_to_the_provider():
    short = _spec(Capabilities(max_characters=10))
    contents = (Plain(text="x" * 20), Push(title="x" * 20, body="b"), Post(text="x" * 20, locale="en", url="y" * 40))

    assert fitted(contents[0], short, "place") is contents[0]
    assert fitted(contents[1], short, "place") is contents[1]
    assert len(fitted(contents[2], short, "place").text) <= 10


def test_telegram_counts_what_is_seen_in_utf_16(inline):
    fits, too_long = inline("👋" * 2048, "telegram").text, inline("👋" * 2049, "telegram").text

    assert fits == "👋" * 2048
    assert too_long == "👋" * 2047 + "…"
    assert inline("**" + "&" * 4096 + "**", "telegram").text == "<b>" + "&amp;" * 4096 + "</b>"


def test_telegram_refuses_buttons_to_places_without_a_public_name_so_they_are_links_below(inline):
    actions = [{"label": "Local", "url": "http://localhost:8080/a"}, {"label": "Web", "url": "https://a.example/?b&c"}]

    message = inline("x" * 5000, "telegram", actions=actions)

    assert [button.label for button in message.buttons] == ["Web"]
    assert message.text.endswith("…\n\nLocal: http://localhost:8080/a")
    assert length(message.text, "utf16") == 4096


def test_telegram_knows_no_formatted_code_and_no_quote_in_a_quote(inline):
    text = inline("**a `b`** [`c`](https://a.example)\n\n> d\n> > e", "telegram").text

    assert text == '<b>a </b><code>b</code> <a href="https://a.example">c</a>\n\n<blockquote>d\n\ne</blockquote>'


def test_discord_has_five_buttons_in_a_row_and_long_links_below(inline):
    actions = [{"label": f"a{at}", "url": f"https://a.example/{at}"} for at in range(6)]
    long = {"label": "long", "url": "https://a.example/" + "x" * 600}

    message = inline("y" * 3000, "discord", actions=[*actions, long])

    assert [len(row["components"]) for row in message.components] == [5, 1]
    assert message.content.endswith(f"…\n\nlong: {long['url']}")
    assert len(message.content) <= 2000


@pytest.mark.parametrize(
    "body", ["**a** " * 900, "[a](https://a.example/b) " * 200, "*" * 3000, "[a](https://a.example/" + "x" * 1900 + ")"]
)
def test_discord_s_signs_count(inline, body):
    text = inline(body, "discord").content

    assert 0 < len(text) <= 2000
    assert text.count("](") == len(re.findall(r"\]\([^)]*\)", text))


def test_discord_gets_what_its_specification_asks_for(inline):
    if not _DISCORD.exists():
        pytest.skip("Discord's OpenAPI document is not kept in this repository")
    specification = json.loads(_DISCORD.read_text())
    schema = {"$ref": "#/components/schemas/MessageCreateRequest", "components": specification["components"]}
    message = inline("**Hi**", "discord", title="T", actions=[{"label": "a", "url": "https://a.example"}]).model_dump(mode="json")

    jsonschema.validate({name: value for name, value in message.items() if name != "format"}, schema)


def test_a_card_for_teams_has_at_most_six_buttons_and_28_kilobytes(inline):
    actions = [{"label": f"a{at}", "url": f"https://a.example/{at}"} for at in range(8)]

    card = inline("كلمة **غامقة** و`رمز` " * 1600, "adaptive_card", title="T" * 250, locale="ar", actions=actions).card

    assert len(card["actions"]) == 6
    assert len(json.dumps(card, ensure_ascii=False).encode()) <= 26_000


def test_whatsapp_keeps_the_links_of_a_long_text(inline):
    text = inline("**word** " * 2000, "whatsapp", actions=[{"label": "Read", "url": _LINK}]).text

    assert text.endswith(f"…*\n\nRead: {_LINK}") or text.endswith(f"…\n\nRead: {_LINK}")
    assert length(text, "utf16") <= 4096


def test_slack_does_not_part_words_that_are_bold(inline):
    slack = inline("**" + "bold words " * 500 + "end**", "slack")

    texts = [block["text"]["text"] for block in slack.blocks]
    assert len(texts) == 2
    assert all(re.fullmatch(r"\*\w[^*]*\w\*", text) for text in texts)


_STRONG, _QUOTE = (Mark("strong"),), (Mark("quote"),)
_TEXTS = st.text(alphabet="ab \n👋\u0301", min_size=1, max_size=6)
_SPANS = st.lists(st.builds(Span, _TEXTS, st.sampled_from([(), _STRONG, _QUOTE, (*_QUOTE, *_STRONG)])), min_size=1, max_size=8)
_PEN = _Pen(lambda mark: f"<{mark.kind}>", lambda mark: f"</{mark.kind}>", lambda text, marks: text)


@given(_SPANS, st.integers(1, 30))
def test_spans_are_cut_and_parted_without_losing_their_signs(pieces, limit):
    text = "".join(span.text for span in pieces)
    kept = shortened(pieces, limit)
    first, rest = divided(pieces, limit)

    for some in (kept, first, rest):
        written = written_with(_PEN, some)
        assert written.count("<strong>") == written.count("</strong>")
    assert len("".join(span.text for span in kept)) <= max(limit, 1)
    assert "".join(span.text for span in (*first, *rest)) == text
    assert "\n".join("".join(span.text for span in line) for line in parted(pieces, "\n")) == text
