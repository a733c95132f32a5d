"""What sites have announced to change, and the alerts that it accounts for."""

from dashboards import look
from dashboards.desk import Desk
from records.announced_alerts import announcements


def show_announced(desk: Desk) -> None:
    """Every announcement; withdrawn ones too."""
    look.section(
        "Changes that sites have announced",
        "An announcement silences nothing. It is made with 'radvigil monitor announce'.",
    )
    look.table(
        ["Announcement", "Site", "What", "Days", "Description", "By", "Status", "Alerts of it"],
        [
            [
                one.label, one.site, one.kind, look.span(one.first_day, one.last_day),
                one.description,
                f"{one.announced_by}, {look.instant(one.announced_at)}"
                + (", after the fact" if one.after_the_fact else ""),
                one.status, ", ".join(one.alerts) or "none",
            ]
            for one in announcements(desk.reader)
        ],
        empty="No site has announced a change.", wide="Description",
    )
