"""inbox due."""

from __future__ import annotations

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_inbox_due', 'inbox', ['status', 'claimed_until'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_inbox_due', table_name='inbox')
