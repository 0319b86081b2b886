"""wasl: one call sends a message to a person, on the channels that reach them, with a receipt for everything."""

from wasl_contracts import Action, Address, Content, Message, Recipient

from wasl.api import Gateway

__all__ = ["Action", "Address", "Content", "Gateway", "Message", "Recipient"]
