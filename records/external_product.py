"""What a definition declares of another maker's product: how its results are known and read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

STATED_BY_MAKER = "stated_by_maker"
"""The rule of an operating point that is the maker's own: nothing is chosen here."""

KINDS_SEEN = ("classification",)
"""The kinds of task that are read of results: one finding, present or absent."""


class ExternalProduct(BaseModel):
    """A product of which only the results are seen, and how its results are to be read.

    Codes are written as scheme and value, such as 'SCT 233604007'; words are compared without
    regard to capitals, as whole words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    maker: str = Field(min_length=2)
    product: str = Field(min_length=2, max_length=40)
    known_as: list[str] = Field(min_length=1)
    """Names by which its results say whose they are: manufacturer, model or application."""
    score: Literal["none", "0 to 1", "0 to 100"]
    """The scale of the score that results state; none where the product states no score."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """From which score on, 0 to 1, the finding is present where a result states no decision."""
    finding: list[str] = Field(min_length=1)
    """Codes and words for the finding."""
    score_names: list[str] = Field(default_factory=list)
    """Codes and words of the number that is the score."""
    present: list[str] = Field(default_factory=list)
    """Codes and words that say that the finding is present."""
    absent: list[str] = Field(default_factory=list)
    """Codes and words that say that it is absent."""
    columns: dict[Literal["study", "version", "score", "decision", "said_at"], str] = Field(
        default_factory=dict
    )
    """What the columns of its tables are called, where that is not these names."""

    @property
    def factor(self) -> float:
        """What a stated score is multiplied by to lie between 0 and 1."""
        return 0.01 if self.score == "0 to 100" else 1.0

    @property
    def states_score(self) -> bool:
        """Whether results state a score."""
        return self.score != "none"

    @model_validator(mode="after")
    def _decisions_can_be_told(self) -> "ExternalProduct":
        if self.threshold is not None and not self.states_score:
            raise ValueError("threshold: the product states no score to be held against it")
        if self.threshold is None and not (self.present and self.absent):
            raise ValueError("give the threshold of the score, or what says that the finding is "
                             "present and what says that it is absent")
        if self.states_score and not self.score_names:
            raise ValueError("score_names: name the codes or words of the number that is the score")
        both = {one.casefold() for one in self.present} & {one.casefold() for one in self.absent}
        if both:
            raise ValueError(f"present and absent: {sorted(both)[0]!r} cannot say both")
        return self


def why_not_external(
    external: ExternalProduct | None, kind: str, rule: str, *, criteria: int, retraining: bool
) -> str:
    """What of a definition does not belong to a product that is made here, or to one that is only
    seen from outside; empty where all does."""
    if (external is not None) != (rule == STATED_BY_MAKER):
        return (f"operating_point: rule {STATED_BY_MAKER} belongs to a product that is seen from "
                "outside (external), which has no other")  # fmt: skip
    if external is None:
        return "" if criteria else "acceptance_criteria: declare one or more"
    if kind not in KINDS_SEEN:
        return f"external: results are read for task kind {', '.join(KINDS_SEEN)}, not {kind}"
    if criteria:
        return ("acceptance_criteria: another maker's product is not evaluated or released here; "
                "what it must keep in use are the claims")  # fmt: skip
    return "retraining: another maker's product is not trained here" if retraining else ""
