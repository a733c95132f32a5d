"""What a device promises must be something that is measured, and a bound that can be reached."""

from models.tasks import OF_EACH_CLASS, TASKS
from models.tasks.enhancement import NOT_SHARES as OF_PICTURES
from models.tasks.lesion_segmentation import NOT_SHARES as OF_LESIONS
from monitoring.time_to_read import SAVED
from records.definition import DeviceDefinition
from records.errors import InvalidInput
from records.performance_claims import AcceptanceCriterion
from records.revalidation_rules import read_revalidation
from records.yaml_source import Location

NOT_SHARES = frozenset({
    *SAVED,
    "calibration_slope", "calibration_intercept", "hd95_mm", "assd_mm", "area_difference_mm2",
    "hd95_px", "assd_px", "area_difference_px", "false_positives_per_image",
    "observed_to_expected", "finding_calibration_slope", "finding_calibration_intercept",
}) | OF_PICTURES | OF_LESIONS  # fmt: skip
"""Measures that do not lie between 0 and 1."""


def find_unmeasured(definition: DeviceDefinition) -> list[tuple[Location, str]]:
    """Each claim and criterion that no evaluation can answer: where it stands, and why."""
    known = TASKS[definition.task.kind].measures
    if definition.worklist is not None and definition.worklist.reading_room is not None:
        known = (*known, *SAVED)
    faults: list[tuple[Location, str]] = []
    for place, claim in enumerate(definition.claims):
        if claim.measure not in known:
            faults.append((("claims", place, "measure"), _unknown(claim.measure, known)))
        elif claim.measure in OF_EACH_CLASS:
            faults.append((("claims", place, "measure"), "a claim is about all studies, this "
                           "measure about one class"))
        if not _is_group(definition, claim.group) or "class=" in claim.group:
            faults.append((("claims", place, "subgroup"), "a declared subgroup with its value, "
                           "such as sex=F, is needed"))
    for place, criterion in enumerate(definition.acceptance_criteria):
        where: Location = ("acceptance_criteria", place)
        if criterion.measure not in known:
            faults.append(((*where, "measure"), _unknown(criterion.measure, known)))
        elif criterion.measure not in NOT_SHARES and not 0 <= criterion.bound <= 1:
            faults.append(((*where, _side(criterion)), "a share lies between 0 and 1"))
        if not _is_group(definition, criterion.subgroup):
            faults.append((
                (*where, "subgroup"),
                "'all', or a declared subgroup with its value, such as sex=F, is needed",
            ))  # fmt: skip
        elif (criterion.measure in OF_EACH_CLASS) != ("class=" in criterion.subgroup):
            faults.append((
                (*where, "subgroup"),
                f"class=NAME belongs to {', '.join(OF_EACH_CLASS)}, which need it, and to no other",
            ))
    return faults + _of_revalidation(definition, known) + _of_retraining(definition)


def _of_revalidation(
    definition: DeviceDefinition, known: tuple[str, ...]
) -> list[tuple[Location, str]]:
    """Measures that revalidation is to judge and that are not measured, or cannot be shown."""
    where: Location = ("monitoring_plan", "revalidation", "measures")
    try:
        rules = read_revalidation(definition.monitoring_plan)
        if rules is None:
            return []
        rules.bounds(definition.overall_claims)
    except InvalidInput as wrong:
        return [] if ".measures" not in wrong.message else [(where, wrong.message)]
    return [
        ((*where, name), _unknown(name, known)) for name in rules.measures if name not in known
    ]


def _of_retraining(definition: DeviceDefinition) -> list[tuple[Location, str]]:
    """What the retraining protocol names and the rest of the definition does not have."""
    rules = definition.retraining
    if rules is None:
        return []
    if definition.task.kind != "classification":
        return [(("retraining",), "versions are compared for classification of one finding only, "
                 f"not {definition.task.kind}: leave the section out")]
    charts = definition.monitoring_plan.get("charts")
    watched = [str(one["name"]) for one in charts or () if isinstance(one, dict) and "name" in one]
    faults: list[tuple[Location, str]] = [
        (("retraining", "triggers", "charts", place),
         f"the monitoring plan has no chart {name!r}; it has: {', '.join(watched)}")
        for place, name in enumerate(rules.triggers.charts) if name not in watched
    ]
    groups = [one.name for one in definition.subgroups]
    faults += [
        (("retraining", "regression", place, "subgroups"),
         f"{name!r} is no declared subgroup; declared: {', '.join(groups)}")
        for place, limit in enumerate(rules.regression)
        for name in limit.subgroups if name not in groups
    ]
    sites = next((one.values for one in definition.subgroups if one.field == "site"), None)
    return faults + [
        (("retraining", "selection", "sites", place),
         f"{name!r} is none of the sites that the subgroup declares: {', '.join(sites)}")
        for place, name in enumerate(rules.selection.sites) if sites and name not in sites
    ]


def _is_group(definition: DeviceDefinition, subgroup: str) -> bool:
    """Whether an estimate can be of it: all, a declared subgroup, a class, or a class in one."""
    fields = {group.name for group in definition.subgroups}
    parts = [one.partition("=") for one in subgroup.split(", ")]
    task = definition.task
    if task.classes and parts[-1][0] == "class":
        if parts.pop()[2] not in (task.classes[1:] if task.coexisting else task.classes):
            return False
        if not parts:
            return True
    return subgroup == "all" or (
        len(parts) == 1 and parts[0][1] == "=" and parts[0][0] in fields
    )


def _unknown(measure: str, known: tuple[str, ...]) -> str:
    return f"{measure!r} is not measured; known: {', '.join(known)}"


def _side(criterion: AcceptanceCriterion) -> str:
    return "at_least" if criterion.at_least is not None else "at_most"
