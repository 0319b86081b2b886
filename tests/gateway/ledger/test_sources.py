"""Which texts messages were accepted with, on each engine."""

from tests.gateway.conftest import FRONT
from tests.gateway.scripted import Carrier, message


def _shipped(locale="en"):
    to = {"id": "u_1", "email": "ann@example.com", "locale": locale}
    return message(to, content=None, template="order_shipped", data={"number": "1042"})


async def test_the_text_in_use_is_that_of_the_last_message_in_each_language(opened, templates):
    gateway = await opened({"mail": Carrier("email")}, worker=False, templates=templates)
    await gateway.accept(_shipped())
    await gateway.accept(_shipped("ar"))
    (templates / "order_shipped" / "en.md").write_text(f"{FRONT}Second {{{{ number }}}}\n", encoding="utf-8")
    await gateway._open.reloading.look()
    await gateway.accept(_shipped())

    used = await gateway.template_in_use("order_shipped")
    (version,) = await gateway.template_versions(used[1]["version"][:8])

    assert [(row["locale"], row["text"].splitlines()[-1]) for row in used] == [
        ("ar", "غادر الطلب {{ number }}."),
        ("en", "Second {{ number }}"),
    ]
    assert version == used[1]
    assert len(await gateway.template_versions("")) == 2
    assert await gateway.template_in_use("welcome") == []
