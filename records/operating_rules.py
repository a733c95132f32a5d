"""Which rules for an operating point, which worklist and facts belong to which kind of task."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from records.clinical_facts import DeclaredFact, why_no_prognosis
from records.radiomics_rules import RadiomicsRules, why_no_radiomics


class OperatingPointRule(BaseModel):
    """How the decision threshold is chosen on the tuning split.

    target: a sensitivity; of the rule false_positives, how many an image.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rule: Literal[
        "declared_range", "dice", "false_positives", "fixed_sensitivity", "likeliest",
        "prevalence", "stated_by_maker", "youden",
    ]
    target: float | None = Field(default=None, gt=0, le=8)

    @model_validator(mode="after")
    def _needs_target(self) -> "OperatingPointRule":
        if self.rule == "false_positives":
            if self.target is None:
                raise ValueError("the rule false_positives needs a target, at most 8 an image")
        elif self.target is not None and self.target >= 1:
            raise ValueError("target: a sensitivity is below 1")
        elif self.rule == "fixed_sensitivity" and self.target is None:
            raise ValueError("the rule fixed_sensitivity needs a target between 0 and 1")
        return self


class _Task(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def horizon_days(self) -> float | None: ...

    @property
    def facts(self) -> list[DeclaredFact] | None: ...

    @property
    def radiomics(self) -> RadiomicsRules | None: ...


class _Worklist(Protocol):
    @property
    def urgent_score(self) -> float | None: ...

    @property
    def reading_room(self) -> object | None: ...


def why_not_of_task(
    task: _Task, rule: str, worklist: _Worklist | None, volume: object | None = None
) -> str:
    """What of a definition does not belong to its task kind; empty where all does."""
    return (
        why_no_prognosis(task.kind, task.horizon_days, task.facts)
        or why_no_radiomics(task.kind, task.radiomics)
        or _rule(task.kind, rule) or _worklist(task.kind, worklist)
        or _volume(task.kind, volume)
    )


def _volume(kind: str, volume: object | None) -> str:
    if (kind == "lesion_segmentation") == (volume is not None):
        return ""
    return ("series_selection: image: volume belongs to task kind lesion_segmentation, which needs "
            "it, and to no other")  # fmt: skip


def _rule(kind: str, rule: str) -> str:
    if kind.endswith("segmentation") != (rule == "dice"):
        return ("operating_point: the rule dice belongs to task kind segmentation, and that kind "
                "has no other, nor has lesion_segmentation")  # fmt: skip
    if (kind == "enhancement") != (rule == "declared_range"):
        return ("operating_point: the rule declared_range belongs to task kind enhancement, and "
                "that kind has no other")  # fmt: skip
    if kind == "detection" and rule not in ("false_positives", "fixed_sensitivity"):
        return ("operating_point: task kind detection needs the rule false_positives or "
                "fixed_sensitivity, which are about lesions")  # fmt: skip
    if kind != "detection" and rule == "false_positives":
        return "operating_point: rule false_positives needs task kind detection"
    if kind == "multiclass" and rule == "prevalence":
        return "operating_point: rule prevalence is about one finding; use likeliest"
    if kind == "triage" and rule not in ("fixed_sensitivity", "youden"):
        return ("operating_point: task kind triage needs the rule fixed_sensitivity or youden; an "
                "urgency is no probability")  # fmt: skip
    if kind == "prognosis" and rule != "fixed_sensitivity":
        return ("operating_point: task kind prognosis needs the rule fixed_sensitivity, of those "
                "with the event by the horizon")  # fmt: skip
    if kind != "multiclass" and rule == "likeliest":
        return "operating_point: rule likeliest needs task kind multiclass"
    return ""


def _worklist(kind: str, worklist: _Worklist | None) -> str:
    if kind == "prognosis" and worklist is not None:
        return "worklist: a prognosis says nothing of how soon a study is to be read"
    urgent_score = None if worklist is None else worklist.urgent_score
    if kind == "triage" and (
        worklist is None or worklist.reading_room is None or urgent_score is not None
    ):
        return ("worklist: task kind triage needs one with a reading_room and without "
                "urgent_score: a study is urgent at the operating point")  # fmt: skip
    if kind == "multiclass" and worklist is not None and urgent_score is None:
        return ("worklist: urgent_score is needed with task kind multiclass, whose operating "
                "point is no value of the score")  # fmt: skip
    return ""
