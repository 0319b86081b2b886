"""The quality scale: each tier needs all its rules, each rule its evidence; nothing that nobody saw counts."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from wasl.config.mistakes import ConfigMistakes
from wasl.errors import Unusable
from wasl.quality.checking import Report, judged
from wasl.quality.evidence import Run, Sources, run_tests, sources, strictly_typed
from wasl.quality.said import read, record, recorded
from wasl.quality.scale import RULES, Tier
from wasl.scaffold import Kind, write
from wasl_contracts.conformance import ProviderContract

TODAY = date(2026, 11, 23)
KIT = [name for name in dir(ProviderContract) if name.startswith("test_")]
REPORTS = [f"test_a_report_is_understood[{kind}]" for kind in ("delivered", "bounced", "replied")]
GREEN = Run(frozenset([*KIT, *REPORTS, "test_retry_after_in_seconds_is_kept[429]"]), said="99 passed")
SILVER = f"""\
owners = ["Ann"]
codes = ["no_room"]
[declared.live_test]
on = {TODAY - timedelta(days=90)}
evidence = "Sent with a sandbox account."
"""
GOLD = f"""{SILVER}
[declared.coverage]
on = 2026-11-01
evidence = "coverage.py says 97 %."
[exempt]
health = "There is nothing to ask it for."
strict = "Its library has no types."
"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Sources]:
    """A plugin as the scaffold writes it, under a name of its own."""
    folder, *_ = write("judged", Kind.HTTP, tmp_path)
    yield sources(folder)
    sys.path.remove(str(folder))
    sys.modules.pop("wasl_judged")


def report(made: Sources, told: str, run: Run = GREEN) -> Report:
    (made.package / "quality.toml").write_text(told, encoding="utf-8")
    return judged(made, read(made.package), run, TODAY)


def unmet(found: Report) -> dict[str, str]:
    return {one.rule.name: one.evidence for one in found.findings if not one.holds}


def test_a_plugin_of_the_scaffold_is_bronze(made: Sources) -> None:
    found = judged(made, read(made.package), GREEN, TODAY)

    assert (found.name, found.version, found.tier, found.good) == ("judged", "0.1.0", Tier.BRONZE, True)
    assert set(unmet(found)) & {"errors", "live_test"} == {"errors", "live_test"}


def test_silver_needs_a_list_of_codes_and_a_live_test(made: Sources) -> None:
    found = report(made, SILVER)

    assert found.tier is Tier.SILVER
    assert [one.verdict for one in found.findings if one.rule.name == "live_test"] == ["declared"]
    step = found.next_step()
    assert step is not None
    assert step.rule.tier is Tier.GOLD


def test_what_is_exempt_keeps_no_tier_back_and_shows_its_reason(made: Sources) -> None:
    found = report(made, GOLD)

    assert found.tier is Tier.GOLD
    assert [(one.verdict, one.evidence) for one in found.findings if one.rule.name == "health"] == [
        ("exempt", "There is nothing to ask it for.")
    ]


@pytest.mark.parametrize("tests", [frozenset(KIT[:3]), frozenset({"test_of_its_own"})])
def test_without_the_kit_nothing_is_more_than_listed(made: Sources, tests: frozenset[str]) -> None:
    found = report(made, GOLD, Run(tests, said="3 passed"))

    assert (found.tier, found.good) == (Tier.LISTED, False)
    assert "subclass one of wasl_contracts.conformance" in unmet(found)["contract"]


def test_one_failing_test_is_no_green_kit(made: Sources) -> None:
    failed = {"test_a_status_ends_in_its_outcome[429]": "status 429 ended unknown, not unavailable"}

    found = report(made, GOLD, Run(GREEN.passed, failed, "1 failed, 98 passed"))

    assert unmet(found)["contract"] == (
        "test_a_status_ends_in_its_outcome[429]: status 429 ended unknown, not unavailable"
        f" (1 failed, 98 passed; all of it: cd {made.folder} && python -m pytest tests)"
    )


def test_of_many_that_fail_the_most_fundamental_is_told(made: Sources) -> None:
    failed = {"test_a_lost_answer_is_unknown[Ending.CUT]": "…", "test_the_verbs_have_the_protocols_shape": "send() is not `async def`"}

    found = report(made, GOLD, Run(GREEN.passed, failed, "60 failed"))

    assert unmet(found)["contract"].startswith("test_the_verbs_have_the_protocols_shape: send() is not `async def` (60 failed")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("raise KeyboardInterrupt", {"the run": r"was cut short by \S+:5: KeyboardInterrupt"}),
        ("raise SystemExit(3)", {"test_send": "SystemExit: 3"}),
        ("assert 0, 'make it so'", {"test_send": "make it so"}),
        ("request.addfinalizer(lambda: 1 / 0); assert 0, 'first'", {"test_send": "first"}),
        ("pass\nimport no_such_module", {"tests.test_it": "ModuleNotFoundError: No module named 'no_such_module'"}),
    ],
)
def test_however_the_tests_of_a_plugin_end_it_is_told_why(made: Sources, raised: str, told: dict[str, str]) -> None:
    for file in (made.folder / "tests").iterdir():
        file.unlink()
    (made.folder / "tests" / "test_it.py").write_text(f"def test_first():\n    pass\n\ndef test_send(request):\n    {raised}\n")

    run = run_tests(made)

    assert run.failed.keys() == told.keys()
    for name, complaint in told.items():
        assert re.fullmatch(complaint, run.failed[name])


def test_callbacks_that_the_kit_skipped_are_no_receipts_and_no_replies(made: Sources) -> None:
    found = report(made, GOLD, Run(GREEN.passed - {*REPORTS}, said="95 passed, 3 skipped"))

    assert {"receipts", "inbound"} <= set(unmet(found))
    assert found.tier is Tier.BRONZE


def test_evidence_grows_old(made: Sources) -> None:
    found = report(made, SILVER.replace(f"on = {TODAY - timedelta(days=90)}", f"on = {TODAY - timedelta(days=91)}"))

    assert found.tier is Tier.BRONZE
    assert unmet(found)["live_test"] == "what was seen on 2026-08-24 is older than 90 days; look again"


def test_nobody_has_seen_the_future(made: Sources) -> None:
    found = report(made, SILVER.replace(str(TODAY - timedelta(days=90)), "2027-01-01"))

    assert unmet(found)["live_test"] == "2027-01-01 is in the future"


def test_nine_of_ten_codes_are_enough(made: Sources) -> None:
    known = tuple(made.plugin.spec.errors) if made.plugin.spec else ()

    found = report(made, SILVER.replace('["no_room"]', str([*known, "a", "b"])))

    assert unmet(found)["errors"] == "1 of 3 codes; missing: a, b"


def test_claiming_more_than_is_reached_fails(made: Sources) -> None:
    found = report(made, 'tier = "gold"\n' + SILVER)

    assert (found.recorded, found.tier, found.good) == (Tier.GOLD, Tier.SILVER, False)


def test_what_was_reached_is_recorded_and_the_rest_of_the_file_stays(made: Sources) -> None:
    before = (made.package / "quality.toml").read_text("utf-8")

    record(made.package, Tier.SILVER)

    assert (made.package / "quality.toml").read_text("utf-8") == before.replace('tier = "bronze"', 'tier = "silver"')
    assert recorded(made.package) is Tier.SILVER
    (made.package / "quality.toml").unlink()
    record(made.package, Tier.GOLD)
    assert recorded(made.package) is Tier.GOLD


def test_mistakes_are_told_at_their_lines(made: Sources) -> None:
    text = """\
tier = "diamond"
[exempt]
inbuond = "Nobody can write back."
contract = "It is too strict for us."
[declared.strict]
on = 2026-01-01
evidence = "I looked at it."
[declared.speed]
on = "soon"
evidence = "short"
"""
    (made.package / "quality.toml").write_text(text)

    with pytest.raises(ConfigMistakes) as caught:
        read(made.package)
    told = [str(mistake).partition("quality.toml:")[2] for mistake in caught.value.mistakes]

    assert [one.split(": ")[0] + " " + one.split(": ")[1] for one in told] == [
        "1:1 tier",
        "9:1 declared.speed.on",
        "10:1 declared.speed.evidence",
    ]


def test_rules_that_there_are_not_and_rules_that_cannot_be_waived_are_mistakes(made: Sources) -> None:
    exempt = '[exempt]\ninbuond = "Nobody can write back."\ncontract = "It is too strict."\n'
    declared = '[declared.strict]\non = 2026-01-01\nevidence = "I looked at it."\n'
    (made.package / "quality.toml").write_text(exempt + declared)

    with pytest.raises(ConfigMistakes) as caught:
        read(made.package)

    assert [str(mistake).partition("quality.toml:")[2] for mistake in caught.value.mistakes] == [
        "2:1: exempt.inbuond: there is no such rule (did you mean 'inbound'?)",
        "3:1: exempt.contract: is asked of every plugin and knows no exemption",
        "4:11: declared.strict: is measured and cannot be declared; exempt it, with the reason, where it does not apply",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "has no pyproject.toml"), ("[project]\nname = 'x'", "with one plugin in it"), ("[project", "with one plugin in it")],
)
def test_a_folder_without_a_plugin_is_told(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(Unusable, match=told):
        sources(tmp_path)


def test_what_mypy_objects_to_is_told_in_one_line(tmp_path: Path, made: Sources) -> None:
    package = tmp_path / "wasl_untyped"
    package.mkdir()
    (package / "__init__.py").write_text("def untyped(x): return x\n")

    told = strictly_typed(replace(made, folder=tmp_path, package=package))

    assert told is not None
    assert "wasl_untyped/__init__.py:1: error: Function is missing a type annotation" in told


def test_the_scale_begins_with_what_cannot_be_waived() -> None:
    assert [rule.name for rule in RULES if not rule.exempt] == ["loads", "licence", "owner", "contract"]
    assert sorted(RULES, key=lambda rule: rule.tier.height) == list(RULES)
