"""a day of surveillance reads the new day: what came on a day is found without reading all before

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_prediction_predicted_at", "prediction", ["predicted_at"])
    op.create_index("ix_reader_assessment_received_at", "reader_assessment", ["received_at"])
    op.create_index("ix_radiology_report_received_at", "radiology_report", ["received_at"])
    op.create_index(
        "study_held_out", "study", ["purpose"],
        sqlite_where=sa.text("purpose <> 'clinical'"),
        postgresql_where=sa.text("((purpose)::text <> 'clinical'::text)"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
