"""Every key that tomllib reads has a position, and it points to the key."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasl.config.positions import Key, positions

SCALARS = [
    "1", "-0.5", "1e6", "inf", "true", "0x1F", "1979-05-27 07:32:00Z", "07:32:00", '""', "''", '"a # b = [c]"', "'C:\\path'",
    '"quo\\"te"', '"مرحبا"', '"""\nx = 1\n[no]\n"quoted" \\\n end"""', "'''it''s\n# no'''", '""""four""""', '"""two""\\""""', "''''''",
]  # fmt: skip
NAMES = ["a", "b-1", "C_2", "3", '"quoted"', "'lit.eral'", '"اسم"', '"a\\nb"', '""', "'='", "'#'"]


def keys_of(value: object, key: Key = ()) -> Iterator[Key]:
    if key:
        yield key
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from keys_of(inner, (*key, name))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys_of(inner, (*key, index))


@st.composite
def values(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "table"] if depth < 3 else ["scalar"]))
    if kind == "array":
        gap = draw(st.sampled_from(["", " ", "\n\t", " # [note]\n"]))
        inner = draw(st.lists(values(depth + 1), max_size=3))
        return f"[{gap}" + f"{gap},{gap}".join(inner) + (f"{gap},{gap}]" if inner and draw(st.booleans()) else f"{gap}]")
    if kind == "table":
        names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
        return "{ " + ", ".join(f"{name} = {draw(values(depth + 1))}" for name in names) + " }"
    return draw(st.sampled_from(SCALARS))


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        lines.append(draw(st.sampled_from(["", "# a = 1", "   "])))
        way = ".".join(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)))
        kind = draw(st.sampled_from(["pair", "pair", "[{}]", "[[{}]]", "[ {} ] # note"]))
        lines.append(f"{way} = {draw(values())}" if kind == "pair" else kind.format(way))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@given(documents())
def test_exactly_the_keys_that_tomllib_reads_have_positions(text: str) -> None:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a key written twice

    found = positions(text)

    assert set(found) == set(keys_of(tree))
    lines = text.split("\n")
    for key, (line, column) in found.items():
        written = lines[line - 1][column - 1 :]
        assert written[:1] not in ("", " ", "\t", "\r", "=", "]", ",", "}", "#")
        if isinstance(key[-1], str) and written[0] not in "\"'":
            assert written.startswith(key[-1])


GOLDEN = """\
# قبل كل شيء
database = "sqlite:///wasl.db"
[providers.mail] # the mail
plugin = "smtp"
  "sender" = "Acme <hello@acme.example>"
tls.verify.host = true
text = '''
[providers.fake]
plugin = "no"
'''
[channels]
email = [ "mail", # first
  "mail-2",
]
[[caps]]
name = "one"
[[caps]]
name = "two"
[caps.over]
action = { kind = "defer", "until" = 3 }
["عربي"]
اسم.x = 1
""".replace("اسم.x", '"اسم".x')


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("key", "position"),
    [
        (("database",), (2, 1)),
        (("providers",), (3, 2)),
        (("providers", "mail"), (3, 12)),
        (("providers", "mail", "plugin"), (4, 1)),
        (("providers", "mail", "sender"), (5, 3)),
        (("providers", "mail", "tls", "verify", "host"), (6, 12)),
        (("providers", "mail", "text"), (7, 1)),
        (("channels", "email"), (12, 1)),
        (("channels", "email", 0), (12, 11)),
        (("channels", "email", 1), (13, 3)),
        (("caps",), (15, 3)),
        (("caps", 0, "name"), (16, 1)),
        (("caps", 1, "name"), (18, 1)),
        (("caps", 1, "over", "action", "until"), (20, 28)),
        (("عربي", "اسم", "x"), (22, 7)),
    ],
)
def test_a_key_stands_where_it_is_written(key: Key, position: tuple[int, int], ends: str) -> None:
    found = positions(GOLDEN.replace("\n", ends))

    assert found[key] == position


def test_what_a_string_holds_is_not_a_key() -> None:
    assert ("providers", "fake") not in positions(GOLDEN)


def test_a_table_with_a_header_of_its_own_stands_there() -> None:
    found = positions("[a.b]\nx = 1\n[a]\ny = 2\n")

    assert found[("a",)] == (3, 2)


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="not TOML at character 4"):
        positions("a = ")
