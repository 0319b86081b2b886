"""CSV junk: whatever is in one line, the others are read."""

import io

import pytest

from wasl.csv_lines import CsvLine, csv_lines, csv_text
from wasl.errors import Refused

KNOWN = ("address", "note", "expires_at")


def read(text: str | bytes) -> list[CsvLine]:
    return list(csv_lines(io.BytesIO(text.encode() if isinstance(text, str) else text), KNOWN, "address"))


def told(text: str | bytes) -> list[tuple[int, object]]:
    return [(line.number, line.code or dict(line.cells)) for line in read(text)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_commas_semicolons_byte_order_marks_and_line_ends_are_read(end: str, delimiter: str, bom: str) -> None:
    text = bom + end.join([f"Address{delimiter}NOTE", f'a@b.c{delimiter}"x{delimiter}y ""z"""', "", delimiter, f" d@e.f {delimiter}"])

    assert told(text) == [(2, {"address": "a@b.c", "note": f'x{delimiter}y "z"'}), (5, {"address": "d@e.f"})]


def test_a_note_in_arabic_is_kept_as_it_is() -> None:
    assert told("address,note\na@b.c,اتصلت بنا، ولا تريد رسائل\n") == [(2, {"address": "a@b.c", "note": "اتصلت بنا، ولا تريد رسائل"})]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'"a@b.c', "bad_quotes"),
        (b'"a@b.c"x,y', "bad_quotes"),
        (b"\xff\xfe,x", "invalid_unicode"),
        (b"a@b.c,x,y,z", "too_many_cells"),
        (b"x" * 70_000, "line_too_long"),
        (b"x" * 700_000, "line_too_long"),
        (b'"' * 65_535, "bad_quotes"),
        (b"a\rb,c", "bad_quotes"),
    ],
)
def test_a_broken_line_stops_no_other_and_is_told_by_its_number(line: bytes, code: str) -> None:
    assert told(b"address,note\na@b.c,\n" + line + b"\nd@e.f,x\n") == [
        (2, {"address": "a@b.c"}), (3, code), (4, {"address": "d@e.f", "note": "x"}),
    ]  # fmt: skip


def test_what_follows_an_unclosed_quote_is_read() -> None:
    lines = told('address,note\na@b.c,"one\ntwo"\nd@e.f,"x"\n')

    assert lines == [(2, "bad_quotes"), (3, {"address": 'two"'}), (4, {"address": "d@e.f", "note": "x"})]


@pytest.mark.parametrize("text", [b"address\n" + b"x" * 65_537, b"address\n" + b"x" * 65_537 + b"\n"])
def test_a_last_line_that_is_too_long_is_told_once(text: bytes) -> None:
    assert told(text) == [(2, "line_too_long")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing_column"),
        ("\n\n", "missing_column"),
        ("note\n", "missing_column"),
        ("ann@example.com\n", "unknown_column"),
        ("adress\n", "unknown_column"),
        ("address,address\n", "duplicate_column"),
        ('"address\n', "bad_quotes"),
        ("address".encode("utf-16"), "invalid_unicode"),
    ],
)
def test_a_first_line_that_names_no_columns_refuses_the_file_without_repeating_an_address(text: str | bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)

    assert refused.value.code == code
    assert "ann@" not in refused.value.message


def test_a_mistyped_column_gets_a_suggestion() -> None:
    with pytest.raises(Refused, match=r'"adress".*did you mean "address"'):
        read("adress\n")


@pytest.mark.parametrize("cell", ["=1+1", "+966501234567", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_compute_is_guarded_and_read_back(cell: str) -> None:
    text = csv_text([["address"], [cell]])

    assert f"'{cell[0]}" in text
    if "\r" not in cell:
        assert told(text) == [(2, {"address": cell})]


def test_other_cells_are_written_as_they_are() -> None:
    assert csv_text([["a@b.c", 'x "y", z', "'quoted'"]]) == 'a@b.c,"x ""y"", z",\'quoted\'\r\n'


def test_a_line_without_end_in_a_file_of_returns_costs_no_memory_and_no_other_line() -> None:
    assert told(b"address\r" + b"x" * 300_000 + b"\rd@e.f\r") == [(2, "line_too_long"), (3, {"address": "d@e.f"})]
