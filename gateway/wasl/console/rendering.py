"""Templates into pages: Jinja over the folder `templates`, escaped, with the macros as `ui` and the words as `t` and `tn`."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from wasl.console.assets import asset_url
from wasl.console.diagnoses import checked, diagnosed, named, problem_told
from wasl.console.icons import icon, sprite
from wasl.console.telling import channel_told, fixer, mark_told, next_step, sentence, state_told
from wasl.console.visit import Visit


def render(visit: Visit, template: str, context: dict[str, object]) -> str:
    """A template of the folder, with what a page has given it, and `visit`, `t`, `tn`, `ui`, `lang` and `dir`."""
    told = {**context, "visit": visit, "t": visit.t, "tn": visit.tn, "lang": visit.lang, "dir": visit.dir, "fragment": visit.fragment}
    environment = environment_of()
    told["ui"] = environment.get_template("macros.html").make_module(told)
    return environment.get_template(template).render(told)


@cache
def environment_of() -> Environment:
    """The one environment; its templates are compiled once."""
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.update(
        asset=asset_url, icon=icon, sprite=sprite, state_told=state_told, mark_told=mark_told, channel_told=channel_told,
        sentence_of=sentence, next_step_of=next_step, fixer_of=fixer, diagnosed=diagnosed, checked=checked, named=named,
        problem_told=problem_told,
    )  # fmt: skip
    return environment


def _source(name: str) -> tuple[str, str, None]:
    """The text of a template, such as `messages/list.html`, and its path, which tracebacks name."""
    file = files("wasl.console").joinpath("templates", *name.split("/"))
    return file.read_text(encoding="utf-8"), str(file), None
