from pathlib import Path

import pytest

from wasl.content.templates import NoSuchLocale, NoSuchTemplate, TemplateMistakes, Templates

_TEXT = '+++\ntitle = "Hello"\n+++\nHello.\n'


def _folder(root: Path, *files: str, text: str = _TEXT) -> Path:
    for file in files:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")
    return root


def test_a_folder_holds_templates_by_name_and_language(tmp_path):
    templates = Templates.load(_folder(tmp_path, "hello/en.md", "hello/ar.md", "offer/en.md"))

    assert templates.names == ("hello", "offer")
    assert templates.locales("hello") == ("ar", "en")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("ar-SA", "ar"), ("ar_SA", "ar"), ("AR", "ar"), ("pt-BR", "pt-BR"), ("pt", "en"), ("fr-CA", "en"), ("en-GB", "en")],
)
def test_a_language_falls_back_to_a_wider_one_and_then_to_the_default(tmp_path, wanted, found):
    templates = Templates.load(_folder(tmp_path, "hello/en.md", "hello/ar.md", "hello/pt-BR.md"))

    assert templates.find("hello", wanted).locale == found


def test_the_default_language_falls_back_too(tmp_path):
    templates = Templates.load(_folder(tmp_path, "hello/ar.md"), default_locale="ar-SA")

    assert templates.find("hello", "fr").locale == "ar"


def test_an_unknown_name_tells_the_known_ones(tmp_path):
    templates = Templates.load(_folder(tmp_path, "hello/en.md"))

    with pytest.raises(NoSuchTemplate) as error:
        templates.find("helo", "en")

    assert error.value.known == ("hello",)


def test_a_missing_language_tells_the_written_ones(tmp_path):
    templates = Templates.load(_folder(tmp_path, "hello/ar.md"))

    with pytest.raises(NoSuchLocale) as error:
        templates.find("hello", "fr")

    assert error.value.known == ("ar",)


def test_no_folder_means_no_templates():
    assert Templates.load(None).names == ()


def test_a_missing_folder_is_a_mistake(tmp_path):
    with pytest.raises(TemplateMistakes, match="is not a folder"):
        Templates.load(tmp_path / "nowhere")


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    _folder(tmp_path, "hello/en.md", text=_TEXT.replace("Hello.", "{{ a }}\n\n{{ b }}"))
    _folder(tmp_path, "hello/english.txt", "Bad/en.md")
    (tmp_path / "hello" / "ar.md").write_bytes(b"\xff\xfe")

    with pytest.raises(TemplateMistakes) as error:
        Templates.load(tmp_path)

    lines = str(error.value).splitlines()
    assert len(lines) == 5
    assert any(line.startswith(f"{tmp_path / 'hello' / 'en.md'}:6:1: reads 'b'") for line in lines)


def test_a_version_names_text_and_language():
    english = Templates.compile(_TEXT, name="hello", locale="en")
    arabic = Templates.compile(_TEXT, name="hello", locale="ar")

    assert english.version == Templates.compile(_TEXT, name="hello", locale="en").version
    assert len({english.version, arabic.version, Templates.compile(f"{_TEXT}!", name="hello", locale="en").version}) == 3
    assert (len(english.version), english.direction, arabic.direction) == (32, "ltr", "rtl")


def test_loaded_and_pinned_versions_are_found_and_no_others(tmp_path):
    templates = Templates.load(_folder(tmp_path, "hello/en.md"))
    older = Templates.compile(f"{_TEXT}Older.", name="hello", locale="en")
    templates.pin(older)

    assert templates.pinned(templates.find("hello", "en").version) is templates.find("hello", "en")
    assert templates.pinned(older.version) is older
    assert templates.pinned("0" * 32) is None


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "en.md").write_bytes(b"\xef\xbb\xbf" + _TEXT.replace("\n", "\r\n").encode())

    assert Templates.load(tmp_path).find("hello", "en").source == _TEXT
