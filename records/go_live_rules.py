"""What a device declares of its go-live: how a version is tried at a site before it runs live.

Without the section `go_live` a version runs live at a confirmed site once it is released, as
before. With it, it runs there as a shadow first, until enough studies with truth were read.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class GoLiveMeasure(_Part):
    """A measure that the shadow must keep at the site.

    Shown where the one-sided test at alpha lies above value less margin. assumed: what is taken as
    true for the number of studies; the value where nothing is said.
    """

    measure: Literal["sensitivity", "specificity", "auc"]
    value: float = Field(gt=0, lt=1)
    margin: float = Field(gt=0, lt=1)
    assumed: float | None = Field(default=None, gt=0, lt=1)

    @property
    def least(self) -> float:
        """The lowest value that is good enough."""
        return round(self.value - self.margin, 10)

    @property
    def expected(self) -> float:
        """What is assumed true."""
        return self.value if self.assumed is None else self.assumed

    @model_validator(mode="after")
    def _something_can_be_shown(self) -> "GoLiveMeasure":
        if not 0 < self.least < self.expected:
            raise ValueError("value less margin must lie above 0 and below what is assumed true: "
                             "no number of studies would show it otherwise")
        return self


class GoLiveRules(_Part):
    """The section: measures with bounds, error probabilities, and the local threshold check.

    alpha is one-sided. minimum_days: calendar days as a shadow at least. flagged_between: between
    which shares of studies the shadow may flag at its operating point; the 95 % interval must not
    lie wholly outside. site_reports: whether agreement with the site's own reports is shown.
    """

    measures: list[GoLiveMeasure] = Field(min_length=1)
    alpha: float = Field(default=0.025, gt=0, lt=0.5)
    power: float = Field(default=0.8, gt=0, lt=1)
    healthy_per_diseased: float = Field(default=1.0, gt=0)
    minimum_days: int = Field(default=1, ge=1)
    flagged_between: tuple[float, float] | None = None
    site_reports: bool = False

    @model_validator(mode="after")
    def _named_once(self) -> "GoLiveRules":
        names = [one.measure for one in self.measures]
        if len(set(names)) != len(names):
            raise ValueError("measures: every measure may be named once")
        if self.flagged_between is not None:
            low, high = self.flagged_between
            if not 0 <= low < high <= 1:
                raise ValueError("flagged_between: two shares, the lower one first")
        return self
