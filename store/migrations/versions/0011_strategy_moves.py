"""strategy moves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('debt', sa.Column('strategy_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('debt', sa.Column('strategy_next', sa.String(), nullable=True))
    op.add_column('debt', sa.Column('strategy_passed', sa.JSON(), nullable=True))
    op.create_index('ix_debt_strategy_next', 'debt', ['strategy_next'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_debt_strategy_next', table_name='debt')
    op.drop_column('debt', 'strategy_passed')
    op.drop_column('debt', 'strategy_next')
    op.drop_column('debt', 'strategy_since')
