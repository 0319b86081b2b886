import re
from html.parser import HTMLParser

import pytest

_VOID = frozenset({"meta", "br", "hr", "img"})


class _Balance(HTMLParser):
    """Notes every tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.open += [tag] if tag not in _VOID else []

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def _front(url: str) -> str:
    action = f'[[actions]]\nlabel = "See {{{{ x }}}}"\nurl = "{url}"\n'
    return f'+++\ntitle = "About {{{{ x }}}}"\n{action}[variables]\nx = {{ type = "text" }}\n+++\n'


def test_a_mail_has_subject_page_and_text(filled):
    mail = filled("Body **{{ x }}**", "mail", front=_front("https://a.example/{{ x }}"), x="1 & 2")

    assert mail.subject == "About 1 & 2"
    assert mail.text == "Body 1 & 2\n\nSee 1 & 2: https://a.example/1%20%26%202"
    assert "<title>About 1 &amp; 2</title>" in mail.html
    assert 'href="https://a.example/1%20%26%202"' in mail.html
    assert (mail.locale, mail.direction) == ("en", "ltr")


def test_data_never_becomes_html(filled):
    evil = "<img src=x onerror=alert(1)>\"'</title><script>"

    mail = filled("{{ x }} `{{ x }}` [{{ x }}](https://a.example/{{ x }})", "mail", front=_front("https://a.example/{{ x }}"), x=evil)

    assert "<img" not in mail.html
    assert "<script" not in mail.html
    assert mail.html.count("</title>") == 1


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " https://a.example", "//a.example", "https://a b", "vbscript:x", ""]
)
def test_a_link_that_the_data_spoils_keeps_its_label_only(filled, url):
    mail = filled("[label]({{ x }})", "mail", front=_front("{{ x }}"), x=url)

    assert "href" not in mail.html
    assert "label" in mail.html
    assert "button-link" not in mail.html.partition("</head>")[2]
    assert mail.text == "label"


def test_a_link_of_data_works_everywhere(filled):
    mail = filled("[label]({{ x }})", "mail", front=_front("{{ x }}"), x="https://a.example/?b=1&c=2")

    assert mail.html.count('href="https://a.example/?b=1&amp;c=2"') == 2
    assert mail.text.startswith("label (https://a.example/?b=1&c=2)\n\nSee ")


def test_links_of_inline_content_are_web_links(inline):
    mail = inline("[a](javascript:b) [c](ftp://d) [e](/f) [g](https://h.example)", "mail")

    assert re.findall(r'href="([^"]*)"', mail.html) == ["https://h.example"]
    assert mail.text == "a c e g (https://h.example)"


def test_language_and_direction_stand_on_page_and_blocks(filled):
    mail = filled("# عنوان\n\nنص\n\n1. واحد\n\n> قول\n\n- نقطة", "mail", locale="ar", x="a")

    tags = re.findall(r"<(html|h1|p|ol|ul|li|blockquote)\b([^>]*)>", mail.html)
    assert {tag for tag, _ in tags} == {"html", "h1", "p", "ol", "ul", "li", "blockquote"}
    assert all('dir="rtl"' in attributes and 'lang="ar"' in attributes for _, attributes in tags)


def test_values_are_isolated_in_right_to_left_mail_and_where_they_are_right_to_left(filled):
    assert "<bdi>Ann</bdi>" in filled("مرحبًا {{ x }}", "mail", locale="ar", x="Ann").html
    assert "<bdi>آمنة</bdi>" in filled("Hello {{ x }}", "mail", x="آمنة").html
    assert "<bdi>" not in filled("Hello {{ x }}", "mail", x="Ann").html


def test_the_direction_of_inline_content_is_that_of_its_letters(inline):
    assert inline("مرحبًا", "mail", locale="en").direction == "rtl"
    assert inline("Hello", "mail", locale="ar").direction == "ltr"
    assert inline("123", "mail", locale="ar").direction == "rtl"


def test_css_is_inlined_and_dark_mode_and_phones_are_kept(inline):
    html = inline("text", "mail").html

    assert '<p dir="ltr" lang="en" style="margin' in html
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html
    assert html.lower().startswith("<!doctype html>")
    assert not re.search(r'(src|href)="', html)


def test_tags_are_balanced_whatever_the_data_leaves_out(filled):
    body = (
        "{% if x %}\n- a [b]({{ x }})\n{% endif %}\n\n{% for i in items %}\n1. {{ i }}\n{% endfor %}\n\n> {% if x %}**{{ x }}**{% endif %}"
    )

    for data in ({}, {"x": "a", "items": ["b"]}, {"x": "https://a.example", "items": []}):
        parser = _Balance()
        parser.feed(filled(f"z\n\n{body}", "mail", **data).html)
        assert (parser.open, parser.wrong) == ([], [])


def test_lines_of_a_value_stay_lines(filled):
    assert "Street 1<br>Riyadh" in filled("{{ x }}", "mail", x="Street 1\nRiyadh").html


def test_a_subject_is_one_line_and_of_bearable_length(filled):
    mail = filled("Body", "mail", front=_front("https://a.example"), x="a\r\nBcc: b@c.example\u2028" + "d" * 400)

    assert mail.subject.startswith("About a Bcc: b@c.example dd")
    assert len(mail.subject) == 250


def test_without_a_title_the_first_line_is_the_subject(inline):
    assert inline("First\n\nSecond", "mail").subject == "First"


def test_rules_for_small_and_dark_screens_stand_once_and_the_charset_first(inline):
    html = inline("Hello", "mail", title="Hi").html

    assert html.count("@media (max-width: 480px)") == html.count("@media (prefers-color-scheme: dark)") == 1
    assert html.lower().count("<meta charset=") == 1
    assert html.lower().index("<meta charset=") < 1024 - len('<meta charset="utf-8">')
