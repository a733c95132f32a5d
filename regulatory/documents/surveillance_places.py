"""Where the documents of post-market surveillance wait for the words of a person.

By kind, each place as :class:`regulatory.documents.places.Place` takes it: key, section, what is
missing, who writes it, clause.
"""

from __future__ import annotations

from typing import Final

from regulatory.documents.registry import PMS_PLAN, PMS_REPORT, PSUR, TREND_REPORT

PRRC: Final = "person responsible for regulatory compliance"
RA: Final = "regulatory affairs"
CLINICAL: Final = "clinical lead"
QUALITY: Final = "quality manager"

_PSUR: Final = (
    ("verdict", "1", "Verdict on benefit and risk in this period, against the last report "
     "(written last, and the same as in section 9)", PRRC, "EU MDR Art. 86(1)(a)"),
    ("last_review", "1", "Where the notified body's review of the last PSUR stands, and its "
     "open requests", RA, "EU MDR Art. 86(2); MDCG 2022-21"),
    ("period", "0", "Why the data collection period is not one that the rules give, or that "
     "nothing sets it", RA, "EU MDR Art. 86(1); MDCG 2022-21"),
    ("grouping", "2", "Which devices are grouped and why, and which one leads (or that the "
     "report covers one device)", RA, "MDCG 2022-21"),
    ("exposure", "3", "How the figures were estimated, and their limits", RA,
     "EU MDR Art. 86(1)(c)"),
    ("serious_incidents", "4a", "Assessment of serious incidents, a narrative of each new "
     "kind, and the effect on the risk file", RA, "EU MDR Art. 86(1); MDCG 2022-21"),
    ("trends", "4b", "Assessment of the trends", RA, "EU MDR Art. 88"),
    ("field_actions", "4c", "Evaluation of the field safety corrective actions", RA,
     "EU MDR Art. 83(4)"),
    ("capas", "4d", "Which CAPAs bear on safety, and whether they worked", QUALITY,
     "EU MDR Art. 83(4)"),
    ("complaints", "5a", "Assessment of feedback and complaints", QUALITY,
     "EU MDR Annex III 1.1(a)"),
    ("literature", "5b", "Assessment of literature, databases, similar devices and other "
     "sources", CLINICAL, "EU MDR Annex III 1.1(a)"),
    ("follow_up", "6", "Main findings of PMCF and where they are taken up (clinical "
     "evaluation, risk file), or why there is no PMCF", CLINICAL, "EU MDR Art. 86(1)(b)"),
    ("performance", "7", "What the performance in the field means clinically", CLINICAL,
     "EU MDR Art. 83(3)"),
    ("completeness", "8", "Judgement of validity and completeness: bias, under-reporting, sites "
     "without data, verification of the truth", QUALITY, "EU MDR Annex III 1.1(b)"),
    ("conclusion", "9", "Conclusion on benefit and risk against the last report and the state "
     "of the art", PRRC, "EU MDR Art. 86(1)(a)"),
    ("actions", "10", "What is planned: each action with owner and day, and what became of the "
     "open actions of the last report", QUALITY, "EU MDR Art. 83(4)"),
    ("restatements", "A", "Why figures of the last report are stated otherwise now", RA,
     "MDCG 2022-21"),
)  # fmt: skip
_PMS_REPORT: Final = (
    ("period", "1", "Why the report is made for this period", RA, "EU MDR Art. 85"),
    ("interpretation", "2", "Interpretation of the results of each source", QUALITY,
     "EU MDR Art. 85"),
    ("conclusion", "3", "Conclusion against the thresholds of the plan, and on benefit and "
     "risk", PRRC, "EU MDR Art. 85; Annex III 1.1(b)"),
    ("rationale", "4", "Rationale of each preventive and corrective action", QUALITY,
     "EU MDR Art. 85"),
    ("updates", "5", "What has to be updated: risk file, instructions for use, plan, clinical "
     "evaluation", RA, "EU MDR Art. 83(3)"),
    ("restatements", "A", "Why figures of the last report are stated otherwise now", RA),
)  # fmt: skip
_PMS_PLAN: Final = (
    ("scope", "1", "Scope of the plan", RA, "EU MDR Art. 84; Annex III 1.1"),
    ("sampling", "3", "Rationale of sampling, of sites and of how the truth is acquired",
     CLINICAL, "EU MDR Annex III 1.1(b)"),
    ("thresholds", "4", "Justification of the indicators and thresholds", RA,
     "EU MDR Annex III 1.1(b)"),
    ("investigation", "5", "Methods and tools to investigate complaints and analyse experience "
     "from the market", QUALITY, "EU MDR Annex III 1.1(b)"),
    ("trends", "6", "Justification of method, baseline and observation period of trends", RA,
     "EU MDR Art. 88(1); Annex III 1.1(b)"),
    ("communication", "7", "Methods and protocols to communicate with authorities, notified "
     "body, economic operators and users", RA, "EU MDR Annex III 1.1(b)"),
    ("procedures", "8", "Procedures for the duties of Art. 83, 84 and 86", RA,
     "EU MDR Annex III 1.1(b)"),
    ("corrective_actions", "9", "Procedures to find and start corrective actions", QUALITY,
     "EU MDR Annex III 1.1(b)"),
    ("traceability", "10", "Tools to trace and identify devices that need an action", QUALITY,
     "EU MDR Annex III 1.1(b)"),
    ("follow_up", "11", "The PMCF plan, or why none is needed", CLINICAL,
     "EU MDR Annex III 1.1(b); Annex XIV Part B"),
    ("responsibilities", "12", "Responsibilities, resources, and limits of quality and "
     "completeness of data", QUALITY, "EU MDR Art. 83"),
)  # fmt: skip
_TREND_REPORT: Final = (
    ("submission", "1", "Authority, whether this is an initial, follow-up or final report, and "
     "the day of the next one", RA, "EU MDR Art. 88(1)"),
    ("description", "3", "Description of the trend", RA, "EU MDR Art. 88(1)"),
    ("denominator", "4", "Why this denominator was chosen", RA, "EU MDR Art. 88(1)"),
    ("benefit_risk", "5", "Effect on benefit and risk, and why", PRRC, "EU MDR Art. 88(1)"),
    ("cause", "6", "Analysis of the cause, actions, and their schedule", QUALITY,
     "EU MDR Art. 88(1)"),
)  # fmt: skip
SURVEILLANCE_PLACES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    PSUR: _PSUR, PMS_REPORT: _PMS_REPORT, PMS_PLAN: _PMS_PLAN, TREND_REPORT: _TREND_REPORT,
}
