"""Reading brands: `brands/<name>/brand.toml` over what it inherits, with its layouts. Every mistake in every file is found at once."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from email_validator import EmailNotValidError, validate_email
from pydantic import ValidationError

from wasl.brands import layouts
from wasl.brands.brand import EVERYWHERE, Brand, Look
from wasl.brands.colours import LEAST_CONTRAST, followed, hard_to_read
from wasl.config.brands import FILE, NAME, folders
from wasl.config.mistakes import ConfigMistakes, Findings, Mistake, Source, closest, listed
from wasl.config.positions import Key, positions
from wasl.config.validation import explain
from wasl.config.written import BadToml, Unreadable, is_leftover, read_text, read_toml
from wasl_contracts.model import Slug

_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_SMS_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &_.-]{1,11}")
_CHANNELS: Final = ("chat", "email", "log", "push", "sms", "social", "webhook")
"""What the plugins of this repository carry; more come from the configuration."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SCHEMES = {"colours": "", "dark": " in the dark"}

Tree = Mapping[str, object]


class BrandMistakes(ConfigMistakes):
    """Brands cannot be used. Its text lists every mistake, one a line: file:line:column, a sentence, and how to mend it."""


class _File(Look):
    """What a brand.toml may say: a look, and whose it goes on from."""

    parent: Slug | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """One brand's folder, as it was written."""

    name: str
    findings: Findings
    tree: Tree = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        told = self.tree.get("parent")
        return told if isinstance(told, str) else None


def read(folder: Path | None, channels: Collection[str] = ()) -> tuple[list[Brand], tuple[Mistake, ...]]:
    """The brands of a folder, each under its version, and what works but should be changed; None has none.

    `channels` are the configured ones. A sender for another may wait for it, but not under a name that no channel has; where none is
    known, such a name is only told.

    Raises:
        BrandMistakes: every mistake in every file.
    """
    if folder is None:
        return [], ()
    mistakes: list[Mistake] = []
    written = {path.name: _written(path, mistakes) for path in _brand_folders(folder, mistakes)}
    brands = [_brand(_line(one, written), one.findings) for one in written.values()]
    for one in written.values():
        _check_channels(one, channels)
    for one in written.values():
        try:
            one.findings.raise_mistakes()
        except ConfigMistakes as found:
            mistakes.extend(found.mistakes)
    if mistakes:
        raise BrandMistakes(mistakes)
    return [brand for brand in brands if brand is not None], tuple(warning for one in written.values() for warning in one.findings.warnings)


def _brand_folders(folder: Path, mistakes: list[Mistake]) -> Iterator[Path]:
    for path in folders(folder):
        if NAME.fullmatch(path.name):
            yield path
        else:
            mistakes.append(_mistake(path, "cannot be a brand's name; use a small letter first, then small letters, digits, _ or -"))


def _written(folder: Path, mistakes: list[Mistake]) -> _Written:
    file, frames = folder / FILE, _layouts(folder / "layouts", mistakes)
    try:
        text = read_text(file)
        tree = read_toml(text)
        return _Written(folder.name, Findings(Source(str(file), positions(text))), tree, frames)
    except BadToml as fact:
        mistakes.append(Mistake(str(file), *fact.place, "", str(fact)))
    except Unreadable as fact:
        mistakes.append(_mistake(file, f"{fact}; write one, an empty one will do" if fact.missing else str(fact)))
    return _Written(folder.name, Findings(Source(str(file))))


def _layouts(folder: Path, mistakes: list[Mistake]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.glob("[!.]*")):
        if is_leftover(path.name):
            continue
        if path.name not in layouts.VARIABLES:
            mistakes.append(_mistake(path, f"is not a layout; there are: {listed(tuple(layouts.VARIABLES))}"))
            continue
        try:
            found[path.name] = read_text(path)
        except Unreadable as fact:
            mistakes.append(_mistake(path, str(fact)))
        else:
            mistakes.extend(Mistake(str(path), line, 1, "", sentence) for line, sentence in layouts.check(path.name, found[path.name]))
    return found


def _line(one: _Written, written: Mapping[str, _Written]) -> Sequence[_Written]:
    """A brand and those before it, the eldest first; up to the first parent that is not there, or that would come twice."""
    line = [one]
    while (name := line[-1].parent) is not None:
        parent = written.get(name)
        if parent is None:
            if line[-1] is one:
                one.findings.add(("parent",), f"there is no brand {name}; there are: {listed(sorted(written))}", closest(name, written))
            break
        if parent in line:
            if parent is one:
                way = " → ".join([*(each.name for each in line), name])
                one.findings.add(("parent",), f"inherits from itself: {way}; take one of these out")
            break
        line.append(parent)
    return line[::-1]


def _brand(line: Sequence[_Written], findings: Findings) -> Brand | None:
    """The last one of a line over those before it; None where a mistake is in the way."""
    one = line[-1]
    tree: Tree = {}
    for each in line:
        tree = _over(tree, {name: value for name, value in each.tree.items() if name != "parent"})
    tree = _coloured(tree)
    try:
        look = _File.model_validate({**tree, **{name: value for name, value in one.tree.items() if name == "parent"}})
    except ValidationError as error:
        explain(error, _File, _Own(findings, one.tree, tree))
        return None
    frames = {name: text for each in line for name, text in each.layouts.items()}
    brand = Brand(**look.model_dump(exclude={"parent"}), name=one.name, layouts=frames).versioned()
    _check(brand, findings)
    return brand


def _over(parent: Tree, child: Tree) -> dict[str, object]:
    """The child's settings over the parent's, table by table; in one for languages, a text without one is that for all of them."""
    merged = dict(parent)
    for name, value in child.items():
        below = {EVERYWHERE: told} if isinstance(told := merged.get(name), str) else told
        merged[name] = _over(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _coloured(tree: Tree) -> Tree:
    """The tree with the colours that follow from its own; not where one is no colour, which is told elsewhere."""
    light, dark = tree.get("colours", {}), tree.get("dark", {})
    if not (isinstance(light, dict) and isinstance(dark, dict)) or not all(map(_is_colour, [*light.values(), *dark.values()])):
        return tree
    light, dark = followed(light, dark)
    return {**tree, "colours": light, "dark": dark}


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


class _Own(Findings):
    """Passes on what one file has to mend: what it wrote itself, or leaves out of a table of its own. The rest is its parent's."""

    def __init__(self, findings: Findings, own: Tree, merged: Tree) -> None:
        super().__init__(findings.source)
        self._findings, self._written, self._merged = findings, own, merged

    def add(self, key: Key, message: str, suggestion: str | None = None, code: str = "") -> None:
        missing = not _holds(self._merged, key) and _holds(self._written, key[:-1])
        if missing or _holds(self._written, key):
            self._findings.add(tuple(part for part in key if part != EVERYWHERE), message, suggestion, code)


def _holds(tree: object, key: Key) -> bool:
    for part in key:
        if not isinstance(tree, dict):
            return True
        if part not in tree:
            return False
        tree = tree[part]
    return True


def _check(brand: Brand, findings: Findings) -> None:
    """What the types do not say: hosts, senders, and colours that can be read."""
    if brand.link_domain is not None and not _HOST.fullmatch(brand.link_domain):
        findings.add(("link_domain",), 'is not a host; write it like "links.acme.example", without https://')
    for key, sentence in _bad_senders(brand):
        findings.add(key, sentence)
    for scheme, where in _SCHEMES.items():
        for text, ground, found in hard_to_read(getattr(brand, scheme)):
            told = f"{text} on {ground} has a contrast of {found:.1f}{where}; readers need {LEAST_CONTRAST} (WCAG 2.2, 1.4.3)"
            findings.warn((scheme, text), told)


def _check_channels(one: _Written, channels: Collection[str]) -> None:
    senders, known = one.tree.get("senders"), sorted({*_CHANNELS, *channels})
    for channel in senders if isinstance(senders, dict) else ():
        if channel not in known:
            add = one.findings.add if channels else one.findings.warn
            add(("senders", channel), f"is not a channel; there are: {listed(known)}", closest(channel, known))


def _bad_senders(brand: Brand) -> Iterable[tuple[Key, str]]:
    for channel, sender in brand.senders.items():
        addresses = (("address", sender.address), ("reply_to", sender.reply_to))
        for name, address in addresses if channel == "email" else ():
            if address is not None and not _is_mailbox(address):
                yield ("senders", channel, name), "is not a mail address; write it like news@acme.example"
        if channel == "sms" and sender.address is not None and not _SMS_SENDER.fullmatch(sender.address):
            yield ("senders", channel, "address"), "is not a sender; write +966501234567, a short code, or 1 to 11 Latin letters and digits"


def _is_mailbox(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _mistake(path: Path, sentence: str) -> Mistake:
    return Mistake(str(path), None, None, "", sentence)
