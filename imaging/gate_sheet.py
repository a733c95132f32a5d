"""An acceptance check as one self-contained page for the quality team.

The stock pages of the library load 16 files from public networks, which a hospital does not let
through: this one asks for nothing outside itself, and has no script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from records.cases import GateResult

_KINDS = {
    "expect_table_row_count_to_be_between": "number of rows",
    "expect_column_values_to_be_between": "range",
    "expect_column_values_to_be_in_set": "allowed values",
    "expect_column_values_to_match_regex": "form",
    "expect_column_values_to_not_be_null": "recorded",
    "expect_column_values_to_be_unique": "stands once",
}

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #17242F; margin: 2rem auto; max-width: 70rem; }
h1 { font-size: 1.6rem; margin: 0; } p { color: #4A5A68; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; background: #F3F6F8; border-bottom: 2px solid #8796A3; }
th, td { padding: 0.4rem 0.7rem; vertical-align: top; } td { border-bottom: 1px solid #DDE4E9; }
.met { color: #00694E; font-weight: 600; } .broken { color: #B34700; font-weight: 600; }
.warning { color: #005A8C; font-weight: 600; } code { overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule of a recorded check, in words: what it asks, how it came out, who broke it.

    ``rows``: labels of the offending rows, or their positions from 1 where a table names none;
    the first few of ``broken_by``.
    """

    subject: str
    kind: str
    limits: str
    state: str
    n: int
    broken_by: int
    rows: tuple[str, ...]

    @property
    def which(self) -> str:
        """The offending rows in words; empty where there are none, or the rule is of the table."""
        more = self.broken_by - len(self.rows)
        return ", ".join(self.rows) + (f" and {more} more" if self.rows and more > 0 else "")


def rule_outcomes(result: GateResult) -> list[RuleOutcome]:
    """Every rule of a recorded check, the broken ones first, then warnings, then those met."""
    found = [_outcome(one) for one in result.expectations]
    order = {"broken": 0, "warning": 1, "met": 2}
    return sorted(found, key=lambda one: order[one.state])


def gate_sheet(result: GateResult) -> str:
    """The check as an HTML page: verdict, suite with its digest, each rule with offending rows."""
    verdict = "passed" if result.passed else "not passed"
    rows = "".join(_row(one) for one in rule_outcomes(result))
    headings = ("What is checked", "Rule", "Limits", "Outcome", "Rows", "Broken by", "Which")
    head = "".join(f'<th scope="col">{name}</th>' for name in headings)
    digest = escape(result.suite_digest) or "not recorded"
    title = escape(f"{result.label}: {result.scope}")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Acceptance check {title}</h1>"
        f'<p><span class="{"met" if result.passed else "broken"}">{verdict}</span>, '
        f"{result.n} rows, checked {result.checked_at:%Y-%m-%d %H:%M} UTC. Suite "
        f"{escape(result.suite)}, SHA-256 <code>{digest}</code>.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></main></body></html>\n"
    )


def _outcome(stored: Mapping[str, Any]) -> RuleOutcome:
    kind = str(stored["expectation"])
    passed, severity = bool(stored["passed"]), str(stored["severity"])
    state = "met" if passed else "broken" if severity == "critical" else "warning"
    labels = stored.get("unexpected_records") or [
        f"row {1 + int(at)}" for at in stored["unexpected_index"]
    ]
    words = _KINDS.get(kind, kind.removeprefix("expect_").replace("_", " "))
    if stored.get("error"):
        words += f" ({stored['error']})"
    return RuleOutcome(
        str(stored["column"] or "table").replace("_", " "), words,
        _limits(stored.get("limits") or {}), state, int(stored["n"]),
        int(stored["unexpected_count"]), tuple(str(one) for one in labels),
    )


def _limits(limits: Mapping[str, Any]) -> str:
    said = []
    for name, value in sorted(limits.items()):
        if isinstance(value, list):
            said.append(", ".join(str(one) or "not recorded" for one in value))
        else:
            said.append(f"{name.replace('_value', '').replace('_', ' ')} {value}")
    return "; ".join(said)


def _row(one: RuleOutcome) -> str:
    cells = (one.subject, one.kind, one.limits)
    return (
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + f'<td class="{one.state}">{one.state}</td><td>{one.n}</td><td>{one.broken_by}</td>'
        f"<td>{escape(one.which)}</td></tr>"
    )
