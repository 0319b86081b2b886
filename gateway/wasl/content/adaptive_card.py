"""Teams: an Adaptive Card 1.5 (https://adaptivecards.io/explorer). Rich text, not Markdown: what data holds is text in any case."""

from collections.abc import Sequence
from json import dumps

from pydantic import JsonValue

from wasl.content import plain
from wasl.content.actions import actions
from wasl.content.cutting import cut
from wasl.content.spans import Span, parted, spans, within
from wasl.content.written import Written
from wasl_contracts.content import Action, AdaptiveCard

_LARGEST = 26_000  # of the 28 KB that Teams takes, what the plugin puts around the card left out
_MOST_BUTTONS = 6  # Teams shows no more
_LONGEST_SUMMARY = 250


def adaptive_card(written: Written) -> AdaptiveCard:
    """The title, a block for each line of the body, and a button for each of the first six actions."""
    title, source = plain.title(written), written.source
    found = actions(written)[:_MOST_BUTTONS]
    around: dict[str, JsonValue] = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": source.locale.replace("_", "-"),
        "rtl": source.direction == "rtl",
        "actions": [_button(action) for action in found],
    }
    heading = [_block([{"type": "TextRun", "text": title, "size": "Large", "weight": "Bolder"}], "Default")] if title else []
    way_out = plain.with_way_out(written, "").strip()
    end = [_block([{"type": "TextRun", "text": way_out, "isSubtle": True}], "Default")] if way_out else []
    card = within(_LARGEST, spans(written), lambda pieces: {**around, "body": [*heading, *_blocks(pieces), *end]}, _octets)
    return AdaptiveCard(text=cut(title or plain.body(written), _LONGEST_SUMMARY), card=card)


def _octets(card: dict[str, JsonValue]) -> int:
    return len(dumps(card, ensure_ascii=False).encode())


def _button(action: Action) -> JsonValue:
    return {"type": "Action.OpenUrl", "title": action.label, "url": action.url}


def _blocks(pieces: Sequence[Span]) -> list[JsonValue]:
    """A block for each line that says something; an empty one is space before the next."""
    blocks: list[JsonValue] = []
    spacing = "Default"
    for line in parted(pieces, "\n"):
        if line:
            blocks.append(_block([_run(span) for span in line], spacing))
        spacing = "None" if line else "Default"
    return blocks


def _block(runs: list[JsonValue], spacing: str) -> JsonValue:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": runs}


def _run(span: Span) -> JsonValue:
    run: dict[str, JsonValue] = {"type": "TextRun", "text": span.text}
    for mark in span.marks:
        match mark.kind:
            case "strong":
                run["weight"] = "Bolder"
            case "em":
                run["italic"] = True
            case "s":
                run["strikethrough"] = True
            case "code" | "fence":
                run["fontType"] = "Monospace"
            case "quote":
                run["isSubtle"] = True
            case "link":
                run["selectAction"] = {"type": "Action.OpenUrl", "url": mark.url}
    return run
