"""A mail whose opens and clicks were tracked is made again to the byte, whatever the configuration says now."""

from collections.abc import Awaitable, Callable
from email import message_from_bytes
from pathlib import Path

from wasl.api import Gateway
from wasl.registry import read
from wasl_contracts import Message, Recipient


async def test_a_tracked_mail_comes_out_equal_also_when_its_topic_is_not_tracked_any_more(
    everywhere: Callable[..., Awaitable[Gateway]], folder: Path, sqlite_url: str
) -> None:
    told = {"template": "order_shipped", "data": {"number": "1042"}, "topic": "shopping", "channels": ["email"]}
    gateway = await everywhere(sqlite_url, more='[topics.shopping]\ntrack = ["opens", "clicks"]')
    sent = await gateway.accept(Message.model_validate({"to": Recipient(id="u_1", email="ann@example.com"), **told}))
    await gateway.wait(sent.id)
    text = (folder / "wasl.toml").read_text(encoding="utf-8").replace('track = ["opens", "clicks"]', "")
    (folder / "wasl.toml").write_text(text, encoding="utf-8")

    same = await gateway.rerender(sent.id)
    async with Gateway(read(folder / "wasl.toml", {}), worker=False) as untracked:
        later = await untracked.rerender(sent.id)

    assert (same.equal, later.equal) == (True, True)
    parts = list(message_from_bytes(later.attempts[0].wire or b"").walk())
    html = bytes(parts[-1].get_payload(decode=True) or b"")
    assert html.count(b"https://messages.acme.example/t/") == 2
