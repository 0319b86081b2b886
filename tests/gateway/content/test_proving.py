"""Templates are tried in a process of their own (threats.md, F)."""

import subprocess
import sys

import pytest

from wasl.content import proving
from wasl.content.proving import Trial, harmful
from wasl.content.templates import TemplateMistakes, Templates

_FRONT = '+++\n[variables]\nitems = { type = "list", example = [1, 2] }\n+++\n'
_SLOW_TO_READ = "![a](" * 35_000  # markdown-it takes some seconds for it


def _trial(name, body, front=_FRONT):
    return Trial(f"{name} of {__name__}", name, "en", front + body)


def test_one_process_tries_all_and_what_kills_it_is_found_out():
    trials = [_trial("first", "a {{ items|join }}"), _trial("killer", _SLOW_TO_READ), _trial("last", "b {{ items|join }}")]

    assert harmful(trials) == {trials[1].version}
    assert {trials[0].version, trials[2].version} <= proving._harmless


def test_memory_is_limited():
    script = """from wasl.content import trial
trial._limit_memory()
try:
    bytearray(300 * 2**20)
except MemoryError:
    print("refused")
"""

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "refused\n"


def test_a_template_that_takes_too_much_with_its_own_examples_is_a_mistake_of_its_file(tmp_path):
    example = f"[{', '.join(['1'] * 101)}]"
    (tmp_path / "note").mkdir()
    (tmp_path / "note" / "en.md").write_text(
        _FRONT.replace("[1, 2]", example) + "{% for a in items %}{% for b in items %}{{ a }}{% endfor %}{% endfor %}"
    )

    with pytest.raises(TemplateMistakes, match=r"note/en.md: template_limit: takes more than 1 s") as found:
        Templates.load(tmp_path)

    assert len(found.value.mistakes) == 1


@pytest.mark.parametrize(
    ("body", "needed"),
    [
        ("{{ items|sort|join(', ') }}", False),
        ("{% for a in items %}{{ loop.index }} {{ a.price|money }} {{ a.name|upper }}{% if a.sale %}!{% endif %}{% endfor %}", False),
        ("{% for a in items %}{{ items|join }}{% endfor %}", True),
        ("{% for a in items %}{% for b in a.parts %}{{ b }}{% endfor %}{% endfor %}", True),
    ],
)
def test_only_nested_loops_and_filters_that_grow_in_them_need_a_trial(body, needed):
    assert Templates.compile(_FRONT + body, name="note", locale="en").needs_proof is needed


def test_what_was_found_harmless_starts_no_process(monkeypatch):
    trial = _trial("known", "a")
    monkeypatch.setattr(proving, "_harmless", {trial.version})
    monkeypatch.setattr(sys, "executable", "/nowhere")

    assert harmful([trial]) == set()
