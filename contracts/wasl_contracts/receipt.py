"""What a provider answered when it took a delivery."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from wasl_contracts.model import Frozen, cleaned

_Said = Annotated[str, AfterValidator(cleaned)]


class Receipt(Frozen):
    """The provider took it.

    `provider_ref` is the provider's own id for it, None where it gives none. `state` is `delivered` only where the protocol says
    that the recipient has it. `facts` holds what support may want to see: never an address, content or a secret. `entry` is what wasl
    itself keeps for the recipient to read (a feed in an application), in the transaction that settles the delivery.
    """

    provider_ref: Annotated[_Said, StringConstraints(max_length=512)] | None = None
    state: Literal["sent", "delivered"] = "sent"
    facts: dict[_Said, _Said] = Field(default_factory=dict)
    entry: dict[str, JsonValue] | None = Field(None, repr=False)
