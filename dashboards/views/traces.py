"""The trace of a device: from need and risk control to requirement, test and result, and back."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.errors import NotFound
from records.test_runs import newest_test_run
from regulatory.trace_matrix import TraceRow, trace_gaps, trace_matrix


def show_trace(desk: Desk, device: str) -> None:
    """The run that results come from, each requirement with what stands behind it, the gaps."""
    run = newest_test_run(desk.reader)
    look.quiet(
        f"Results of {run.label}: {len(run.outcomes)} tests of version {run.software_version}, "
        f"handed in by {run.imported_by}, {look.instant(run.imported_at)}." if run
        else "No results of tests were handed in: 'radvigil trace results'."
    )  # fmt: skip
    try:
        rows = trace_matrix(desk.reader, device)
    except NotFound as missing:
        look.quiet(f"{missing.message} {missing.hint}")
        return
    gaps = trace_gaps(desk.reader, device)
    look.notice(
        f"The matrix has {len(gaps)} gaps. A device that demands traceability is not released "
        "with one." if gaps else "The matrix has no gap.", "bad" if gaps else "good",
    )  # fmt: skip
    if gaps:
        with st.expander("Gaps"):
            look.table(["What is missing"], [[look.Long(one)] for one in gaps], empty="")
    only = st.checkbox("Only requirements with a gap", key="trace-only-gaps")
    look.table(
        ["Requirement", "Needs", "Risks", "Controls", "Tests", "Results", "Gaps"],
        [_row(one) for one in rows if one.gaps or not only],
        empty="No requirement has a gap.", wide="Requirement",
    )


def _row(one: TraceRow) -> list[look.Cell]:
    results = ", ".join(f"{count} {said}" for said, count in one.results.items())
    return [
        look.Mark(one.requirement, small=one.title), ", ".join(one.user_needs) or "none",
        ", ".join(one.risks) or "none", ", ".join(one.risk_controls) or "none", len(one.tests),
        results or "no test",
        look.Mark(str(len(one.gaps)), "bad") if one.gaps else look.Mark("none", "good"),
    ]  # fmt: skip
