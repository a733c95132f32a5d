"""Device, site, period and the opened record stand in the address; what means nothing is said."""

from datetime import date
from html import unescape

from dashboards.selection import Selection
from records.store import Store
from tests.dashboards.conftest import Visit, go_to, text_of
from tests.dashboards.small_workspace import SITES

PAGE = "drift-and-alerts"


def test_a_link_narrows_a_page_and_the_pickers_stand_as_it_says(visit: Visit) -> None:
    app = visit("demo.quality")
    app.query_params["site"] = SITES[0]
    app.query_params["period"] = "30d"
    go_to(app, PAGE)
    assert app.selectbox(key="pick-site").value == SITES[0]
    assert app.selectbox(key="pick-period").value == "30d"
    words = text_of(app)
    assert f">{SITES[0]}</th>" in words
    assert f">{SITES[1]}</th>" not in words
    assert f"No alert was raised of {SITES[0]}" in words


def test_what_is_picked_goes_into_the_address_and_along_to_the_next_page(visit: Visit) -> None:
    app = visit("demo.quality", PAGE)
    app.selectbox(key="pick-site").set_value(SITES[1]).run()
    assert app.query_params["site"] == SITES[1]
    app.query_params.clear()  # as the navigation does
    go_to(app, "incidents")
    assert app.selectbox(key="pick-site").value == SITES[1]
    assert app.query_params["site"] == SITES[1]
    app.selectbox(key="pick-site").set_value("").run()
    assert "site" not in app.query_params


WRONG = {
    "site=nowhere": "asks for the site 'nowhere', which is not among those that you see",
    "device=x": "asks for the device 'x'",
    "period=soon": "period 'soon' is none",
    "from=2026-02-31": "'from=2026-02-31' is none",
    "from=2026-03-01&to=2026-02-01": "before it begins",
}


def test_a_wrong_value_is_said_and_everything_is_shown(visit: Visit) -> None:
    app = go_to(visit("demo.quality"), PAGE)
    for address, said in WRONG.items():
        app.query_params.clear()
        for part in address.split("&"):
            key, _, value = part.partition("=")
            app.query_params[key] = value
        words = unescape(text_of(app.run()))
        assert said in words
        assert "ALT-0001" in words
        assert not app.exception


def test_a_link_opens_a_record_and_says_where_it_is_not_shown(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality")
    app.query_params["open"] = "alt-0001"
    go_to(app, "alerts")
    assert str(app.selectbox(key="alert").value).startswith("ALT-0001")
    assert "does not show in full" not in text_of(app)
    app.query_params["open"] = "STU-0009"
    assert "The link names STU-0009, which this page does not show" in text_of(app.run())
    app.query_params["open"] = "CHR-0001"
    assert "CHR-0001: " in text_of(go_to(app, "audit-trail"))
    app.query_params["open"] = "#1"
    assert "Audit event 1" in text_of(app.run())
    for none in ("#99999999999999999999", "#\N{SUPERSCRIPT TWO}"):
        app.query_params["open"] = none
        assert f"The link names {none}, which" in text_of(app.run())
        assert not app.exception


def test_both_ends_of_a_period_count() -> None:
    chosen = Selection(first=date(2026, 1, 2), last=date(2026, 1, 3))
    days = [date(2026, 1, day) for day in range(1, 5)]
    assert [chosen.holds(day=day) for day in days] == [False, True, True, False]
    assert chosen.words == "2026-01-02 to 2026-01-03"
