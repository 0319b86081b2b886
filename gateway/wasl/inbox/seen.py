"""The feed as it is shown to the person whose it is."""

from pydantic import AwareDatetime

from wasl.clock import moment
from wasl.ledger.inbox import Counts, Item
from wasl_contracts.content import Action, Direction
from wasl_contracts.model import Frozen


class ItemSeen(Frozen):
    """A message in the feed. `html` is safe to show as it is, and says the same as `text`; each is in `locale`.

    `number` is its place: larger is newer. `revision` grows with each change of anything in the feed.
    """

    id: str
    number: int
    revision: int
    title: str = ""
    text: str = ""
    html: str = ""
    actions: tuple[Action, ...] = ()
    image: str | None = None
    locale: str = "en"
    direction: Direction = "ltr"
    topic: str = ""
    at: AwareDatetime
    delivered: bool
    seen: bool
    read: bool
    archived: bool


class CountsSeen(Frozen):
    """How many items are not read, and how many of those were not even seen; archived ones do not count."""

    unread: int
    unseen: int


class ItemsSeen(Frozen):
    """A page of a feed, newest first; the next one comes with `cursor=next_cursor`. `revision` is where a stream goes on from."""

    data: tuple[ItemSeen, ...]
    next_cursor: str | None = None
    unread: int
    unseen: int
    revision: int


class InboxToken(Frozen):
    """Allows whoever has it to read one person's feed until then, and nothing else."""

    token: str
    expires_at: AwareDatetime


def item_seen(item: Item) -> ItemSeen:
    """An item as it is shown."""
    told: dict[str, object] = {
        **item.entry,
        "id": item_id(item.message_id, item.delivery), "number": item.number, "revision": item.revision, "at": moment(item.number),
        "delivered": item.delivered_at is not None, "seen": item.seen_at is not None, "read": item.read_at is not None,
        "archived": item.archived_at is not None,
    }  # fmt: skip
    return ItemSeen.model_validate({name: value for name, value in told.items() if name in ItemSeen.model_fields})


def counts_seen(counts: Counts) -> CountsSeen:
    """Counts as they are shown."""
    return CountsSeen(unread=counts.unread, unseen=counts.unseen)


def item_id(message_id: str, delivery: int) -> str:
    """The id of the item of a delivery."""
    return f"itm_{message_id.removeprefix('msg_')}_{delivery}"
