"""The written protocol of a retraining, as a device's definition declares it before any is done.

What starts one, which cases it may learn from, how much the candidate may lose in any subgroup
against any version released before it, and when it is given up (FD&C Act 515C; FDA, Marketing
Submission Recommendations for a Predetermined Change Control Plan, December 2024: data management,
re-training, performance evaluation). Without this section a device is not retrained by protocol.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from records.site_names import SITE_NAME_IN_WORDS, is_site_name

FOLLOWED = "retraining_protocol_followed"
"""The bound of a modification of the change control plan: the version ended a run of this protocol
with every limit kept."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Triggers(_Part):
    """What may start a retraining: an alert of one of these charts, or the days gone by.

    An alert counts once a person has acknowledged it, and not where one closed it as no change of
    performance. every_days: since the last release, or the last retraining after it.
    minimum_new_cases: new studies that the selection takes; with fewer none is started.
    """

    charts: list[str] = Field(default_factory=list)
    every_days: int | None = Field(default=None, ge=1, le=3650)
    minimum_new_cases: int = Field(ge=1)

    @model_validator(mode="after")
    def _says_what_starts_it(self) -> "Triggers":
        if not self.charts and self.every_days is None:
            raise ValueError("name charts whose alert starts a retraining, or every_days")
        return self


class NewParts(_Part):
    """Shares of the new patients that become training, tuning, and locked test."""

    train: float = Field(gt=0, lt=1)
    tuning: float = Field(ge=0, lt=1)
    internal_test: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _make_one(self) -> "NewParts":
        if abs(self.train + self.tuning + self.internal_test - 1) > 1e-9:
            raise ValueError("train, tuning and internal_test must add up to 1")
        return self


class CaseOrigin(_Part):
    """Where the new cases come from and why they may be used, as the datasheet will say it."""

    source: str = Field(min_length=3)
    legal_basis: str = Field(min_length=3)
    consent: str = Field(min_length=3)


class CaseSelection(_Part):
    """Which studies in operation a retraining takes; every other one is left out with its reason.

    sites: empty means all. since: the first day of arrival, or 'last_dataset': the day when the
    data of the version in use were frozen. reference_standards: the sources of truth that count,
    by the names that the truth lists give them. per_patient: studies of a patient at most, the
    latest ones. kept_share: share of the patients in the training and tuning parts of the version
    in use that are kept; its locked tests always are. new_parts: what becomes of new patients.
    """

    sites: list[str] = Field(default_factory=list)
    since: date | Literal["last_dataset"] = "last_dataset"
    reference_standards: list[str] = Field(min_length=1)
    per_patient: int = Field(ge=1)
    kept_share: float = Field(ge=0, le=1)
    new_parts: NewParts
    origin: CaseOrigin

    @model_validator(mode="after")
    def _sites_have_names_of_sites(self) -> "CaseSelection":
        wrong = [one for one in self.sites if not is_site_name(one)]
        if wrong:
            raise ValueError(f"sites: {wrong[0]!r} is no site: a name has {SITE_NAME_IN_WORDS}")
        return self


class RegressionLimit(_Part):
    """How far the candidate may fall below each version that was released before it.

    basis: 'low', the lower 95 % limit of the paired difference must lie above -margin (shown to be
    not inferior); 'value', the difference itself must. subgroups: names of declared subgroups, each
    value of which is held to the limit; without any, all studies together are.
    """

    measure: Literal["auc", "sensitivity", "specificity"]
    split: Literal["internal_test", "external_test"] = "internal_test"
    margin: float = Field(gt=0, lt=1)
    basis: Literal["low", "value"] = "low"
    subgroups: list[str] = Field(default_factory=list)
    reason: str = Field(min_length=10)

    @property
    def statement(self) -> str:
        """The limit as a sentence."""
        where = f" in each {', '.join(self.subgroups)}" if self.subgroups else ""
        side = "lower 95 % limit of the " if self.basis == "low" else ""
        split = self.split.replace("_", " ")
        return (
            f"{side}difference in {self.measure}{where} on the {split} above {-self.margin:g}"
        )


class StopRule(_Part):
    """When a retraining is given up until people declare a new protocol or release a version.

    failed_attempts: runs since the last release whose candidate was not proposed or was refused.
    locked_test_uses: versions, of all runs, that were looked at on the same locked tests.
    """

    failed_attempts: int = Field(ge=1, le=20)
    locked_test_uses: int = Field(ge=1, le=100)


class RetrainingRules(_Part):
    """The protocol: triggers, selection of cases, regression limits, stop rule."""

    triggers: Triggers
    selection: CaseSelection
    regression: list[RegressionLimit] = Field(min_length=1)
    stop: StopRule


def words_of(rules: RetrainingRules) -> dict[str, Any]:
    """The protocol in words, part by part, as documents and pages quote it."""
    triggers, chosen, stop = rules.triggers, rules.selection, rules.stop
    starts = (
        [f"an acknowledged alert of a chart ({', '.join(triggers.charts)})"]
        if triggers.charts else []
    )
    starts += [f"{triggers.every_days} days gone by"] if triggers.every_days else []
    since = (
        "the data of the version in use were frozen"
        if chosen.since == "last_dataset" else str(chosen.since)
    )
    parts = chosen.new_parts
    return {
        "started by": " or ".join(starts)
        + f", once {triggers.minimum_new_cases} new cases can be taken",
        "cases taken": (
            f"studies in operation that arrived since {since}"
            + (f", of {', '.join(chosen.sites)}" if chosen.sites else ", of every site")
            + f", with a reference standard by {' or '.join(chosen.reference_standards)}; at most "
            f"{chosen.per_patient} of a patient, the latest ones; none of a patient in a locked "
            "test of any earlier dataset"
        ),
        "new patients": (
            f"{parts.train:.0%} train, {parts.tuning:.0%} tuning, {parts.internal_test:.0%} new "
            "locked test"
        ),
        "earlier data": (
            f"{chosen.kept_share:.0%} of the training and tuning patients of the version in use; "
            "every locked test is kept whole"
        ),
        "origin": "; ".join(
            (chosen.origin.source, chosen.origin.legal_basis, chosen.origin.consent)
        ),
        "must not fall": [f"{one.statement} ({one.reason})" for one in rules.regression],
        "given up": (
            f"after {stop.failed_attempts} failed attempts since the last release, or when "
            f"{stop.locked_test_uses} versions were looked at on the same locked tests"
        ),
    }
