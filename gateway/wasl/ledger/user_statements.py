"""What the ledger asks of its database about users, their sessions and the forms that they sent."""

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, Text, bindparam, delete, func, insert, literal_column, select, update

from wasl.ledger.hot import Hot, upsert
from wasl.ledger.tables import recovery_codes, saved_views, second_factors, user_acts, user_sessions, users
from wasl.users import Role

FIELDS = ("id", "name", "role", "brands", "lang", "zone", "keys_off", "created_at", "subject")
"""Of a user, as the ledger reads them."""
_columns = tuple(users.c[name] for name in FIELDS)


def _key(name: str) -> object:
    return bindparam(f"key_{name}", type_=Text())


_its, _at = users.c.id == _key("id"), bindparam("at", type_=BigInteger())
_session = user_sessions.c.digest == bindparam("key_digest", type_=LargeBinary())
_act = (user_acts.c.user_id == _key("user"), user_acts.c.token == _key("token"))
ADD = Hot(
    upsert(users)
    .values({column.name: bindparam(column.name) for column in users.columns})
    .on_conflict_do_nothing()  # the name, or the subject
    .returning(users.c.id)
)
_alive = (
    user_sessions.c.user_id == users.c.id,
    user_sessions.c.seen_at > bindparam("idle"),
    user_sessions.c.created_at > bindparam("life"),
)
_sessions = select(func.count()).select_from(user_sessions).where(*_alive).scalar_subquery()
MEMBERS = Hot(
    select(*_columns, users.c.signed_in_at, second_factors.c.confirmed_at, _sessions)
    .outerjoin(second_factors, second_factors.c.user_id == users.c.id)
    .order_by(users.c.name)
)
ADMINS = Hot(select(users.c.id, users.c.brands).where(users.c.role == literal_column(f"'{Role.ADMIN.value}'")))
LIST = Hot(select(*_columns).order_by(users.c.name))
ANY = Hot(select(users.c.id).limit(literal_column("1")))
BY_NAME = Hot(select(*_columns, users.c.password).where(users.c.name == _key("name")))
SET_ACCESS = Hot(
    update(users).where(_its).values(role=bindparam("role", type_=Text()), brands=bindparam("brands", type_=Text())).returning(users.c.id)
)
SET_PASSWORD = Hot(update(users).where(_its).values(password=bindparam("password", type_=Text())).returning(users.c.id))
SET_OWN = Hot(
    update(users)
    .where(_its)
    .values(
        lang=bindparam("lang", type_=Text()), zone=bindparam("zone", type_=Text()), keys_off=bindparam("keys_off", type_=SmallInteger())
    )
)
REMOVE = Hot(delete(users).where(_its).returning(users.c.id))
FORGET = (
    Hot(delete(saved_views).where(saved_views.c.user_id == _key("id"))),
    Hot(delete(user_acts).where(user_acts.c.user_id == _key("id"))),
    Hot(delete(second_factors).where(second_factors.c.user_id == _key("id"))),
    Hot(delete(recovery_codes).where(recovery_codes.c.user_id == _key("id"))),
)
OPEN = Hot(insert(user_sessions).values({column.name: bindparam(column.name) for column in user_sessions.columns}))
SIGNED_IN = Hot(update(users).where(_its).values(signed_in_at=_at))
SESSION = Hot(
    select(*_columns, second_factors.c.confirmed_at, user_sessions.c.proved_at, user_sessions.c.created_at, user_sessions.c.seen_at)
    .join_from(user_sessions, users, users.c.id == user_sessions.c.user_id)
    .outerjoin(second_factors, second_factors.c.user_id == users.c.id)
    .where(_session)
)
PROVE = Hot(update(user_sessions).where(_session).values(proved_at=_at).returning(user_sessions.c.user_id))
USED = Hot(update(user_sessions).where(_session).values(seen_at=_at))
CLOSE = Hot(delete(user_sessions).where(_session))
CLOSE_ALL = Hot(delete(user_sessions).where(user_sessions.c.user_id == _key("id")))
CLOSE_UNPROVED = Hot(delete(user_sessions).where(user_sessions.c.user_id == _key("id"), user_sessions.c.proved_at.is_(None)))
CLEAR = Hot(delete(user_sessions).where(user_sessions.c.created_at < _at))
BEGIN = Hot(
    upsert(user_acts)
    .values({column.name: bindparam(column.name) for column in user_acts.columns})
    .on_conflict_do_nothing()
    .returning(user_acts.c.token)
)
FOUND = Hot(select(user_acts.c.location).where(*_act))
END = Hot(update(user_acts).where(*_act).values(location=bindparam("location", type_=Text())))
UNDO = Hot(delete(user_acts).where(*_act))
CLEAR_ACTS = Hot(delete(user_acts).where(user_acts.c.at < _at))
