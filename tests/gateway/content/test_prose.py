import re

import pytest

from wasl.content.holes import Holes
from wasl.content.prose import prose

_ITEMS = [{"n": "a"}, {"n": "b"}]


def _body(html: str) -> str:
    """The content of a mail without attributes and line breaks between tags."""
    start = html.index("</h1>") + 5
    inner = html[start : html.index("</td>", start)]
    inner = re.sub(r'(<\w+)( (style|dir|lang|start)="[^"]*")+', r"\1", inner)
    return re.sub(r"(?<=>)\n+|\n+(?=<)", "", inner).replace("\n", " ")


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        ("a\n{% if x %}\nb\n{% endif %}\nc", "<p>a</p><p>c</p>", "a\n\nc"),
        ("a\n\n{% if x %}b {{ x }}{% endif %}\n\nc", "<p>a</p><p>c</p>", "a\n\nc"),
        ("a{% if x %} {{ x }}{% endif %}, b", "<p>a, b</p>", "a, b"),
        ("a\n{% if not x %}\n\nb\n\nc\n{% else %}\nd\n{% endif %}", "<p>a</p><p>b</p><p>c</p>", "a\n\nb\n\nc"),
        ("{% for i in items %}\n- {{ i.n }}\n{% endfor %}", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        (
            "- 1\n{% for i in items %}\n- {{ i.n }}\n{% endfor %}\n- 2\n\nc",
            "<ul><li>1</li><li>a</li><li>b</li><li>2</li></ul><p>c</p>",
            "- 1\n- a\n- b\n- 2\n\nc",
        ),
        ("- 1\n{% if x %}\n- 2\n{% endif %}\n- 3", "<ul><li>1</li><li>3</li></ul>", "- 1\n- 3"),
        ("a\n{% if x %}\n- 2\n{% endif %}\nb", "<p>a</p><p>b</p>", "a\n\nb"),
        ("{% if x %}\n1. a\n{% else %}\n1. b\n2. c\n{% endif %}", "<ol><li>b</li><li>c</li></ol>", "1. b\n2. c"),
        ("{% for i in items %}\n1. {{ i.n }}\n{% endfor %}", "<ol><li>a</li><li>b</li></ol>", "- a\n- b"),
        (
            "- o\n  {% for i in items %}\n  - {{ i.n }}\n  {% endfor %}\n- p",
            "<ul><li>o<ul><li>a</li><li>b</li></ul></li><li>p</li></ul>",
            "- o\n  - a\n  - b\n- p",
        ),
        ("{% for i in items %}\n## {{ i.n }}\n\nt\n{% endfor %}", "<h2>a</h2><p>t</p><h2>b</h2><p>t</p>", "a\n\nt\n\nb\n\nt"),
        ("> q\n{% if x %}\n> r\n{% endif %}\ns", "<blockquote><p>q</p></blockquote><p>s</p>", "> q\n\ns"),
        ("one\ntwo\\\nthree", "<p>one two<br>three</p>", "one two\nthree"),
        ("3. c\n4. d\n   more", "<ol><li>c</li><li>d more</li></ol>", "3. c\n4. d more"),
        ("- a\n\n  b\n- c", "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>", "- a\n\n  b\n\n- c"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>", "a b c d"),
        ("a\n\n---\n\n```\nb  *c*\n```", "<p>a</p><hr><pre><code>b  *c*</code></pre>", "a\n\n---\n\nb  *c*"),
        ("<b>a</b> &copy; <!-- c -->", "<p>&lt;b&gt;a&lt;/b&gt; © &lt;!-- c --&gt;</p>", "<b>a</b> © <!-- c -->"),
        ("![a *b*](https://c.example/d.png)", "<p>a <em>b</em></p>", "a b"),
    ],
)
def test_markdown_and_statements_become_html_and_text(filled, body, html, text):
    mail = filled(body, "mail", items=_ITEMS)

    assert _body(mail.html) == html
    assert filled(body, items=_ITEMS).text == text
    assert mail.text == text


def test_a_line_break_is_a_space_in_a_template_and_a_line_break_inline(filled, inline):
    assert filled("a\nb").text == "a b"
    assert inline("a\nb").text == "a\nb"
    assert "a<br>" in inline("a\nb", "mail").html


def test_braces_in_inline_content_are_text(inline):
    body = "{{ x }} {% if %} {# c #}"

    assert inline(body).text == body
    assert body in inline(body, "mail").html


def test_text_that_looks_like_a_mark_is_text(inline):
    assert (
        inline("v0z s1z", actions=[{"label": "u0z", "url": "https://a.example/u0z/v1z"}]).text
        == "v0z s1z\n\nu0z: https://a.example/u0z/v1z"
    )


def test_a_text_of_nothing_has_no_tokens():
    assert list(prose("", Holes(), breaks=True).tokens) == []
