"""The lock pins everything by hash and names no place to get it from, so it is right on every machine."""

import re
import tomllib

from tests.architecture.members import MEMBERS, ROOT

LOCK = (ROOT / "requirements.lock").read_text()
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==\S+(?: ; .+)? \\$")


def locked() -> set[str]:
    return {match[1].lower() for line in LOCK.splitlines() if (match := REQUIREMENT.match(line))}


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]).lower()


def test_the_lock_names_no_registry_and_no_path() -> None:
    for line in LOCK.splitlines():
        assert not re.search(r"://|^\s*-|file:| @ |/\w", line.replace("--hash=sha256:", "")), line


def test_every_requirement_is_pinned_and_hashed() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())

    for block in blocks:
        first, *hashes = block.split("\n")
        assert REQUIREMENT.match(first), first
        assert hashes
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line) for line in hashes), first


def test_what_members_and_their_build_need_is_in_the_lock() -> None:
    wanted = set()
    for member in MEMBERS:
        project = tomllib.loads((member / "pyproject.toml").read_text())
        wanted |= {canonical(one) for one in (*project["project"]["dependencies"], *project["build-system"]["requires"])}

    assert {one for one in wanted if not one.startswith("wasl")} - locked() == set()
    assert not {one for one in locked() if one.startswith("wasl")}
