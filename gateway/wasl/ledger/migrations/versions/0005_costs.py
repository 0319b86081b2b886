"""What sending costs: units of a delivery, and what a brand has spent."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
