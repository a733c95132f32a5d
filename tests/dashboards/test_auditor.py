"""An auditor sees every page and no widget that acts; who may act is offered one."""

import pytest
from streamlit.testing.v1 import AppTest

from records.store import Store
from tests.dashboards.conftest import Visit, with_auditor
from tests.dashboards.test_pages import PAGES

LOOKING = {"sign-out", "verify", "sample-draw", "due-again"}
"""The buttons that change no record: leave, recompute the trail's digests, draw a sample, count."""


def acting_buttons(app: AppTest) -> set[str]:
    assert not app.exception
    return {str(one.key) for one in app.button} - LOOKING


@pytest.mark.requirement("REG-002", "R-P11-10g")
@pytest.mark.parametrize("page", PAGES)
def test_an_auditor_is_offered_nothing_that_acts(visit: Visit, records: Store, page: str) -> None:
    with_auditor(records)
    assert acting_buttons(visit("demo.auditor", page)) == set()
    only_looked_at = ("overview", "audit-trail", "validations", "truth-kinds",
                      "reference-standards", "readers", "models", "datasets", "pipelines",
                      "control-charts", "drift-and-alerts", "performance", "here",
                      "discordance")  # fmt: skip
    assert acting_buttons(visit("demo.quality", page)) or page in only_looked_at
