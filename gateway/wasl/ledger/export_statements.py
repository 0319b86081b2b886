"""The statements of exports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, func, insert, literal_column, or_, select, update

from wasl.ledger.hot import Hot
from wasl.ledger.leases import free, held, taken
from wasl.ledger.tables import export_parts, exports, users

CHUNK = 100
"""Parts that are looked at in one go, and exports that are removed."""
SEEN = (
    "id", "user_id", "role", "kind", "format", "brands", "state", "fault", "expected", "at_least", "rows", "bytes", "parts", "asked_at",
    "expires_at", "ended_at", "sealed",
)  # fmt: skip
"""The columns of what is told of an export, in order."""
_seen = tuple(exports.c[name] for name in SEEN)
_its, _theirs = exports.c.id == bindparam("key_id"), exports.c.user_id == bindparam("key_user")
_open = exports.c.state.in_([literal_column("'waiting'"), literal_column("'writing'")])
_live = exports.c.state.in_([literal_column("'writing'"), literal_column("'ready'")])
_writing = (_its, exports.c.state == literal_column("'writing'"), held(exports))
_to_write = (_open, free(exports), exports.c.expires_at > bindparam("now"))
_ended: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in ("sealed", "ended_at", "state", "fault")}
_of_it = export_parts.c.export_id == bindparam("key_id")
_after = (_of_it, export_parts.c.number > bindparam("after"))
_orphaned = exports.c.user_id.not_in(select(users.c.id))
_counts: Sequence[ColumnElement[Any]] = (func.count(), func.count().filter(_open))

ADD = Hot(insert(exports).values({column.name: bindparam(column.name) for column in exports.columns}))
COUNT = Hot(select(*_counts).select_from(exports).where(_theirs))
ONE = Hot(select(*_seen).where(_its, _theirs))
OF_USER = Hot(select(*_seen).where(_theirs).order_by(exports.c.asked_at.desc(), exports.c.id))
NEXT = Hot(select(exports.c.id).where(*_to_write).order_by(exports.c.rows, exports.c.asked_at).limit(literal_column("1")))
CLAIM = Hot(
    update(exports)
    .where(_its, *_to_write)
    .values(state=literal_column("'writing'"), **taken(exports))
    .returning(*_seen, exports.c.fence, exports.c.place)
)
GO_ON = Hot(
    update(exports)
    .where(*_writing)
    .values({name: bindparam(name) for name in ("state", "rows", "bytes", "parts", "place", "leased_until", "ended_at")})
    .returning(exports.c.id)
)
RELEASE = Hot(update(exports).where(*_writing).values(leased_until=literal_column("0")))
FAIL = Hot(update(exports).where(*_writing).values(_ended).returning(exports.c.id))
END = Hot(update(exports).where(_its, or_(_open, _live)).values(_ended).returning(exports.c.id))
VOID = Hot(update(exports).where(_open).values(fence=exports.c.fence + literal_column("1"), leased_until=literal_column("0")))
OPEN = Hot(select(exports.c.id).where(_open))
LIVE = Hot(select(exports.c.id).where(_live))
OLD = Hot(select(exports.c.id).where(or_(exports.c.expires_at < bindparam("before"), _orphaned)).limit(literal_column(str(CHUNK))))
REMOVE = Hot(delete(exports).where(_its))

PUT_PART = Hot(insert(export_parts).values({column.name: bindparam(column.name) for column in export_parts.columns}))
PART = Hot(select(export_parts.c.sealed).where(_of_it, export_parts.c.number == bindparam("key_number")))
ABOUT = Hot(
    select(export_parts.c.number, export_parts.c.about)
    .where(*_after)
    .order_by(export_parts.c.number)
    .limit(literal_column(str(CHUNK)))
)  # fmt: skip
FORGET_PARTS = Hot(delete(export_parts).where(_of_it))
