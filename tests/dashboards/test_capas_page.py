"""The page CAPA: opened for an alert, taken step by step, closed when a later record shows it."""

import pytest

from records.capas import CAPA
from records.lookup import list_records
from records.no_capas import NoCAPA
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, SITES


@pytest.mark.requirement("REG-085")
def test_a_capa_is_opened_planned_and_not_closed_before_it_is_shown_to_work(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "capas")

    def fill(key: str, words: str) -> None:
        kind = app.text_area if key in {one.key for one in app.text_area} else app.text_input
        kind(key=key).set_value(words)

    for key, words in (("capa-source", "ALT-0001"), ("capa-words", "it fell"),
                       ("capa-open-reason", "seen")):  # fmt: skip
        fill(key, words)
    app.button(key="capa-open").click().run()
    assert "CAPA-0001 of ALT-0001 is open." in app.success[0].value
    steps: dict[str, dict[str, str]] = {
        "investigated": {"containment": "read without it", "root_cause": "gain changed"},
        "planned": {"correction": "gain set back", "corrective_action": "checked daily",
                    "effectiveness_criterion": "as good as before"},
        "implemented": {"implementation": "done, harms nothing"},
    }  # fmt: skip
    for to, said in steps.items():
        for name, words in (said | {"reason": "next"}).items():
            fill(f"capa-{to}-{name}", words)
        if to == "planned":
            for key, words in (("name", "sensitivity"), ("site", SITES[0]), ("bound", "0.9"),
                               ("minimum", "100")):  # fmt: skip
                fill(f"capa-{key}", words)
            app.date_input(key="capa-by").set_value("2026-12-31")
        app.button(key=f"capa-{to}-submit").click().run()
        assert not app.exception
        assert f"CAPA-0001 is {to}." in app.success[0].value, [one.value for one in app.error]
    assert "No record holds sensitivity" in text_of(app)
    app = visit("demo.regulatory", "capas")
    fill("capa-closed-effectiveness_result", "fine")
    fill("capa-closed-reason", "done")
    fill("capa-password", PASSWORD)
    app.button(key="capa-closed-submit").click().run()
    assert "is not closed as effective" in app.error[0].value
    fill("capa-closed-effectiveness_result", "use ended at the site")
    app.checkbox(key="capa-otherwise").check()
    app.button(key="capa-closed-submit").click().run()
    assert "CAPA-0001 is closed: not shown to be effective." in app.success[0].value
    with records.reader() as reader:
        (one,) = list_records(reader, CAPA)
        assert (one.closed_by, one.implemented_by) == ("demo.regulatory", "demo.quality")


def test_that_none_is_needed_is_signed(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "capas")
    app.text_input(key="capa-source").set_value("ALT-0001")
    app.text_area(key="capa-words").set_value("a false alarm")
    app.text_input(key="capa-open-reason").set_value("seen")
    app.text_input(key="capa-none-password").set_value(PASSWORD)
    app.button(key="capa-none").click().run()
    assert "NCA-0001: ALT-0001 needs no CAPA." in app.success[0].value
    with records.reader() as reader:
        assert list_records(reader, NoCAPA)[0].decided_by == "demo.quality"
