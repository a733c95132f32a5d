"""The plan of post-market surveillance as data: sources, and indicators with their thresholds."""

from datetime import date
from typing import ClassVar, Final

from records.facts import Fact, of_one_version, told

COLLECTED: Final = (
    "serious incidents, PSUR and field safety corrective actions",
    "non-serious incidents and side-effects", "trends", "literature, databases and registers",
    "feedback of users, distributors and importers", "similar devices",
)  # fmt: skip
"""What a plan collects (MDR Annex III 1.1(a))."""
EVERY: Final = ("day", "week", "month", "quarter", "six months", "year", "two years",
                "as it comes")  # fmt: skip


class PlanSource(Fact, table=True):
    """A source that the plan collects from: how often, how, and whose it is."""

    __tablename__ = "plan_source"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "PLS"
    CODE: ClassVar[str] = "PLAN"
    KIND: ClassVar[str] = "plan-source"
    WORDS: ClassVar[str] = "Sources of the PMS plan: how often, how, whose (MDR Annex III 1.1)"

    collects: str = told("what of Annex III 1.1(a) it is for", COLLECTED[0], choices=COLLECTED)
    name: str = told("the source", "complaints of all sites")
    every: str = told("how often it is looked at", "month", choices=EVERY)
    owner: str = told("role that answers for it", "quality")
    method: str = told("how it is collected and assessed", "records of complaints, coded by IMDRF")
    proactive: bool = told("whether it is sought and not waited for", "no")
    limits: str = told("what it misses", "not every site reports", default="")
    since: date | None = told("from which day on", "2026-06-01", default=None)
    until: date | None = told("to which day; empty: until further notice", "", default=None)


class PlanIndicator(Fact, table=True):
    """An indicator of benefit or risk with its threshold, and what is done when it is passed."""

    __tablename__ = "plan_indicator"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "IND"
    CODE: ClassVar[str] = "PLAN"
    KIND: ClassVar[str] = "plan-indicator"
    WORDS: ClassVar[str] = "Indicators and thresholds of the PMS plan (MDR Annex III 1.1(b))"

    name: str = told("the indicator", "false negative results for each 1000 studies")
    measure: str = told("how it is computed, from what", "complaints coded so, over studies read")
    baseline: float | None = told("what it was before; empty: not known", "0.4", default=None)
    direction: str = told("on which side of the threshold it is passed", "above",
                          choices=("above", "below"))  # fmt: skip
    threshold: float = told("the value that must not be passed", "1.0")
    unit: str = told("of baseline and threshold", "for each 1000 studies")
    period: str = told("over which period", "12 months")
    action: str = told("what is done when it is passed", "review of the risk file within 30 days")
    owner: str = told("role that answers for it", "regulatory")
    risk_item: str = told("item of the risk file; empty: of none", "R-01", default="")
    justification: str = told("why this threshold", "twice the rate that the risk file accepts")
    since: date | None = told("from which day on", "2026-06-01", default=None)
    until: date | None = told("to which day; empty: until further notice", "", default=None)
