import contextlib
import io
import re
from pathlib import Path

import wasl


def test_the_chapter_s_example_prints_what_the_chapter_says():
    chapter = (Path(wasl.__file__).parent / "content" / "README.md").read_text(encoding="utf-8")
    code, expected = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", chapter, re.DOTALL)[0]
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})

    assert printed.getvalue() == expected
