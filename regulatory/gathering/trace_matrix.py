"""The facts of the traceability matrix: the risk file in force, the catalogue, the newest run."""

from collections import Counter

from sqlmodel import Session, col, select

from records.errors import NotFound
from records.product import Device, ModelVersion
from records.risk import RiskFile, RiskItem, items_of, risk_file_in_force
from records.surveillance import AcceptanceResult
from records.test_runs import TestRun, newest_test_run
from regulatory.documents.registry import TRACE_MATRIX
from regulatory.documents.trace_facts import (
    IN_PLAN,
    NAMED,
    NO_RUN,
    ControlEntry,
    NeedEntry,
    Orphans,
    RequirementEntry,
    TestRunFacts,
    TraceMatrixFacts,
)
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.trace_matrix import (
    NO_RESULT,
    TraceRow,
    control_gaps,
    hazards_without_control,
    matrix_of,
)
from regulatory.traceability import Requirement, read_catalogue


def gather_trace_matrix(session: Session, basis: Basis) -> TraceMatrixFacts:
    """The matrix of a device, both ways, with what it lacks."""
    run = newest_test_run(session)
    edition = edition_of(TRACE_MATRIX, basis)
    runs = trace("4", "the run of tests that was imported last", [run] if run else [])
    try:
        known = risk_file_in_force(session, basis.device.name)
    except NotFound as why:
        return TraceMatrixFacts(
            edition, (runs,), "", "", f"{why.message} {why.hint}".strip(), run_facts(run), (), (),
            (), Orphans(), (),
        )  # fmt: skip
    items = items_of(session, known)
    device = session.get_one(Device, known.device_id)
    catalogue = {row.id: row for row in read_catalogue().rows}
    needs = tuple(
        NeedEntry(one["id"], one["text"], tuple(one["requirements"]))
        for one in known.content["user_needs"]
    )
    rows = matrix_of(known.content["user_needs"], items, catalogue, run)
    return TraceMatrixFacts(
        edition=edition,
        traces=(
            trace("1", "the risk file in force", [known]),
            trace("2", "the risk file in force", [known]),
            trace("3", "the risk file in force, and the run of tests that was imported last",
                  [known, *([run] if run else [])]), runs,
            trace("5", "items of the risk file in force", items),
            trace("6", "items of the risk file in force", items),
        ),
        risk_file=known.label, risk_file_words=file_words(known), why_not="", run=run_facts(run),
        needs=needs, requirements=tuple(_row(one, catalogue.get(one.requirement), run)
                                        for one in rows),
        controls=control_entries(session, items, run, device),
        orphans=_orphans(needs, items, rows, catalogue, run),
        gaps=tuple(dict.fromkeys([
            *(gap for row in rows for gap in row.gaps),
            *(f"{one.id} became no requirement" for one in needs if not one.requirements),
            *control_gaps(items, run, device),
        ])),
    )  # fmt: skip


def file_words(known: RiskFile) -> str:
    """Version and status of a risk file."""
    return f"{known.label}, version {known.version}, {known.status}"


def run_facts(run: TestRun | None) -> TestRunFacts | None:
    """A run of tests as documents tell it."""
    if run is None:
        return None
    counted = Counter(run.outcomes.values())
    return TestRunFacts(
        run.label, run.software_version, run.imported_by, run.imported_at, run.source_digest,
        {said: counted[said] for said in ("passed", "failed", "skipped")},
    )


def results_of(tests: tuple[str, ...], run: TestRun | None) -> tuple[tuple[str, str], ...]:
    """Each test with its result in a run."""
    return tuple((one, run.outcomes.get(one, NO_RESULT) if run else NO_RUN) for one in tests)


def _row(one: TraceRow, row: Requirement | None, run: TestRun | None) -> RequirementEntry:
    return RequirementEntry(
        id=one.requirement, title=one.title, citation=row.citation if row else "",
        needs=one.user_needs, risks=one.risks, controls=one.risk_controls, design=one.design,
        code=one.code, tests=results_of(one.tests, run), missing=row.missing if row else "",
    )


def control_entries(
    session: Session, items: list[RiskItem], run: TestRun | None, device: Device
) -> tuple[ControlEntry, ...]:
    """Each control of a risk file, with what verifies it and the outcome of that."""
    judged = _judged(session, device.name)
    return tuple(
        ControlEntry(
            one["id"], item.code, item.label, one["kind"], one["text"], one["implements"],
            tuple(one["requirements"]),
            tuple((named, _outcome(named, run, device, judged)) for named in one["verified_by"]),
        )
        for item in items for one in item.controls
    )


def _judged(session: Session, device: str) -> dict[str, str]:
    """What was found last of each acceptance criterion of a device."""
    query = (
        select(AcceptanceResult, ModelVersion.name)
        .join(ModelVersion, col(ModelVersion.id) == AcceptanceResult.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device).order_by(col(AcceptanceResult.id))
    )
    return {
        one.criterion: f"{one.verdict} by {version} ({one.label})"
        for one, version in session.exec(query)
    }


def _outcome(
    named: str, run: TestRun | None, device: Device, judged: dict[str, str]
) -> str:
    """What became of one thing that verifies a control, as the records show it."""
    kind, _, name = named.partition(" ")
    if "::" in named:
        return str(run.outcomes.get(named, NO_RESULT)) if run else NO_RUN
    if kind == "criterion":
        return judged.get(name, "not judged yet")
    if kind == "chart":
        charts = [one["name"] for one in device.definition["monitoring_plan"].get("charts", ())]
        return IN_PLAN if name in charts else "not in the monitoring plan"
    return NAMED


def _orphans(
    needs: tuple[NeedEntry, ...], items: list[RiskItem], rows: list[TraceRow],
    catalogue: dict[str, Requirement], run: TestRun | None,
) -> Orphans:
    wanted = {one.requirement for one in rows}
    forward = [
        *(f"{one.id} became no requirement" for one in needs if not one.requirements),
        *hazards_without_control(items),
        *(f"{one['id']} of {item.code} became no requirement"
          for item in items for one in item.controls if not one["requirements"]),
        *(f"{one['id']} of {item.code} is verified by nothing"
          for item in items for one in item.controls if not one["verified_by"]),
        *(f"{one.requirement} is shown by no test" for one in rows if run and not one.tests),
    ]  # fmt: skip
    backward = [
        f"{name}: {row.title}" for name, row in catalogue.items() if name not in wanted
    ]
    if run:
        backward += [
            f"{name} has tagged tests and is no row of the catalogue"
            for name in run.tags if name not in catalogue
        ]  # fmt: skip
    return Orphans(tuple(forward), tuple(backward))
