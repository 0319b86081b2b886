"""The verdict on a plugin: each rule of the scale with what was seen, and the tier that follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from wasl.quality import evidence, said
from wasl.quality.evidence import Run, Sources
from wasl.quality.said import Said
from wasl.quality.scale import RULES, Rule, Tier

Verdict = Literal["met", "declared", "exempt", "unmet"]
_FEWEST = 15  # checks of the kit that every plugin meets
_CODES = 0.9
_AGAINST_A_SERVER = (
    "test_a_refused_connection_is_unavailable",
    "test_retry_after_in_seconds_is_kept[429]",
    "test_a_lost_answer_is_unknown",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule, whether it holds, and by what that is known."""

    rule: Rule
    verdict: Verdict
    evidence: str

    @property
    def holds(self) -> bool:
        return self.verdict != "unmet"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of a plugin. `recorded` is the tier that its quality.toml claims."""

    name: str
    version: str
    tier: Tier
    recorded: Tier
    findings: tuple[Finding, ...]
    package: Path

    @property
    def good(self) -> bool:
        """Whether it is at least bronze, and no less than it claims."""
        return self.tier.height >= max(self.recorded.height, Tier.BRONZE.height)

    def next_step(self) -> Finding | None:
        """The first rule that does not hold; None at the top."""
        return next((finding for finding in self.findings if not finding.holds), None)


def check(folder: Path, today: date) -> Report:
    """Judge the plugin whose distribution stands in a folder; its tests run.

    Raises:
        Unusable: the folder holds no plugin, or its tests cannot run.
        ConfigMistakes: its quality.toml is wrong.
    """
    found = evidence.sources(folder.resolve())
    told = said.read(found.package)
    return judged(found, told, evidence.run_tests(found), today)


def judged(found: Sources, told: Said, run: Run, today: date) -> Report:
    """The verdict on what was seen and said of a plugin."""
    judge = _Judge(found, told, run, today)
    findings: list[Finding] = []
    for rule in RULES:
        findings.append(judge.finding(rule, lower_hold=all(one.holds for one in findings)))
    broken = [one.rule.tier for one in findings if not one.holds]
    reached = [tier for tier in Tier if all(tier.height < lost.height for lost in broken)]
    version = str(found.project.get("version", "?"))
    return Report(found.plugin.name, version, reached[-1], told.tier, tuple(findings), found.package)


class _Judge:
    """Judges rule by rule. Each method returns why its rule does not hold, or None, and what was seen where it does."""

    def __init__(self, found: Sources, told: Said, run: Run, today: date) -> None:
        self._found, self._told, self._run, self._today = found, told, run, today
        self._spec = found.plugin.spec
        self._measures: Mapping[str, Callable[[], tuple[bool, str]]] = {
            "loads": self._loads, "licence": self._licence, "owner": self._owner, "contract": self._contract, "readme": self._readme,
            "settings": self._settings, "typed": self._typed, "receipts": self._receipts, "errors": self._errors, "limits": self._limits,
            "inbound": self._inbound, "troubleshooting": self._troubleshooting, "health": self._health, "strict": self._strict,
            "fuzzed": self._fuzzed, "two_owners": self._two_owners,
        }  # fmt: skip

    def finding(self, rule: Rule, lower_hold: bool) -> Finding:
        """What becomes of a rule; what takes long is looked at only where all rules before it hold."""
        if (reason := self._told.exempt.get(rule.name)) is not None:
            return Finding(rule, "exempt", reason)
        if rule.declared:
            return self._declaration(rule)
        if rule.tier is Tier.PLATINUM and not lower_hold:
            return Finding(rule, "unmet", "not looked at before gold is reached")
        holds, seen = self._measures[rule.name]()
        return Finding(rule, "met" if holds else "unmet", seen)

    def _declaration(self, rule: Rule) -> Finding:
        told = self._told.declared.get(rule.name)
        if told is None:
            return Finding(
                rule, "unmet", f"cannot be measured here; declare it in quality.toml: [declared.{rule.name}] on = …, evidence = …"
            )
        age = self._today - told.on
        if age > rule.fresh:
            return Finding(rule, "unmet", f"what was seen on {told.on} is older than {rule.fresh.days} days; look again")
        if age.days < 0:
            return Finding(rule, "unmet", f"{told.on} is in the future")
        return Finding(rule, "declared", f"{told.on}: {told.evidence}")

    def _loads(self) -> tuple[bool, str]:
        broken = self._found.plugin.broken
        return broken is None, broken or "imported"

    def _licence(self) -> tuple[bool, str]:
        licence = self._found.project.get("license")
        return bool(licence), str(licence) if licence else "[project] has no license"

    def _owner(self) -> tuple[bool, str]:
        owners = self._owners()
        return bool(owners), f"{owners} of them" if owners else "nobody: quality.toml names no `owners`, pyproject.toml no authors"

    def _two_owners(self) -> tuple[bool, str]:
        owners = self._owners()
        return owners >= 2, f"{owners} of them" if owners else "nobody"

    def _owners(self) -> int:
        authors = [*_list(self._found.project.get("authors")), *_list(self._found.project.get("maintainers"))]
        return len(self._told.owners) or len(authors)

    def _contract(self) -> tuple[bool, str]:
        from wasl_contracts import conformance  # noqa: PLC0415 - it needs pytest, which is there where tests could run

        contracts = (conformance.ProviderContract, conformance.SmtpContract, conformance.SocketContract)
        kit = [name for contract in contracts for part in contract.__mro__ for name in vars(part)]
        checks = [name for name in self._run.passed if name.partition("[")[0] in kit]
        if self._run.failed:
            return False, self._complaint(kit)
        if len(checks) < _FEWEST:
            return False, f"{len(checks)} checks of the kit ran; subclass one of wasl_contracts.conformance in tests/"
        return True, f"{len(checks)} checks of the kit, {self._run.said}"

    def _complaint(self, kit: list[str]) -> str:
        """What the most fundamental test that failed complains of. The kit tells of the spec first, and then of one thing after another."""
        failed = self._run.failed
        places = {name: place for place, name in reversed([*enumerate(kit)])}
        first = min(failed, key=lambda name: places.get(name.partition("[")[0], -1))
        why = f"{first}: {failed[first]}" if failed[first] else first
        return f"{why} ({self._run.said}; all of it: cd {self._found.folder} && python -m pytest tests)"

    def _readme(self) -> tuple[bool, str]:
        wanted = f'plugin = "{self._found.plugin.name}"'
        return wanted in self._found.readme, f"README.md shows {wanted}" if wanted in self._found.readme else f"README.md has no {wanted}"

    def _settings(self) -> tuple[bool, str]:
        if self._spec is None:
            return False, "there is no spec"
        names = [*self._spec.settings.model_fields, *(kind.kind for kind in self._spec.addresses)]
        missing = [name for name in names if name not in self._found.readme]
        return not missing, f"README.md does not tell of {', '.join(missing)}" if missing else f"all {len(names)} in README.md"

    def _typed(self) -> tuple[bool, str]:
        there = (self._found.package / "py.typed").is_file()
        return there, "py.typed" if there else f"{self._found.package.name}/py.typed is not there"

    def _receipts(self) -> tuple[bool, str]:
        if self._spec is None or not self._spec.capabilities.receipts:
            return False, "its capabilities promise no receipts; where the provider tells nothing later, exempt it"
        kinds = [kind for kind in ("delivered", "bounced", "failed", "read") if self._understands(kind)]
        return bool(kinds), f"the kit has seen {', '.join(kinds)}" if kinds else "the kit has seen no callback; write report() and sign()"

    def _errors(self) -> tuple[bool, str]:
        codes = self._told.codes
        if self._spec is None or not codes:
            return False, "quality.toml lists no codes; write those that the provider documents, or exempt it where it has none"
        missing = [code for code in codes if code not in self._spec.errors]
        known = f"{len(codes) - len(missing)} of {len(codes)} codes"
        return len(missing) <= len(codes) * (1 - _CODES), f"{known}; missing: {', '.join(missing[:10])}" if missing else known

    def _limits(self) -> tuple[bool, str]:
        seen = {name.partition("[")[0] for name in self._run.passed} | self._run.passed
        checks = [name for name in _AGAINST_A_SERVER if name in seen]
        return bool(
            checks
        ), f"{len(checks)} kinds of checks against a server" if checks else "the kit ran without a server; exempt it where there is none"

    def _inbound(self) -> tuple[bool, str]:
        read = self._understands("replied")
        return read, "the kit has seen a reply" if read else "the kit has seen no reply; where nobody can write back, exempt it"

    def _understands(self, kind: str) -> bool:
        return f"test_a_report_is_understood[{kind}]" in self._run.passed

    def _troubleshooting(self) -> tuple[bool, str]:
        there = "\n## Troubleshooting" in self._found.readme
        return there, "in README.md" if there else "README.md has no section ## Troubleshooting"

    def _health(self) -> tuple[bool, str]:
        there = hasattr(self._found.plugin.provider, "doubts")
        return there, "it has doubts()" if there else "it has no doubts()"

    def _strict(self) -> tuple[bool, str]:
        wrong = evidence.strictly_typed(self._found)
        return wrong is None, wrong or "mypy --strict is content"

    def _fuzzed(self) -> tuple[bool, str]:
        there = "hypothesis" in self._found.tests
        return there, "its tests use Hypothesis" if there else "its tests use no Hypothesis"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
