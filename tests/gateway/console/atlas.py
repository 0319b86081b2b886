"""Every page of the console in every state that it has: full, empty, and with something wrong. A page without a row here fails a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["full", "empty", "error"]
By = Literal["", "enrolled", "half", "enrolling"]


@dataclass(frozen=True)
class View:
    """A page as it is reached: a path of `Seeded`, then, where `form` is given, sending its form with that action, filled with `fields`.

    `nobody`: it is looked at without signing in. `by`: not by the admin, but by somebody who has enrolled a second factor, has given their
    password only (half), or is about to enrol one.
    """

    path: str
    form: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    nobody: bool = False
    by: By = ""


def _refused(path: str, action: str = "", **fields: str) -> View:
    """The page with its form sent without a reason."""
    return View(path, action or path.rpartition("/")[2], fields)


_EXPLAINED = "/explain?person={who}&template=order_shipped"
_BY_HAND = "/explain/send?person={who}&template=order_shipped"

ATLAS: Mapping[str, Mapping[State, View]] = {
    **{
        f"{method} /{one}/export": {"full" if method == "GET" else "error": View(f"/{one}/export", "" if method == "GET" else "/export")}
        for one in ("messages", "suppressions", "consents", "audit")
        for method in ("GET", "POST")
    },
    "GET /acts/{id}": {"full": View("{act_over}"), "empty": View("{act_waits}"), "error": View("/acts/none")},
    "POST /acts/{id}/approve": {"error": View("{act_waits}", "/approve")},
    "POST /acts/{id}/refuse": {"error": View("{act_erasing}", "/refuse")},
    "GET /approvals": {"full": View("/approvals"), "empty": View("/approvals?brand=beta")},
    "GET /audit": {"full": View("/audit"), "empty": View("/audit?about=nothing"), "error": View("/audit?since=yesterday")},
    "POST /audit/verify": {"full": View("/audit", "/audit/verify")},
    "GET /brands": {"full": View("/brands")},
    "GET /brands/{name}": {"full": View("/brands/acme"), "error": View("/brands/none")},
    "GET /channels": {"full": View("/channels"), "empty": View("/channels?brand=beta"), "error": View("/channels?brand=none")},
    "GET /channels/{provider}": {"full": View("/channels/mail"), "empty": View("/channels/device"), "error": View("/channels/none")},
    "GET /channels/{provider}/pause": {"full": View("/channels/mail/pause")},
    "POST /channels/{provider}/pause": {"error": View("/channels/mail/pause", "/pause")},
    "GET /channels/{provider}/resume": {"full": View("/channels/spare/resume")},
    "POST /channels/{provider}/resume": {"error": View("/channels/spare/resume", "/resume")},
    "GET /channels/{provider}/test": {"full": View("/channels/mail/test")},
    "POST /channels/{provider}/test": {"error": View("/channels/mail/test", "/test")},
    "GET /codes/{provider}/{code:.+}": {"full": View("{code}"), "empty": View("/codes/mail/503"), "error": View("/codes/none/1")},
    "GET /consents": {"full": View("/consents"), "empty": View("/consents?topic=codes"), "error": View("/consents?cursor=x")},
    "GET /d/{token}": {"full": View("{desk}", nobody=True), "error": View("/d/none", nobody=True)},
    "GET /exports": {"full": View("/exports")},
    "GET /exports/{id}": {"full": View("{exported}"), "empty": View("{exporting}"), "error": View("/exports/none")},
    "GET /explain": {"full": View(_EXPLAINED), "empty": View("/explain"), "error": View("/explain?person=none&template=order_shipped")},
    "POST /explain": {"error": View("/explain", "/explain", {"person": "a@b@c", "at": "tomorrow", "topic": "none"})},
    "GET /explain/send": {"full": View(_BY_HAND), "error": View("/explain/send?person=none&template=order_shipped")},
    "POST /explain/send/look": {
        "full": View(_BY_HAND, "/explain/send/look", {"data.number": "7"}),
        "error": View(_BY_HAND, "/explain/send/look"),
    },
    "POST /explain/send": {"error": View(_BY_HAND.replace("send?", "send?topic=none&"), "/explain/send/look", {"data.number": "7"})},
    "GET /inbox": {"full": View("/inbox"), "empty": View("/inbox?text=none")},
    "GET /inbox/{id}": {"full": View("/inbox/{captured}"), "error": View("/inbox/none")},
    "POST /inbox/{id}/events": {"error": View("/inbox/{captured}", "/events")},
    "GET /inbox/chaos": {"full": View("/inbox/chaos")},
    "POST /inbox/chaos": {"error": View("/inbox/chaos", "/inbox/chaos", {"down": "lots"})},
    "GET /messages": {
        "full": View("/messages?col=tags"),
        "empty": View("/messages?q=person:nobody"),
        "error": View("/messages?q=statsu:failed&was=is:failed"),
    },
    "GET /messages/{id}": {"full": View("{message}"), "empty": View("/messages/{scheduled}"), "error": View("{refusal}")},
    "GET /messages/{id}/reveal": {"full": View("/messages/{sent}/reveal")},
    "POST /messages/{id}/reveal": {"error": View("/messages/{failed}/reveal", "/reveal")},
    "GET /messages/{id}/ticket": {"full": View("/messages/{sent}/ticket")},
    "GET /messages/{id}/{act:retry|again|other|cancel}": {"full": View("/messages/{sent}/again"), "empty": View("/messages/{sent}/cancel")},
    "POST /messages/{id}/{act:retry|again|other|cancel}": {"error": View("/messages/{failed}/other", "/other")},
    "GET /messages/bulk": {"full": View("/messages/bulk?act=cancel&id=default/{scheduled}"), "error": View("/messages/bulk?act=retry")},
    "POST /messages/bulk": {"error": View("/messages/bulk?act=retry&id={bulk}", "/messages/bulk")},
    "GET /messages/bulk/{token}": {"full": View("{done}"), "error": View("/messages/bulk/none")},
    "GET /oidc/start": {"error": View("/oidc/start", nobody=True)},
    "GET /oidc/back": {"error": View("/oidc/back?state=x", nobody=True)},
    "GET /oidc/out": {"error": View("/oidc/out", nobody=True)},
    "GET /oidc/prove": {"full": View("/oidc/prove?then=/audit")},
    "GET /people": {"full": View("/people?q=%2B966501234567"), "empty": View("/people"), "error": View("/people?q=ann@exmaple.com")},
    "GET /people/{id}": {"full": View("{person}"), "empty": View("{nobody}"), "error": View("{person}&cursor=x")},
    "GET /people/{id}/ticket": {"full": View("{ticket}")},
    "GET /people/{id}/links": {"full": View("{links}")},
    "POST /people/{id}/links": {"full": View("{links}", "/links", {"reason": "ticket", "days": "1"}), "error": View("{links}", "/links")},
    "POST /people/{id}/links/{link}/revoke": {"error": View("{links}", "/revoke")},
    "GET /people/{id}/erase": {"full": View("{erase}")},
    "POST /people/{id}/erase": {"error": View("{erase}", "/erase")},
    "GET /people/{id}/export": {"full": View("{export}")},
    "POST /people/{id}/export": {"error": View("{export}", "/export")},
    "GET /people/{id}/reveal": {"full": View("{reveal}")},
    "POST /people/{id}/reveal": {"full": View("{reveal}", "/reveal", {"reason": "ticket"}), "error": View("{reveal}", "/reveal")},
    "GET /people/{id}/stop": {"full": View("{stop}")},
    "POST /people/{id}/stop": {"error": View("{stop}", "/stop")},
    "GET /plugins/{plugin}": {"full": View("/plugins/log"), "error": View("/plugins/none")},
    "GET /profile": {"full": View("/profile")},
    "POST /profile": {"error": View("/profile", "/profile", {"zone": "Nowhere"})},
    "POST /profile/password": {"error": View("/profile", "/profile/password")},
    "GET /profile/factor": {"full": View("/profile/factor", by="enrolling"), "empty": View("/profile/factor")},
    "POST /profile/factor": {"error": View("/profile/factor", "/profile/factor", {"password": "wrong"})},
    "POST /profile/factor/confirm": {"error": View("/profile/factor", "/confirm", {"code": "000000"}, by="enrolling")},
    "POST /profile/factor/codes": {
        "full": View("/profile/factor", by="enrolled"),
        "error": View("/profile/factor", "/codes", {"renewing": "000000"}, by="enrolled"),
    },
    "POST /profile/factor/remove": {"error": View("/profile/factor", "/remove", {"removing": "000000"}, by="enrolled")},
    "GET /prove": {"full": View("/prove?then=/users", by="enrolled")},
    "POST /prove": {"error": View("/prove?then=/users", "/prove", {"code": "000000"}, by="enrolled")},
    "GET /reports": {
        "full": View("/reports?days=30&by=template"),
        "empty": View("/reports?brand=beta"),
        "error": View("/reports?since=never"),
    },
    "GET /search": {"full": View("/search?q=%2B966501234567")},
    "GET /setup": {"full": View("/setup")},
    "GET /sign-in": {"full": View("/sign-in", nobody=True)},
    "POST /sign-in": {"error": View("/sign-in", "/sign-in", {"name": "nobody", "password": "wrong"}, nobody=True)},
    "GET /sign-in/code": {"full": View("/sign-in/code?then=/users", by="half")},
    "POST /sign-in/code": {"error": View("/sign-in/code", "/sign-in/code", {"code": "000000"}, by="half")},
    "GET /suppressions": {
        "full": View("/suppressions"),
        "empty": View("/suppressions?brand=beta"),
        "error": View("/suppressions?address=what"),
    },
    "GET /suppressions/{id}": {"full": View("{suppression}"), "error": View("/suppressions/none")},
    "GET /suppressions/{id}/remove": {"full": View("{suppression}/remove")},
    "POST /suppressions/{id}/remove": {"error": View("{suppression}/remove", "/remove")},
    "GET /suppressions/add": {"full": View("/suppressions/add")},
    "POST /suppressions/add": {"error": View("/suppressions/add", "/suppressions/add")},
    "GET /suppressions/import": {"full": View("/suppressions/import")},
    "POST /suppressions/import": {"error": View("/suppressions/import", "/suppressions/import")},
    "GET /templates": {"full": View("/templates")},
    "GET /templates/{name}": {"full": View("/templates/order_shipped"), "error": View("/templates/none")},
    "GET /templates/{name}/diff": {"full": View("/templates/order_shipped/diff")},
    "GET /templates/{name}/preview": {
        "full": View("/templates/order_shipped/preview?channel=email"),
        "empty": View("/templates/order_shipped/preview?person=nothing-yet"),
    },
    "GET /users": {"full": View("/users")},
    "GET /users/add": {"full": View("/users/add")},
    "POST /users/add": {"error": View("/users/add", "/users/add", {"password": "short"})},
    "GET /users/{id}": {"full": View("{colleague}"), "empty": View("{oneself}"), "error": View("/users/none")},
    "GET /users/{id}/role": {
        "full": View("{colleague}/role?role=viewer&brand=acme"),
        "empty": View("{colleague}/role"),
        "error": View("{oneself}/role"),
    },
    "POST /users/{id}/role": {"error": View("{colleague}/role?role=viewer", "/role")},
    "GET /users/{id}/{act:password|factor|sign-out|remove}": {"full": View("{colleague}/remove"), "error": View("{oneself}/remove")},
    "POST /users/{id}/{act:password|factor|sign-out|remove}": {"error": View("{colleague}/password", "/password")},
    "POST /views": {"error": View("/messages?q=is:failed", "/views")},
}  # fmt: skip
"""Where a state is missing the page does not have it: a form has no empty one."""

TABS = (
    *(f"/messages/{{{one}}}?tab={tab}" for one in ("sent", "texted") for tab in ("preview", "text", "source", "data", "calls")),
    "/messages/{texted}?tab=related", "/explain?message={sent}", "/channels/text", "/people/{who}?only=problems",
    "{act_going}", "{act_refused}",
)  # fmt: skip
"""Other parts of pages in ATLAS."""

FRAMES = (
    "/messages/{sent}/frame?call={call}", "/messages/{templated}/frame?call={filled}", "/messages/{failed}/frame?channel=email",
    "/inbox/{captured}/preview",
    "/templates/order_shipped/frame?channel=email", "/templates/order_shipped/frame?channel=sms&locale=ar",
)  # fmt: skip
"""Pages that hold what others wrote: not for axe, which would judge theirs."""

FILES = ("/reports.csv?days=30&by=template", "/reports.csv?days=30", "{act_over}/result.csv")
"""Files of CSV."""

EXPORTS = ("/messages/export", "/suppressions/export", "/consents/export", "/audit/export")
"""Pages where a file is asked for by a form."""

NO_PAGE: Mapping[str, str] = {
    "GET /": "leads to the first page", "GET /static/{file}": "files", "GET /dev/{token}": "leads to the first page, once",
    "GET /live": "a stream", "GET /messages/{id}/live": "a stream", "GET /inbox/live": "a stream", "GET /inbox/{id}/source": "a file",
    "GET /messages/{id}/frame": "FRAMES", "GET /inbox/{id}/preview": "FRAMES", "GET /templates/{name}/frame": "FRAMES",
    "GET /reports.csv": "FILES", "GET /exports/file/{token}": "EXPORTS", "GET /exports/{id}/live": "a stream",
    "POST /exports/{id}/stop": "leads back",
    "GET /acts/{id}/live": "a stream", "GET /acts/{id}/result.csv": "FILES", "POST /acts/{id}/withdraw": "leads back",
    "POST /acts/{id}/stop": "leads back",
    "POST /theme": "leads back", "POST /views/remove": "leads back", "POST /sign-out": "leads to signing in",
    "POST /inbox/clear": "leads to the inbox", "POST /inbox/next": "leads to the faults",
}  # fmt: skip
"""What is no page to look at, and why."""
