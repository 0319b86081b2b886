"""The demo's script: what happens, in order, and how it is shown."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wasl.answers import MessageSeen
from wasl.consent import ConsentChange
from wasl.demo.people import STORIES, Story
from wasl.demo.playground import Playground, playground
from wasl.terminal import decisions, heading, person, timeline
from wasl_contracts import Message, Reason, Recipient

_PATIENCE = 10.0  # seconds for one message, of which most need a tenth
_INDENT = (0, 0, 0, 3)


async def play(page: Console) -> None:
    """Play both stories, and say what to do next.

    Raises:
        Unusable: a plugin or the mail server is not installed.
    """
    page.print(Text.assemble(("wasl", "bold"), " · one call reaches a person on any channel, with a receipt for everything\n"))
    page.print("The gateway and the plugins are the real ones; the providers are played on 127.0.0.1, so nothing leaves this machine.")
    async with playground() as ground:
        for story in STORIES:
            page.print()
            page.rule(Text(story.heading, "bold"), align="left", characters="═")
            for scene in (_order_everywhere, _announcement, _retried, _fallen_over, _withheld):
                await scene(ground, story, page)
    _farewell(page)


async def _order_everywhere(ground: Playground, story: Story, page: Console) -> None:
    _title(page, "1. An order notice, by mail, SMS, push and chat", "One call, mode all: each channel gets its own form of one template.")
    seen = await _sent(ground, story.order_notice("email", "sms", "push", "chat", mode="all"))
    page.print(Padding(Text(f"To {person(seen.to)}"), _INDENT))
    _show(page, seen)
    _mail(page, ground)


async def _announcement(ground: Playground, story: Story, page: Console) -> None:
    _title(page, "2. An announcement, posted for everybody", "The recipient's audience is public, so only the social channel may carry it.")
    followers = Recipient(id="followers", audience="public", locale=story.person.locale)
    _show(page, await _sent(ground, Message(to=followers, template="announcement", data=story.news, topic="news", channels=("social",))))


async def _retried(ground: Playground, story: Story, page: Console) -> None:
    _title(page, "3. The provider is busy", "FCM answers 503 once: certainly not sent, so it is tried again after a short random wait.")
    ground.providers.refuse_next("fcm", 503, {"error": {"code": 503, "status": "UNAVAILABLE", "message": "The service is unavailable."}})
    _show(page, await _sent(ground, story.order_notice("push")))


async def _fallen_over(ground: Playground, story: Story, page: Console) -> None:
    _title(
        page,
        "4. The SMS provider refuses",
        "Twilio says no for good (21408: this country is switched off), so the next channel takes over.",
    )
    ground.providers.refuse_next("twilio", 400, {"code": 21408, "status": 400, "message": "Permission to send has not been enabled."})
    _show(page, await _sent(ground, story.order_notice("sms", "email")))


async def _withheld(ground: Playground, story: Story, page: Console) -> None:
    _title(
        page,
        "5. An offer to somebody who unsubscribed",
        "They had agreed to offers, but not to this address any more. The decision record says which policy judged, and on what grounds.",
    )
    agreed = ConsentChange(topic="offers", state="granted", source="preference_page", locale=story.person.locale)
    await ground.gateway.record_consent(str(story.person.id), [agreed])
    await ground.gateway.suppress(story.mailbox, Reason.SUPPRESSED_UNSUBSCRIBE, source="unsubscribe link")
    seen = await _sent(ground, Message(to=story.person, template="offer", data=story.offer, topic="offers", channels=("email",)))
    _show(page, seen)
    page.print()
    for decision in decisions(seen):
        page.print(Padding(decision, _INDENT))


async def _sent(ground: Playground, message: Message) -> MessageSeen:
    accepted = await ground.gateway.accept(message)
    # Not until "sent": with mode `all` the first channel would end the wait for the others.
    return await ground.gateway.wait(accepted.id, until="delivered", timeout=_PATIENCE)


def _title(page: Console, title: str, sentence: str) -> None:
    page.print()
    page.print(Text.assemble((title, "bold cyan"), f"\n   {sentence}"))
    page.print()


def _show(page: Console, seen: MessageSeen) -> None:
    page.print(Padding(heading(seen), (0, 0, 1, 3)))
    page.print(Padding(timeline(seen), _INDENT))


def _mail(page: Console, ground: Playground) -> None:
    from wasl.demo.providers import mail_headers, mail_text  # noqa: PLC0415 - aiosmtpd may be missing until the playground is open

    mail = ground.providers.mails[-1]
    page.print(Text("\n   The mail that arrived (its text part; the HTML part is beside it):\n"))
    headers = Table.grid(padding=(0, 1))
    for name, value in mail_headers(mail).items():
        headers.add_row(Text(f"{name}:", "dim"), Text(value, overflow="fold"))
    page.print(Padding(headers, (0, 0, 1, 6)))
    page.print(Padding(Text(mail_text(mail)), (0, 0, 0, 6)))


def _farewell(page: Console) -> None:
    page.print()
    page.rule(Text("Yours", "bold"), align="left", characters="═")
    page.print("wasl dev --open     all of it on your machine, with a console and an inbox for every channel", markup=False)
    page.print("wasl init shop      a configuration that works, and a first template", markup=False)
    page.print("wasl serve          the HTTP API (wasl openapi prints its description)", markup=False)
    page.print("wasl plugin list    what can carry messages here", markup=False)
