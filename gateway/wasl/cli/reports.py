"""`wasl reports`: what was sent and what became of it. Beside a running `wasl serve` or without one."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from wasl.cli.exits import as_options, run
from wasl.cli.gateways import administering, looking
from wasl.cli.options import BrandName, ConfigFile, Json
from wasl.cli.screen import print_json_lines, say, screen, tell

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl.reported import Group, Report, ReportWanted

app = typer.Typer(name="reports", help="What was sent and what became of it, over a time.", no_args_is_help=True)


@app.command()
def show(
    *,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days back.")] = 7,
    by: Annotated[str, typer.Option(help="channel, provider, template, category, brand or country.")] = "channel",
    json: Json = False,
    brand: BrandName = None,
    config: ConfigFile = None,
) -> None:
    """Show what each channel, provider or other group came to. Counted some seconds behind what happens."""
    wanted = _wanted(days, by)
    report = run(looking(config, lambda gateway: gateway.report(wanted), brand))
    if json:
        print_json_lines({"name": group.name, **_numbers(group)} for group in report.groups)
        return
    _table(report) if report.groups else say("Nothing happened in this time.")
    if report.counted_since is not None:
        say(f"Counted since {report.counted_since:%Y-%m-%d %H:%M} UTC; earlier messages are counted by: wasl reports rebuild")


@app.command()
def rebuild(brand: BrandName = None, config: ConfigFile = None) -> None:
    """Count all that is stored anew, as where the counts were lost or begin later than the messages. Beside a running server too."""

    async def work(gateway: "Gateway") -> int:
        return await gateway.rebuild_reports()

    tell(f"{run(administering(config, work, brand))} messages counted.")


def _wanted(days: int, by: str) -> "ReportWanted":
    from wasl.errors import Refused
    from wasl.problems import validated
    from wasl.reported import ReportWanted

    until = datetime.now(UTC)
    try:
        return validated(ReportWanted, {"since": until - timedelta(days=days), "until": until, "by": by})
    except Refused as error:
        raise as_options(error) from None


def _numbers(group: "Group") -> "dict[str, float | int | str | None]":
    now = group.now
    return {
        "sent": now.sent, "delivered": now.delivered, "delivery_rate": now.delivery_rate, "seconds_p50": now.seconds(0.5),
        "seconds_p95": now.seconds(0.95), "withheld": now.withheld, "failed": now.failed + now.bounced + now.expired, "saved": now.saved,
        "unsubscribed": now.unsubscribed, "complained": now.complained,
    }  # fmt: skip


def _table(report: "Report") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(report.wanted.by.capitalize(), overflow="fold")
    for column in ("Sent", "Delivered", "Half within", "95 % within", "Withheld", "Failed", "Saved"):
        table.add_column(column, justify="right")
    for group in report.groups:
        now = group.now
        rate = f"{now.delivery_rate:.1%}" if now.delivery_rate is not None else "–"
        times = (f"{found:.1f} s" if (found := now.seconds(share)) is not None else "–" for share in (0.5, 0.95))
        counts = (now.withheld, now.failed + now.bounced + now.expired, now.saved)
        table.add_row(Text(group.name or "–"), str(now.sent), rate, *times, *map(str, counts))
    screen().print(table)
