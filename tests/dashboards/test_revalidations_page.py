"""The page Revalidations: every row of a judgement, and use suspended by a person who signs."""

from records.lookup import list_records
from records.product import ModelVersion
from records.store import Store
from records.surveillance import Revalidation
from records.suspensions import Suspension, propose_suspension
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY

ROW = {
    "measure": "sensitivity", "subgroup": "all", "n": 40, "value": 0.7, "low": 0.535, "high": 0.834,
    "level": 0.95, "method": "Clopper-Pearson", "claim": 0.95, "bound": 0.9,
    "needed": {"studies": 255}, "had": {"studies": 40}, "p_above": 1.0, "p_below": 0.0002,
    "verdict": "inferior", "reason": "",
}  # fmt: skip


def judged(records: Store) -> None:
    """A failed revalidation at the first site, and the suspension that it proposes."""
    with records.transaction("service:surveillance", "revalidated", now=TODAY) as tx:
        group = ROW | {"subgroup": "sex=F", "needed": {}, "had": {}, "verdict": "not decided"}
        made = Revalidation(
            model_version_id=1, site=SITES[0], trigger="schedule: every 90 days",
            period_from=TODAY.date(), period_to=TODAY.date(), comparison={}, outcome="degraded",
            conclusion="inferior: sensitivity 0.700 against 0.9.", revalidated_at=TODAY,
            verdict="inferior", judgement={
                "alpha": 0.025, "power": 0.8, "minimum_n": 40, "notes": ["the truth of 80 of 99"],
                "bases": [{"name": "recent truth at north", "rows": [ROW, group]}],
                "reproductions": [{"split": "internal_test", "studies": 62, "reproduced": True,
                                   "evaluation": "EVA-0001"}],
            },
        )  # fmt: skip
        tx.add(made)
        tx.flush()
        propose_suspension(tx, tx.get_one(ModelVersion, 1), SITES[0], grounds="sensitivity fell",
                           by="service:surveillance", now=TODAY, revalidation=made)  # fmt: skip


def test_a_judgement_is_read_and_use_is_suspended_with_a_signature(
    visit: Visit, records: Store
) -> None:
    judged(records)
    app = visit("demo.quality", "revalidations")
    words = text_of(app)
    for expected in (
        "0.700 (95 % CI 0.535 to 0.834, n = 40)", "0.9 (claim 0.95)", "255 studies, 40 had",
        "62 studies answered exactly as in EVA-0001", "The truth of 80 of 99.", "sex=F",
        "not asked: not in force", "sensitivity fell",
    ):
        assert expected in words, expected
    app.text_input(key="suspension-reason").set_value("seen")
    app.text_input(key="suspension-password").set_value("not it")
    app.button(key="suspension-confirm").click().run()
    assert "is not right" in app.error[0].value
    app.text_input(key="suspension-reason").set_value("seen")
    app.text_input(key="suspension-password").set_value(PASSWORD)
    app.button(key="suspension-confirm").click().run()
    assert not app.exception
    assert f"use is suspended at {SITES[0]}" in app.success[0].value
    assert "CAPA-0001" in text_of(app)
    with records.reader() as reader:
        (one,) = list_records(reader, Suspension)
        assert (one.status, one.decided_by) == ("in force", "demo.quality")


def test_the_first_page_says_where_use_is_suspended(visit: Visit, records: Store) -> None:
    judged(records)
    words = text_of(visit("demo.quality", "overview"))
    assert "Open this first: SUS-0001" in words
    assert "Suspend use, or decline to" in words
    live = words.count("results go to care")
    app = visit("demo.quality", "revalidations")
    assert f"Use at {SITES[0]} cannot resume yet" in text_of(app)
    app.text_input(key="suspension-reason").set_value("seen")
    app.text_input(key="suspension-password").set_value(PASSWORD)
    app.button(key="suspension-confirm").click().run()
    words = text_of(visit("demo.quality", "overview"))
    assert "SUS-0001: studies are not read" in words
    assert ", 1 suspended, of " in words
    assert words.count("results go to care") == live - 1
    assert "Say whether it must be reported (waits for one of: " in words
