"""What a validation report says of a task: its measures, outputs, threshold and calibration."""

from collections.abc import Mapping
from typing import Any

from models.tasks.detection import MATCHING_IN_WORDS, RATES, SMALL
from records.definition import TaskDefinition
from records.product import ModelVersion
from regulatory.documents.wording import number, spaced
from regulatory.gathering import lesion_words
from regulatory.gathering.enhancement_words import OF_ENHANCEMENT
from regulatory.gathering.finding_words import (
    OF_FINDINGS,
    findings_calibration,
    findings_output,
)
from regulatory.gathering.phrases import listed

DEFINITIONS: Mapping[str, str] = {
    "auc": "share of pairs, one with and one without the finding, that the score ranks rightly",
    "macro_auc": "the same for each class against all others, averaged over the classes",
    "class_auc": "share of pairs, one study of the class and one of another, that the probability "
    "of the class ranks rightly",
    "class_sensitivity": "put into the class among its studies",
    "class_ppv": "of the class among the studies put into it",
    "sensitivity": "flagged among the studies with the finding",
    "specificity": "not flagged among the studies without the finding",
    "ppv": "with the finding among the flagged studies",
    "npv": "without the finding among the studies not flagged",
    "accuracy": "decisions that agree with the reference standard",
    "f1": "harmonic mean of sensitivity and positive predictive value",
    "brier": "mean squared distance of the predicted probability from the truth",
    "calibration_slope": "slope of the truth on the log odds of the prediction; 1 is ideal",
    "calibration_intercept": "the same fit's intercept; 0 is ideal",
    "calibration_in_the_large": "intercept with the slope held at 1; 0 is ideal",
    "finding_sensitivity": "called urgent among the studies with the finding",
    "wait_saved_moved_up": "mean wait of studies with a finding that the device moves up, in the "
    "order of arrival less in the order of the device, in the declared reading room; minutes",
    "wait_saved_missed": "the same of studies with a finding that the device misses; below 0 they "
    "wait longer because of it",
    "wait_saved_findings": "the same of all studies with a finding",
    "wait_saved_others": "the same of studies without one; below 0 they wait longer",
    "fitting": "outlines with a Dice of 0.90 or more",
    "dice": "twice the area in both outlines, of the sum of their areas; the mean over studies",
    "dice_lowest_5": "what the Dice of the worst 5 % of studies does not exceed",
    "jaccard": "area in both outlines, of the area in either; the mean over studies",
    "found": "studies in which anything is outlined",
    "hd95_mm": "larger 95th percentile of the distances of the outlines; the mean over studies",
    "hd95_px": "the same in pixels, of images that state no spacing",
    "assd_mm": "average distance between the outlines; the mean over studies",
    "assd_px": "the same in pixels, of images that state no spacing",
    "area_difference_mm2": "area of the outline less that of the true one; the mean over studies",
    "area_difference_px": "the same in pixels, of images that state no spacing",
    "lesion_sensitivity": "lesions with a mark at the operating point, of all true lesions; "
    + MATCHING_IN_WORDS,
    "small_lesion_sensitivity": f"the same, of lesions whose box is below {100 * SMALL:g} % of the "
    "picture's area",
    "large_lesion_sensitivity": "the same, of the other lesions",
    "false_positives_per_image": "marks at the operating point that are on no lesion; the mean "
    "over all images, those without a lesion included",
    "icc": "share of a radiomic feature's spread that is the regions' and not that of how their "
    "outline is drawn",
    "harrell_c": "share of pairs of patients of whom it is known who had the event first, that the "
    "chance ranks rightly",
    "uno_c": "the same of events before the horizon, weighed as if nobody had been censored",
    "auc_at_horizon": "share of pairs, one patient with the event by the horizon and one free of "
    "it then, that the chance ranks rightly; weighed for censoring",
    "brier_at_horizon": "mean squared distance of the predicted chance from the event by the "
    "horizon, weighed for censoring",
    "observed_to_expected": "events by the horizon, by Kaplan-Meier, over the mean predicted "
    "chance; 1 is ideal",
    "event_chance": "patients with the event by the horizon, by Kaplan-Meier",
    "event_chance_flagged": "the same among those called high risk",
    "event_chance_not_flagged": "the same among the others",
    "froc_score": "mean share of lesions found at "
    + listed(f"{rate:g}" for rate in RATES)
    + " false positives per image",
    **{
        f"lesion_sensitivity_at_{rate:g}_false_positives": "share of lesions found at the lowest "
        f"threshold with no more than {rate:g} false positives per image"
        for rate in RATES
    },
    **OF_ENHANCEMENT,
    **lesion_words.DEFINITIONS,
}
"""How each measure is defined, in the words of a validation report."""
OF_STUDY: Mapping[str, str] = {
    "auc": "share of pairs of studies, one with and one without a lesion, that the highest score "
    "of a mark ranks rightly",
    "sensitivity": "studies with any mark at the operating point, among those with a lesion",
    "specificity": "studies without a mark at the operating point, among those without a lesion",
}
"""The same of a device that marks lesions, where a measure is of the whole study."""


def definition_words(measure: str, kind: str) -> str:
    """How a measure is defined for a task of that kind."""
    own = {
        "detection": OF_STUDY, "multilabel": OF_FINDINGS,
        lesion_words.KIND: lesion_words.OF_VOLUME,
    }.get(kind, {})
    return own.get(measure, DEFINITIONS.get(measure, "not recorded"))


def positives_words(kind: str) -> str:
    """What is counted as a positive study of the dataset, as the head of a column."""
    named = {"segmentation": "With true outline", "prognosis": "With event in follow-up"}
    named |= dict.fromkeys(("detection", "enhancement", lesion_words.KIND), "With a lesion")
    return named.get(kind, "With finding")


_SCORES: Mapping[str, str] = {
    "triage": "urgency", "prognosis": "chance of the event", "enhancement": "noise of the input",
    "segmentation": "highest probability of a pixel",
}


def score_words(kind: str) -> str:
    """What the number that a study is given is called, where it has a name of its own."""
    return _SCORES.get(kind, "score")


def reliability_words(kind: str) -> tuple[str, str]:
    """What a reliability figure has across and up: what was predicted, and what was seen."""
    if kind == "prognosis":
        return (
            "Predicted chance by the horizon (group mean)",
            "Observed chance of the event (Kaplan-Meier)",
        )
    return "Predicted probability (bin mean)", "Observed share with finding"


def output_words(task: TaskDefinition) -> str:
    """What the device gives for a study."""
    if task.urgency is not None:
        weights = listed(f"{name} {weight:g}" for name, weight in task.urgency.items())
        return (
            f"urgency from 0 to 1: the calibrated probability of each finding times its declared "
            f"weight ({weights}), added up; and whether the study is urgent, at the operating "
            f"point. Sensitivity, specificity and the other measures of two classes are of urgent "
            f"against any finding; without one is {task.none}"
        )
    if task.coexisting:
        return findings_output(task)
    if task.classes:
        return (
            f"calibrated probability of each of {listed(task.classes)}, adding up to 1, and the "
            f"class that is named. The score is the probability of any finding; sensitivity, "
            f"specificity and the other measures of two classes are of any finding against "
            f"{task.none}"
        )
    if task.kind == "segmentation":
        return (
            f"outline of the {task.finding} on the picture's own pixels, where their probability "
            "reaches the operating point, with its area and diameters"
        )
    if task.kind == lesion_words.KIND:
        return lesion_words.output_words(task.finding)
    if task.kind == "detection":
        return (
            f"marks of {task.finding}: boxes on the picture's own grid, each with the calibrated "
            "probability that it is on a lesion; shown from the operating point on. The score of a "
            "study is that of its best mark"
        )
    if task.kind == "enhancement":
        return (
            "a picture of the same size and depth with less noise; the noise that was found in the "
            "picture as it came, as a share of the grey range; and whether that is above the "
            "declared range"
        )
    if task.radiomics is not None:
        return (
            f"calibrated probability of {task.finding}, from 0 to 1, and the decision at the "
            f"operating point, from radiomic features of the {task.radiomics.region}, whose "
            "outline must come with each picture; which features were not estimable is told with "
            "each answer"
        )
    if task.kind == "prognosis":
        facts = listed(one.name.replace("_", " ") for one in task.facts or ())
        return (
            f"chance of {task.finding} within {task.horizon_days:g} days of the study, and whether "
            f"it is called a high risk, at the operating point; from the picture and the clinical "
            f"facts {facts}, each of which may be missing: each answer tells which were"
        )
    return (
        f"calibrated probability of {task.finding}, from 0 to 1, and the decision at the operating "
        "point"
    )


def calibration_words(version: ModelVersion, fitted: Mapping[str, Any]) -> str:
    """How raw outputs become probabilities; empty where that is not recorded."""
    if not fitted:
        return ""
    if version.model.get("each"):
        return findings_calibration(version.model)
    if version.model.get("classes"):
        return f"temperature on the tuning split, {number(1 / fitted['slope'])}"
    if version.model.get("task") == "segmentation":
        return "none: the probability of a pixel is the network's own"
    if version.model.get("task") == lesion_words.KIND:
        return "none: the probability of a voxel is the network's own"
    if version.model.get("task") == "enhancement":
        return "none: noise is no probability"
    if version.model.get("task") == "prognosis":
        return (
            "proportional hazards, on the tuning split: slope of the risk "
            f"{number(fitted['slope'])}, log of the baseline's cumulative hazard at the horizon "
            f"{number(fitted['intercept'])}"
        )
    how = "given at registration" if version.made_elsewhere else "Platt, on the tuning split"
    if version.model.get("task") == "detection":
        how += ", of its marks"
    return (
        f"logistic ({how}), slope {number(fitted['slope'])}, "
        f"intercept {number(fitted['intercept'])}"
    )


def rule_words(model: Mapping[str, Any]) -> str:
    """How the operating point was chosen."""
    if model.get("origin") == "registered":
        return "given at registration"
    rule = model.get("operating_rule", {})
    name, target = rule.get("rule"), rule.get("target")
    if model.get("each"):
        own = rule_words({name: one for name, one in model.items() if name != "each"})
        return f"of each finding its own by the same rule: {own}"
    if name == "fixed_sensitivity":
        of = "share of lesions found" if model.get("task") == "detection" else "sensitivity"
        if model.get("task") == "prognosis":
            of = "share called high risk, of those with the event by the horizon,"
        return f"{of} fixed at {target:g} or more"
    if name == "false_positives":
        return f"no more than {target:g} false positives per image"
    if name == "declared_range":
        return "noise of the noisiest tuning study and a twentieth more"
    if name == "dice":
        of = "voxel" if model.get("task") == lesion_words.KIND else "pixel"
        return f"probability of a {of} at which the outlines of the tuning studies fit best"
    if name == "likeliest":
        return (
            "share, of the likeliest finding against none, from which on it is named; here the "
            "likeliest of all classes"
        )
    if name == "prevalence":
        return "probability of the finding at its share among the tuning studies"
    return spaced(str(name or "rule not recorded"))
