"""Which pages there are, by work area, and in which order a role sees them.

To add a page: one line in :data:`PAGES`. It is then reached by everybody who may look at records,
with the pickers that its line names.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dashboards.desk import Desk
from dashboards.selection import DEVICE, PERIOD, SITE
from dashboards.views import (
    adjudication,
    alerts,
    audit_trail,
    capas,
    changes,
    control_charts,
    data_quality,
    datasets,
    deadlines,
    discordance,
    documents,
    drift,
    facts,
    incidents,
    keeping,
    models,
    overview,
    performance,
    pipelines,
    readers,
    reference_standards,
    revalidations,
    risks,
    rollouts,
    site_standing,
    truth_kinds,
    validations,
)  # fmt: skip
from records.people import Role

View = Callable[[Desk], None]

FIRST = "overview"
"""The address of everybody's first page."""

TODAY, QUALITY, REGULATORY, ENGINEERING, CLINICAL = (
    "Today", "Quality", "Regulatory", "Engineering", "Clinical",
)  # fmt: skip


class Page(NamedTuple):
    """A line of the navigation: address, title, what draws it, and the pickers that it reads."""

    address: str
    title: str
    view: View
    picks: tuple[str, ...] = ()


PAGES: dict[str, list[Page]] = {
    TODAY: [Page(FIRST, "Overview", overview.show, (DEVICE, SITE))],
    QUALITY: [
        Page("alerts", "Alerts", alerts.show, (DEVICE, SITE, PERIOD)),
        Page("control-charts", "Control charts", control_charts.show, (DEVICE, SITE, PERIOD)),
        Page("drift-and-alerts", "Drift and alerts", drift.show, (DEVICE, SITE, PERIOD)),
        Page("performance", "Performance", performance.show, (DEVICE, SITE, PERIOD)),
        Page("data-quality", "Data quality", data_quality.show, (DEVICE, SITE, PERIOD)),
        Page("revalidations", "Revalidations", revalidations.show),
        Page("capas", "CAPA", capas.show, (DEVICE, PERIOD)),
        Page("incidents", "Complaints and incidents", incidents.show, (DEVICE, SITE, PERIOD)),
        Page("reference-standards", "Reference standards", reference_standards.show),
        Page("truth-kinds", "Kinds of truth", truth_kinds.show),
        Page("keeping", "Keeping and deleting", keeping.show),
    ],
    REGULATORY: [
        Page("deadlines", "Deadlines", deadlines.show, (DEVICE,)),
        Page("documents", "Documents", documents.show, (DEVICE, PERIOD)),
        Page("risks", "Risk and traceability", risks.show),
        Page("facts", "Facts for documents", facts.show),
        Page("audit-trail", "Audit trail", audit_trail.show, (PERIOD,)),
    ],
    ENGINEERING: [
        Page("models", "Models", models.show, (DEVICE,)),
        Page("pending-changes", "Change requests", changes.show),
        Page("rollouts", "Go-live and rollout", rollouts.show),
        Page("validations", "Validations", validations.show),
        Page("pipelines", "Pipelines", pipelines.show),
        Page("datasets", "Datasets", datasets.show, (DEVICE,)),
    ],
    CLINICAL: [
        Page("here", "How is it doing here", site_standing.show, (DEVICE, SITE, PERIOD)),
        Page("discordance", "Discordant cases", discordance.show, (DEVICE, SITE)),
        Page("adjudication", "Adjudication", adjudication.show),
        Page("readers", "Readers", readers.show),
    ],
}

AREAS_OF: dict[Role, tuple[str, ...]] = {
    Role.QUALITY: (QUALITY, REGULATORY),
    Role.REGULATORY: (REGULATORY, QUALITY),
    Role.RESPONSIBLE_PERSON: (REGULATORY, QUALITY),
    Role.ENGINEER: (ENGINEERING, QUALITY),
    Role.CLINICIAN: (CLINICAL,),
    Role.AUDITOR: (REGULATORY, QUALITY),
}
"""What a role works with, in the order in which it is offered."""


def all_pages() -> list[Page]:
    """Every page, whichever its area."""
    return [one for members in PAGES.values() for one in members]


def areas_for(roles: Sequence[str]) -> list[str]:
    """All areas: today, then those that these roles work with, then the others.

    >>> areas_for(["engineer"])
    ['Today', 'Engineering', 'Quality', 'Regulatory', 'Clinical']
    """
    own = [area for role in AREAS_OF if role in roles for area in AREAS_OF[role]]
    return list(dict.fromkeys([TODAY, *own, *PAGES]))


def pages_at_hand(roles: Sequence[str]) -> int:
    """How many links stand open: today's, and those of the first area that a role works with."""
    first = areas_for(roles)[1]
    return len(PAGES[TODAY]) + len(PAGES[first])
