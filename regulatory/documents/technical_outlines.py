"""DOC-01 and its parts: the EU technical documentation, as outlines of what is listed where.

DOC-01 follows Annex II of the EU MDR; the checklist of Annex I, the documentation of surveillance
(Annex III), clinical follow-up (DOC-05) and the clinical performance summary are kinds of their
own, so that each has its own revision and signatures.
"""

from __future__ import annotations

from typing import Final

from regulatory.documents.outline import Head, Outline, Outlined, Person, Refers, Told, Words

SOURCE: Final = "technical_outlines.py"

TECHNICAL: Final[Outline] = (
    Outlined("1.1", "Device description and specification", (
        Told("identity"), Told("identifiers"), Told("organisations"),
        Told("purpose"), Told("conditions"),
        Head("Class and rule"), Person("classification"),
        Head("Principles and specification"), Person("principles"), Person("novelty"),
        Told("inputs"), Told("outputs"), Told("claimed"),
        Head("Variants and accessories"), Person("variants"), Told("versions"),
    ), wide=True),
    Outlined("1.2", "Previous and similar generations", (
        Told("changes"), Told("similar"), Person("earlier_generations"),
    ), wide=True),
    Outlined("2", "Information supplied by the manufacturer", (
        Told("label_claims"), Told("markets"), Person("instructions"), Refers(("DOC-27U",)),
    ), wide=True),
    Outlined("3", "Design and manufacturing", (
        Person("design_narrative"), Told("model"), Told("data_origin"), Told("datasets"),
        Told("suppliers"), Person("outsourcing"), Refers(("DOC-18", "DOC-21", "DOC-27")),
    ), wide=True),
    Outlined("4", "General safety and performance requirements", (
        Told("gspr"), Person("requirements_met"), Refers(("DOC-01G",)),
    ), wide=True),
    Outlined("5", "Benefit-risk analysis and risk management", (
        Told("risks"), Told("controls"), Person("benefit_risk"), Refers(("DOC-19",)),
    ), wide=True),
    Outlined("6.1", "Verification and validation", (
        Head("Software"), Told("tests"), Told("anomalies"),
        Head("Performance"), Told("verdicts"), Told("results"), Told("group_results"),
        Head("Usability"), Person("usability"), Told("reader_studies"),
        Head("Cybersecurity"), Told("vulnerabilities"),
        Head("Interpretation"), Person("interpretation"),
        Refers(("DOC-14", "DOC-15", "DOC-16", "DOC-17", "DOC-18", "DOC-22")),
        Refers(("DOC-23",), needed=False),
    ), wide=True),
    Outlined("6.1(c)", "Clinical evaluation", (
        Person("clinical_evaluation"), Told("literature"), Told("findings"),
        Refers(("DOC-01C",)),
    ), wide=True),
    Outlined("6.1(d)", "Post-market clinical follow-up", (
        Told("activities"), Person("pmcf_justification"), Refers(("DOC-05",)),
    ), wide=True),
    Outlined("6.2", "Special cases", (
        Person("special_cases"), Told("inputs"), Told("deployments"),
    )),
    Outlined("A", "Declaration, certificates, standards", (
        Told("certificates"), Told("standards"), Person("declaration"),
    ), wide=True),
)  # fmt: skip

GSPR: Final[Outline] = (
    Outlined("1", "Device and method", (Told("identity"), Person("method"))),
    Outlined("2", "Requirements row by row", (Told("gspr"), Told("standards")), wide=True),
    Outlined("3", "Conclusion", (
        Person("conclusion"), Refers(("DOC-16", "DOC-19", "DOC-22")),
    )),
)  # fmt: skip

SURVEILLANCE: Final[Outline] = (
    Outlined("1", "Plan of post-market surveillance", (
        Told("identity"), Told("sources"), Told("indicators"), Told("plan_rules"),
        Told("charts"), Told("trend"), Person("proactive"), Person("methods"),
        Refers(("DOC-02", "DOC-25")),
    ), wide=True),
    Outlined("2", "Clinical follow-up", (
        Told("activities"), Person("pmcf"), Refers(("DOC-05",)),
    ), wide=True),
    Outlined("3", "Reports of surveillance", (
        Words("The report is that of Art. 85 for class I, and the periodic safety update report of "
              "Art. 86 for the other classes."),
        Told("field_results"), Refers(("DOC-03", "DOC-04", "DOC-26")),
        Refers(("DOC-06",), needed=False),
    ), wide=True),
)  # fmt: skip

_MAKER: Final = Outlined("A", "Manufacturer, device and versions", (
    Told("identity"), Told("organisations"), Told("purpose"), Told("versions"),
), wide=True)  # fmt: skip

FOLLOW_UP_PLAN: Final[Outline] = (
    _MAKER,
    Outlined("B", "Activities: aim, method, sample size, endpoints", (
        Told("activities"), Told("claimed"), Told("residual_risks"), Person("justification"),
    ), wide=True),
    Outlined("D", "Equivalent and similar devices", (
        Told("similar"), Told("literature"), Told("registers"), Person("equivalence"),
    ), wide=True),
    Outlined("E", "What it refers to", (
        Person("references"), Refers(("DOC-01C", "DOC-02", "DOC-19")),
    )),
    Outlined("F", "Time schedule", (Told("activity_results"), Person("schedule")), wide=True),
)  # fmt: skip

FOLLOW_UP_REPORT: Final[Outline] = (
    _MAKER,
    Outlined("B", "Activities: aim, method, sample size, endpoints", (
        Told("activities"), Told("residual_risks"), Person("justification"), Refers(("DOC-05P",)),
    ), wide=True),
    Outlined("C", "Results of each activity", (
        Told("activity_results"), Told("reader_studies"), Told("field_results"),
        Person("interpretation"), Refers(("DOC-26",)),
    ), wide=True),
    Outlined("D", "Equivalent and similar devices", (
        Told("similar"), Told("findings"), Told("registers"), Person("equivalence"),
    ), wide=True),
    Outlined("E", "Effect on other documents", (
        Told("changes"), Person("conclusions"),
        Refers(("DOC-01C", "DOC-02", "DOC-04", "DOC-19")),
    ), wide=True),
    Outlined("F", "Deviations from the plan, next steps", (
        Told("activity_deviations"), Person("next_steps"),
    )),
)  # fmt: skip

CLINICAL: Final[Outline] = (
    Outlined("1", "Device, purpose and claims", (
        Told("identity"), Told("purpose"), Told("claimed"), Told("label_claims"),
    ), wide=True),
    Outlined("2", "Valid clinical association", (
        Told("literature"), Told("findings"), Person("association"),
    ), wide=True),
    Outlined("3", "Technical performance", (
        Told("versions"), Told("verdicts"), Told("results"), Told("group_results"),
        Person("technical"), Refers(("DOC-22",)),
    ), wide=True),
    Outlined("4", "Clinical performance", (
        Told("reader_studies"), Told("field_results"), Person("clinical"), Refers(("DOC-26",)),
    ), wide=True),
    Outlined("5", "Equivalent and similar devices", (Told("similar"), Told("registers")),
             wide=True),
    Outlined("6", "Conclusion", (Person("conclusion"), Refers(("DOC-05", "DOC-19")))),
)  # fmt: skip
