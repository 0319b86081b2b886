"""`wasl webhooks`: where what happened is posted to. Beside a running `wasl serve` or without one."""

import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli import arguments
from wasl.cli.exits import ExitCode, run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json, say, screen, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wasl.api import Gateway
    from wasl.webhooks.webhook import TriesSeen, Try, WebhookSeen

app = typer.Typer(name="webhooks", help="Where what happens to messages is posted to, signed by Standard Webhooks.", no_args_is_help=True)

_SAID = {"url": "URL", "types": "--type", "topics": "--topic", "event": "--event"}
_WORDS = re.compile(rf"^/({'|'.join(_SAID)})(/[0-9]+)?$")

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, from `wasl webhooks list`.")]


@app.command()
def add(  # noqa: PLR0913 - the options of a command
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://host/path; what else may be reached says [outbound] in wasl.toml.")],
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type of event, like message.failed; repeat it.", show_default="all")
    ] = None,
    topics: Annotated[list[str] | None, typer.Option("--topic", help="Only messages about this; repeat it.", show_default="all")] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Post what happens from now on to a URL. Prints the secret, which is shown now and never again."""
    from wasl.problems import validated
    from wasl.webhooks.webhook import NewWebhook

    with _in_its_words():
        asked = validated(NewWebhook, {"url": url, "types": tuple(types or ()), "topics": tuple(topics or ())})
        made = run(administering(config, lambda gateway: gateway.add_webhook(asked), brand))
    _told_with_secret(made, json=json)


@app.command("list")
def list_webhooks(json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """List all webhooks, oldest first."""
    found = run(looking(config, lambda gateway: gateway.webhooks(), brand))
    if json:
        print_json(found)
        return
    _table(("Webhook", "URL", "Types", "Topics", "State"), [_row(one) for one in found.data]) if found.data else say("There are none.")


@app.command()
def show(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Show one, and how its last posts ended."""

    async def work(gateway: "Gateway") -> "tuple[WebhookSeen, TriesSeen]":
        return await gateway.webhook(webhook), await gateway.webhook_tries(webhook)

    found, tried = run(looking(config, work, brand))
    if json:
        print_json({**found.model_dump(mode="json"), "tries": tried.model_dump(mode="json")["data"], "waiting": tried.waiting})
        return
    tell(f"{found.id}  {found.url}")
    tell(_state(found))
    tell(f"Types: {', '.join(found.types) or 'all'}. Topics: {', '.join(found.topics) or 'all'}.")
    tell(f"Events that wait to be posted again: {tried.waiting}.")
    if tried.data:
        _table(("When (UTC)", "Event", "Type", "Try", "Answer", "ms"), [_tried(one) for one in tried.data])


@app.command()
def rotate(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Make a new secret and print it; for 24 hours everything is signed with the one before as well."""
    _told_with_secret(run(administering(config, lambda gateway: gateway.rotate_webhook(webhook), brand)), json=json)


@app.command()
def replay(  # noqa: PLR0913 - the options of a command
    *,
    webhook: Id,
    event: Annotated[str | None, typer.Option(metavar="ID", help="This one event: the header webhook-id of its post.")] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="ISO", parser=arguments.moment, help="Everything that happened since.", show_default=False)
    ] = None,
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Post one event again, or all since a moment, with the same ids; as long as the feed keeps them."""
    if (event is None) == (since is None):
        raise typer.BadParameter("name either one event with --event, or a moment with --since")
    with _in_its_words():
        found = run(administering(config, lambda gateway: gateway.replay_webhook(webhook, event=event, since=since), brand))
    print_json(found) if json else say("They are posted again by whoever sends: `wasl serve` or `wasl worker`.")


@app.command("test")
def post_test(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Post an event `webhook.test` now, once; fails where it is not taken."""
    tried = run(administering(config, lambda gateway: gateway.test_webhook(webhook), brand))
    print_json(tried) if json else tell(f"{tried.event}: {_answer(tried)} after {tried.ms} ms")
    if tried.code != "ok":
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def enable(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Post there again, and go on where it ended."""
    _changed(webhook, json=json, brand=brand, config=config, enabled=True)


@app.command()
def disable(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Post nothing there until it is enabled again."""
    _changed(webhook, json=json, brand=brand, config=config, enabled=False)


@app.command()
def remove(webhook: Id, json: Json = False, brand: BrandName = None, config: ConfigFile = None) -> None:
    """Post nothing there any more, and forget it."""
    run(administering(config, lambda gateway: gateway.remove_webhook(webhook), brand))
    print_json({"removed": webhook}) if json else say(f"{webhook} is removed.")


@contextmanager
def _in_its_words() -> "Iterator[None]":
    """A refusal that names fields tells of the words of the command instead."""
    from wasl.errors import Refused

    try:
        yield
    except Refused as error:
        told = (one.model_copy(update={"pointer": _WORDS.sub(lambda field: _SAID[field[1]], one.pointer)}) for one in error.errors)
        error.errors = tuple(told)
        raise


def _changed(webhook: str, *, json: bool, brand: BrandName, config: ConfigFile, enabled: bool) -> None:
    from wasl.webhooks.webhook import WebhookChange

    change = WebhookChange(enabled=enabled)
    found = run(administering(config, lambda gateway: gateway.change_webhook(webhook, change), brand))
    print_json(found) if json else say(f"{webhook} is {_state(found)}.")


def _told_with_secret(webhook: "WebhookSeen", *, json: bool) -> None:
    if json:
        print_json(webhook)
        return
    tell(webhook.id)
    tell(str(webhook.secret))
    say("The second line is the secret; it is not shown again.")


def _row(webhook: "WebhookSeen") -> tuple[str, ...]:
    return webhook.id, webhook.url, ", ".join(webhook.types) or "all", ", ".join(webhook.topics) or "all", _state(webhook)


def _state(webhook: "WebhookSeen") -> str:
    if not webhook.enabled:
        return f"disabled since {webhook.disabled_at:%Y-%m-%d %H:%M} UTC: {webhook.disabled_reason}"
    return f"enabled, but takes nothing since {webhook.failing_since:%Y-%m-%d %H:%M} UTC" if webhook.failing_since else "enabled"


def _tried(tried: "Try") -> tuple[str, ...]:
    return f"{tried.at:%Y-%m-%d %H:%M:%S}", tried.event, tried.type, str(tried.attempt), _answer(tried), str(tried.ms)


def _answer(tried: "Try") -> str:
    return str(tried.status) if tried.status is not None else tried.code


def _table(columns: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("Webhook", "Event"))
    for row in rows:
        table.add_row(*map(Text, row))
    screen().print(table)
