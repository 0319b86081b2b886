import pytest

from wasl.searching.resolving import Guess, guesses, references

MESSAGE = "msg_019f7a1b2c3d4e5f60718293a4b5c6d7"


def email(text: str) -> str | None:
    return text.lower() if "." in text else None


def phone(text: str) -> str | None:
    digits = "".join(filter(str.isdigit, text))
    return f"+{digits}" if len(digits) >= 9 else None


def first(text: str) -> Guess:
    return guesses(text, email, phone)[0]


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        (MESSAGE, Guess("message", MESSAGE)),
        (MESSAGE.upper().replace("MSG", "msg"), Guess("message", MESSAGE)),
        (f"dlv_{MESSAGE[4:]}_2", Guess("message", MESSAGE)),
        (f"att_{MESSAGE[4:]}_2_1", Guess("message", MESSAGE)),
        (MESSAGE[4:], Guess("message", MESSAGE)),
        (" Ann@Example.com ", Guess("address", "ann@example.com", "email")),
        ("mailto:ann@example.com", Guess("address", "ann@example.com", "email")),
        ("<ann@example.com>", Guess("address", "ann@example.com", "email")),
        ("+966 50 123 4567", Guess("address", "+966501234567", "phone")),
        ("(050) 123-45.67", Guess("address", "+0501234567", "phone")),
        ("+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", Guess("address", "+٩٦٦٥٠١٢٣٤٥٦٧", "phone")),
        ("u_42", Guess("person", "u_42")),
        ("order 1042", Guess("person", "order 1042")),
    ],
)
def test_what_somebody_pastes_is_first_what_it_looks_like(text: str, guess: Guess) -> None:
    assert first(text) == guess


@pytest.mark.parametrize("text", ["", "   ", "x" * 256])
def test_nothing_and_too_much_is_nothing(text: str) -> None:
    assert guesses(text, email, phone) == ()


def test_a_number_may_be_an_order_as_well_as_a_phone() -> None:
    forms = [guess.form for guess in guesses("5012345678", email, phone)]

    assert forms[:3] == ["address", "person", "reference"]


def test_an_order_number_is_found_as_applications_write_it() -> None:
    assert references("#1042") == ("#1042", "1042", "order-1042", "order_1042", "order:1042", "order/1042")
    assert references("order 1042") == ("order 1042",)
