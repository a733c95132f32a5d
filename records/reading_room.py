"""The reading room in which a device's definition promises that waiting is saved."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DeclaredRoom(BaseModel):
    """A day at one site: studies that come, people who read, minutes a reading, opening hours, and
    the minutes until the device's answer is there.

    It is part of the claim: what is saved depends on how busy the room is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    studies_a_day: float = Field(gt=0)
    readers: int = Field(ge=1)
    minutes_a_reading: float = Field(gt=0)
    hours: float = Field(default=10.0, gt=0, le=24)
    answer_minutes: float = Field(default=2.0, ge=0)

    @model_validator(mode="after")
    def _the_day_is_enough(self) -> "DeclaredRoom":
        load = self.studies_a_day * self.minutes_a_reading / (60 * self.hours * self.readers)
        if load >= 1:
            raise ValueError(f"reading_room: the readers would be busy {load:.0%} of their time, "
                             "and the list would only grow")
        return self
