"""Change requests of a later version: the questions one after the other, the review by another."""

from records.regime_decisions import Regime, decisions_on
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD
from tests.regulatory.later_version import LABEL, approve_rules, candidate, sign_as


def test_a_regime_is_answered_by_questions_that_follow_each_other(
    visit: Visit, records: Store
) -> None:
    later(records)
    app = visit("demo.engineer", "pending-changes")
    words = text_of(app)
    assert "EU MDR significant change" in words
    assert "It would not pass now" in words
    app.selectbox(key="regime-2").set_value("AI Act substantial modification (open)").run()
    name = "foreseen_in_conformity_assessment"
    app.selectbox(key=f"2-ai-act-{name}").set_value("yes").run()
    app.text_input(key=f"2-ai-act-rationale-{name}").set_value("named in Annex IV").run()
    app = visit("demo.engineer", "pending-changes")
    app.selectbox(key="regime-2").set_value("AI Act substantial modification (open)").run()
    assert app.selectbox(key=f"2-ai-act-{name}").value == "yes", "the connection was lost"
    app.text_input(key="assess-reason-2-ai-act").set_value("assessed").run()
    app.text_input(key="assess-password-2-ai-act").set_value(PASSWORD).run()
    app.button(key="assess-2-ai-act").click().run()
    assert not app.exception
    with records.reader() as reader:
        found = decisions_on(reader, 2)[Regime.AI_ACT]
    assert (found.result, found.assessed_by) == ("NO_NEW_ASSESSMENT", "demo.engineer")
    other = visit("demo.quality", "pending-changes")
    other.selectbox(key="regime-2").set_value("AI Act substantial modification (assessed)").run()
    assert "named in Annex IV" in text_of(other)
    other.text_input(key="review-reason-2-ai-act").set_value("read Annex IV")
    other.text_input(key="review-password-2-ai-act").set_value(PASSWORD)
    other.button(key="review-2-ai-act").click().run()
    assert not other.exception
    assert "is reviewed" in other.success[0].value, text_of(other)
    with records.reader() as reader:
        found = decisions_on(reader, 2)[Regime.AI_ACT]
    assert (found.status, found.reviewed_by) == ("reviewed", "demo.quality")


def test_who_assessed_a_regime_does_not_review_it(visit: Visit, records: Store) -> None:
    later(records)
    app = visit("demo.quality", "pending-changes")
    chosen = "AI Act substantial modification"
    app.selectbox(key="regime-2").set_value(f"{chosen} (open)").run()
    name = "foreseen_in_conformity_assessment"
    app.selectbox(key=f"2-ai-act-{name}").set_value("yes").run()
    app.text_input(key=f"2-ai-act-rationale-{name}").set_value("named in Annex IV").run()
    app.text_input(key="assess-reason-2-ai-act").set_value("assessed").run()
    app.text_input(key="assess-password-2-ai-act").set_value(PASSWORD).run()
    app.button(key="assess-2-ai-act").click().run()
    app.selectbox(key="regime-2").set_value(f"{chosen} (assessed)").run()
    assert "review-2-ai-act" not in {one.key for one in app.button}
    assert "Another person than demo.quality reviews it." in text_of(app)
    other = visit("demo.regulatory", "pending-changes")
    other.selectbox(key="regime-2").set_value(f"{chosen} (assessed)").run()
    other.text_input(key="review-reason-2-ai-act").set_value("say where")
    other.text_input(key="review-password-2-ai-act").set_value(PASSWORD)
    other.button(key="return-2-ai-act").click().run()
    assert "is returned" in other.success[0].value, text_of(other)


def later(store: Store) -> None:
    from journeys.release import propose_version, release_change
    from records.people import Meaning
    from tests.dashboards.small_workspace import SITES, TODAY

    sign_as(store, 1, "demo.quality", Meaning.APPROVAL)
    release_change(store, 1, sites=[SITES[0]], decided_by="demo.regulatory", password=PASSWORD,
                   reason="first release", now=TODAY)  # fmt: skip
    approve_rules(store)
    propose_version(store, candidate(store), reason="more data", actor="demo.engineer", now=TODAY)
    assert LABEL
