"""The schema of both engines. Moments are microseconds since 1970 UTC, brand leads every key, addresses are encrypted."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, and_, text

from wasl.ledger.act_tables import act_tables
from wasl.ledger.audit_tables import audit_tables
from wasl.ledger.callback_tables import callback_tables
from wasl.ledger.confirmation_tables import confirmation_table
from wasl.ledger.desk_tables import desk_table
from wasl.ledger.export_tables import export_tables
from wasl.ledger.factor_tables import factor_tables
from wasl.ledger.feed_tables import feed_table
from wasl.ledger.file_tables import file_tables
from wasl.ledger.inbox_tables import inbox_table
from wasl.ledger.key_tables import key_tables
from wasl.ledger.person_tables import person_tables
from wasl.ledger.search_tables import search_tables
from wasl.ledger.sign_on_tables import sign_on_table
from wasl.ledger.tally_tables import tally_tables
from wasl.ledger.tracking_tables import tracking_table
from wasl.ledger.user_tables import user_tables
from wasl.ledger.webhook_tables import webhook_tables

schema = MetaData()
_WAITS_IN_ORDER = text("ordering_key IS NOT NULL AND due_at IS NOT NULL")

recipients, address_owners, address_owners_read = person_tables(schema)

consents = Table(  # append-only: the consent at a moment is a fold of the rows before it
    "consents",
    schema,
    Column("brand", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # sorts by time
    Column("at", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),  # or * for every topic
    Column("channel", Text, nullable=False),  # or * for every channel
    Column("state", Text, nullable=False),  # granted, withdrawn, pending
    Column("actor", Text, nullable=False),  # who wrote it down
    Column("source", Text, nullable=False),  # how it came
    Column("wording", Text),  # what was shown to them
    Column("wording_version", Text),
    Column("locale", Text),
    Column("sealed", LargeBinary),  # further evidence, such as their IP address, encrypted
    Column("confirms", Text),  # the pending row that this one answers
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    schema,
    Column("brand", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("channels", Text, nullable=False),  # JSON list, in order
    Column("locale", Text, nullable=False),
    Column("template", Text),
    Column("template_version", Text),
    Column("brand_version", Text),  # of the brand that it wears; NULL: wasl's own face
    Column("about", Text),
    Column("body", Text, nullable=False),  # JSON: inline content, or the template's data
    Column("metadata", Text, nullable=False),  # JSON
    Column("config", Text, nullable=False),  # version of the configuration that routed it
    Column("idempotency_key", Text),
    Column("fingerprint", Text),
    Column("ordering_key", Text),
    Column("fact", Text),  # two messages about one fact are the same message
    Column("supersedes", SmallInteger),  # 1: it replaced the older ones about the same; NULL: it did not
    Column("superseded_by", Text),  # id of the first newer message that replaced it
    Column("priority", SmallInteger),  # that of its topic; NULL: that of its category
    Column("proof", Text),  # delivered, read: without it the next channel goes (escalating.py); NULL: it never does
    Column("escalate_after", BigInteger),  # in microseconds; NULL: smart
    Column("reference", Text),  # metadata.ref, by which people look for it (acceptance.py)
    Column("origin", Text),  # who asked for it, by which request (origins.py); NULL: nobody wrote that down
    Index("messages_by_recipient", "brand", "recipient_id", "id"),
    sqlite_with_rowid=False,
)
for _told in (messages.c.reference, messages.c.about):  # for those who search; they cost nothing where neither is told
    Index(
        f"messages_found_by_{_told.name}",
        messages.c.brand,
        _told,
        messages.c.id,
        sqlite_where=_told.is_not(None),
        postgresql_where=_told.is_not(None),
    )
_CURRENT = and_(messages.c.about.is_not(None), messages.c.superseded_by.is_(None))
_FACT = messages.c.fact.is_not(None)
for _told, _where in ((messages.c.about, _CURRENT), (messages.c.fact, _FACT)):
    Index(f"messages_by_{_told.name}", messages.c.brand, messages.c.recipient_id, _told, sqlite_where=_where, postgresql_where=_where)
Index(
    "messages_by_idempotency_key",
    messages.c.brand,
    messages.c.idempotency_key,
    unique=True,
    sqlite_where=messages.c.idempotency_key.is_not(None),
    postgresql_where=messages.c.idempotency_key.is_not(None),
)

deliveries = Table(
    "deliveries",
    schema,
    Column("brand", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("code", Text),  # the provider's own
    Column("marks", Text, nullable=False),  # JSON list
    Column("fence", Integer, nullable=False),  # grows with each claim; an update with an older one changes nothing
    Column("lane", Text, nullable=False),  # the channel whose providers must have room before it is claimed
    Column("flow", Text, nullable=False, server_default=""),  # rows.flow: each has its share of every claim
    Column("due_at", BigInteger),  # NULL: nothing to do; while claimed: the end of the lease
    Column("claimed_at", BigInteger),
    Column("channel", Text),  # NULL: still open, the route decides
    Column("address_hash", Text),
    Column("address", Text),  # masked
    Column("provider", Text),
    Column("provider_ref", Text),
    Column("attempts", Integer, nullable=False),
    Column("refused", Text, nullable=False),  # JSON list: providers that said a definite no to this delivery
    Column("tried", Text, nullable=False),  # JSON list: channels that earlier deliveries of the message failed on
    Column("strikes", SmallInteger, nullable=False, server_default="0"),  # poison.py
    Column("ordering_key", Text),  # one in flight for each; the others wait parked
    Column("decision", Text),  # JSON, decisions.py
    Column("decided_at", BigInteger),
    sqlite_with_rowid=False,
)
Index(
    "deliveries_due",
    deliveries.c.lane,
    deliveries.c.flow,
    deliveries.c.due_at,
    sqlite_where=deliveries.c.due_at.is_not(None),
    postgresql_where=deliveries.c.due_at.is_not(None),
)
Index(
    "deliveries_in_order",
    deliveries.c.brand,
    deliveries.c.ordering_key,
    deliveries.c.message_id,
    sqlite_where=_WAITS_IN_ORDER,
    postgresql_where=_WAITS_IN_ORDER,
)
Index("deliveries_by_state", deliveries.c.brand, deliveries.c.state, deliveries.c.message_id)

attempts = Table(
    "attempts",
    schema,
    Column("brand", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("delivery", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),  # NULL: the call is out, or its end was never seen
    Column("outcome", Text),
    Column("reason", Text),
    Column("code", Text),
    Column("provider_ref", Text),
    Column("facts", Text),  # JSON
    Column("recipient_id", Text),  # whose caps it uses, unless it certainly was not taken
    Column("cost_units", SmallInteger),  # segments of an SMS; NULL: one, of which no price is known
    Column("encoding", Text),  # of an SMS
    Column("cost", BigInteger),  # in micro units of the currency; NULL: not known
    Column("currency", Text),
    Column("spent_on", Text),  # the day under which `spending` counts it; NULL: no budget does
    Column("digest", Text),  # keyed, of the bytes that were handed over (KeyRing.digest); NULL: it did not come to that
    Column("dated_at", BigInteger),  # the moment of its decision, which dates a mail
    Column("made_by", Text),  # version of the software and settings that made them, in `sources`
    Index("attempts_by_recipient", "brand", "recipient_id", "started_at"),
    sqlite_with_rowid=False,
)

events = Table(  # what happened beside acceptance (the message's row) and attempts (theirs)
    "events",
    schema,
    Column("brand", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("delivery", Integer, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("facts", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

spending = Table(  # what budgets count: a sum of `attempts`, kept because it is read for every batch
    "spending",
    schema,
    *(Column(name, Text, primary_key=True) for name in ("day", "brand", "channel", "category", "currency")),  # a day is 2026-03-01
    Column("spent", BigInteger, nullable=False),  # in micro units
    sqlite_with_rowid=False,
)

suppressions = Table(
    "suppressions",
    schema,
    Column("brand", Text, primary_key=True),  # or * for all brands of the installation
    Column("channel", Text, primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("scope", Text, primary_key=True, server_default=""),  # a category; empty: every message
    Column("reason", Text, primary_key=True),  # each has its row, so that taking one back leaves the others
    Column("address", Text, nullable=False),  # masked
    Column("source", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("actor", Text),
    Column("message_id", Text),  # evidence: the message that told
    Column("sealed", LargeBinary),  # further evidence, encrypted
    Column("expires_at", BigInteger),
    Index("suppressions_by_time", "brand", "since", "channel", "address_hash", "scope", "reason"),
    sqlite_with_rowid=False,
)

suppression_changes = Table(  # append-only: who put an address on the list or took it off, and why
    "suppression_changes",
    schema,
    Column("brand", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("scope", Text, nullable=False),
    Column("change", Text, nullable=False),  # added, removed
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text),
    Column("message_id", Text),
    Column("sealed", LargeBinary),
    Column("expires_at", BigInteger),
    sqlite_with_rowid=False,
)

providers = Table(  # what all workers must know of a provider
    "providers",
    schema,
    Column("brand", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column(
        "state", Text, nullable=False
    ),  # closed, open (its calls fail), paused (its settings or code are at fault, or an operator's wish)
    Column("reason", Text),
    Column("code", Text),  # the provider's own
    Column("changed_at", BigInteger, nullable=False),
    Column("until", BigInteger),  # no calls before that moment
    Column("next_call_at", BigInteger, nullable=False),  # calls up to then are given out, where its rate is limited
    sqlite_with_rowid=False,
)

commits = Table(  # the newest commit of each connection that writes, for PostgreSQL: tells whether one went through whose answer was lost
    "commits",
    schema,
    Column("connection", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

sources = Table(  # configurations, templates and brands, once by version, so that a decision or a rendering can be repeated
    "sources",
    schema,
    Column("version", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

api_keys, key_checks = key_tables(schema)
files, file_contents, message_files = file_tables(schema)
feed = feed_table(schema)
callbacks, provider_refs = callback_tables(schema)
tracked = tracking_table(schema)
confirmations = confirmation_table(schema)
inbox = inbox_table(schema)
webhooks, webhook_waits = webhook_tables(schema)
desk_links = desk_table(schema)
exports, export_parts = export_tables(schema)
saved_views, bulk_acts = search_tables(schema)
acts, act_pieces = act_tables(schema)
audit, audit_details = audit_tables(schema)
tallies, tally_places = tally_tables(schema)
users, user_sessions, user_acts = user_tables(schema)
second_factors, recovery_codes = factor_tables(schema)
sign_ons = sign_on_table(schema)
