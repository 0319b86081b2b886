"""The console in an HTTP application: all pages under /console."""

from collections.abc import Callable, Sequence

from aiohttp import web

from wasl.api import Gateway
from wasl.console.captured import TRAY
from wasl.console.finding import navigation, pages
from wasl.console.page import PREFIX, Page
from wasl.console.permissions import Permission
from wasl.console.rendering import render
from wasl.console.serving import Answering, ReadForm, Serving
from wasl.console.visit import Door, House, Visit


def add_console(app: web.Application, gateway: Gateway, read_form: ReadForm, around: Callable[[Answering], Answering]) -> None:
    """Serve every page. `around` is put around what answers: the check of the Host header, say. It is `wasl dev` where there is a tray."""
    serving = Serving(House(gateway, doors(pages()), render, TRAY in app), read_form)
    for page in (*pages(), Page("GET", "/{nothing:.*}", Permission.NOBODY, _nothing)):
        answered = around(serving.answering(page))
        app.router.add_route(page.method, PREFIX + page.path, answered)
        if page.method == "GET":
            app.router.add_route("HEAD", PREFIX + page.path, answered)
    app.router.add_get(PREFIX, _to_start)


def doors(all_pages: Sequence[Page]) -> tuple[Door, ...]:
    """The navigation: each entry needs what its page needs.

    Raises:
        ValueError: an entry leads to no page.
    """
    needs = {page.path: page.permission for page in all_pages if page.method == "GET"}
    if missing := [nav.path for nav in navigation() if nav.path not in needs]:
        raise ValueError(f"the navigation leads to {', '.join(missing)}, where there is no page")
    return tuple(Door(nav.label, nav.path, needs[nav.path]) for nav in navigation())


async def _nothing(visit: Visit) -> web.StreamResponse:
    return visit.not_found()


async def _to_start(request: web.Request) -> web.StreamResponse:
    return web.Response(status=308, headers={"Location": f"{PREFIX}/"})
