"""A candidate held against its predetermined change control plan, line by line, from the records.

Each line is a fact of R-PCCP-01 with what was found: True, False, or None where the plan or the
records do not say it, which is never in bounds. All that was read is kept as inputs, so that the
same check at release shows what changed in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, select

from records.base import plain
from records.change_control_plan import Modification, Pccp
from records.definition import DeviceDefinition
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.queries import evaluations_of
from records.retraining_rules import FOLLOWED
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from regulatory.acceptance import acceptance_results
from regulatory.found_answers import difference

LOCKED: Final = ("internal_test", "external_test")
STATED: Final = ("new_unmitigated_risk", "deviations", "update_procedure_ready")
"""What no record shows: a person says it, with grounds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plan: the fact, whether it holds, and what was found."""

    fact: str
    value: Any
    because: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is held against the plan, and what all of it was read from."""

    version: ModelVersion
    cleared: ModelVersion
    definition: DeviceDefinition
    """The device's definition in force: its plan is the one that counts."""
    executed: DeviceDefinition
    """The definition that the candidate was made under."""
    results: tuple[AcceptanceResult, ...]
    looks: tuple[Evaluation, ...]
    """The candidate's evaluations on the locked tests."""
    attempts: int
    """How many versions were evaluated on the same locked tests, it included."""
    followed: bool
    sites: tuple[str, ...]


def gather_candidate(
    session: Session, version: ModelVersion, cleared: ModelVersion, *, device: Device,
    sites: Sequence[str], followed: bool,
) -> Candidate:
    """The candidate with its judged criteria and looks at the locked tests."""
    looks = [one for split in LOCKED for one in evaluations_of(session, version, split)]
    return Candidate(
        version, cleared, definition_of(device),
        definition_of(session.get_one(Device, version.device_id)),
        tuple(acceptance_results(session, version)), tuple(looks),
        _versions_on(session, version, looks), followed, tuple(sorted(set(sites))),
    )


def _versions_on(session: Session, version: ModelVersion, looks: Sequence[Evaluation]) -> int:
    """Each version that was looked at on the same locked set counts (GMLP 4)."""
    datasets = {one.dataset_version_id for one in looks if one.dataset_version_id is not None}
    if not looks:
        return 0
    query = select(Evaluation.model_version_id).where(
        col(Evaluation.purpose).in_(LOCKED), col(Evaluation.dataset_version_id).in_(datasets)
    )
    return len({*session.exec(query), version.id})


def inputs_of(
    session: Session, seen: Candidate, *, modification: str | None, stated: dict[str, Any]
) -> dict[str, Any]:
    """All that the check reads, as JSON: what differs later is named by these names."""
    return dict(plain({
        "plan": seen.definition.pccp.model_dump(mode="json"),
        "definition in force": seen.definition.model_dump(mode="json"),
        "definition of the candidate": seen.executed.model_dump(mode="json"),
        "candidate": [seen.version.label, seen.version.version_digest],
        "version cleared last": [seen.cleared.label, seen.cleared.version_digest],
        "acceptance criteria": [
            [one.criterion, one.verdict, one.observed, one.bound] for one in seen.results
        ],
        "looks at the locked tests": [[one.label, one.inputs_digest] for one in seen.looks],
        "versions seen on the locked tests": seen.attempts,
        "figures": _figures(session, seen),
        "retraining protocol followed": seen.followed, "sites": list(seen.sites),
        "modification": modification, "stated": stated,
    }))  # fmt: skip


def lines_of(
    session: Session, seen: Candidate, *, modification: str | None = None
) -> tuple[list[Line], str | None]:
    """Each line that records answer, and the modification that the candidate is held against."""
    plan = seen.definition.pccp
    if plan.authorization is None:
        words = "no authorization of a plan stands in the definition in force"
        return [Line("pccp_authorized", False, words)], modification
    authorized = plan.authorization
    chosen = _chosen(seen, plan, modification)
    executed = seen.executed.pccp.authorization
    parameters, why = _parameters(seen, chosen)
    gap = difference(session, seen.cleared, seen.version)
    lines = [
        Line("pccp_authorized", True,
             f"{authorized.document}, {authorized.authority}, {authorized.authorized_on}"),
        Line("authorized_version", authorized.version, authorized.document),
        Line("executed_version", executed.version if executed else None,
             f"the definition that {seen.version.label} was made under"),
        Line("modification_listed", chosen is not None,
             f"{chosen.id}: {chosen.description}" if chosen else
             f"{modification or 'no modification'} is not in the plan"),
        Line("intended_use_unchanged", not gap.purpose,
             f"{', '.join(gap.purpose)} differ" if gap.purpose else "equal to the cleared version"),
        Line("parameters_within_bounds", parameters, why),
        *_acceptance(seen, plan),
        _protocol(seen, plan), _sequestered(seen, plan), _cumulative(session, seen),
        _rollout(seen, plan),
    ]  # fmt: skip
    return lines, chosen.id if chosen else modification


def _chosen(seen: Candidate, plan: Pccp, named: str | None) -> Modification | None:
    """The modification that a person names; else the first whose bounds the candidate keeps."""
    if named is not None:
        return next((one for one in plan.modifications if one.id == named), None)
    fitting = (one for one in plan.modifications if _parameters(seen, one)[0])
    return next(fitting, plan.modifications[0] if plan.modifications else None)


def _parameters(seen: Candidate, one: Modification | None) -> tuple[bool | None, str]:
    """Whether the candidate keeps the bounds of a modification, and which it does not."""
    if one is None:
        return None, "there is no modification to hold it against"
    old, new = seen.cleared, seen.version
    known = {
        "architecture_unchanged": old.architecture == new.architecture
        and old.model.get("precision", "float32") == new.model.get("precision", "float32"),
        "operating_point_rule_unchanged": old.model.get("operating_rule")
        == new.model.get("operating_rule"),
        FOLLOWED: seen.followed,
        "acceptance_criteria": True,  # judged by lines of their own
    }
    broken, unknown = list[str](), list[str]()
    for name, wanted in one.bounds.items():
        if name not in known:
            unknown.append(f"{name} cannot be judged by machine")
        elif name != "acceptance_criteria" and known[name] is not wanted:
            broken.append(f"{name.replace('_', ' ')}: {_yes(known[name])}, the plan wants "
                          f"{_yes(wanted)}")  # fmt: skip
    for bound in one.parameters or ():
        value = _at(new.params, bound.parameter)
        if value is None:
            unknown.append(f"{bound.parameter} is not on record")
        elif not bound.holds(value):
            wanted = bound.model_dump(exclude_none=True, exclude={"parameter"})
            broken.append(f"{bound.parameter} is {value}, the plan wants {wanted}")
    if broken:
        return False, "; ".join(broken)
    return (None, "; ".join(unknown)) if unknown else (True, f"every bound of {one.id} is kept")


def _at(params: dict[str, Any], path: str) -> Any:
    found: Any = params
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _acceptance(seen: Candidate, plan: Pccp) -> list[Line]:
    named = set(plan.acceptance or (one.id for one in seen.definition.acceptance_criteria))
    wanted = [one for one in seen.definition.acceptance_criteria if one.id in named]
    judged = {one.criterion: one.verdict for one in seen.results}
    overall = [one for one in wanted if one.subgroup == "all"]
    failed = [one.id for one in overall if judged.get(one.id) not in ("met", None)]
    missing = [one.id for one in overall if one.id not in judged]
    passed = None if missing and not failed else not failed
    words = f"not met: {', '.join(failed)}" if failed else (
        f"not judged yet: {', '.join(missing)}" if missing else f"{len(overall)} criteria met"
    )
    parts = [one for one in wanted if one.subgroup != "all"]
    open_parts = [one.id for one in parts if one.id not in judged]
    lost = [f"{one.id} ({one.subgroup})" for one in parts if judged.get(one.id, "met") != "met"]
    return [
        Line("acceptance_overall_pass", passed, words),
        Line("acceptance_subgroups_fail", None if open_parts and not lost else lost,
             f"not judged yet: {', '.join(open_parts)}" if open_parts else
             f"{len(parts)} criteria of subgroups, {len(lost)} not met"),
    ]  # fmt: skip


def _protocol(seen: Candidate, plan: Pccp) -> Line:
    if plan.protocol is None:
        return Line("all_protocol_steps_done", None, "the plan names no steps of a protocol")
    splits = {one.purpose for one in seen.looks}
    declared = {one.id for one in seen.definition.acceptance_criteria}
    done = {
        "dataset_checked": seen.version.dataset_version_id is not None,
        "internal_test_evaluated": "internal_test" in splits,
        "external_test_evaluated": "external_test" in splits,
        "criteria_judged": declared <= {one.criterion for one in seen.results},
        "retraining_protocol_followed": seen.followed,
    }
    left = [one.replace("_", " ") for one in plan.protocol if not done[one]]
    words = f"not done: {', '.join(left)}" if left else f"{len(plan.protocol)} steps on record"
    return Line("all_protocol_steps_done", not left, words)


def _sequestered(seen: Candidate, plan: Pccp) -> Line:
    """Every version that is looked at on a locked test spends some of it (GMLP 4; REG-093)."""
    limit = plan.test_set_attempts
    again = max((one.attempt for one in seen.looks), default=0)
    words = (
        f"{seen.attempts} versions were evaluated on these locked tests"
        + (f", of at most {limit}" if limit else "; the plan states no limit")
        + (f"; this candidate in attempt {again}" if again > 1 else "")
    )
    if limit is None or not seen.looks:
        return Line("test_set_sequestered", None, words)
    return Line("test_set_sequestered", seen.attempts <= limit and again <= 1, words)


def _figures(session: Session, seen: Candidate) -> list[list[Any]]:
    """Each limited measure at the version cleared last and at the candidate."""
    found = []
    for limit in seen.definition.pccp.cumulative or ():
        pair = [
            _value(session, version, limit.split, limit.measure, limit.subgroup)
            for version in (seen.cleared, seen.version)
        ]
        found.append([limit.measure, limit.split, limit.subgroup, *pair])
    return found


def _value(
    session: Session, version: ModelVersion, split: str, measure: str, subgroup: str
) -> float | None:
    looks = evaluations_of(session, version, split)
    if not looks:
        return None
    query = select(EvaluationResult.value).where(
        EvaluationResult.evaluation_id == looks[-1].id, EvaluationResult.measure == measure,
        EvaluationResult.subgroup == subgroup,
    )
    return session.exec(query).first()


def _cumulative(session: Session, seen: Candidate) -> Line:
    limits = seen.definition.pccp.cumulative
    if limits is None:
        return Line("cumulative_change_within_limit", None, "the plan states no cumulative limit")
    words, broken, unknown = list[str](), False, False
    for limit, (*_, old, new) in zip(limits, _figures(session, seen), strict=True):
        name = f"{limit.measure} ({limit.subgroup}) on the {limit.split.replace('_', ' ')}"
        if old is None or new is None:
            unknown = True
            words.append(f"{name} is not estimated for both")
            continue
        beyond = abs(new - old) > limit.largest_change
        broken |= beyond
        words.append(f"{name} moved by {new - old:+.3f}, at most {limit.largest_change:g}")
    value = False if broken else None if unknown else True
    return Line("cumulative_change_within_limit", value, "; ".join(words))


def _rollout(seen: Candidate, plan: Pccp) -> Line:
    if plan.rollout is None:
        return Line("rollout_scope_allowed", None, "the plan does not say where a version may run")
    if not seen.sites:
        return Line("rollout_scope_allowed", None, "no site is named yet")
    outside = [one for one in seen.sites if one not in plan.rollout.sites]
    if plan.rollout.scope == "all_sites" or not outside:
        return Line("rollout_scope_allowed", True, f"at {', '.join(seen.sites)}")
    return Line("rollout_scope_allowed", False, f"outside the plan: {', '.join(outside)}")


def _yes(value: Any) -> str:
    return "yes" if value is True else "no" if value is False else str(value)
