"""staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'staff',
        sa.Column('code', sa.String(), nullable=False),
        sa.Column('teams', sa.JSON(), nullable=False),
        sa.Column('languages', sa.JSON(), nullable=False),
        sa.Column('skills', sa.JSON(), nullable=False),
        sa.Column('away_from', sa.DateTime(timezone=True), nullable=True),
        sa.Column('away_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_by', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('code', name=op.f('pk_staff')),
    )
    op.create_index('ix_work_item_kind', 'work_item', ['kind'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_work_item_kind', table_name='work_item')
    op.drop_table('staff')
