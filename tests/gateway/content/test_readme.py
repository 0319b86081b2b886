import contextlib
import io
import re
from pathlib import Path

import pytest

import wasl


@pytest.mark.parametrize("folder", ["content", "content/layouts"])
def test_the_chapter_s_examples_print_what_the_chapter_says(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chapter = (Path(wasl.__file__).parent / folder / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", chapter, re.DOTALL)
    printed = [io.StringIO() for _ in examples]

    for (code, _), page in zip(examples, printed, strict=True):
        with contextlib.redirect_stdout(page):
            exec(compile(code, "README.md", "exec"), {})

    assert [page.getvalue() for page in printed] == [expected for _, expected in examples]
    assert examples
