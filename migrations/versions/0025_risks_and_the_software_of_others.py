"""risk files and their reviews, software of others, test runs, problem reports

Revision ID: 0025
Revises: 0021
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("risk_file", "risk_item", "risk_review", "soup_review", "vulnerability_triage",
          "test_run", "problem_report")


def upgrade() -> None:
    op.create_table(
        "risk_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("device_name", TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_digest", TEXT(), nullable=False),
        sa.Column("recorded_by", TEXT(), nullable=False),
        sa.Column("recorded_at", INSTANT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("in_force_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_name", "version"),
    )
    op.create_index("ix_risk_file_device_name", "risk_file", ["device_name"])
    op.create_index("ix_risk_file_status", "risk_file", ["status"])
    op.create_table(
        "risk_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("risk_file_id", sa.Integer(), nullable=False),
        sa.Column("code", TEXT(), nullable=False),
        sa.Column("category", TEXT(), nullable=False),
        sa.Column("hazard", TEXT(), nullable=False),
        sa.Column("sequence", TEXT(), nullable=False),
        sa.Column("situation", TEXT(), nullable=False),
        sa.Column("harm", TEXT(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("probability_before", sa.Float(), nullable=False),
        sa.Column("probability_after", sa.Float(), nullable=False),
        sa.Column("basis", TEXT(), nullable=False),
        sa.Column("controls", sa.JSON(), nullable=False),
        sa.Column("observed", sa.JSON(), nullable=False),
        sa.Column("estimate_in_use", sa.Float(), nullable=True),
        sa.Column("residual", TEXT(), nullable=False),
        sa.Column("benefit_risk", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["risk_file_id"], ["risk_file.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("risk_file_id", "code"),
    )
    op.create_index("ix_risk_item_risk_file_id", "risk_item", ["risk_file_id"])
    op.create_table(
        "risk_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("risk_file_id", sa.Integer(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("studies", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("new_hazards", sa.JSON(), nullable=False),
        sa.Column("conclusion", TEXT(), nullable=False),
        sa.Column("made_by", TEXT(), nullable=False),
        sa.Column("made_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["risk_file_id"], ["risk_file.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_risk_review_risk_file_id", "risk_review", ["risk_file_id"])
    op.create_table(
        "soup_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lock_digest", TEXT(), nullable=False),
        sa.Column("list_digest", TEXT(), nullable=False),
        sa.Column("components", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("conclusion", TEXT(), nullable=False),
        sa.Column("reviewed_by", TEXT(), nullable=False),
        sa.Column("reviewed_at", INSTANT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_soup_review_lock_digest", "soup_review", ["lock_digest"])
    op.create_table(
        "vulnerability_triage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("component", TEXT(), nullable=False),
        sa.Column("version", TEXT(), nullable=False),
        sa.Column("advisory", TEXT(), nullable=False),
        sa.Column("affected_range", TEXT(), nullable=False),
        sa.Column("severity", TEXT(), nullable=False),
        sa.Column("summary", TEXT(), nullable=False),
        sa.Column("source_digest", TEXT(), nullable=False),
        sa.Column("opened_by", TEXT(), nullable=False),
        sa.Column("opened_at", INSTANT(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("decision", TEXT(), nullable=False),
        sa.Column("justification", TEXT(), nullable=False),
        sa.Column("words", TEXT(), nullable=False),
        sa.Column("decided_by", TEXT(), nullable=False),
        sa.Column("decided_at", INSTANT(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("component", "version", "advisory"),
    )
    op.create_index("ix_vulnerability_triage_component", "vulnerability_triage", ["component"])
    op.create_index("ix_vulnerability_triage_status", "vulnerability_triage", ["status"])
    op.create_table(
        "test_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_digest", TEXT(), nullable=False),
        sa.Column("software_version", TEXT(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("imported_by", TEXT(), nullable=False),
        sa.Column("imported_at", INSTANT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "problem_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("words", TEXT(), nullable=False),
        sa.Column("severity", TEXT(), nullable=False),
        sa.Column("reported_by", TEXT(), nullable=False),
        sa.Column("reported_at", INSTANT(), nullable=False),
        sa.Column("risk_evaluation", TEXT(), nullable=False),
        sa.Column("decision", TEXT(), nullable=False),
        sa.Column("rationale", TEXT(), nullable=False),
        sa.Column("fixed_in", TEXT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("decided_by", TEXT(), nullable=False),
        sa.Column("decided_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["model_version_id"], ["model_version.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_problem_report_model_version_id", "problem_report", ["model_version_id"])
    op.create_index("ix_problem_report_status", "problem_report", ["status"])
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
