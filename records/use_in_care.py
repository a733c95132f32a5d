"""What use in care is: one answer for table 4.3 of a MIR, PSUR, trends, risks and denominators.

A device is in use in care at a site while a deployment of it runs there whose answers reach those
who treat: live, or external, that is another maker's product, which gives them by itself. A shadow
is not, also where it runs alone.

A reading is in care where its answer was returned, or where another maker's product gave it. Not in
care: what a shadow read; what was read while use was suspended or a result was held; what was read
for an evaluation, under no deployment.

Which version's answers are *measured* at a site is another question
(:func:`records.one_a_site.measured_at_site`): a shadow that runs alone is watched like a live one.
"""

from typing import Any, Final

from sqlmodel import col, or_, select

from records.cases import Prediction
from records.product import Deployment

IN_CARE: Final = ("live", "external")
"""Modes of deployments whose answers reach those who treat."""
_OTHER_MAKERS: Final = "external"


def used_in_care() -> Any:
    """The condition that a deployment is use in care."""
    return col(Deployment.mode).in_(IN_CARE)


def read_in_care(reading: Any = Prediction) -> Any:
    """The condition that a prediction, or an alias of one, is a reading in care.

    What another maker's product said is never returned by this program, so its deployment tells.
    """
    others = select(Deployment.id).where(Deployment.mode == _OTHER_MAKERS)
    return or_(
        col(reading.returned_to_care).is_(True), col(reading.deployment_id).in_(others)
    )
