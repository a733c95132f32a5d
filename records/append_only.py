"""Database triggers that keep records: what is written once never changes, no row is deleted.

An owner of the database file could drop a trigger; verification says so, and the hash chain shows
what was done without it. The triggers stop everything short of that, raw SQL included (21 CFR
11.10(e)).
"""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.orm import InstanceState, Session

from records.errors import Refused

NEVER_CHANGED = (
    "audit_event", "signature", "workspace_key", "journey_step", "dataset_version", "gate_result",
    "prediction", "reference_standard", "reader_assessment", "evaluation", "evaluation_result",
    "acceptance_result", "monitoring_plan", "chart_baseline", "monitoring_run", "chart_point",
    "drift_report", "revalidation", "release", "policy_acknowledgement", "identity_check",
    "installation_check", "retention_fact", "series_choice",
    "study_correction", "radiology_report", "adjudication_sample", "adjudication_reading",
    "alert_escalation", "awareness_candidate", "incident_replay", "planned_change",
    "renewed_reference", "rule_set_approval", "plan_check", "no_capa", "risk_item", "risk_review",
    "soup_review", "test_run", "complaint_link", "awareness_fact", "governing_fact",
    "candidate_screening", "clock_instance", "reportability_decision", "regulatory_report",
    "rollout_look", "rollback", "clearance", "trend_look", "trend_decision", "form_version",
    "field_notice", "field_action_check", "document_text", "organisation", "supplier",
    "certificate", "device_identifier", "market_placing", "label_claim", "safety_requirement",
    "applied_standard", "sales", "exposure_estimate", "literature_search", "literature_finding",
    "register_search", "similar_device", "follow_up_activity", "reader_study", "plan_source",
    "plan_indicator", "nonconformity", "work_reminder", "day_override", "security_screening",
    "checklist_answer", "alert_assignment",
)  # fmt: skip
"""Tables whose rows may be inserted only; every other record table refuses DELETE only."""

CHANGED_ONLY_IN = {"model_version": frozenset({"status"})}
"""Tables of whose rows only these columns change: what a version is never does (REG-045)."""

IDENTITY = {
    "model_version": (
        "id", "device_id", "dataset_version_id", "name", "version_digest", "weights_hash",
        "architecture", "model", "operating_point", "params", "dvc_lock_digest", "code_digest",
        "commit", "vault_path", "files", "trained_at",
    ),
}  # fmt: skip
"""The other columns of those tables; the database refuses to update them."""


def trigger_statements(dialect: str, tables: Iterable[str]) -> list[str]:
    """The DDL for a database of this dialect ('sqlite' or 'postgresql')."""
    statements = [] if dialect == "sqlite" else [_POSTGRESQL_FUNCTION]
    return [*statements, *triggers(dialect, tables).values()]


def triggers(dialect: str, tables: Iterable[str]) -> dict[str, str]:
    """The statement of each trigger by its name."""
    make = _sqlite if dialect == "sqlite" else _postgresql
    return {
        f"{table}_no_{action.lower()}": make(table, action)
        for table in tables
        for action in (
            ("DELETE", "UPDATE") if table in NEVER_CHANGED or table in IDENTITY else ("DELETE",)
        )
    }


def refuse_changes(session: Session, _context: object, _instances: object) -> None:
    """Before each flush: what is recorded once is not changed, nor what a version is.

    Raises:
        Refused: Naming the record and the fields.
    """
    for row in session.dirty:
        table = str(getattr(row, "__tablename__", ""))
        open_to_change = CHANGED_ONLY_IN.get(table, frozenset())
        if table not in NEVER_CHANGED and not open_to_change:
            continue
        state: InstanceState[Any] = inspect(row)
        changed = sorted(
            one.key for one in state.mapper.column_attrs
            if one.key not in open_to_change and state.attrs[one.key].history.has_changes()
        )
        if changed:
            raise Refused(
                f"{row.subject} is not changed ({', '.join(changed)}): it stays as it was "
                "recorded.", hint="What is new is recorded anew.",
            )


def trigger_faults(reader: Session, tables: Iterable[str]) -> list[str]:
    """A sentence for each trigger that is missing, is another one, or is not ours."""
    dialect = reader.get_bind().dialect.name
    wanted = triggers(dialect, tables)
    found = _sqlite_triggers(reader) if dialect == "sqlite" else _postgresql_triggers(reader)
    faults = []
    for name in sorted({*wanted, *found}):
        if name not in found:
            faults.append(f"the trigger {name}, which keeps rows from being changed, is missing")
        elif name not in wanted:
            faults.append(f"the trigger {name} was added to the database")
        elif found[name] != wanted[name]:
            faults.append(f"the trigger {name}, which keeps rows from being changed, was altered")
    return faults


def _columns(table: str, action: str) -> tuple[str, ...]:
    """The columns that a trigger is for; none: all."""
    return IDENTITY.get(table, ()) if action == "UPDATE" else ()


def _sqlite(table: str, action: str) -> str:
    columns = ", ".join(f'"{one}"' for one in _columns(table, action))
    of = f" OF {columns}" if columns else ""
    return (
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action}{of} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _sqlite_triggers(reader: Session) -> dict[str, str]:
    rows = reader.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {str(row[0]): str(row[1]) for row in rows}


_FUNCTION_BODY = " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END "

_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION radvigil_append_only() RETURNS trigger LANGUAGE plpgsql AS
$${_FUNCTION_BODY}$$
"""


def _postgresql(table: str, action: str) -> str:
    columns = ", ".join(_columns(table, action))
    events = f"{action} OR TRUNCATE" if action == "DELETE" else action
    events += f" OF {columns}" if columns else ""
    return (
        f'CREATE TRIGGER {table}_no_{action.lower()} BEFORE {events} ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION radvigil_append_only()"
    )


def _postgresql_triggers(reader: Session) -> dict[str, str]:
    """The triggers as we write them; one switched off or with another function differs."""
    rows = reader.execute(
        text(
            "SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled, f.prosrc "
            "FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid "
            "JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return {
        str(name): re.sub(r' ON (?:\w+\.)?"?(\w+)"? FOR', r' ON "\1" FOR', str(definition))
        if enabled in ("O", "A", b"O", b"A") and body == _FUNCTION_BODY
        else "off or altered"
        for name, definition, enabled, body in rows
    }
