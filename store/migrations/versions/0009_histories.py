"""histories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'history',
        sa.Column('run_id', sa.String(), nullable=False),
        sa.Column('debt_id', sa.Uuid(), nullable=False),
        sa.Column('status', sa.String(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('events', sa.Integer(), nullable=False),
        sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('packed', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['debt_id'], ['debt.id'], name=op.f('fk_history_debt_id')),
        sa.PrimaryKeyConstraint('run_id', name=op.f('pk_history')),
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_history_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_history_debt_id'), ['debt_id'], unique=False)


def downgrade() -> None:
    op.drop_table('history')
