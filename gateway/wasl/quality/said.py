"""What people say of a plugin in its quality.toml: the tier that was reached, owners, exemptions, and evidence that nothing can measure."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from wasl.config.mistakes import ConfigMistakes, Findings, Mistake, Source, closest, listed
from wasl.config.positions import positions, syntax_error
from wasl.config.validation import explain
from wasl.quality.scale import BY_NAME, Tier
from wasl_contracts.model import Frozen

FILE = "quality.toml"
_RECORDED = re.compile(r'^tier = "[a-z]*"', re.MULTILINE)
Sentence = Annotated[str, StringConstraints(min_length=10, max_length=500)]


class Declared(Frozen):
    """What somebody saw, and when."""

    on: date
    evidence: Sentence


class Said(Frozen):
    """A quality.toml. `exempt` tells of each rule that does not apply why."""

    tier: Tier = Tier.NONE
    owners: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    exempt: dict[str, Sentence] = Field(default_factory=dict)
    declared: dict[str, Declared] = Field(default_factory=dict)


def read(package: Path) -> Said:
    """What stands in the quality.toml of a package; nothing where there is none.

    Raises:
        ConfigMistakes: every mistake with its line: settings and rules that there are not, a measured rule that is declared.
    """
    file = package / FILE
    if not file.is_file():
        return Said()
    text = file.read_text(encoding="utf-8")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place, message = syntax_error(str(error), text)
        raise ConfigMistakes([Mistake(str(file), *place, "", message)]) from None
    findings = Findings(Source(str(file), positions(text)))
    try:
        said = Said.model_validate(tree)
    except ValidationError as error:
        said = Said()
        explain(error, Said, findings)
    _check_rules(said, findings)
    findings.raise_mistakes()
    return said


def recorded(package: Path) -> Tier | None:
    """The tier that a package records; None where it records none, or not so that it could be read."""
    try:
        said = read(package)
    except ConfigMistakes:
        return None
    return said.tier if said.tier is not Tier.NONE else None


def record(package: Path, tier: Tier) -> None:
    """Write the tier into the quality.toml of a package; the rest of the file stays as it is."""
    file = package / FILE
    text, line = file.read_text(encoding="utf-8") if file.is_file() else "", f'tier = "{tier}"'
    written = _RECORDED.sub(line, text, count=1) if _RECORDED.search(text) else f"{line}\n{text}"
    file.write_text(written, encoding="utf-8")


def _check_rules(said: Said, findings: Findings) -> None:
    for table, names in (("exempt", said.exempt), ("declared", said.declared)):
        for name in names:
            rule = BY_NAME.get(name)
            if rule is None:
                near = closest(name, BY_NAME)
                findings.add(
                    (table, name), "there is no such rule" if near else f"there is no such rule; there are: {listed(BY_NAME)}", near
                )
            elif table == "exempt" and not rule.exempt:
                findings.add((table, name), "is asked of every plugin and knows no exemption")
            elif table == "declared" and not rule.declared:
                findings.add((table, name), "is measured and cannot be declared; exempt it, with the reason, where it does not apply")
