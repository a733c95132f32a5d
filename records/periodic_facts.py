"""What a device's definition says of its periodic reports: the facts that their days rest on.

Each may be left out, and is not known then: no day is computed from it, and it is said which is
missing. The PMS plan sets how long preparing takes and how often own reviews are made (MDR Annex
III 1.1); no law sets those.
"""

from datetime import date

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from records.dataset_rules import without_absent


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OwnCadence(_Part):
    """A report or review that the maker's own plan asks for every so many months.

    counted_from: the day from which periods run; left out: the first placing on the market.
    """

    every_months: int = Field(ge=1, le=60)
    counted_from: date | None = None
    preparation_days: int = Field(ge=0, le=365)
    issued_through: date | None = None
    """The last day of the last period of which it was issued before or outside this system."""


class PeriodicReports(_Part):
    """The facts of the PSUR, and the cadences of the PMS plan."""

    certificate_issued: date | None = None
    """The day of the MDR certificate: periods of the PSUR run from it (R-PSUR-02)."""
    first_placed_on_market: date | None = None
    implantable: bool | None = None
    preparation_days: int | None = Field(default=None, ge=0, le=365)
    """Days from the end of a period to the issue of its PSUR, by the PMS plan."""
    eudamed_mandatory: bool | None = None
    """Whether the module of EUDAMED for vigilance is mandatory for this device yet."""
    issued_through: date | None = None
    """The last day of the last period whose PSUR was issued before or outside this system."""
    pms_report: OwnCadence | None = None
    trend_review: OwnCadence | None = None
    management_review: OwnCadence | None = None

    @model_serializer(mode="wrap")
    def _what_is_told(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        return without_absent(write(self), tuple(type(self).model_fields))
