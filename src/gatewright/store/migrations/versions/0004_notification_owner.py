"""A notification's name is unique among those of its owner, a team or the installation, and no longer everywhere.

What there is keeps its name as its id: its address is sealed for that. Tables that refer to notifications let go of
them first, for SQLite drops a table to change it, and what refers to it would go too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFERRING = ("notification_secrets", "deliveries", "told")


def upgrade() -> None:
    for table in _REFERRING:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(_reference(table)), type_="foreignkey")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_notifications_team_teams"), type_="foreignkey")
        batch_op.add_column(sa.Column("id", sa.Text(), nullable=True))
    op.execute("UPDATE notifications SET id = name, team = coalesce(team, '')")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.Text(), nullable=False)
        batch_op.alter_column("team", existing_type=sa.Text(), nullable=False)
        batch_op.drop_constraint(batch_op.f("pk_notifications"), type_="primary")
        batch_op.create_primary_key(batch_op.f("pk_notifications"), ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_notifications_team_name"), ["team", "name"])
    for table in _REFERRING:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_foreign_key(
                batch_op.f(_reference(table)), "notifications", ["notification"], ["id"], ondelete="CASCADE"
            )


def _reference(table: str) -> str:
    return f"fk_{table}_notification_notifications"
