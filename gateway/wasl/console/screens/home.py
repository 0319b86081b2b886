"""What stands before the screens: the start, the static files, the colours."""

from aiohttp import web

from wasl.console import cookies
from wasl.console.assets import served
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import NotFound

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # the name changes with the bytes


async def start(visit: Visit) -> web.StreamResponse:
    """The first screen of their navigation: messages, for most."""
    return visit.redirect(next((door.path for door in visit.doors), "/profile"))


async def static(visit: Visit) -> web.Response:
    """A static file by its name with its hash."""
    asset = served().get(visit.request.match_info["file"])
    if asset is None:
        raise NotFound("There is no such file.")
    charset = "utf-8" if asset.media_type.startswith("text/") else None
    return web.Response(body=asset.body, content_type=asset.media_type, charset=charset, headers=_FOR_EVER)


async def theme(visit: Visit) -> web.StreamResponse:
    """Light, dark, or as the system has it: kept in this browser."""
    fields = await visit.form()
    response = visit.redirect(local(fields.get("back", "")))
    chosen = fields.get("theme", "")
    cookies.set_choice(response, cookies.THEME, chosen if chosen in ("light", "dark") else "system")
    return response


def local(path: str) -> str:
    """A path below /console that a form or a link brought along; the start where it leads elsewhere."""
    sound = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if sound else "/"


PAGES = (
    Page("GET", "/", Permission.OWN, start),
    Page("GET", "/static/{file}", Permission.NOBODY, static),
    Page("POST", "/theme", Permission.OWN, theme),
)
