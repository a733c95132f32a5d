"""What a demonstration showed, in a table that a quality manager understands."""

import shutil
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, func, select

from imaging.ingest import IngestReport
from journeys.demonstration_setup import DEMO_PASSWORD, PEOPLE
from journeys.make_studies import read_arrivals
from journeys.summarise_clinic import truth_kind_lines
from models.tasks import ClassificationTask, Task, task_named
from monitoring.time_to_read import SAVED
from records.cases import Instance, Prediction, Quarantine, Study
from records.clock import marking, now_in
from records.counting import counted
from records.product import Deployment, Device, ModelVersion
from records.queries import evaluations_of, finished_steps, results_of
from records.store import Store
from records.surveillance import (
    Alert,
    ChartPoint,
    DriftReport,
    Evaluation,
    EvaluationResult,
    MonitoringRun,
)
from regulatory.documents.wording import measure_name

HEADLINE = ("auc", "sensitivity", "specificity", "ppv", "npv", "f1", "brier",
            "calibration_slope", "calibration_intercept", "macro_auc", "dice", "dice_lowest_5",
            "fitting", *SAVED)  # fmt: skip
"""What is kept of an evaluation beside what the task's own summary prints."""
OF_CLASS = "class="
OF_FINDINGS = ("finding_auc", "finding_sensitivity", "finding_specificity")
"""What is told of each finding, of a device whose findings may be present together."""


@dataclass(frozen=True)
class Summary:
    """Every figure that is printed, as plain values; ``str()`` is the table."""

    content: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return self.content

    def __str__(self) -> str:
        return "\n".join(_lines(self.content))


def summarise(store: Store, *, resumed: bool, unchanged: bool) -> Summary:
    """The summary of a finished demonstration, from its records."""
    with store.reader() as reader:
        steps = finished_steps(reader, "demonstration")
        version = reader.exec(select(ModelVersion).order_by(col(ModelVersion.id).desc())).first()
        task = _task_of(reader, version)
        figures = {
            purpose: _figures(reader, version, purpose, task)
            for purpose in ("internal_test", "external_test", "post_market")
        }
        clock, said = now_in(reader), marking(reader)
    done = {name: step.summary for name, step in steps.items()}
    content = {
        "marking": said, "home": str(store.workspace.home),
        "clock": clock.isoformat(), "resumed": resumed, "unchanged": unchanged,
        "source": done["make"], "intake": done["take in"], "dataset": done["version"],
        "model": done["train"] | {"task": task.name}, "criteria": done["evaluate"]["criteria"],
        "main_measure": task.main_measure, "not_operated": task.not_operated,
        "performance": figures,
        "documents": done["document"]["documents"], "audit_trail": done["verify"],
        "accounts": [
            {"account": name, "name": full, "role": role.value, "password": DEMO_PASSWORD}
            for name, full, role in PEOPLE
        ],
        "seconds": {name: step.seconds for name, step in steps.items()},
    }
    if task.not_operated:
        return Summary(content | {"validation": done["validate"], "decision": done["decide"]})
    return Summary(content | _in_operation(store, done))


def _in_operation(store: Store, done: dict[str, Any]) -> dict[str, Any]:
    """The release, and what surveillance found."""
    with store.reader() as reader:
        alerts = [
            {"record": one.label, "site": one.site, "chart": one.chart,
             "raised_on": one.raised_on.isoformat(), "severity": one.severity,
             "summary": one.summary, "status": one.status,
             "onset_estimate": one.onset_estimate.isoformat() if one.onset_estimate else None}
            for one in reader.exec(select(Alert).order_by(col(Alert.id)))
        ]
        mode = reader.exec(
            select(Deployment.mode).order_by(col(Deployment.id).desc())
        ).first()
        counts = {
            "days": len(reader.exec(select(MonitoringRun.id)).all()),
            "chart_points": len(reader.exec(select(ChartPoint.id)).all()),
        }
    return {
        "release": done["release"], "deployment_mode": mode,
        "surveillance": counts | done["operate"], "alerts": alerts,
        "quiet_sites": sorted(
            set(read_arrivals(store.workspace).sites) - {one["site"] for one in alerts}
        ),
        "revalidations": done["revalidate"]["revalidations"],
        "kinds_of_truth": done.get("compare", {}).get("kinds_of_truth", []),
    }


def _task_of(reader: Session, version: ModelVersion | None) -> Task:
    """The device's task; what it was before devices had others where nothing was trained."""
    if version is None:
        return ClassificationTask()
    return task_named(reader.get_one(Device, version.device_id).definition["task"]["kind"])


def intake_figures(reader: Session, report: IngestReport, *, before: date) -> dict[str, Any]:
    """What became of the files that came before a day, whichever attempt took them in.

    ``report`` is that of the last attempt: it went through every file, but knows those of an
    interrupted one as duplicates only.
    """
    stored = reader.exec(
        select(func.count()).select_from(Instance).join(Study)
        .where(col(Study.purpose).in_(("development", "external")))
    ).one()
    quarantined = dict(
        reader.exec(
            select(Quarantine.reason, func.count())
            .where(col(Quarantine.arrived_on) < before)
            .group_by(col(Quarantine.reason)).order_by(col(Quarantine.reason))
        ).all()
    )
    twice = max(report.files - stored - sum(quarantined.values()), 0)
    return report.to_dict() | {
        "stored": stored, "duplicate": twice, "quarantined": quarantined
    }


def operation_figures(reader: Session) -> dict[str, int]:
    """What operation has left in the records, whichever attempt put it there."""
    predictions = reader.exec(
        select(func.count()).select_from(Prediction).join(Study)
        .where(Study.purpose == "clinical", col(Prediction.deployment_id).is_not(None))
    ).one()
    reports, alerts = (
        reader.exec(select(func.count()).select_from(table)).one()
        for table in (DriftReport, Alert)
    )
    return {"predictions": predictions, "drift_reports": reports, "alerts_raised_now": alerts}


def _figures(reader: Any, version: ModelVersion | None, purpose: str, task: Task) -> Any:
    """The headline estimates of the newest evaluation over all sites, or why there is none."""
    found: list[Evaluation] = (
        [one for one in evaluations_of(reader, version, purpose) if one.site_id is None]
        if version else []
    )
    if not found:
        return {"reason": "not available"}
    stored = {(one.measure, one.subgroup): one for one in results_of(reader, found[-1])}
    return {
        "record": found[-1].label, "studies": found[-1].studies,
        "estimates": {
            name: _plain(row)
            for name in dict.fromkeys((*task.headline, *HEADLINE))
            if (row := stored.get((name, "all"))) is not None
        },
        "by_class": {
            name: {
                subgroup.removeprefix(OF_CLASS): _plain(row)
                for (measure, subgroup), row in stored.items()
                if measure == name and subgroup.startswith(OF_CLASS)
            }
            for name in OF_FINDINGS
        },
    }


def _plain(row: EvaluationResult) -> dict[str, Any]:
    return {
        "value": row.value, "low": row.low, "high": row.high, "n": row.n,
        "method": row.method, "reason": row.reason,
    }


def _lines(content: dict[str, Any]) -> list[str]:
    lines = [
        "", content["marking"], "=" * 78,
    ]
    if content["unchanged"]:
        lines.append("This demonstration was finished before; it was verified again and "
                     "nothing was changed (--again makes a new one).")
    lines += [*_made(content), *_performance(content)]
    if content["not_operated"]:
        lines += [*_validated(content), *_not_released(content)]
    else:
        lines += [*_decision(content), *_watch(content)]
        lines += truth_kind_lines(content["kinds_of_truth"])
    return [*lines, *_papers(content), *_seconds(content), *_next(content)]


def _made(content: dict[str, Any]) -> list[str]:
    splits = content["dataset"]["splits"]
    parts = ", ".join(f"{name.replace('_', ' ')} {one['studies']}" for name, one in splits.items())
    refused = content["intake"]["quarantined"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in refused.items()) or "none"
    return [
        "", "WHAT WAS MADE",
        f"  Studies     {content['source']['source']}",
        *(f"              {note}" for note in content["source"]["notes"]),
        f"  Taken in    {content['intake']['stored']} of "
        f"{counted(content['intake']['files'], 'file')}; "
        f"{content['intake']['duplicate']} came twice; in quarantine: {reasons}",
        f"  Dataset     {content['dataset']['record']}: {parts}",
        f"  Model       {content['model']['record']} weights "
        f"{content['model']['weights_hash'][:16]}…, "
        f"operating point {content['model']['operating_point']:.3f}",
    ]


def _said(estimate: dict[str, Any]) -> str:
    if estimate["value"] is None:
        return f"not estimable: {estimate['reason']}"
    return (
        f"{estimate['value']:.3f} (95 % CI {estimate['low']:.3f} to {estimate['high']:.3f}; "
        f"n = {estimate['n']})"
    )


def _performance(content: dict[str, Any]) -> list[str]:
    lines = ["", "HOW WELL IT READS"]
    titles = {
        "internal_test": "internal test", "external_test": "external test",
        "post_market": "in operation",
    }
    for purpose, title in titles.items():
        found = content["performance"][purpose]
        if purpose == "post_market" and content["not_operated"]:
            continue
        if "reason" in found:
            lines.append(f"  {title:<15} {found['reason']}")
            continue
        names = (*task_named(content["model"]["task"]).headline, *SAVED)
        head, estimates = f"{title} ({found['record']})", found["estimates"]
        told = {
            measure_name(name): estimates[name] for name in names if name in estimates
        } | {
            f"{measure_name(name.removeprefix('finding_'))} of {finding}": one
            for name in names for finding, one in found["by_class"].get(name, {}).items()
        }  # fmt: skip
        wide = max(12, *map(len, told))
        for words, one in told.items():
            lines.append(f"  {head:<27} {words:<{wide}} {_said(one)}")
            head = ""
    return lines


def _criteria(content: dict[str, Any]) -> list[str]:
    lines = ["", "WHAT WAS DECIDED"]
    for one in content["criteria"]:
        seen = f"{one['observed']:.3f}" if one["observed"] is not None else one["reason"]
        lines.append(
            f"  {one['criterion']:<6} {one['verdict']:<14} {one['statement']}: {seen}"
        )
    return lines


def _validated(content: dict[str, Any]) -> list[str]:
    found = content["validation"]
    lines = [
        "", "WHAT ELSE THE VALIDATION SHOWED",
        f"  {found['record']} on {counted(found['studies'], 'study', 'studies')} of the internal "
        "test; all of it is in the report.",
    ]
    lines += [f"  Flagged gap: {one}" for one in found["flagged"]]
    return lines


def _not_released(content: dict[str, Any]) -> list[str]:
    decision = content["decision"]
    lines = _criteria(content)
    if decision["outcome"] == "refused":
        lines.append(
            f"  {decision['change_request']} signed by two people: release REFUSED and recorded, "
            "as criteria are not met."
        )
    else:
        lines.append(
            f"  {decision['change_request']} signed by two people; its release was asked for and "
            "is not allowed."
        )
    return [
        *lines, "", "WHY IT ENDS HERE",
        f"  No version of such a device runs at a site yet: {content['not_operated']}.",
    ]


def _decision(content: dict[str, Any]) -> list[str]:
    release = content["release"]
    lines = _criteria(content)
    if release["outcome"] == "released":
        lines.append(f"  {release['change_request']} signed by two people: released, live.")
    else:
        lines += [
            f"  {release['change_request']}: release REFUSED and recorded.",
            "  The version runs as a shadow: watched, nothing returned to care.",
        ]
    return lines


def _watch(content: dict[str, Any]) -> list[str]:
    watch, alerts = content["surveillance"], content["alerts"]
    lines = [
        "", "WHAT SURVEILLANCE FOUND",
        f"  {watch['days']} days, {watch['predictions']} studies read, "
        f"{watch['drift_reports']} Evidently reports, {counted(len(alerts), 'alert')}",
    ]
    changed = content["source"]["changed_site"]
    if changed:
        lines.append(
            f"  (simulated fault: {changed} gets new detector software on "
            f"{content['source']['change_day']})"
        )
        if changed not in {one["site"] for one in alerts}:
            lines.append(f"  The fault was NOT found: no alert names {changed}.")
    lines += [f"  {one['record']} {one['severity']:<8} {one['summary']}" for one in alerts]
    lines.append(f"  Quiet sites: {', '.join(content['quiet_sites']) or 'none'}")
    lines += [
        f"  {one['record']} revalidation at {one['site']}: {one['outcome']}. {one['conclusion']}"
        for one in content["revalidations"]
    ]
    return lines


def _tampering(trail: dict[str, Any]) -> str:
    if "altered_copy" in trail:
        return f"Altered copy {trail['altered_copy']}."
    tried = ("altered_found", "cut_tail_found")
    byte, tail = ("found" if trail[name] else "NOT FOUND" for name in tried)
    return f"In copies of it: one altered byte {byte}, one event cut off at the end {tail}."


def _papers(content: dict[str, Any]) -> list[str]:
    trail = content["audit_trail"]
    lines = ["", f"DOCUMENTS (in {content['home']}/exports)"]
    lines += [
        f"  {one['title']:<40} {name} {one['status']}"
        for one in content["documents"]
        for name in one["files"]
        if name.endswith(".pdf")
    ]
    lines += [
        f"  Audit trail: {trail['events']} events and {trail['contents']} stored contents, "
        + ("whole." if trail["whole"] else "BROKEN."),
        f"      {_tampering(trail)}",
    ]
    return lines


def _seconds(content: dict[str, Any]) -> list[str]:
    seconds = content["seconds"]
    parts = ", ".join(f"{name} {value:.0f}" for name, value in seconds.items())
    return ["", f"SECONDS A STEP  {parts}; together {sum(seconds.values()):.0f}"]


def _program() -> str:
    """How the program is called from here: by its name only where that is found."""
    found = shutil.which("radvigil")
    own = Path(sys.executable).with_name("radvigil")
    if found and Path(found).resolve() == own.resolve():
        return "radvigil"
    here = Path.cwd()
    return str(own.relative_to(here) if own.is_relative_to(here) else own)


def _next(content: dict[str, Any]) -> list[str]:
    people = ", ".join(f"{one['account']} ({one['role']})" for one in content["accounts"])
    program = _program()
    return [
        "", "WHAT TO OPEN NEXT",
        f"  {program} --home {content['home']} serve",
        "      then http://127.0.0.1:8501: the sign-in page offers the Demo people as buttons",
        f"  Accounts    {people}",
        f"  To sign     the password of every Demo person is '{DEMO_PASSWORD}'",
        f"  {program} --home {content['home']} audit verify",
        f"  The clock of this workspace stands at {content['clock'][:16].replace('T', ' ')} UTC.",
        "",
    ]
