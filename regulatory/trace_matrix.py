"""A device's matrix: user need, requirement, risk control, code, test, result; and its gaps.

IEC 62304:2006+A1, 5.1.1, 5.7 and 7.3.3; ISO 14971:2019, 7.2. Needs and controls are those of the
risk file in force, requirements those of ``requirements.yaml``, tests and results those of the run
that was handed in last: a test whose tag or result disappears leaves its requirement uncovered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sqlmodel import Session

from records.errors import InvalidInput, NotFound
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.risk import RiskItem, items_of, risk_file_in_force
from records.test_runs import TestRun, newest_test_run
from records.vault import file_digest
from regulatory.traceability import Requirement, Tag, read_catalogue

PASSED, FAILED, SKIPPED, NO_RESULT = "passed", "failed", "skipped", "no result"


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One requirement of the device, with what leads to it and what follows from it."""

    requirement: str
    title: str
    user_needs: tuple[str, ...]
    risks: tuple[str, ...]
    risk_controls: tuple[str, ...]
    design: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    results: Mapping[str, int]
    """How many of the tests passed, failed, were skipped or have no result."""
    gaps: tuple[str, ...]


def trace_matrix(reader: Session, device: str) -> list[TraceRow]:
    """A row for each requirement that a need or a control of the device names.

    Raises:
        NotFound: No risk file of the device is in force.
    """
    known = risk_file_in_force(reader, device)
    rows = {row.id: row for row in read_catalogue().rows}
    return matrix_of(known.content["user_needs"], items_of(reader, known), rows,
                     newest_test_run(reader))  # fmt: skip


def matrix_of(
    needs: Sequence[Mapping[str, Any]], items: Sequence[RiskItem],
    requirements: Mapping[str, Requirement], run: TestRun | None,
) -> list[TraceRow]:
    """The matrix of these needs and items against these requirements and this run."""
    controls = [(item.code, one) for item in items for one in item.controls]
    wanted = {name for one in needs for name in one["requirements"]}
    wanted |= {name for _, one in controls for name in one["requirements"]}
    return [
        _row(name, requirements.get(name),
             tuple(one["id"] for one in needs if name in one["requirements"]),
             [(code, one) for code, one in controls if name in one["requirements"]], run)
        for name in sorted(wanted)
    ]  # fmt: skip


def _row(
    name: str, row: Requirement | None, needs: tuple[str, ...],
    controls: Sequence[tuple[str, Mapping[str, Any]]], run: TestRun | None,
) -> TraceRow:
    tests = tuple(run.tags.get(name, ())) if run else ()
    results = {one: run.outcomes.get(one, NO_RESULT) for one in tests} if run else {}
    count = {said: list(results.values()).count(said) for said in sorted(set(results.values()))}
    gaps = []
    if row is None:
        gaps.append(f"{name} is no row of requirements.yaml")
    elif not row.control:
        gaps.append(f"{name} is not built: {row.missing or 'nothing says how'}")
    if not tests:
        gaps.append(f"{name} is covered by no test" if run else "no results of tests were imported")
    gaps += [f"{name}: {test} {said}" for test, said in results.items() if said == FAILED]
    if tests and PASSED not in results.values():
        gaps.append(f"{name}: none of its tests passed in {run.label if run else ''}")
    return TraceRow(
        name, row.title if row else "", needs, tuple(sorted({code for code, _ in controls})),
        tuple(one["id"] for _, one in controls), row.control if row else "",
        tuple(sorted({one["implements"] for _, one in controls if one["implements"]})),
        tests, count, tuple(gaps),
    )


def hazards_without_control(items: Sequence[RiskItem]) -> list[str]:
    """A sentence for each hazard that no control meets (ISO 14971:2019, 7.1)."""
    return [f"{item.code} has no control: {item.hazard}" for item in items if not item.controls]


def control_gaps(items: Sequence[RiskItem], run: TestRun | None, device: Device) -> list[str]:
    """A sentence for each risk control that nothing verifies, or whose verification is not there.
    """
    found = []
    criteria = {one["id"] for one in device.definition.get("acceptance_criteria", ())}
    charts = {one["name"] for one in device.definition["monitoring_plan"].get("charts", ())}
    for item in items:
        for one in item.controls:
            if not one["verified_by"]:
                found.append(f"{one['id']} of {item.code} is verified by nothing")
            if not one["requirements"]:
                found.append(f"{one['id']} of {item.code} became no requirement")
            for named in one["verified_by"]:
                kind, _, name = named.partition(" ")
                if "::" in named:
                    said = run.outcomes.get(named, NO_RESULT) if run else NO_RESULT
                    if said not in (PASSED,):
                        found.append(f"{one['id']} of {item.code}: {named} {said}")
                elif kind == "criterion" and name not in criteria:
                    found.append(f"{one['id']} of {item.code}: no acceptance criterion {name}")
                elif kind == "chart" and name not in charts:
                    found.append(f"{one['id']} of {item.code}: no chart '{name}' in the plan")
    return found


def trace_gaps(reader: Session, device: str) -> list[str]:
    """Everything that the matrix of a device lacks; empty where it is whole. For the release gate.
    """
    try:
        known = risk_file_in_force(reader, device)
    except NotFound as missing:
        return [str(missing)]
    run = newest_test_run(reader)
    gaps = [gap for row in trace_matrix(reader, device) for gap in row.gaps]
    gaps += [
        f"{one['id']} became no requirement" for one in known.content["user_needs"]
        if not one["requirements"]
    ]
    revision = reader.get_one(Device, known.device_id)
    return list(dict.fromkeys([*gaps, *control_gaps(items_of(reader, known), run, revision)]))


def as_plain(row: TraceRow) -> dict[str, Any]:
    """A row as JSON and CSV know it."""
    return asdict(row)


def read_results(path: Path) -> dict[str, str]:
    """Outcome by test of a JUnit XML file, as ``pytest --junitxml=FILE`` writes it.

    Several cases of one test are one: failed where any failed, skipped where all were.

    Raises:
        InvalidInput: It cannot be read, or declares entities.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise InvalidInput(f"{path.name} declares a document type, which results have none of.")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  (no entities, refused above)
    except ElementTree.ParseError as wrong:
        raise InvalidInput(f"{path.name} is no XML: {wrong}.") from wrong
    said: dict[str, list[str]] = {}
    for case in root.iter("testcase"):
        name = case.get("classname", "").replace(".", "/") + ".py::" + case.get(
            "name", "").split("[")[0]  # fmt: skip
        bad = case.find("failure") is not None or case.find("error") is not None
        outcome = FAILED if bad else SKIPPED if case.find("skipped") is not None else PASSED
        said.setdefault(name, []).append(outcome)
    if not said:
        raise InvalidInput(f"{path.name} holds no result of a test.",
                           hint="Write it with 'pytest --junitxml=FILE'.")  # fmt: skip
    return {
        name: next(one for one in (FAILED, PASSED, SKIPPED) if one in many)
        for name, many in sorted(said.items())
    }


def record_test_run(
    tx: Session, path: Path, tags: Sequence[Tag], *, software_version: str, by: Actor,
    now: datetime,
) -> TestRun:
    """Keep the results of a file beside the tags of the tests that there are.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The file holds no results.
    """
    require(by, Action.WORK_ON_RISKS)
    outcomes = read_results(path)
    by_requirement: dict[str, list[str]] = {}
    for tag in sorted(tags):
        by_requirement.setdefault(tag.requirement, []).append(tag.test)
    made = TestRun(
        source_digest=file_digest(path), software_version=software_version, outcomes=outcomes,
        tags=by_requirement, imported_by=by.name, imported_at=now,
    )
    tx.add(made)
    tx.flush()
    return made
