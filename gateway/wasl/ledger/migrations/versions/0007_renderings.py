"""Renderings: the digest of the bytes that a provider got."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
