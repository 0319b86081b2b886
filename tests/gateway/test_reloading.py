"""Files that change while the process runs: looked at by a call, without waiting for the second to pass."""

import asyncio
import os
import shutil

import pytest
import structlog

from tests.gateway.scripted import Carrier
from wasl.content.templates import Templates
from wasl.reloading import Reloading, files_of

_TEXT = "+++\n+++\n{text}\n"


@pytest.fixture
def kept(tmp_path):
    """A folder of one template, what was loaded from it, and what looks at it."""
    _write(tmp_path, "note/en.md", "First")
    files = files_of(tmp_path)
    templates = Templates.load(tmp_path)
    reloading = Reloading()

    async def read():
        return templates.reload(tmp_path)

    reloading.watch("template", tmp_path, read, files)
    return tmp_path, templates, reloading


def _write(folder, way, text):
    path = folder / way
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(_TEXT.format(text=text), encoding="utf-8")
    os.utime(path, ns=(before + 1, before + 1))  # a clock of the file system may stand still for some milliseconds


async def _logged(reloading):
    with structlog.testing.capture_logs() as told:
        await reloading.look()
    return [(entry["event"], entry.get("at", "")) for entry in told]


async def test_a_change_is_used_from_then_on_and_older_versions_are_still_found(kept):
    folder, templates, reloading = kept
    first = templates.find("note", "en")

    _write(folder, "note/en.md", "Second")
    _write(folder, "other/en.md", "New")
    told = await _logged(reloading)

    assert templates.find("note", "en").version != first.version
    assert templates.pinned(first.version) is first
    assert templates.names == ("note", "other")
    assert told == [("template.reloaded", "")]


async def test_without_a_change_nothing_is_read(kept):
    _, templates, reloading = kept
    first = templates.find("note", "en")

    assert await _logged(reloading) == []
    assert templates.find("note", "en") is first


async def test_the_last_good_version_stays_and_the_mistake_is_told_once(kept):
    folder, templates, reloading = kept
    first = templates.find("note", "en")
    _write(folder, "other/en.md", "Good")
    _write(folder, "note/en.md", "{{ oops")

    told, again = await _logged(reloading), await _logged(reloading)

    assert templates.find("note", "en") is first
    assert templates.names == ("note", "other")
    assert told[0][0] == "template.refused"
    assert told[0][1].startswith(f"{folder / 'note' / 'en.md'}:3:1: cannot be read")
    assert again == []
    assert [mistake.line for mistake in reloading.mistakes] == [3]


async def test_a_mended_file_is_used_and_its_mistake_forgotten(kept):
    folder, templates, reloading = kept
    _write(folder, "note/en.md", "{{ oops")
    await reloading.look()

    _write(folder, "note/en.md", "Mended")
    await reloading.look()

    assert reloading.mistakes == ()
    assert templates.find("note", "en").source == _TEXT.format(text="Mended")


async def test_a_removed_file_is_gone(kept):
    folder, templates, reloading = kept
    _write(folder, "other/en.md", "Other")
    shutil.rmtree(folder / "note")

    await reloading.look()

    assert templates.names == ("other",)


async def test_a_folder_that_is_gone_for_a_moment_takes_nothing_with_it(kept):
    folder, templates, reloading = kept
    folder.rename(folder.with_name("away"))

    await reloading.look()

    assert templates.names == ("note",)
    assert "is not a folder" in str(reloading.mistakes[0])


async def test_a_partial_that_changes_changes_the_templates_that_have_it(kept):
    folder, templates, reloading = kept
    _write(folder, "note/en.md", '{% partial "sign" %}')
    (folder / "_partials").mkdir()
    (folder / "_partials" / "sign.md").write_text("One")
    await reloading.look()
    first = templates.find("note", "en")

    (folder / "_partials" / "sign.md").write_text("Two, longer")
    await reloading.look()

    assert templates.find("note", "en").version != first.version


async def test_where_a_shared_part_cannot_be_read_all_stays(kept):
    folder, templates, reloading = kept
    first = templates.find("note", "en")
    _write(folder, "note/en.md", "Second")
    (folder / "_snippets").mkdir()
    (folder / "_snippets" / "en.toml").write_text("a = ")

    await reloading.look()

    assert templates.find("note", "en") is first
    assert "_snippets" in str(reloading.mistakes[0])


async def test_what_cannot_be_read_for_a_reason_of_ours_ends_nothing(kept, tmp_path):
    reloading = Reloading()
    reloading.watch("brand", tmp_path, _broken, frozenset())

    assert await _logged(reloading) == [("brand.unread", "")]
    assert "could not be read (RuntimeError)" in reloading.checks["files"]


async def test_a_pipe_a_device_and_toml_without_bottom_keep_nothing_else_from_use(kept):
    folder, templates, reloading = kept
    for name in ("pipe", "zero", "deep"):
        (folder / name).mkdir()
    os.mkfifo(folder / "pipe" / "en.md")
    (folder / "zero" / "en.md").symlink_to("/dev/zero")
    (folder / "deep" / "en.md").write_text(f"+++\nx = {'[' * 5000}\n+++\nText\n")
    _write(folder, "other/en.md", "Good")

    await reloading.look()

    assert templates.names == ("note", "other")
    assert [str(mistake).removeprefix(f"{folder}/").partition(";")[0] for mistake in reloading.mistakes] == [
        "deep/en.md:2:1: is not TOML: is nested more than 50 levels deep",
        "pipe/en.md: is not a regular file",
        "zero/en.md: is not a regular file",
    ]


async def test_what_editors_leave_behind_is_not_looked_at(kept):
    folder, templates, reloading = kept
    for name in ("note/en.md~", "note/4913", "note/README.md", "note/#en.md#", "_snippets/en.toml.bak", "_partials/a.md~"):
        _write(folder, name, "")

    assert await _logged(reloading) == []
    assert templates.reload(folder) == []
    _write(folder, "note/en.markdown", "")
    assert [mistake.message.partition(";")[0] for mistake in templates.reload(folder)] == ["is not called by a language"]


async def test_a_brand_that_is_new_or_gone_waits_for_a_restart(opened, tmp_path):
    folder = tmp_path / "brands"
    for name in ("acme", "shop"):
        (folder / name).mkdir(parents=True)
        (folder / name / "brand.toml").write_text("")
    gateway = await opened({"mail": Carrier("email")}, worker=False, brands=folder)
    shutil.rmtree(folder / "shop")
    (folder / "kids").mkdir()
    (folder / "kids" / "brand.toml").write_text("")

    with structlog.testing.capture_logs() as told:
        await gateway._open.reloading.look()

    assert gateway.brands == ("acme", "default", "shop")
    assert [entry["at"].removeprefix(f"{folder}/") for entry in told if entry["event"] == "brand.refused"] == [
        "kids: is new, and no message can wear it yet; restart wasl",
        "shop: is gone, but messages still wear it; restart wasl",
    ]
    assert "restart wasl" in (await gateway.health()).checks["files"]


async def test_it_looks_by_itself_until_it_is_closed(kept, monkeypatch):
    folder, templates, reloading = kept
    monkeypatch.setattr("wasl.reloading._EVERY", 0.005)
    _write(folder, "other/en.md", "New")

    await reloading.start()
    for _ in range(200):
        if "other" in templates.names:
            break
        await _pause()
    await reloading.close()

    assert templates.names == ("note", "other")


async def _broken():
    raise RuntimeError


async def _pause():
    await asyncio.sleep(0.005)
