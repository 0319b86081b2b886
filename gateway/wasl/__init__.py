"""wasl: one call sends a message to a person, on the channels that reach them, with a receipt for everything."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wasl.api import Gateway
    from wasl_contracts import Action, Address, Content, Message, Recipient

__all__ = ["Action", "Address", "Content", "Gateway", "Message", "Recipient"]


def __getattr__(name: str) -> object:
    # Imported on first use: `wasl --help` must not wait for the database and the network.
    if name not in __all__:
        raise AttributeError(f"module 'wasl' has no attribute {name!r}")
    import wasl_contracts  # noqa: PLC0415 - as said above
    from wasl import api  # noqa: PLC0415 - as said above

    return getattr(api if name == "Gateway" else wasl_contracts, name)
