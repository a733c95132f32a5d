"""DOC-10, DOC-24, DOC-25 and the FDA monitoring plan: what an authority asks for about an AI.

DOC-10 follows the sections of FDA's draft guidance of 2025, DOC-24 the points of Annex IV of the AI
Act, DOC-25 Art. 72.
"""

from __future__ import annotations

from typing import Final

from regulatory.documents.outline import Head, Outline, Outlined, Person, Refers, Told, Words

SOURCE: Final = "submission_outlines.py"

SUBMISSION: Final[Outline] = (
    Outlined("1", "Device description", (
        Told("identity"), Told("routes"), Told("identifiers"), Told("purpose"),
        Told("conditions"), Told("inputs"), Told("outputs"), Told("versions"),
        Person("narrative"),
    ), wide=True),
    Outlined("2", "User interface and labelling", (
        Told("label_claims"), Told("claimed"), Person("screens"), Refers(("DOC-27U",)),
    ), wide=True),
    Outlined("3", "Risk assessment", (
        Told("risks"), Told("controls"), Person("benefit_risk"), Refers(("DOC-19",)),
    ), wide=True),
    Outlined("4", "Data management", (
        Told("data_origin"), Told("datasets"), Told("data_checks"), Person("labels"),
        Person("representativeness"), Refers(("DOC-21",)),
    ), wide=True),
    Outlined("5", "Model description and development", (
        Told("model"), Person("explanation"),
    )),
    Outlined("6", "Validation", (
        Told("declared_criteria"), Told("verdicts"), Told("results"), Told("group_results"),
        Told("reader_studies"), Person("conclusions"), Refers(("DOC-22",)),
    ), wide=True),
    Outlined("7", "Performance monitoring plan", (
        Told("plan_rules"), Told("charts"), Told("alert_rules"), Person("actions"),
        Refers(("DOC-10M",)),
    ), wide=True),
    Outlined("8", "Cybersecurity", (
        Told("security_risks"), Told("vulnerabilities"), Person("threat_model"),
        Refers(("DOC-14", "DOC-18")),
    ), wide=True),
    Outlined("9", "Public submission summary", (Person("public_summary"), Refers(("DOC-20",)))),
    Outlined("10", "Software documentation", (
        Person("documentation_level"), Told("tests"), Told("changes"), Told("anomalies"),
        Refers(("DOC-14", "DOC-15", "DOC-16", "DOC-17")),
    ), wide=True),
    Outlined("11", "Predetermined change control plan", (
        Person("pccp_sought"), Told("plan_of_changes"), Told("planned_changes"),
        Refers(("DOC-09",), needed=False),
    )),
    Outlined("12", "Comparison with the predicate", (
        Told("similar"), Told("clearances"), Person("predicate"),
    ), wide=True),
)  # fmt: skip

MONITORING: Final[Outline] = (
    Outlined("1", "Device, versions and what is monitored", (
        Told("identity"), Told("versions"), Told("claimed"), Told("subgroups"),
        Person("rationale"),
    ), wide=True),
    Outlined("2", "How data are collected", (
        Told("sources"), Told("plan_rules"), Told("deployments"),
    ), wide=True),
    Outlined("3", "Charts, thresholds and chance of a false alert", (
        Told("charts"), Told("indicators"), Told("trend"),
    ), wide=True),
    Outlined("4", "Answer to findings", (
        Told("alert_rules"), Told("plan_of_changes"), Person("actions"),
    ), wide=True),
    Outlined("5", "Communication", (
        Person("communication"), Refers(("DOC-26", "DOC-27U")), Refers(("DOC-31",), needed=False),
    )),
)  # fmt: skip

ANNEX_IV: Final[Outline] = (
    Outlined("1", "General description", (
        Words("One technical documentation may hold what the AI Act and the EU MDR ask for (AI "
              "Act, Art. 11(2)). Where the content stands in a document of its own, this one names "
              "it by number, revision and status."),
        Head("(a) Purpose, provider, version and its relation to earlier ones"),
        Told("identity"), Person("high_risk"), Told("organisations"), Told("purpose"),
        Told("versions"),
        Head("(b) Interaction with hardware, software and other AI systems"),
        Person("interaction"), Told("conditions"),
        Head("(c) Versions of software and requirements of updates"),
        Told("changes"), Refers(("DOC-15", "DOC-27")),
        Head("(d) and (e) Forms placed on the market, hardware"), Person("forms"),
        Head("(f) Photographs, where it is part of a product"),
        Words("The device is software and has no markings or layout of hardware."),
        Head("(g) and (h) User interface, instructions for use"), Person("interface"),
        Told("label_claims"),
    ), wide=True),
    Outlined("2", "Elements and development", (
        Head("(a) Steps of development and software of others"), Told("model"),
        Refers(("DOC-14", "DOC-18")),
        Head("(b) Design, logic, choices"), Person("rationale"), Told("outputs"),
        Head("(c) Architecture and computing"), Words("The architecture, what it was trained with "
             "and what that took stand under (a)."),
        Head("(d) Data"), Told("data_origin"), Told("datasets"), Told("data_checks"),
        Refers(("DOC-21",)),
        Head("(e) Human oversight"), Person("oversight"),
        Head("(f) Changes determined beforehand"), Told("plan_of_changes"),
        Told("planned_changes"), Refers(("DOC-09",), needed=False),
        Head("(g) Validation and testing"), Told("declared_criteria"), Told("verdicts"),
        Told("results"), Told("tests"), Refers(("DOC-16", "DOC-22")),
        Head("(h) Cybersecurity"), Told("security_risks"), Told("vulnerabilities"),
    ), wide=True),
    Outlined("3", "Monitoring, functioning and control", (
        Told("claimed"), Told("group_results"), Told("inputs"), Told("residual_risks"),
        Person("unintended"),
    ), wide=True),
    Outlined("4", "Appropriateness of the metrics", (Told("claimed"), Person("metrics"))),
    Outlined("5", "Risk management", (
        Told("controls"), Refers(("DOC-19",)),
    ), wide=True),
    Outlined("6", "Relevant changes over the lifecycle", (
        Told("changes"), Told("revisions"), Refers(("DOC-27",)),
        Refers(("DOC-30",), needed=False),
    ), wide=True),
    Outlined("7", "Standards applied, or solutions used", (Told("standards"),), wide=True),
    Outlined("8", "EU declaration of conformity", (Told("certificates"), Person("declaration")),
             wide=True),
    Outlined("9", "Evaluation of performance after placing on the market", (
        Person("evaluation"), Told("field_results"), Refers(("DOC-25", "DOC-26")),
    ), wide=True),
)  # fmt: skip

ARTICLE_72: Final[Outline] = (
    Outlined("1", "Scope, versions and deployers", (
        Told("identity"), Told("versions"), Told("deployments"),
    ), wide=True),
    Outlined("2", "Data that are collected over the lifetime", (
        Told("sources"), Told("plan_rules"), Told("exposure"), Person("collection"),
    ), wide=True),
    Outlined("3", "Indicators of performance, robustness and bias", (
        Told("charts"), Told("indicators"), Told("claimed"), Told("subgroups"),
        Told("field_results"), Person("justification"),
    ), wide=True),
    Outlined("4", "Continuous compliance", (Told("verdicts"), Person("compliance")), wide=True),
    Outlined("5", "Link to surveillance and vigilance", (
        Words("The plan may be part of the plan of post-market surveillance under the EU MDR (AI "
              "Act, Art. 72(4))."),
        Told("trend"), Person("serious_incidents"),
        Refers(("DOC-02", "DOC-04", "DOC-26")),
    ), wide=True),
    Outlined("6", "Roles, frequency, data protection", (
        Told("alert_rules"), Told("organisations"), Person("roles"),
    ), wide=True),
)  # fmt: skip
