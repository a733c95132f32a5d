"""A database role for the program that cannot forget: it adds, reads, and changes what may change.

The owner of the tables could switch off the triggers that keep records. The program needs none of
the owner's rights after the tables are made, so it runs as a role that PostgreSQL itself refuses
to delete, to empty or alter a table, and to change what is written once (21 CFR 11.10(e)).
"""

import re
from collections.abc import Iterator

from records.append_only import NEVER_CHANGED
from records.audit import AuditEvent
from records.errors import InvalidInput
from records.tables import COUNTED, RECORDS

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def role_statements(name: str) -> list[str]:
    """The SQL that makes the role and gives it what it needs; doing it again does no harm.

    To be run by the owner of the tables, once they are made. The role is given no password.

    Raises:
        InvalidInput: The name is none that a role can have without quotes.
    """
    if not _NAME.fullmatch(name) or name.startswith("pg_"):
        raise InvalidInput(
            f"{name!r} is no name of a role.",
            hint="Use up to 63 lower-case letters, digits and '_'; no digit and no 'pg_' first.",
        )
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') "
        f"THEN CREATE ROLE {name} LOGIN; END IF; END $$",
        f"DO $$ BEGIN IF pg_has_role('{name}', (SELECT tableowner FROM pg_tables WHERE "  # noqa: S608
        f"schemaname = 'public' AND tablename = '{AuditEvent.__tablename__}'), 'MEMBER') THEN "
        f"RAISE EXCEPTION '{name} may do all that the owner may: name another role'; "
        "END IF; END $$",
        # a table of one's own in pg_temp or public could stand in front of a real one
        "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', "
        "current_database()); END $$",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        *_grants(name),
    ]


def _grants(name: str) -> Iterator[str]:
    yield f"GRANT SELECT, INSERT ON {AuditEvent.__tablename__} TO {name}"
    for counted in COUNTED:
        yield f"GRANT SELECT, INSERT, UPDATE ON {counted.__tablename__} TO {name}"
    for record in RECORDS:
        table = str(record.__tablename__)
        rights = "SELECT, INSERT" if table in NEVER_CHANGED else "SELECT, INSERT, UPDATE"
        yield f'GRANT {rights} ON "{table}" TO {name}'
        yield f'GRANT USAGE ON SEQUENCE "{table}_id_seq" TO {name}'
