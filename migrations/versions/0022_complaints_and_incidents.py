"""complaints, incidents, what must be reported by when, reports and how they were submitted

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = (
    "complaint", "complaint_link", "incident", "awareness_fact", "governing_fact",
    "candidate_screening", "reportability", "clock_instance", "reportability_decision",
    "regulatory_report", "submission", "information_request",
)  # fmt: skip


def upgrade() -> None:
    _complaints()
    _incidents()
    _reportability()
    _reports()
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _text(name: str) -> sa.Column:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=False)


def _number(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _instant(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=not needed)


def _day(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=not needed)


def _flag(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.Boolean(), nullable=not needed)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON(), nullable=False)


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"])


def _complaints() -> None:
    op.create_table(
        "complaint",
        _number("id"), _number("device_id"), _number("model_version_id", needed=False),
        _text("site"), _text("old_number"), _text("words"), _text("channel"),
        _text("received_by"), _instant("received_at"), _day("event_from", needed=False),
        _day("event_to", needed=False), _json("involved"), _text("harm"), _text("harm_grounds"),
        _json("codes"), _flag("investigated", needed=False), _text("investigation"),
        _text("similar_to"), _json("elements"), _json("completeness"), _text("recorded_by"),
        _instant("recorded_at"), _text("status"), _text("conclusion"), _text("closed_by"),
        _instant("closed_at", needed=False), _key("device_id", "device"),
        _key("model_version_id", "model_version"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_complaint_old_number", "complaint", ["old_number"])
    op.create_index("ix_complaint_status", "complaint", ["status"])
    op.create_table(
        "complaint_link",
        _number("id"), _number("complaint_id"), _number("other_id"), _text("kind"),
        _text("grounds"), _text("linked_by"), _instant("linked_at"),
        _key("complaint_id", "complaint"), _key("other_id", "complaint"),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("complaint_id", "other_id"),
    )  # fmt: skip


def _incidents() -> None:
    op.create_table(
        "incident",
        _number("id"), _number("device_id"), _number("model_version_id", needed=False),
        _number("complaint_id", needed=False), _number("candidate_id", needed=False),
        _text("site"), _text("words"), _day("event_from", needed=False),
        _day("event_to", needed=False), _text("harm"), _json("codes"), _text("opened_by"),
        _instant("opened_at"), _text("status"), _text("conclusion"), _text("closed_by"),
        _instant("closed_at", needed=False), _key("device_id", "device"),
        _key("model_version_id", "model_version"), _key("complaint_id", "complaint"),
        _key("candidate_id", "awareness_candidate"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_incident_status", "incident", ["status"])
    op.create_table(
        "awareness_fact",
        _number("id"), _number("incident_id"), _text("person"), _text("person_class"),
        _instant("known_at"), _text("zone"), _text("how"), _text("recorded_by"),
        _instant("recorded_at"), _key("incident_id", "incident"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_awareness_fact_incident_id", "awareness_fact", ["incident_id"])
    op.create_table(
        "governing_fact",
        _number("id"), _number("incident_id"), _number("fact_id"), _json("set_aside"),
        _text("grounds"), _text("decided_by"), _instant("decided_at"),
        _key("incident_id", "incident"), _key("fact_id", "awareness_fact"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_governing_fact_incident_id", "governing_fact", ["incident_id"])
    op.create_table(
        "candidate_screening",
        _number("id"), _number("candidate_id"), _flag("incident"), _text("grounds"),
        _text("decided_by"), _instant("decided_at"), _key("candidate_id", "awareness_candidate"),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("candidate_id"),
    )  # fmt: skip


def _reportability() -> None:
    op.create_table(
        "reportability",
        _number("id"), _number("incident_id"), _text("jurisdiction"), _instant("opened_at"),
        _text("status"), _key("incident_id", "incident"), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("incident_id", "jurisdiction"),
    )  # fmt: skip
    op.create_index("ix_reportability_incident_id", "reportability", ["incident_id"])
    op.create_index("ix_reportability_status", "reportability", ["status"])
    op.create_table(
        "clock_instance",
        _number("id"), _number("reportability_id"), _number("version"), _json("rule_ids"),
        _json("facts"), _json("answer"), _json("clocks"), _flag("reportable", needed=False),
        _day("work_by", needed=False), _day("due_legal", needed=False), _text("rule_version"),
        _flag("primary_text_checked"), _text("grounds"), _text("assessed_by"),
        _instant("assessed_at"), _key("reportability_id", "reportability"),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("reportability_id", "version"),
    )  # fmt: skip
    op.create_index("ix_clock_instance_reportability_id", "clock_instance", ["reportability_id"])
    op.create_table(
        "reportability_decision",
        _number("id"), _number("reportability_id"), _number("clock_instance_id", needed=False),
        _text("decision"), _flag("against_rules"), _text("grounds"), _text("decided_by"),
        _instant("decided_at"), _key("reportability_id", "reportability"),
        _key("clock_instance_id", "clock_instance"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_reportability_decision_reportability_id", "reportability_decision", ["reportability_id"])


def _reports() -> None:
    op.create_table(
        "regulatory_report",
        _number("id"), _number("reportability_id"), _number("version"), _text("kind"),
        _text("event_type"), _text("changed"), _text("form"), _json("content"), _json("rules"),
        _day("due", needed=False), _text("prepared_by"), _instant("prepared_at"),
        _key("reportability_id", "reportability"), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reportability_id", "version"),
    )  # fmt: skip
    op.create_index("ix_regulatory_report_reportability_id", "regulatory_report", ["reportability_id"])
    op.create_table(
        "submission",
        _number("id"), _number("report_id"), _text("authority"), _text("channel"),
        _json("attempts"), _text("acknowledgement_digest"), _text("reference"),
        _text("reference_status"), _text("opened_by"), _instant("opened_at"), _text("status"),
        _instant("acknowledged_at", needed=False), _key("report_id", "regulatory_report"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_submission_report_id", "submission", ["report_id"])
    op.create_index("ix_submission_status", "submission", ["status"])
    op.create_table(
        "information_request",
        _number("id"), _number("incident_id"), _text("asked"), _text("channel"),
        _text("question"), _json("about"), _text("asked_by"), _instant("asked_at"),
        _text("status"), _text("answer"), _instant("answered_at", needed=False),
        _key("incident_id", "incident"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_information_request_incident_id", "information_request", ["incident_id"])
    op.create_index("ix_information_request_status", "information_request", ["status"])
