"""What data holds is shown as it is, in every format: read back here the way each channel reads it."""

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from json import dumps
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wasl.content.rendering import render
from wasl.content.templates import Templates
from wasl_contracts.content import Format

_BODY = "Hello {{ x }}!\n\n**Bold {{ x }}** `{{ x }}` [linked {{ x }}](https://a.example)\n\n> {{ x }}\n\n- {{ x }}"
_FRONT = '+++\ntitle = ""\n[variables]\nx = { type = "text" }\n+++\n'
_TEMPLATES = Templates([Templates.compile(_FRONT + _BODY, name="note", locale="en")])
_HOSTILE = (
    "<b>bold</b>", "<script>alert(1)</script>", "&lt;b&gt; &amp;", "*a* _b_ ~c~ **d** __e__ ~~f~~ ||g||", "`code` ```fence```",
    "<!channel> <!here> <@U123> <#C1|x>", "@everyone @here <@&1> <@!1> <#1> <t:0:R> <a:b:1>", "[label](https://evil.example)",
    "<https://evil.example|label>", "](https://evil.example)", "# title", "line\n# title\n> quote\n- item\n* item\n1. item\n-# small",
    "{{ 7 * 7 }} {% if x %}", "\\*escaped\\* \\", 'quote " and \' end', "a\x01b\x02\x03c", "https://a.example/_b_*c*(d)",
    "https://b.example/](https://evil.example)", "https://b.example/\\",
    "{user} ${x} %s", "</blockquote></pre></a>", "شكرًا <b>\u2067*أ*\u2069", "\u202eevil", "tg://user?id=1",
)  # fmt: skip


class _Page(HTMLParser):
    """The text of a page, and the tags in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag in ("br", "p", "li") else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def _of_telegram(content: Any) -> str:
    page = _Page(content.text)
    assert page.tags <= {"b", "code", "a", "blockquote"}
    return page.text


def _of_card(content: Any) -> str:
    page = _Page(content.html)
    assert page.tags <= {"p", "strong", "code", "a", "blockquote", "ul", "li", "br", "bdi"}
    return page.text


def _of_discord(content: Any) -> str:
    assert content.model_dump(mode="json")["allowed_mentions"] == {"parse": []}
    text = re.sub(r"(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\(https://a\.example\)", r"\1", content.content)
    code = r"(?<!\\)`[^`\n]*`"
    bare = re.sub(rf"\\[^A-Za-z0-9\s]|{code}|https?://[^\s\[\]\\|*`<]+", "x", text)
    assert not re.search(r"[\[<|~_]|^[ \t]*(#+|-)[ \t]|@(everyone|here)", bare, re.MULTILINE)
    assert bare.replace("**", "").count("*") == 0
    text = re.sub(rf"({code})|\\([^A-Za-z0-9\s])", lambda found: found[1] or found[2], text)
    return re.sub(r"^> ", "", text, flags=re.MULTILINE)


def _of_slack(content: Any) -> str:
    text = content.text.replace("<https://a.example|", "")
    assert "<" not in text
    words = re.sub("\u200b[^\u200b]*\u200b|`[^`\n]*`", "", text)
    assert not re.search(r"(?<![\w*])[_~](?=\w)", words), "nothing begins to be formatted"
    return re.sub("^> ", "", re.sub("&lt;|&gt;|&amp;", _unescaped, text), flags=re.MULTILINE)


def _unescaped(found: re.Match[str]) -> str:
    return {"&lt;": "<", "&gt;": ">", "&amp;": "&"}[found[0]]


def _of_whatsapp(content: Any) -> str:
    text = content.text.replace(" (https://a.example)", "")
    words = re.sub("\u200b[^\u200b]*\u200b|`[^`\n]*`", "", text)
    assert not re.search(r"(?<!\w)[_~](?=\w)|(?<=\w)[_~](?!\w)", words), "nothing is formatted but the template's own bold"
    return re.sub("^> ", "", text, flags=re.MULTILINE)


def _of_teams(content: Any) -> str:
    blocks = content.card["body"]
    assert dumps(blocks).count("selectAction") == sum("https://a.example" in dumps(run) and "selectAction" in run for run in _runs(blocks))
    return "\n".join("".join(run["text"] for run in block["inlines"]) for block in blocks)


def _runs(blocks: Any) -> list[dict[str, Any]]:
    return [run for block in blocks for run in block["inlines"]]


_READ: Mapping[Format, Callable[[Any], str]] = {
    "plain": lambda content: content.text,
    "sms": lambda content: content.text,
    "push": lambda content: content.body,
    "slack": _of_slack,
    "telegram": _of_telegram,
    "discord": _of_discord,
    "adaptive_card": _of_teams,
    "whatsapp": _of_whatsapp,
    "post": lambda content: content.text,
    "card": _of_card,
    "structured": lambda content: content.text,
}
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200e]")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _seen(text: str) -> str:
    """What people see of a text: its words, without what is invisible, the signs of lists and quotes, and the code's and bold's own."""
    return re.sub(r"[\s>•*`'-]+", "", _UNREADABLE.sub("", _INVISIBLE.sub("", text)))


@pytest.mark.parametrize("format", _READ)
@pytest.mark.parametrize("hostile", _HOSTILE)
def test_data_is_shown_as_it_is(envelope: Callable, format: Format, hostile: str) -> None:
    read = _READ[format](render(envelope(template="note", data={"x": hostile}), format, _TEMPLATES))

    shown = re.sub(r"\(https://a\.example\)", "", read)
    assert _seen(shown) == _seen(f"Hello {hostile}! Bold {hostile} {hostile} linked {hostile} {hostile} {hostile}")


_PIECES = ("<", ">", "&", "*", "_", "~", "`", "|", "[", "](", ")", "\\", "@", "#", "\n", " ", "a", "ب", "https://b.example/", "1.")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=12).map("".join).filter(str.strip))
def test_any_data_is_shown_as_it_is(envelope: Callable, data: str) -> None:
    said = envelope(template="note", data={"x": data})

    for format, read in _READ.items():
        shown = re.sub(r"\(https://a\.example\)", "", read(render(said, format, _TEMPLATES)))
        assert _seen(shown) == _seen(f"Hello {data}! Bold {data} {data} linked {data} {data} {data}"), format
