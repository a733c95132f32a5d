"""The quiet week: quiet only where it was watched, with what could have been seen beside it."""

from datetime import date, datetime, timedelta
from email import message_from_string
from hashlib import sha256

import numpy as np
import pytest
from sqlmodel import select

from journeys.print_week import week_pdf
from journeys.set_routes import set_route
from journeys.tell_people import tell_people
from journeys.tell_week import queue_week, week_of
from monitoring.detectors import find_detector
from monitoring.detectors.base import ChartContext
from monitoring.plan import parse_plan
from monitoring.quiet_week import week_text
from records.errors import Refused
from records.message_routes import Wanted
from records.messages import Message
from records.named_bytes import named_bytes
from records.store import Store
from records.surveillance import ChartBaseline, ChartPoint, MonitoringRun
from records.vault import Vault
from tests.journeys.servers import hook_server, mail_server, running
from tests.records.alert_workspace import DEVICE, SITE, plan_content, watched

SUNDAY = date(2026, 1, 18)


def operate(store: Store, now: datetime, days: int) -> datetime:
    """An alert on the first day, then so many days that end with the Sunday; the Monday after."""
    watched(store, now)
    chart = parse_plan(plan_content()).chart("appearance")
    context = ChartContext("appearance", SITE, 0.005, 90, 20, 5)
    rng = np.random.default_rng(1)
    reference = {name: rng.normal(size=120) for name in chart.parameters["columns"]}
    prepared = find_detector(chart.detector).prepare(
        reference, context=context, parameters=chart.parameters
    )
    monday = datetime.combine(SUNDAY + timedelta(days=1), now.timetz())
    with store.transaction("service:surveillance", "watch", now=monday) as tx:
        frozen = {"plan_id": 1, "model_version_id": 1, "site_id": 1, "alpha": 0.005}
        tx.add(ChartBaseline(**frozen, chart="appearance", n=120, prepared=prepared,
                             frozen_at=now))  # fmt: skip
        tx.add(ChartBaseline(**frozen, chart="sensitivity", n=0, prepared={}, frozen_at=now,
                             reason="the device claims no sensitivity"))  # fmt: skip
        for at in range(days):
            day = SUNDAY - timedelta(days=at)
            run = MonitoringRun(plan_id=1, model_version_id=1, day=day, studies=20, run_at=monday,
                                counts={SITE: {"studies": 20, "truth_received": 2},
                                        "far site": {"studies": 0}})  # fmt: skip
            tx.add(run)
            tx.flush()
            tx.add(ChartPoint(run_id=run.id or 0, chart="appearance", site=SITE, day=day, n=20,
                              value=0.1, statistic=0.4, limit=2.0))  # fmt: skip
    return monday


@pytest.mark.requirement("REG-067")
def test_the_week_says_what_was_watched_and_what_could_have_been_seen(
    store: Store, now: datetime
) -> None:
    monday = operate(store, now, 7)
    with store.reader() as reader:
        facts = week_of(reader, DEVICE, until=SUNDAY, now=monday, repeats=10)
    said = week_text(facts)
    assert "**Nothing was raised. 1 alert overdue.**" in said
    assert "ALT-0001 (moderate, open)" in said
    assert f"{SITE}: studies came; 140 studies and 14 truths on 7 days watched" in said
    assert "far site: NO DATA; 0 studies" in said
    (one,) = facts.could_see
    assert one.change is not None
    assert f"appearance at {SITE}: at most {one.change:g} SD of one column (of 140)" in said
    assert f"sensitivity at {SITE}: cannot run: the device claims no sensitivity" in said
    assert "Nobody is told of alerts" in said
    assert len(said.splitlines()) < 60


@pytest.mark.requirement("REG-067")
def test_an_unwatched_week_is_never_called_quiet(store: Store, now: datetime) -> None:
    monday = operate(store, now, 2)
    with store.reader() as reader:
        some = week_of(reader, DEVICE, until=SUNDAY, now=monday, repeats=2)
        none = week_of(reader, DEVICE, until=SUNDAY - timedelta(days=2), now=monday, repeats=2)
        with pytest.raises(Refused, match="is not over"):
            week_of(reader, DEVICE, until=SUNDAY + timedelta(days=9), now=monday)
    assert some.verdict == "Nothing was raised. 5 days of 7 not watched."
    assert none.verdict.startswith("NOT WATCHED")
    assert "quiet" not in week_text(none).lower()


def test_each_route_is_told_of_a_week_once(store: Store, now: datetime) -> None:
    monday = operate(store, now, 1)
    assert queue_week(store, DEVICE, actor="x", now=monday) == 0
    set_route(store, Wanted("quality", about=("week",)), address=lambda: "json://127.0.0.1:9/x",
              actor="demo.quality", reason="told so", now=monday)  # fmt: skip
    told = [
        queue_week(store, DEVICE, actor="service:surveillance", now=monday + timedelta(days=at),
                   repeats=2) for at in (0, 1, 6, 7, 8)
    ]  # fmt: skip
    assert told == [1, 0, 0, 0, 1]  # the second week was not watched, and is told two days late
    with store.reader() as reader:
        first, second = reader.exec(select(Message)).all()
    assert (first.kind, first.day, first.status) == ("week", SUNDAY, "waiting")
    page = Vault(store.workspace.vault).fetch(first.page_digest, of=first.label)
    assert page.startswith(b"%PDF-")
    with store.reader() as reader:
        named = dict(named_bytes(reader, Vault(store.workspace.vault)))
    assert named[first.page_digest] == f"{first.label} (page_digest)"
    assert "NOT WATCHED" in second.body


@pytest.mark.requirement("REG-067")
def test_the_week_goes_by_mail_as_a_page_and_by_chat_in_words(store: Store, now: datetime) -> None:
    monday = operate(store, now, 7)
    with running(mail_server()) as mail, running(hook_server()) as hook:
        at = f"127.0.0.1:{mail.server_address[1]}"
        for address in (
            f"mailto://{at}/?from=r@ward.example&to=q@ward.example&mode=insecure",
            f"json://127.0.0.1:{hook.server_address[1]}/x",
        ):
            set_route(store, Wanted("quality", about=("week",)), address=lambda: address,  # noqa: B023
                      actor="demo.quality", reason="told so", now=monday)  # fmt: skip
        queue_week(store, DEVICE, actor="service:surveillance", now=monday, repeats=2)
        with store.reader() as reader:
            facts = week_of(reader, DEVICE, until=SUNDAY, now=monday, repeats=2)
            expected = week_pdf(reader, facts, now=monday)
        done = tell_people(store, actor="service:surveillance", clock=lambda: monday)
        assert done.faults == {}
        letter = next(one for one in mail.taken if "the week to" in one)
        posted = next(one for one in hook.taken if "the week to" in one["title"])
    parts = {one.get_content_type(): one for one in message_from_string(letter).walk()}
    page = parts["application/pdf"].get_payload(decode=True)
    assert parts["application/pdf"].get_filename() == "week.pdf"
    with store.reader() as reader:
        kept = reader.exec(select(Message)).all()[0].page_digest
    assert page == expected
    assert sha256(page).hexdigest() == kept
    assert "attachments" not in posted or not posted["attachments"]
    assert "Nothing was raised" in posted["message"]
