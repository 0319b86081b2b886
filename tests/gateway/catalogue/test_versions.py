"""How two versions of a template differ."""

from wasl.catalogue.versions import changes


def test_changed_lines_are_told_with_a_few_around_them_and_gaps_where_nothing_changed():
    before = "\n".join(f"line {number}" for number in range(1, 21))
    after = before.replace("line 10\n", "line ten\n")

    found = [(one.kind, one.before, one.after, one.text) for one in changes(before, after)]

    assert found[0][0] == found[-1][0] == "gap"
    assert ("removed", 10, None, "line 10") in found
    assert ("added", None, 10, "line ten") in found
    assert [text for kind, *_, text in found if kind == "kept"] == [f"line {n}" for n in (7, 8, 9, 11, 12, 13)]


def test_the_same_texts_have_no_changes():
    assert list(changes("a\nb", "a\nb")) == []
