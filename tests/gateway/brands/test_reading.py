from pathlib import Path

import pytest

from tests.gateway.brands.faces import ACME, written
from wasl.brands.brand import Brand
from wasl.brands.brands import Brands, NoSuchBrand
from wasl.brands.reading import BrandMistakes

FRAME = "{{ body }}{% for button in buttons %}{{ button }}{% endfor %}{{ legal }}{{ postal }}{{ unsubscribe_url }}"
BUTTON = '<a href="{{ url }}">{{ label }}</a>'


def brands(tmp_path: Path, told: dict[str, str], layouts: dict[str, str] | None = None) -> Brands:
    return Brands.load(written(tmp_path / "brands", told, layouts))


def mistakes(tmp_path: Path, told: dict[str, str], layouts: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(BrandMistakes) as found:
        brands(tmp_path, told, layouts)
    return [str(one).removeprefix(f"{tmp_path}/brands/") for one in found.value.mistakes]


def test_without_a_folder_there_is_one_brand_that_says_nothing() -> None:
    found = Brands.load(None)

    assert found.names == ("default",)
    assert found.find("default").titled("en") == ""
    assert found.warnings == ()


def test_the_default_brand_is_the_configurations_also_beside_others(tmp_path: Path) -> None:
    found = Brands.load(written(tmp_path, {"acme": ACME}), "shop")

    assert found.names == ("acme", "shop")
    assert found.default == found.find("shop")


def test_all_that_a_brand_may_say_is_read(tmp_path: Path) -> None:
    text = """
title = { en = "Acme", ar = "أكمي" }
voice = '''Short.
Friendly.'''
postal = "1 Road, Riyadh"
legal = { en = "Acme LLC, CR 1010", ar = "شركة أكمي" }
link_domain = "links.acme.example"
digits = "locale"
calendar = "islamic"
[colours]
accent = "#123456"
[logo]
url = "https://acme.example/logo.png"
width = 120
[fonts]
text = "Georgia, serif"
[senders.email]
address = "news@acme.example"
name = { en = "Acme News" }
[senders.sms]
address = "ACME"
"""

    acme = brands(tmp_path, {"acme": text}, {"acme/button.html": BUTTON}).find("acme")

    assert (acme.titled("ar-SA"), acme.titled("fr")) == ("أكمي", "Acme")
    assert acme.postal == {"": "1 Road, Riyadh"}
    assert acme.senders["email"].address == "news@acme.example"
    assert (acme.digits, acme.calendar, acme.link_domain) == ("locale", "islamic", "links.acme.example")
    assert acme.layouts == {"button.html": BUTTON}
    assert Brand.model_validate_json(acme.model_dump_json()) == acme


def test_a_child_goes_on_from_its_parents_tables(tmp_path: Path) -> None:
    parent = ACME + '[colours]\naccent = "#123456"\npage = "#ffffff"\n[logo]\nurl = "https://acme.example/logo.png"\n'
    kids = 'parent = "acme"\n[title]\nen = "Acme Kids"\n[colours]\npage = "#eeeeff"\n[logo]\nwidth = 90\n'
    babies = 'parent = "kids"\ntitle = "Babies"\n'

    found = brands(tmp_path, {"acme": parent, "kids": kids, "babies": babies}, {"acme/button.html": BUTTON, "acme/default.html": FRAME})

    assert found.find("kids").title == {"en": "Acme Kids", "ar": "أكمي"}
    assert (found.find("kids").colours.accent, found.find("kids").colours.page) == ("#123456", "#eeeeff")
    assert found.find("babies").title == {"": "Babies"}
    logo = found.find("babies").logo
    assert logo is not None
    assert (str(logo.url), logo.width) == ("https://acme.example/logo.png", 90)
    assert set(found.find("babies").layouts) == {"button.html", "default.html"}


def test_a_language_is_added_to_a_text_for_all(tmp_path: Path) -> None:
    found = brands(tmp_path, {"acme": 'legal = "Acme LLC"\n', "kids": 'parent = "acme"\nlegal = { ar = "شركة أكمي" }\n'})

    assert found.find("kids").legal == {"": "Acme LLC", "ar": "شركة أكمي"}


def test_the_version_names_all_that_was_read(tmp_path: Path) -> None:
    def version(name: str, told: str, layout: str = BUTTON) -> str:
        return brands(tmp_path / name, {"acme": told, "kids": 'parent = "acme"'}, {"acme/button.html": layout}).find("kids").version

    same = [version("one", ACME), version("two", f"# a remark\n{ACME}")]

    assert same[0] == same[1]
    assert len({same[0], version("three", 'title = "Acme"'), version("four", ACME, f"<b>{BUTTON}</b>")}) == 3


def test_an_unknown_brand_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(NoSuchBrand, match="no brand is called 'acne'; there are: acme, default"):
        brands(tmp_path, {"acme": ACME}).find("acne")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = [", "acme/brand.toml:1:10: invalid value"),
        ('titel = "Acme"', "acme/brand.toml:1:1: titel: unknown setting (did you mean 'title'?)"),
        ("title = 7", "acme/brand.toml:1:1: title: should be a table"),
        ('name = "other"', "acme/brand.toml:1:1: name: unknown setting; known here: "),
        ('layouts = { "default.html" = "x" }', "acme/brand.toml:1:1: layouts: unknown setting"),
        ('[colours]\naccent = "green"', "acme/brand.toml:2:1: colours.accent: "),
        ('[dark]\nacent = "#123456"', "acme/brand.toml:2:1: dark.acent: unknown setting (did you mean 'accent'?)"),
        ("[logo]\nwidth = 90", "acme/brand.toml:1:2: logo.url: is missing; add url = …"),
        ('[logo]\nurl = "javascript:alert(1)"', "acme/brand.toml:2:1: logo.url: "),
        ('[title]\n"not a tag" = "x"', "acme/brand.toml:2:1: title.not a tag: is not a language; write it like ar or ar-SA"),
        ('legal = "a\\r\\nBcc: x"', "acme/brand.toml:1:1: legal: "),
        ('link_domain = "https://acme.example"', "acme/brand.toml:1:1: link_domain: is not a host; write it like "),
        ('[senders.email]\naddress = "acme"', "acme/brand.toml:2:1: senders.email.address: is not a mail address; write it like "),
        ('[senders.email]\nreply_to = "a@b@c"', "acme/brand.toml:2:1: senders.email.reply_to: is not a mail address"),
        ('[senders.sms]\naddress = "ACME WORLDWIDE"', "acme/brand.toml:2:1: senders.sms.address: is not a sender; write "),
        ('digits = "arabic"', "acme/brand.toml:1:1: digits: "),
        ('parent = "acne"', "acme/brand.toml:1:1: parent: there is no brand acne; there are: acme (did you mean 'acme'?)"),
        ('parent = "acme"', "acme/brand.toml:1:1: parent: inherits from itself: acme → acme; take one of these out"),
    ],
)
def test_a_mistake_is_told_at_its_line_with_the_fix(tmp_path: Path, text: str, said: str) -> None:
    (found,) = mistakes(tmp_path, {"acme": text})

    assert found.startswith(said)


def test_a_circle_of_parents_is_told_to_each_in_it(tmp_path: Path) -> None:
    found = mistakes(tmp_path, {"one": 'parent = "two"', "two": 'parent = "one"', "three": 'parent = "one"'})

    assert [each.partition(":")[0] for each in found] == ["one/brand.toml", "two/brand.toml"]
    assert "one → two → one" in found[0]


def test_all_mistakes_are_told_at_once_and_a_parents_not_again_at_its_children(tmp_path: Path) -> None:
    told = {"acme": 'titel = "x"\n[colours]\naccent = "green"\n', "kids": 'parent = "acme"\ndigit = "western"\n[colours]\npage = 3\n'}

    found = mistakes(tmp_path, told, {"acme/button.html": "{{ lable }}", "kids/frame.html": "x"})

    assert sorted(each.partition(": ")[0] for each in found) == [
        "acme/brand.toml:1:1", "acme/brand.toml:3:1", "acme/layouts/button.html:1:1", "acme/layouts/button.html:1:1",
        "acme/layouts/button.html:1:1", "kids/brand.toml:2:1", "kids/brand.toml:4:1", "kids/layouts/frame.html",
    ]  # fmt: skip


def test_folders_and_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "brands", {"Acme": "", "latin": ""})
    (folder / "empty").mkdir()
    (folder / "latin" / "brand.toml").write_bytes('title = "Café"'.encode("latin-1"))
    (folder / ".git").mkdir()
    (folder / "README.md").touch()

    with pytest.raises(BrandMistakes) as found:
        Brands.load(folder)

    assert [str(one).removeprefix(f"{folder}/").partition(";")[0] for one in found.value.mistakes] == [
        "Acme: cannot be a brand's name", "empty/brand.toml: is missing", "latin/brand.toml: is not UTF-8",
    ]  # fmt: skip


def test_a_pinned_version_is_found_and_no_version_is_wasls_own_face(tmp_path: Path) -> None:
    found, older = brands(tmp_path, {"acme": ACME}), Brand(name="acme", title={"": "Old"}).versioned()

    found.pin(older)

    assert found.pinned(older.version) == older
    assert found.find("acme").titled("en") == "Acme"
    assert found.pinned(None) == Brand()
    assert found.pinned("gone") is None


def test_a_host_of_links_may_be_written_in_any_script(tmp_path: Path) -> None:
    told = brands(tmp_path, {"acme": 'link_domain = "روابط.أكمي.إختبار"'}).find("acme").link_domain

    assert told is not None
    assert told.isascii()
    assert told.startswith("xn--")


def test_a_colour_that_is_none_is_told_how_to_be_written(tmp_path: Path) -> None:
    told = mistakes(tmp_path, {"acme": '[colours]\naccent = "#12"\n'})

    assert told == ["acme/brand.toml:2:1: colours.accent: is not a colour; write #rrggbb, like #0b6b4c"]


def test_a_sender_for_a_channel_that_does_not_exist_is_a_mistake_where_channels_are_known(tmp_path: Path) -> None:
    folder = written(tmp_path / "brands", {"acme": '[senders.emial]\nname = "A"\n[senders.sms]\naddress = "ACME"\n[senders.fax]\n'})

    with pytest.raises(BrandMistakes) as found:
        Brands.load(folder, channels=("email", "fax"))
    unknown = Brands.load(folder).warnings

    assert [str(one).removeprefix(f"{folder}/") for one in found.value.mistakes] == [
        "acme/brand.toml:1:10: senders.emial: is not a channel; there are: chat, email, fax, log, push, sms, social, webhook"
        " (did you mean 'email'?)"
    ]
    assert [warning.path for warning in unknown] == ["senders.emial", "senders.fax"]
