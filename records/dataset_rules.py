"""What a dataset must be before it is frozen: rules on leakage, and the population it must show.

Both parts of a device's definition may be left out; then the rules are the ones written here, and
no share of the population is declared.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rule = Literal["refuse", "warn"]
DuplicateRule = Literal["refuse", "warn", "join"]
PopulationField = Literal["age_years", "finding", "manufacturer", "sex", "site", "view"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NearDuplicateLimits(_Part):
    """When two pictures count as one: both limits are kept, on pictures of 32 × 32 pixels.

    bits: the most of the 64 bits of the DCT hash that differ. correlation: the least Pearson
    correlation of the pixels. Chest radiographs resemble each other, so the hash alone finds many
    pairs that are none: docs/dataset-checks.md has the figures.
    """

    bits: int = Field(default=6, ge=0, le=16)
    correlation: float = Field(default=0.98, ge=0.5, le=1)


class DatasetRules(_Part):
    """What refuses the freezing of a dataset, what only becomes a stated limitation.

    join: patients who share a picture are dealt as one, so that no split parts them.
    shortcut_auc: the cross-validated AUC from which a fact beside the picture counts as a
    shortcut, where its p-value (Holm) is at most shortcut_alpha.
    suspect_share: the share of labels that may be suspect before it is a limitation.
    """

    patients_across_splits: Rule = "refuse"
    duplicates_across_splits: DuplicateRule = "refuse"
    near_duplicates_across_splits: DuplicateRule = "warn"
    duplicates_within_split: Rule = "warn"
    conflicting_labels: Rule = "warn"
    shortcuts: Rule = "warn"
    suspect_labels: Rule = "warn"
    near_duplicate: NearDuplicateLimits = NearDuplicateLimits()
    shortcut_auc: float = Field(default=0.6, gt=0.5, lt=1)
    shortcut_alpha: float = Field(default=0.05, gt=0, lt=0.5)
    suspect_share: float = Field(default=0.05, gt=0, lt=1)

    @property
    def joined(self) -> tuple[bool, bool]:
        """Whether patients are joined by equal pictures, and whether by near duplicates too."""
        near = self.near_duplicates_across_splits == "join"
        return near or self.duplicates_across_splits == "join", near

    def severity(self, rule: str) -> Rule:
        """What a breach leads to; one left over although patients were joined is refused.

        >>> DatasetRules(duplicates_across_splits="join").severity("duplicates_across_splits")
        'refuse'
        """
        return "warn" if getattr(self, rule) == "warn" else "refuse"


class FedBy(_Part):
    """Other devices whose output this one takes in, by their names.

    training_in_tests: what follows where a test of this device holds an image that one of them
    learnt from. Of devices that are not named here it is a limitation.
    """

    devices: tuple[str, ...] = Field(min_length=1)
    training_in_tests: Rule = "refuse"


class PopulationGroup(_Part):
    """A part of the population that the device is for, and the share of studies expected of it.

    field 'finding' is the prevalence and takes no value. age_years: from (inclusive) to
    (exclusive). shortfall: what follows where the data hold too few of the group.
    """

    field: PopulationField
    value: str | None = None
    from_years: float | None = Field(default=None, ge=0)
    to_years: float | None = Field(default=None, gt=0)
    at_least: float | None = Field(default=None, ge=0, le=1)
    at_most: float | None = Field(default=None, ge=0, le=1)
    shortfall: Literal["collect", "limit"] = "collect"

    @model_validator(mode="after")
    def _says_which_and_how_many(self) -> "PopulationGroup":
        ages = self.from_years is not None or self.to_years is not None
        if ages != (self.field == "age_years"):
            raise ValueError("from_years, to_years: needed for age_years, and only there")
        if (self.value is None) != (self.field in ("age_years", "finding")):
            raise ValueError(f"value: {self.field} {'takes none' if self.value else 'needs one'}")
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both: the share expected of the group")
        low, high = self.at_least or 0.0, 1.0 if self.at_most is None else self.at_most
        if low > high:
            raise ValueError("at_least lies above at_most")
        youngest, oldest = self.from_years or 0.0, self.to_years
        if oldest is not None and youngest >= oldest:
            raise ValueError("from_years must lie below to_years")
        return self


def without_absent(content: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A definition's content without the parts that it does not declare: older digests stay."""
    return {key: one for key, one in content.items() if key not in names or one is not None}
