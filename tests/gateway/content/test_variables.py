"""What a template declares of its data, kind by kind."""

import pytest

from wasl.content.variables import Variable, problems

_GOOD = {
    "date": ["2026-01-31", "2026-01-31T18:30:00Z"],
    "datetime": ["2026-01-31T18:30", "2026-01-31 18:30:00+03:00"],
    "money": [{"amount": "12.50", "currency": "SAR"}, {"amount": 3, "currency": "KWD"}, {"amount": -0.5, "currency": "USD"}],
    "url": ["https://shop.example/track/1042?a=b", "http://a.example"],
    "email": ["ann@shop.example", "آن@متجر.example"],
    "phone": ["+966 50 123 4567", "911", "0501234567", "(050) 123-45.67"[1:]],
    "code": ["AB-12", "WINTER20", "١٢٣٤"],
}
_BAD = {
    "date": ["31.01.2026", 20260131, "soon", ""],
    "datetime": ["2026-01-31", "18:30", "2026-13-31T18:30", 5],
    "money": [
        12.5, "12.50 SAR", {"amount": "12.50"}, {"amount": "12.50", "currency": "sar"}, {"amount": "1e400", "currency": "SAR"},
        {"amount": "NaN", "currency": "SAR"}, {"amount": True, "currency": "SAR"}, {"amount": 1, "currency": "SAR", "extra": 1},
        {"amount": 10**40, "currency": "SAR"}, {"amount": [], "currency": "SAR"}, {"amount": 1, "currency": 2},
    ],
    "url": ["javascript:alert(1)", "shop.example", "https://a b", 5],
    "email": ["ann", "ann@", "a@b@c", "Ann <ann@shop.example>", "a@b\r\nBcc: c@d", 5],
    "phone": ["call me", "+", "12", "+966\n50", 966],
    "code": ["a\nb", "x" * 65, "\u202eevil", 12],
}  # fmt: skip


def _codes(kind, value):
    return [problem.code for problem in problems({"x": Variable(type=kind)}, {"x": value})]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in _GOOD.items() for value in values])
def test_a_value_of_its_kind_is_taken(kind, value):
    assert _codes(kind, value) == []


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in _BAD.items() for value in values])
def test_any_other_value_is_refused(kind, value):
    assert _codes(kind, value) == ["wrong_type"]


def test_the_refusal_says_what_to_give_and_never_the_value():
    (problem,) = problems({"total": Variable(type="money")}, {"total": "4242 4242"})

    assert (problem.pointer, problem.message) == (
        "/data/total",
        'is of another type; give an amount like {"amount": "12.50", "currency": "SAR"}',
    )
