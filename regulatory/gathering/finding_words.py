"""What a validation report says of a task whose findings may be present together."""

from collections.abc import Mapping
from typing import Any

from records.definition import TaskDefinition
from regulatory.documents.wording import number
from regulatory.gathering.phrases import listed

_ALONE = "; of the studies of which that finding is known"
OF_FINDINGS: Mapping[str, str] = {
    "macro_auc": "share of pairs, one study with and one without a finding, that the probability "
    "of the finding ranks rightly; the mean over the findings",
    "subset_accuracy": "studies in which every finding is answered rightly, of those of which all "
    "findings are known",
    "finding_auc": "share of pairs, one study with and one without the finding, that its "
    "probability ranks rightly" + _ALONE,
    "finding_sensitivity": "named among the studies with the finding" + _ALONE,
    "finding_specificity": "not named among the studies without the finding" + _ALONE,
    "finding_ppv": "with the finding among the studies in which it is named" + _ALONE,
    "finding_npv": "without the finding among the others" + _ALONE,
    "finding_brier": "mean squared distance of the predicted probability from the truth" + _ALONE,
    "finding_calibration_slope": "slope of the truth on the log odds of the prediction; 1 is ideal"
    + _ALONE,
    "finding_calibration_intercept": "the same fit's intercept; 0 is ideal" + _ALONE,
    "auc": "share of pairs, one study with any finding and one with none, that the score ranks "
    "rightly",
    "sensitivity": "any finding named among the studies with any finding",
    "specificity": "no finding named among the studies with none",
    "ppv": "with any finding among the studies in which one is named",
    "npv": "with none among the others",
}
"""How each measure is defined, of such a task."""


def findings_output(task: TaskDefinition) -> str:
    """What the device gives for a study."""
    none, *findings = task.classes
    return (
        f"calibrated probability of each of {listed(findings)}, of which several may be present, "
        "whether each is named, at an operating point of its own, and the findings in rank by how "
        "far their log odds exceed those of the operating point; where none is named, "
        f"{none}. The score brings the first of them to 0 to 1, one half where it is just named, "
        "and is no probability; sensitivity, specificity and the other measures of two classes are "
        f"of any finding against {none}"
    )


def findings_calibration(model: Mapping[str, Any]) -> str:
    """How the raw outputs became probabilities, and where each finding is named."""
    return "logistic (Platt, on the tuning split), of each finding its own: " + "; ".join(
        f"{one['finding']} slope {number(one['slope'])}, intercept {number(one['intercept'])}, "
        f"named from a probability of {number(one['operating_point'])} on"
        for one in model["each"]
    )
