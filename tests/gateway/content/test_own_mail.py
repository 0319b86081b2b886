import re
import sys

import pytest

from wasl.content.rendering import render
from wasl.content.templates import TemplateMistakes, Templates

_FRONT = """+++
title = "Hi {{{{ x }}}}"
[mail]
{mail}
[variables]
x = {{ type = "text", example = "Ann" }}
u = {{ type = "text", example = "https://a.example", optional = true }}
items = {{ type = "list", example = ["a", "b"], optional = true }}
+++
The template's text, {{{{ x }}}}
"""
_OPT_OUT = "https://shop.example/u/1?a=1&b=2"


@pytest.fixture
def own(envelope):
    """A mail whose `[mail]` has these lines."""

    def build(mail, *, locale="en", opt_out=None, **data):
        template = Templates.compile(_FRONT.format(mail=mail), name="note", locale=locale)
        message = envelope(template="note", locale=locale, data={"x": "Ann", **data})
        return render(message, "mail", Templates([template]), unsubscribe=opt_out)

    return build


def _html(html: str) -> str:
    return f"html = '''{html}'''"


def test_a_part_of_a_page_stands_in_the_layout(own):
    mail = own(_html("<style>p { color: red }</style><p>Dear {{ x }}</p>") + '\npreheader = "For {{ x }}"', x="<b>")

    assert re.search(r'<td class="card-cell"[^>]*>\s*<p style="[^"]*color: red;">Dear &lt;b&gt;</p>\s*</td>', mail.html)
    assert re.search(r'class="preheader"[^>]*>For &lt;b&gt;</div>', mail.html)
    assert (mail.subject, mail.text) == ("Hi <b>", "Dear <b>")


def test_a_whole_page_stands_alone(own):
    page = "<!doctype html><html><head><title>{{ x }}</title><style>p { color: red } p:hover { color: blue }</style></head>"

    mail = own(
        _html(f"{page}<body><!-- a note --><!--[if mso]>old<![endif]--><p>Dear {{{{ x }}}}</p></body></html>"), locale="ar", x="1 < 2"
    )

    assert mail.html == (
        '<!DOCTYPE html><html lang="ar" dir="rtl"><head><title>1 &lt; 2</title>'
        "<style>p { color: red } p:hover { color: blue }</style></head>"
        '<body><!--[if mso]>old<![endif]--><p style="color: red;">Dear <bdi>1 &lt; 2</bdi></p></body></html>'
    )


def test_rows_of_a_table_are_repeated_inside_it(own):
    mail = own(
        _html("<table><tr><th>Tea</th></tr>{% for i in items %}<tr><td>{{ i }}</td><td>1</td></tr>{% endfor %}</table>"), items=["a", "b"]
    )

    table = re.sub(r' style="[^"]*"', "", mail.html)
    assert "<table><tbody><tr><th>Tea</th></tr><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>1</td></tr></tbody></table>" in table
    assert mail.text == "Tea\na 1\nb 1"


def test_a_link_that_the_data_spoils_loses_its_address(own):
    links = _html('<p><a href="{{ u }}">see</a> <img src="{{ u }}" alt="{{ x }}"> <a href="https://a.example/{{ x }}">all</a></p>')

    spoilt, whole = own(links, u="javascript:alert(1)", x='" onload="a'), own(links, u="https://b.example/?c=1&d=2")

    assert "javascript" not in spoilt.html + spoilt.text
    assert 'alt="&#34; onload=&#34;a"' in spoilt.html
    assert 'href="https://a.example/%22%20onload%3D%22a"' in spoilt.html
    assert 'href="https://b.example/?c=1&amp;d=2"' in whole.html
    assert whole.text == "see (https://b.example/?c=1&d=2) Ann all (https://a.example/Ann)"


def test_the_author_s_own_way_out_stands_for_that_of_the_layout(own):
    html = _html('<p>Bye</p><p><a href="unsubscribe:">Leave</a></p>')

    with_link, without = own(html, opt_out=_OPT_OUT), own(html)

    assert re.findall(r'href="([^"]*)"', with_link.html) == ["https://shop.example/u/1?a=1&amp;b=2"]
    assert with_link.text == f"Bye\n\nLeave ({_OPT_OUT})"
    assert "Leave" not in without.html + without.text


def test_a_text_of_its_own_is_the_text_alternative(own):
    mail = own(_html("<p>Page</p>") + '\ntext = "Plain for {{ x }}"', opt_out=_OPT_OUT)

    assert mail.text.startswith("Plain for Ann\n\n-- \nUnsubscribe")
    assert "Page" in mail.html


def test_text_made_of_html_is_what_a_reader_sees():
    from wasl.content.holes import Holes
    from wasl.content.html_text import html_text

    html = """<head><title>no</title></head><body><div style="display:none">no</div><h1>One</h1><p>a &amp; b<br>c   d</p>
        <ul><li>e<li><b>f</b></ul><blockquote>g</blockquote><hr><pre>h
  i</pre><p><a href="mailto:a@b.example">a@b.example</a> <a href="#top">up</a></p></body>"""

    assert html_text(html, Holes()) == "One\n\na & b\nc d\n\n- e\n- f\n\ng\n\n---\n\nh\ni\n\na@b.example up"


def test_mjml_is_compiled_and_asks_no_server(own):
    body = (
        "<mj-text>Dear {{ x }}</mj-text>{% for i in items %}<mj-text>{{ i }}</mj-text>{% endfor %}<mj-button href='{{ u }}'>Go</mj-button>"
    )
    mjml = f'mjml = """<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"""'

    mail = own(mjml, locale="ar", x="آمنة", items=["<a>", "b"], u="https://u.example/1")

    assert '<html lang="ar" dir="rtl"' in mail.html
    assert mail.html.count("text-align:right") == 3
    assert "&lt;a&gt;" in mail.html
    assert 'href="https://u.example/1"' in mail.html
    assert not re.search(r"<link|@import|mj-", mail.html.replace("mj-column-per-100", "").replace("mj-outlook-group-fix", ""))
    assert mail.text == "Dear آمنة\n\n\u2068<a>\u2069\n\n\u2068b\u2069\n\nGo (https://u.example/1)"


def test_mjml_without_its_library_says_what_to_install(own, monkeypatch):
    monkeypatch.setitem(sys.modules, "mrml", None)

    with pytest.raises(TemplateMistakes, match=r"note/en\.md:4:1: mail\.mjml: is MJML.*pip install 'wasl\[mjml\]'"):
        own("mjml = '<mjml><mj-body></mj-body></mjml>'")


@pytest.mark.parametrize(
    ("html", "sentence"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ("<svg onload=alert(1)></svg>", "holds <svg>"),
        ("<form action='https://a.example'><input></form>", "holds <form>"),
        ("<iframe src='https://a.example'></iframe>", "holds <iframe>"),
        ("<link rel=stylesheet href='https://a.example/a.css'>", "holds <link>"),
        ("<base href='https://a.example'>", "holds <base>"),
        ("<meta http-equiv=Refresh content='0;url=https://a.example'>", "refresh"),
        ("<p onclick='alert(1)'>a</p>", "the attribute 'onclick'"),
        ("<p ONCLICK='alert(1)'>a</p>", "the attribute 'onclick'"),
        ("<a href='javascript:alert(1)'>a</a>", "in href of <a>"),
        ("<a href='java&#10;script:alert(1)'>a</a>", "in href of <a>"),
        ("<img src='data:image/png;base64,AAAA' alt=''>", "in src of <img>"),
        ("<a href='{% if u %}https://a.example{% endif %}'>a</a>", "in href of <a>"),
        ("<p {{ x }}>a</p>", "the attribute"),
        ("<p {{ x }}='a'>a</p>", "the attribute"),
        ("<{{ x }}>a</p>", "holds <"),
        ("<p style='color: {{ x }}'>a</p>", "in style of <p>"),
        ("<p style='width: expression(alert(1))'>a</p>", "in style of <p>"),
        ("<p class={{ x }}>a</p>", "in class of <p>"),
        ("<style>p {{ '{' }} color: {{ x }} }</style>", "in its <style>"),
        ("<style>@import url(https://a.example);</style>", "in its <style>"),
        ("<!--[if mso]><b>{{ x }}</b><![endif]-->", "in a comment for Outlook"),
    ],
)
def test_what_a_mail_cannot_hold_is_a_mistake_at_its_place(own, html, sentence):
    with pytest.raises(TemplateMistakes) as told:
        own(f'html = """{html}"""')

    assert "note/en.md:4:1: mail.html: h" in str(told.value)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    ("mjml", "sentence"),
    [
        ("<mjml><mj-body><mj-nope/></mj-body></mjml>", "holds <mj-nope>"),
        ("<mjml><mj-body><mj-include path='/etc/hostname' /></mj-body></mjml>", "cannot be read as MJML"),
        ("<mjml><mj-body><mj-raw><script>1</script></mj-raw></mj-body></mjml>", "holds <script>"),
        ("text", "cannot be read as MJML"),
    ],
)
def test_mjml_that_cannot_be_used_is_a_mistake(own, mjml, sentence):
    with pytest.raises(TemplateMistakes, match=rf"mail\.mjml: .*{re.escape(sentence)}"):
        own(f'mjml = """{mjml}"""')


def test_html_and_mjml_exclude_each_other(own):
    with pytest.raises(TemplateMistakes, match="both html and mjml"):
        own("html = 'a'\nmjml = 'b'")


def test_data_never_becomes_html_in_own_html(own):
    evil = "</title></style><img src=x onerror=alert(1)>\"'{{ x }}"

    mail = own(_html("<title>{{ x }}</title><p title='{{ x }}'>{{ x }}<a href='https://a.example/{{ x }}'>{{ x }}</a></p>"), x=evil)

    assert "<img" not in mail.html
    assert "{{ x }}" in mail.text
