"""media requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('media_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('debt_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.Column('doc_ref', sa.String(), nullable=True),
    sa.Column('sha256', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['debt_id'], ['debt.id'], name=op.f('fk_media_request_debt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media_request'))
    )
    with op.batch_alter_table('media_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_media_request_debt_id'), ['debt_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_media_request_status'), ['status'], unique=False)


def downgrade() -> None:
    op.drop_table('media_request')
