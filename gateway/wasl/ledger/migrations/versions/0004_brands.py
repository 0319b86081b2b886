"""Brands: the version of the brand that a message was accepted with."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
