"""Suppressions from a CSV file: it is checked first, and imported only if it is the same that was checked."""

import hashlib
import io

from aiohttp import web

from wasl.api import Gateway
from wasl.console.diagnoses import problem_told
from wasl.console.page import Page
from wasl.console.permissions import Permission
from wasl.console.visit import Visit
from wasl.errors import Refused
from wasl.suppression import Imported, Origin
from wasl.users import Role

_MOST_OF_SUPPORT = 100  # lines: as many as support may send again in one go (threats.md section 4)


async def ask_import(visit: Visit) -> web.StreamResponse:
    """The form."""
    return _form(visit)


async def import_csv(visit: Visit) -> web.StreamResponse:
    """Tell what a file would do; with the mark of a file that was checked before, do it."""
    fields = await visit.form()
    file = fields.get("file", "").encode()
    if not file.strip():
        return _form(visit, visit.t("Choose a CSV file."))
    mark = hashlib.sha256(file).hexdigest()
    checked = fields.get("checked", "")
    if checked and checked != mark:
        return _form(visit, visit.t("This is not the file that was checked. Check it again."))
    gateway = visit.of(visit.gateway.brand, visit.t("Imported in the console"))
    try:
        report = await gateway.import_suppressions(io.BytesIO(file), dry_run=True)
        if _too_many(visit, report):
            return _form(visit, visit.t("Support may import at most {most} lines at a time; ask an operator.", most=_MOST_OF_SUPPORT))
        if not checked:
            return visit.page("suppressions/import.html", report=report, mark=mark, problem="", brand=gateway.brand)
        done = await gateway.import_suppressions(io.BytesIO(file), origin=Origin("import", visit.user.name))
    except Refused as refused:
        return _form(visit, visit.t("The file {message}", message=problem_told(visit.words, refused.errors[0])))
    return visit.redirect(_list(gateway), _told(visit, done))


def _form(visit: Visit, problem: str = "") -> web.Response:
    status = 422 if problem else 200
    return visit.page("suppressions/import.html", status=status, report=None, mark="", problem=problem, brand=visit.gateway.brand)


def _too_many(visit: Visit, report: Imported) -> bool:
    return visit.user.role is Role.SUPPORT and report.lines > _MOST_OF_SUPPORT


def _told(visit: Visit, done: Imported) -> str:
    new = visit.tn("{count} address was put on the list.", "{count} addresses were put on the list.", done.new + done.extended)
    left = done.already_there + done.repeated
    rest = [
        visit.tn("{count} was there already.", "{count} were there already.", left) if left else "",
        visit.tn("{count} line could not be read.", "{count} lines could not be read.", done.invalid) if done.invalid else "",
    ]
    return " ".join([new, *filter(None, rest)])


def _list(gateway: Gateway) -> str:
    return f"/suppressions?brand={gateway.brand}"


PAGES = (
    Page("GET", "/suppressions/import", Permission.SUPPRESS, ask_import),
    Page("POST", "/suppressions/import", Permission.SUPPRESS, import_csv),
)
