"""Database triggers that keep records: what is written once never changes, no row is deleted.

An owner of the database file could drop a trigger; the hash chain is what would show it. The
triggers stop everything short of that, raw SQL included (21 CFR 11.10(e)).
"""

NEVER_CHANGED = ("audit_event", "signature", "workspace_key")
"""Tables whose rows may be inserted only; every other record table refuses DELETE only."""


def trigger_statements(dialect: str, tables: list[str]) -> list[str]:
    """The DDL for a database of this dialect ('sqlite' or 'postgresql')."""
    make = _sqlite if dialect == "sqlite" else _postgresql
    statements = [] if dialect == "sqlite" else [_POSTGRESQL_FUNCTION]
    for table in tables:
        for action in ("DELETE", "UPDATE") if table in NEVER_CHANGED else ("DELETE",):
            statements.append(make(table, action))
    return statements


def _sqlite(table: str, action: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION radvigil_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def _postgresql(table: str, action: str) -> str:
    events = f"{action} OR TRUNCATE" if action == "DELETE" else action
    return (
        f'CREATE TRIGGER {table}_no_{action.lower()} BEFORE {events} ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION radvigil_append_only()"
    )
