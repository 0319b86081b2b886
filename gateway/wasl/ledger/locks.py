"""The names of locks that transactions of several workers hold against one another, until they end."""


def opt_outs(brand: str) -> str:
    """Shared by intents, with that of the brand `*`; held alone by whoever suppresses an address there, so that none commits after (P5)."""
    return f"opt-outs|{brand}"


def order(brand: str, ordering_key: str) -> str:
    """Held alone by whoever begins or ends something with that ordering key."""
    return f"order|{brand}|{ordering_key}"


def budgets() -> str:
    """Held alone by intents that cost something which a budget counts, so that each sees what the others spent."""
    return "budgets"


def inbox(brand: str, owner: str) -> str:
    """Held alone by whoever puts something into that feed or changes it, so that its revisions are committed in their order."""
    return f"inbox|{brand}|{owner}"


def family(brand: str, message_id: str) -> str:
    """Held alone by whoever decides by what the deliveries of that message have proved not to be. Taken before all others."""
    return f"family|{brand}|{message_id}"


def admins() -> str:
    """Held alone by whoever takes something from an admin, so that not two of them take it from each other."""
    return "admins"


def exports(user_id: str) -> str:
    """Held alone by whoever asks for an export for that user, so that they have no more than they may."""
    return f"exports|{user_id}"


def audit() -> str:
    """Held alone by whoever appends to the audit, to the end, so that its chain has no branches. Taken after all others."""
    return "audit"
