"""Previews, and messages that were made again, as people read them in a terminal."""

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from wasl.showing.parts import parts, whom
from wasl.showing.seen import ChannelPreview, Preview, Rerendered
from wasl.terminal import cost_words

_COLOURS = {"equal": "green", "different": "red", "gone": "yellow"}
_FORCED = 5  # characters that are named


def previewed(preview: Preview) -> Group:
    """What is said on each channel; pages are not shown here."""
    lines = [Text(f"{preview.template or 'inline content'}, {preview.locale} ({preview.direction}), brand {preview.brand}", "bold")]
    if preview.verdict is not None:
        lines.append(Text(f"{preview.verdict}: {preview.sentences.get('en', '')}"))
    for channel in preview.channels:
        lines += _channel(channel)
    for finding in preview.findings:
        lines.append(Text(f"{finding.severity} {finding.place}: {finding.said}", "yellow"))
    return Group(*lines)


def rerendered(found: Rerendered) -> Group:
    """Each call, and why it does not come out as it was."""
    lines = [Text.assemble(f"{found.id} ", ("equal" if found.equal else "not equal", "green" if found.equal else "red"))]
    for attempt in found.attempts:
        size = f", {attempt.size:,} bytes" if attempt.size is not None else ""
        lines.append(Text.assemble(f"  {attempt.id} by {attempt.provider}: ", (attempt.verdict, _COLOURS[attempt.verdict]), size))
        lines += [Text(f"    {difference.sentence}") for difference in attempt.why]
    if not found.attempts:
        lines.append(Text("  Nothing was handed over."))
    return Group(*lines)


def _channel(channel: ChannelPreview) -> Iterator[Text]:
    yield Text("")
    told = [f"by {channel.provider}" if channel.provider else "", f"to {whom(channel)}" if channel.address else ""]
    told += [f"{channel.size:,} bytes" if channel.size is not None else "", cost_words(channel.cost) if channel.cost is not None else ""]
    yield Text.assemble((channel.channel, "bold"), f" {', '.join(filter(None, told))}")
    if channel.failed is not None:
        yield Text(f"  {channel.failed}", "red")
    for name, text, _ in parts(channel.content) if channel.content is not None else ():
        yield Text.assemble(f"  {name}: ", text.replace("\n", "\n    "))
    if channel.sms is not None and channel.sms.forced_by:
        forced = ", ".join(one.name for one in channel.sms.forced_by[:_FORCED])
        yield Text(f"  needs {channel.sms.encoding} for {forced}", "dim")
