"""Facts for documents: 19 kinds of facts that only people know, in versions

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TYPES = {"t": TEXT, "i": sa.Integer, "f": sa.Float, "b": sa.Boolean, "d": sa.Date, "j": sa.JSON}

TABLES = {
    "organisation": """
        role:t name:t address:t country:t registration:t contact:t since:d? until:d?
    """,
    "supplier": """
        name:t supplies:t critical:b control:t address:t evaluated_on:d? outcome:t
    """,
    "certificate": """
        of:t number:t issued_by:t scope:t issued_on:d valid_until:d? state:t
    """,
    "device_identifier": """
        udi_di:t basic_udi_di:t issuer:t of_version:t emdn:t product_code:t since:d? until:d?
    """,
    "market_placing": """
        country:t since:d until:d? languages:t registered_as:t
    """,
    "label_claim": """
        item:t claim:t language:t measure:t evidence:j grounds:t since:d?
    """,
    "safety_requirement": """
        requirement:t applies:b why_not:t solution:t evidence:j grounds:t
    """,
    "applied_standard": """
        designation:t title:t harmonised:b extent:t left_out:t since:d?
    """,
    "sales": """
        since:d until:d region:t unit:t number:i counting:t
    """,
    "exposure_estimate": """
        since:d until:d region:t characteristic:t group:t patients:i? studies:i? method:t
        limits:t
    """,
    "literature_search": """
        database:t words:t searched_on:d since:d until:d hits:i screened:i included:i left_out:j
        conclusion:t
    """,
    "literature_finding": """
        search:t citation:t identifier:t finding:t relevance:t assessment:t
    """,
    "register_search": """
        database:t words:t searched_on:d since:d until:d hits:i relevant:i events:j devices:t
        assessment:t
    """,
    "similar_device": """
        name:t maker:t likeness:t number:t compared:t compared_on:d
    """,
    "follow_up_activity": """
        aim:t method:t endpoint:t planned_n:i? reached_n:i? since:d until:d? owner:t state:t
        result:t conclusion:t deviations:t evidence:j
    """,
    "reader_study": """
        title:t design:t readers:i experience:t cases:i diseased:i arms:t endpoint:t estimate:f?
        low:f? high:f? method:t since:d until:d? of_version:t evidence:j report:t
    """,
    "plan_source": """
        collects:t name:t every:t owner:t method:t proactive:b limits:t since:d? until:d?
    """,
    "plan_indicator": """
        name:t measure:t baseline:f? direction:t threshold:f unit:t period:t action:t owner:t
        risk_item:t justification:t since:d? until:d?
    """,
    "nonconformity": """
        found_on:d found_by:t requirement:t description:t effect:t disposition:t correction:t
        links:j no_action:t closed_on:d?
    """,
}
"""The own columns of each table with their type; ? may be empty."""


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.create_table(table, *_shared(), *_own(columns))
        op.create_index(f"ix_{table}_device_name", table, ["device_name"])
    for statement in trigger_statements(op.get_bind().dialect.name, list(TABLES)):
        op.execute(statement)


def _shared() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("device_name", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("source", TEXT(), nullable=False),
        sa.Column("because", TEXT(), nullable=False),
        sa.Column("recorded_by", TEXT(), nullable=False),
        sa.Column("recorded_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_name", "key", "version"),
    ]


def _own(columns: str) -> list[sa.schema.SchemaItem]:
    found: list[sa.schema.SchemaItem] = []
    for one in columns.split():
        name, kind = one.removesuffix("?").split(":")
        found.append(sa.Column(name, TYPES[kind](), nullable=one.endswith("?")))
    return found


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
