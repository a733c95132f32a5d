"""A day is watched when it has come by the workspace's clock, and not before."""

from datetime import date, datetime, timedelta

import pytest

from journeys.watch_day import Watch, run_charts, take_in_day, watch_day, watch_of, watched_days
from records.errors import InvalidInput, Refused
from records.store import Store
from tests.cli.conftest import Run, run
from tests.journeys.test_revalidate import DEVICE
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

__all__ = ["run"]

NAMES_BOTH = r"2026-01-06 has not come yet: .* it is 2026-01-05"


@pytest.fixture
def tomorrow(now: datetime) -> date:
    return now.date() + timedelta(days=1)


def watch_in(store: Store) -> Watch:
    with store.reader() as reader:
        return watch_of(reader, DEVICE)


def test_a_day_to_come_is_refused_naming_both_dates(
    operating: Store, tomorrow: date, now: datetime
) -> None:
    later = now + timedelta(days=3)
    with pytest.raises(Refused, match=NAMES_BOTH):
        watch_day(operating, DEVICE, tomorrow, actor="service:surveillance", now=later)
    watch = watch_in(operating)
    with pytest.raises(Refused, match=NAMES_BOTH):
        run_charts(operating, watch, tomorrow, actor="service:surveillance", now=later)
    with pytest.raises(Refused, match=NAMES_BOTH):
        take_in_day(operating, watch, "north", tomorrow, actor="service:intake", now=later)


def test_the_command_line_refuses_it_too(run: Run, operating: Store, tomorrow: date) -> None:
    result = run("--home", operating.workspace.home, "monitor", "day", tomorrow)
    assert result.exit_code == 1
    assert "2026-01-06 has not come yet" in result.stderr
    assert "2026-01-05" in result.stderr


def test_without_prepared_charts_nothing_is_taken_in_and_the_way_out_is_said(
    run: Run, operating: Store, now: datetime
) -> None:
    result = run("--home", operating.workspace.home, "monitor", "day", now.date())
    assert result.exit_code == 1
    assert "charts of MDV-0001 are not prepared" in result.stderr
    assert "radvigil monitor start --daily N" in result.stderr
    assert "taking in" not in result.stderr


def test_a_site_where_nothing_is_deployed_is_refused_naming_those_where_it_is(
    run: Run, operating: Store, now: datetime
) -> None:
    result = run("--home", operating.workspace.home, "monitor", "day", now.date(), "--site", "mars")
    assert result.exit_code == 2
    assert "not deployed at a site 'mars'. It runs at north, south." in result.stderr
    with pytest.raises(InvalidInput, match="mars"):
        take_in_day(
            operating, watch_in(operating), "mars", now.date(), actor="service:intake", now=now
        )


@pytest.mark.parametrize(
    ("number", "other"), [(operation.FIRST - 2, operation.FIRST - 1),
                          (operation.FIRST + 1, operation.FIRST + 2)],
)  # fmt: skip
def test_a_day_before_the_deployment_or_behind_the_last_watched_is_refused_naming_both(
    operated: Store, number: int, other: int
) -> None:
    day, now = small.at(number).date(), small.at(operation.FIRST + 9)
    both = rf"{day} lies before .*{small.at(other).date()}"
    watch = watch_in(operated)
    with pytest.raises(InvalidInput, match=both):
        watch_day(operated, DEVICE, day, actor="service:surveillance", now=now)
    with pytest.raises(InvalidInput, match=both):
        run_charts(operated, watch, day, actor="service:surveillance", now=now)
    with pytest.raises(InvalidInput, match=both):
        take_in_day(operated, watch, small.SITES[0], day, actor="service:intake", now=now)


def test_no_day_was_watched_where_nothing_is_deployed(developed: Store) -> None:
    assert watched_days(developed, DEVICE) == set()
