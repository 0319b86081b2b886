"""Links of ours in place of an author's: which ones, and that nothing else of the HTML changes."""

import pytest

from wasl.keys import KeyRing
from wasl.tracking.links import Rewritten, with_links, with_picture
from wasl.tracking.tokens import Link, issue, read

LINK = Link("acme", f"msg_{7:032x}", 1, 2, 3)


def rewritten(html: str) -> Rewritten:
    return with_links(html, lambda number: f"https://t.example/{number}", lambda link: "/u/" in link)


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<a href="https://shop.example/?a=1&amp;b=2">x</a>', "https://shop.example/?a=1&b=2"),
        ('<A CLASS="a > b" style="color:red" HREF="HTTPS://Shop.example/">x</A>', "https://shop.example/"),
        ('<a title="an href= here" href="http://shop.example">x</a>', "http://shop.example"),
        ('<!--[if mso]><v:roundrect href="https://shop.example/b"><![endif]-->', "https://shop.example/b"),
        ('<map><area href="https://shop.example/m"></map>', "https://shop.example/m"),
        ('<a href="https://متجر.example/عرض">x</a>', "https://xn--pgbep1f.example/%D8%B9%D8%B1%D8%B6"),
    ],
)
def test_a_web_link_becomes_ours(html: str, target: str) -> None:
    told = rewritten(html)

    assert told.targets == (target,)
    assert 'https://t.example/1"' in told[0]
    assert told[0].count('"') == html.count('"')


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://acme.example/u/token">Stop</a>',
        '<a href="mailto:help@shop.example">Write</a>',
        '<a href="tel:+966501234567">Call</a>',
        '<a href="#top">Up</a>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="https://user:secret@shop.example/">x</a>',
        '<a href="https://shop.example/">https://shop.example/</a>',
        '<a href="https://shop.example/">\n www.shop.example</a>',
        '<link href="https://shop.example/a.css"><base href="https://shop.example/">',
        '<img src="https://shop.example/a.png"><abbr href="https://shop.example/">x</abbr>',
        '<a data-href="https://shop.example/">x</a>',
        '<p>&lt;a href="https://shop.example/"&gt;</p>',
    ],
)
def test_everything_else_stays_as_it_is(html: str) -> None:
    assert rewritten(html) == (html, ())


def test_equal_links_are_one_and_each_other_has_its_number() -> None:
    html, targets = rewritten("".join(f'<a href="https://shop.example/{path}">x</a>' for path in "aba"))

    assert targets == ("https://shop.example/a", "https://shop.example/b")
    assert [part[0] for part in html.split("https://t.example/")[1:]] == ["1", "2", "1"]


def test_the_picture_stands_at_the_end_of_the_page() -> None:
    assert with_picture("<body>x</body></html>", "https://t.example/p.gif?a&b").startswith(
        '<body>x<img src="https://t.example/p.gif?a&amp;b"'
    )
    assert with_picture("<p>x</p>", "u").startswith("<p>x</p><img ")


def test_a_long_page_without_an_end_takes_no_time() -> None:
    assert rewritten('<a href="' + "x" * 200_000)[1] == ()
    assert rewritten("<a " * 50_000)[1] == ()
    assert rewritten('<a "' * 50_000)[1] == ()


def test_a_token_is_the_same_each_time_and_another_rings_is_nobodys() -> None:
    ring, other = KeyRing({1: b"a" * 32}, 1), KeyRing({1: b"b" * 32}, 1)

    token = issue(ring, LINK)

    assert (issue(ring, LINK), read(ring, token), read(other, token)) == (token, LINK, None)
    assert issue(KeyRing({1: b"a" * 32, 2: b"c" * 32}, 2), LINK) == token


@pytest.mark.parametrize("junk", ["", "A", "AAAA", "é", "=" * 10, "A" * 500, "../../etc", "a b", "\0"])
def test_junk_is_no_token(junk: str) -> None:
    assert read(KeyRing({1: b"a" * 32}, 1), junk) is None


def test_no_letter_of_a_token_can_be_changed() -> None:
    ring = KeyRing({1: b"a" * 32}, 1)
    token = issue(ring, LINK)

    for place in range(len(token)):
        for letter in "AQgw_-":
            changed = token[:place] + letter + token[place + 1 :]
            assert changed == token or read(ring, changed) is None
