"""The chain of the audit by itself: whatever is done to its rows is found."""

import hashlib
import random
from collections.abc import Callable, Sequence

import pytest

from wasl.audited import Action, Actor, Witness
from wasl.ledger.audit_chain import START, Details, Link, check, facts_json, linked, witness_lines

ANN = Actor("user", "usr_1", "Ann", "support")
Tamper = Callable[[list[Link], random.Random], list[Link]]


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    head = (0, 0, START)
    for place in range(length):
        kept = Details(place.to_bytes(16), f"msg_{place}", "she asked for it", facts_json({"count": place}))
        link = linked(head, 1_000 * place, (ANN, Action.MESSAGE_RETRIED, "acme"), kept)
        links.append(link)
        head = link.number, link.at, link.hash
    return links


def witness(link: Link) -> Witness:
    return Witness(link.number, link.hash.hex(), "key", "signature")


def _flipped(value: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(len(value) * 8)
    return (int.from_bytes(value) ^ (1 << bit)).to_bytes(len(value))


def _other(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return f"{text[:place]}{chance.choice('xyz')}{text[place:]}"


def changed(links: list[Link], chance: random.Random) -> list[Link]:
    place = chance.randrange(len(links))
    link, kept = links[place], links[place].kept
    assert kept is not None
    links[place] = chance.choice([
        lambda: link._replace(at=link.at ^ (1 << chance.randrange(40))),
        lambda: link._replace(actor=link.actor._replace(id=_other(link.actor.id, chance))),
        lambda: link._replace(actor=link.actor._replace(role=_other(link.actor.role, chance))),
        lambda: link._replace(action=_other(link.action, chance)),
        lambda: link._replace(brand=_other(link.brand, chance)),
        lambda: link._replace(digest=_flipped(link.digest, chance)),
        lambda: link._replace(hash=_flipped(link.hash, chance)),
        lambda: link._replace(kept=kept._replace(salt=_flipped(kept.salt, chance))),
        lambda: link._replace(kept=kept._replace(object=_other(kept.object, chance))),
        lambda: link._replace(kept=kept._replace(reason=_other(kept.reason, chance))),
        lambda: link._replace(kept=kept._replace(facts=_other(kept.facts, chance))),
        lambda: link._replace(kept=None),
    ])()  # fmt: skip
    return links


def deleted(links: list[Link], chance: random.Random) -> list[Link]:
    del links[chance.randrange(len(links))]
    return links


def renumbered(links: list[Link], chance: random.Random) -> list[Link]:
    place = chance.randrange(len(links))
    return [*links[:place], *(link._replace(number=link.number - 1) for link in links[place + 1 :])]


def reordered(links: list[Link], chance: random.Random) -> list[Link]:
    one, other = sorted(chance.sample(range(len(links)), 2))
    first, second = links[one], links[other]
    links[one], links[other] = second._replace(number=first.number), first._replace(number=second.number)
    return links


def truncated(links: list[Link], chance: random.Random) -> list[Link]:
    return links[: chance.randrange(len(links))]


def rewritten(links: list[Link], chance: random.Random) -> list[Link]:
    """From a place on another story, with hashes that fit."""
    place = chance.randrange(len(links))
    kept = links[:place]
    head = (kept[-1].number, kept[-1].at, kept[-1].hash) if kept else (0, 0, START)
    for link in links[place:]:
        assert link.kept is not None
        other = linked(head, link.at, (link.actor._replace(name="Bob"), Action.MESSAGE_RETRIED, link.brand), link.kept)
        kept.append(other)
        head = other.number, other.at, other.hash
    return kept


def test_a_true_chain_has_nothing_wrong() -> None:
    links = chain(40)

    assert check(links, [witness(links[20]), witness(links[-1])]) == ()
    assert check([]) == ()


@pytest.mark.parametrize("tamper", [changed, deleted, renumbered, reordered, truncated, rewritten])
def test_a_thousand_random_tamperings_are_all_found(tamper: Tamper) -> None:
    true = chain(24)
    chance = random.Random(tamper.__name__)

    missed = [number for number in range(1000) if not check(tamper(list(true), chance), [witness(true[-1])])]

    assert missed == []


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [(deleted, "deleted"), (truncated, "truncated"), (rewritten, "rewritten"), (reordered, "reordered"), (changed, "changed")],
)
def test_it_is_said_what_was_done(tamper: Tamper, fault: str) -> None:
    true = chain(24)
    chance = random.Random(4)

    told = {one.fault for _ in range(20) for one in check(tamper(list(true), chance), [witness(true[-1])])}

    assert fault in told


def test_details_may_be_missing_only_where_an_entry_tells_that_they_went() -> None:
    links = chain(4)
    without = [link._replace(kept=None) if link.number == 2 else link for link in links]
    kept = Details(b"s" * 16, "", "", facts_json({"entries": [2]}))
    told = linked((4, links[-1].at, links[-1].hash), 9_000, (ANN, Action.AUDIT_CLEARED, "acme"), kept)

    assert [one.fault for one in check(without)] == ["lost_details"]
    assert check([*without, told]) == ()


def test_the_hash_is_sha256_of_the_hash_before_and_the_row() -> None:
    (link,) = chain(1)
    row = f'[1,0,["user","usr_1","Ann","support"],"message.retried","acme","{link.digest.hex()}"]'

    assert link.hash == hashlib.sha256(bytes(32) + row.encode()).digest()


def test_witnesses_are_found_in_a_log_among_other_lines() -> None:
    said: Sequence[str] = (
        '{"event": "server.started"}',
        'wasl-1 | {"number": 7, "head": "ab", "by": "cd", "seal": "ef", "event": "audit.witness", "level": "info"}',
        '{"event": "audit.witness", "number": "x"}',
        'audit.witness "audit.witness" {',
    )

    assert list(witness_lines(said)) == [Witness(7, "ab", "cd", "ef")]
