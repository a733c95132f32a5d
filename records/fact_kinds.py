"""The kinds of facts that documents are made of, and how one is named at a door."""

from typing import Final

from records.clinical_follow_up import FollowUpActivity, ReaderStudy
from records.conformity_facts import AppliedStandard, LabelClaim, SafetyRequirement
from records.distribution import ExposureEstimate, Sales
from records.errors import InvalidInput
from records.facts import Fact
from records.literature import LiteratureFinding, LiteratureSearch, RegisterSearch, SimilarDevice
from records.market_facts import Certificate, DeviceIdentifier, MarketPlacing
from records.nonconformities import Nonconformity
from records.organisations import Organisation, Supplier
from records.plan_facts import PlanIndicator, PlanSource

FACTS: Final[tuple[type[Fact], ...]] = (
    Organisation, Supplier, Certificate, DeviceIdentifier, MarketPlacing, LabelClaim,
    SafetyRequirement, AppliedStandard, Sales, ExposureEstimate, LiteratureSearch,
    LiteratureFinding, RegisterSearch, SimilarDevice, FollowUpActivity, ReaderStudy, PlanSource,
    PlanIndicator, Nonconformity,
)  # fmt: skip
FACT_KINDS: Final[dict[str, type[Fact]]] = {one.KIND: one for one in FACTS}


def fact_kind(name: str) -> type[Fact]:
    """The kind of fact of that name.

    Raises:
        InvalidInput: There is none; the known ones are named.
    """
    try:
        return FACT_KINDS[name]
    except KeyError:
        raise InvalidInput(f"'{name}' is no kind of fact.",
                           hint=f"Known: {', '.join(FACT_KINDS)}.") from None  # fmt: skip
