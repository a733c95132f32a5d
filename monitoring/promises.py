"""What a device promises must be something that is measured, and a bound that can be reached."""

from models.tasks import TASKS
from records.definition import AcceptanceCriterion, DeviceDefinition
from records.yaml_source import Location

NOT_SHARES = frozenset({
    "calibration_slope", "calibration_intercept", "hd95_mm", "assd_mm", "area_difference_mm2",
    "hd95_px", "assd_px", "area_difference_px",
})  # fmt: skip
"""Measures that do not lie between 0 and 1."""


def find_unmeasured(definition: DeviceDefinition) -> list[tuple[Location, str]]:
    """Each claim and criterion that no evaluation can answer: where it stands, and why."""
    known = TASKS[definition.task.kind].measures
    faults: list[tuple[Location, str]] = []
    for place, claim in enumerate(definition.claims):
        if claim.measure not in known:
            faults.append((("claims", place, "measure"), _unknown(claim.measure, known)))
    fields = {group.name for group in definition.subgroups}
    for place, criterion in enumerate(definition.acceptance_criteria):
        where: Location = ("acceptance_criteria", place)
        if criterion.measure not in known:
            faults.append(((*where, "measure"), _unknown(criterion.measure, known)))
        elif criterion.measure not in NOT_SHARES and not 0 <= criterion.bound <= 1:
            faults.append(((*where, _side(criterion)), "a share lies between 0 and 1"))
        field, equals, _ = criterion.subgroup.partition("=")
        if criterion.subgroup != "all" and (not equals or field not in fields):
            faults.append((
                (*where, "subgroup"),
                "'all', or a declared subgroup with its value, such as sex=F, is needed",
            ))  # fmt: skip
    return faults


def _unknown(measure: str, known: tuple[str, ...]) -> str:
    return f"{measure!r} is not measured; known: {', '.join(known)}"


def _side(criterion: AcceptanceCriterion) -> str:
    return "at_least" if criterion.at_least is not None else "at_most"
