"""`wasl sms count`."""

import io
import json
import sys

CONFIG = """
[providers.text]
plugin = "twilio"
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "0123456789abcdef0123456789abcdef"
sender = "+15005550006"
[[prices]]
channel = "sms"
country = "SA"
price = "0.042"
currency = "SAR"
"""
ARABIC = "طلبك رقم 1042 في الطريق إليك، ويصلك غدًا بين العاشرة صباحًا والثانية ظهرًا."


def test_a_text_is_counted_priced_and_its_dear_characters_named(wasl):
    wasl.config(CONFIG)

    counted = wasl("sms", "count", ARABIC, "--to", "+966501234567")

    assert counted.returncode == 0, counted.stderr
    first, units, forced, *_, cost = counted.stdout.splitlines()
    assert (first, cost) == ("2 segments, ucs2", "costs 0.084 SAR")
    assert units == "75 UTF-16 units, 59 left in the last segment"
    assert forced == "needs ucs2: ط U+0637 ARABIC LETTER TAH, character 1"


def test_it_needs_no_configuration_and_speaks_json(wasl):
    counted = json.loads(wasl("sms", "count", "It’s {on} its way", "--json").stdout)

    assert (counted["encoding"], counted["segments"], counted["forced_by"][0]["position"]) == ("ucs2", 1, 2)
    assert counted["cost"] is None


def test_mistakes_are_usage_errors(told):
    for words, said in (
        (("sms", "count", ""), "is empty"),
        (("sms", "count", "Hi", "--to", "+44"), "is not a phone number"),
        (("sms", "count", "Hi", "--provider", "text"), "is not a provider of the configuration"),
        (("sms", "count", "a\udcff"), "is not UTF-8"),
    ):
        code, err = told(*words)
        assert code == 2
        assert said in err


def test_what_is_no_text_is_a_usage_error(told, monkeypatch):
    for given, said in ((b"a\0b", "U+0000"), (b"\xff", "is not UTF-8"), (b"\n", "is empty")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code, err = told("sms", "count", "-")
        assert code == 2
        assert said in err


def test_only_sms_are_counted(told, shop):
    shop.config(f'{CONFIG}[providers.mail]\nplugin = "smtp"\nhost = "127.0.0.1"\nsender = "a@acme.example"\n')

    code, err = told("sms", "count", "Hi", "--provider", "mail")

    assert code == 2
    assert "is not a provider of sms; there are: text" in err
