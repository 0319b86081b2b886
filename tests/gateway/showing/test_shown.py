"""What was handed over, to be looked at: on every channel, never a code, and no link in it acts for the person."""

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser

import pytest

from tests.gateway.showing.providers import CHANNELS, EVERYWHERE
from wasl.api import Gateway
from wasl.console.isolated import HEADERS, harmless, isolated
from wasl.errors import NotFound
from wasl.showing.drawn import drawn
from wasl.showing.rerendering import veiled
from wasl_contracts.content import Action, Card, Discord, Mail, Push, Slack, Sms, Telegram, WhatsApp, WhatsAppTemplate

Everywhere = Callable[..., Awaitable[Gateway]]
RUNS = '<img src=x onerror="alert(1)"><script>alert(1)</script>'


class Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


async def test_what_went_by_every_channel_can_be_looked_at(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url)
    data = {"number": "<1042>"}
    sent = await gateway.send("order_shipped", to=EVERYWHERE, data=data, topic="news", channels=CHANNELS, mode="all")
    await gateway.wait(sent.id, timeout=20)

    found = {call.channel: call for call in await gateway.shown(sent.id)}

    assert set(found) == set(CHANNELS)
    for channel, call in found.items():
        assert call.content is not None, channel
        assert call.wire is not None, channel
        html = harmless(drawn(call.content, sms=call.sms).html)
        assert "1042" in html, channel
        assert "<1042" not in html, channel
    mail = found["email"]
    assert mail.wire is not None
    assert b"/u/" in mail.wire
    assert b"/u/" + gateway.preference_url("u_1", topic="news", channel="email").rpartition("/u/")[2].encode() not in mail.wire
    assert found["sms"].sms is not None
    assert found["sms"].sms.segments == 1
    with pytest.raises(NotFound):
        await gateway.shown("msg_none")


async def test_a_code_and_an_erased_person_s_message_are_not_shown(everywhere: Everywhere, sqlite_url: str) -> None:
    gateway = await everywhere(sqlite_url, more='topics.codes = {category = "otp"}')
    code = await gateway.send(to=EVERYWHERE, content={"body": "Your code is 123456"}, topic="codes", channels=["sms"])
    other = await gateway.send(to=EVERYWHERE, content={"body": "Hello"}, channels=["sms"])
    for one in (code, other):
        await gateway.wait(one.id, timeout=20)
    before = [(call.content, call.wire, [why.cause for why in call.why]) for call in await gateway.shown(code.id)]
    await gateway.erase_recipient("u_1")

    after = await gateway.shown(other.id)

    assert before == [(None, None, ["one_time_code"])]
    assert [(call.content, [why.cause for why in call.why]) for call in after] == [(None, ["erased"])]


def test_a_secret_of_the_provider_is_masked_in_what_was_handed_over() -> None:
    assert veiled(b"token=s3cret-t0ken%2F1&to=1", {"s3cret-t0ken/1"}) == "token=•••&to=1".encode()
    assert veiled(b'{"token": "s3cret-t0ken"}', {"s3cret-t0ken"}) == '{"token": "•••"}'.encode()
    assert veiled(b"\xff\x00", {"s3cret-t0ken"}) == b"\xff\x00"


@pytest.mark.parametrize(
    "content",
    [
        Mail(subject=RUNS, html=f"<body>{RUNS}<p>Hi</p></body>", text=RUNS, locale="en"),
        Sms(text=f"Hi {RUNS}", encoding="gsm7", segments=1),
        Push(title=f"Hi {RUNS}", body=RUNS, data={"k": RUNS}),
        Slack(text=f"Hi {RUNS}", blocks=({"type": RUNS},)),
        Telegram(text=f"Hi {RUNS}", buttons=(Action(label=RUNS[:60], url="https://a.example/"),)),
        Discord(content=f"Hi {RUNS}"),
        Card(title=f"Hi {RUNS}", text=RUNS, html=f"<p>{RUNS}</p>", locale="ar", direction="rtl"),
        WhatsApp(text=f"Hi {RUNS}", template=WhatsAppTemplate(name="t", language="en", body=(RUNS,))),
    ],
    ids=lambda content: str(content.format),
)
def test_nothing_that_others_wrote_can_run(content: Mail | Sms | Push | Slack | Telegram | Discord | Card | WhatsApp) -> None:
    shown = isolated(drawn(content).html)

    reader = Reader()
    reader.feed(shown.text or "")
    assert "Hi" in (shown.text or "")
    assert "script" not in reader.tags
    assert not [name for name in reader.attributes if name.startswith("on") or name == "src"]
    assert shown.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_only_looks_are_left_of_a_page() -> None:
    page = (
        '<html><head><title>t</title><meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">'
        '<link rel="stylesheet" href="https://evil.example/a.css"><style>p { color: red }</style></head><body>'
        '<p style="color: red" onclick="x()">Hi</p><img src="https://evil.example/p.gif"><img alt="ok" src="data:image/png;base64,AA==">'
        '<img src="data:image/svg+xml,<svg onload=alert(1)>"><a href="javascript:x()">a</a><a href="https://shop.example/">b</a>'
        '<form action="https://evil.example"><input name="p"></form><iframe src="https://evil.example"></iframe><svg><script>x</script></svg>'
    )

    left = harmless(page)

    assert "evil.example" not in left
    assert left == (
        '<style>p { color: red }</style><p style="color: red">Hi</p><img><img alt="ok" src="data:image/png;base64,AA==">'
        '<img><a>a</a><a href="https://shop.example/">b</a>'
    )
