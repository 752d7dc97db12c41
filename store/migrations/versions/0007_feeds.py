"""feeds."""

from __future__ import annotations

from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_inbox_news', 'inbox', ['kind', 'received_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_inbox_news', table_name='inbox')
