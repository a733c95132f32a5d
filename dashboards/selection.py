"""Device, site and period of what is looked at: in the address of the page, so that it is mailed.

The address counts; what was chosen before is carried from page to page. A value that means nothing
is said in words and not used. The session holds the choice only, never what was found by it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import streamlit as st

from dashboards import look
from records.visible_names import VisibleNames

CHOSEN = "chosen"
"""Where the session keeps what was chosen, by the names in the address."""

DEVICE, SITE, PERIOD, FROM, TO, OPEN = "device", "site", "period", "from", "to", "open"
BETWEEN = "between"
PERIODS = {"": "All time", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days",
           "365d": "Last 365 days", BETWEEN: "Between two days"}  # fmt: skip

_DAYS = re.compile(r"([1-9]\d{0,3})d")
_KEPT = (DEVICE, SITE, PERIOD, FROM, TO)


@dataclass(slots=True)
class Selection:
    """What a page shows: empty names and no days mean everything. Both days are included."""

    device: str = ""
    site: str = ""
    first: date | None = None
    last: date | None = None
    open: str = ""
    """The label of the record that the link opens, such as ALT-0007; see :func:`choose`."""
    opened: bool = False
    """Whether the page has shown that record."""

    def holds(
        self, *, device: str | None = None, site: str | None = None,
        day: date | datetime | None = None,
    ) -> bool:
        """Whether something of this device, site and day is to be shown; None: it is of none.

        >>> Selection(site="north").holds(site="south"), Selection(site="north").holds()
        (False, True)
        >>> Selection(first=date(2026, 1, 2)).holds(day=datetime(2026, 1, 2, 9))
        True
        """
        if device is not None and self.device not in ("", device):
            return False
        if site is not None and self.site not in ("", site):
            return False
        if day is None:
            return True
        on = day.date() if isinstance(day, datetime) else day
        return (self.first or on) <= on <= (self.last or on)

    @property
    def words(self) -> str:
        """Such as 'north hospital, 2026-01-01 to 2026-01-31'; empty where everything is shown."""
        days = f"{self.first or 'the beginning'} to {self.last or 'today'}"
        return ", ".join(filter(None, (
            self.device, self.site, days if self.first or self.last else "",
        )))  # fmt: skip


@dataclass(slots=True)
class _Asked:
    """What the address asks for, as far as it means something, and what is said of the rest."""

    kept: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def read_selection(visible: VisibleNames, today: date) -> tuple[Selection, list[str]]:
    """What is selected by the address, else by an earlier choice; and sentences about the rest."""
    wanted = {key: st.query_params[key] for key in _KEPT if st.query_params.get(key)}
    before: dict[str, str] = st.session_state.get(CHOSEN, {})
    if {PERIOD, FROM, TO} & set(wanted):
        before = {key: one for key, one in before.items() if key in (DEVICE, SITE)}
    asked = _checked({**before, **wanted}, visible)
    st.session_state[CHOSEN] = asked.kept
    first, last = _days(asked.kept, today)
    opened = st.query_params.get(OPEN, "").strip()
    chosen = Selection(asked.kept.get(DEVICE, ""), asked.kept.get(SITE, ""), first, last, opened)
    return chosen, asked.said


def _checked(wanted: Mapping[str, str], visible: VisibleNames) -> _Asked:
    asked = _Asked()
    for key, known in ((DEVICE, visible.devices), (SITE, visible.sites)):
        name = wanted.get(key, "")
        if name in known:
            asked.kept[key] = name
        elif name:
            asked.said.append(
                f"The link asks for the {key} '{name}', which is not among those that you see. "
                f"All {key}s are shown. Known: {', '.join(known) or 'none'}."
            )
    _check_period(wanted, asked)
    return asked


def _check_period(wanted: Mapping[str, str], asked: _Asked) -> None:
    period, given = wanted.get(PERIOD, ""), {}
    for key in (FROM, TO):
        if not (text := wanted.get(key, "")):
            continue
        try:
            given[key] = date.fromisoformat(text)
        except ValueError:
            asked.said.append(f"The link's day '{key}={text}' is none, and is not used. "
                              "A day looks like 2026-01-31.")  # fmt: skip
    if len(given) == 2 and given[FROM] > given[TO]:
        asked.said.append(f"The link's period ends ({given[TO]}) before it begins "
                          f"({given[FROM]}). All time is shown.")  # fmt: skip
        given = {}
    if given:
        asked.kept |= {PERIOD: BETWEEN, **{key: str(day) for key, day in given.items()}}
    elif _DAYS.fullmatch(period) or (period == BETWEEN and not {FROM, TO} & set(wanted)):
        asked.kept[PERIOD] = period
    elif period and period != BETWEEN:
        asked.said.append(
            f"The link's period '{period}' is none, and is not used. A period looks like 30d; or "
            "give two days: from=2026-01-01 and to=2026-01-31."
        )


def _days(kept: Mapping[str, str], today: date) -> tuple[date | None, date | None]:
    if found := _DAYS.fullmatch(kept.get(PERIOD, "")):
        return today - timedelta(days=int(found[1]) - 1), today
    first, last = (date.fromisoformat(kept[key]) if key in kept else None for key in (FROM, TO))
    return first, last


def show_pickers(visible: VisibleNames, picks: tuple[str, ...]) -> None:
    """The pickers of what this page reads, and its address with what is chosen."""
    kept: dict[str, str] = st.session_state[CHOSEN]
    for key in _KEPT:
        reads = key in picks or (key in (FROM, TO) and PERIOD in picks)
        told = kept.get(key, "")
        if reads and told not in ("", BETWEEN) and st.query_params.get(key) != told:
            st.query_params[key] = told
    for key, known in ((DEVICE, visible.devices), (SITE, visible.sites)):
        if key in picks and (len(known) > 1 or kept.get(key)):
            _pick(key, key.capitalize(), {"": f"All {key}s"} | {one: one for one in known}, kept)
    if PERIOD in picks:
        options = dict(PERIODS)
        if (period := kept.get(PERIOD, "")) not in options:
            options[period] = f"Last {period[:-1]} days"
        _pick(PERIOD, "Period", options, kept)
        if kept.get(PERIOD) == BETWEEN:
            _pick_days(kept)


def _pick(key: str, label: str, options: Mapping[str, str], kept: Mapping[str, str]) -> None:
    st.session_state[f"pick-{key}"] = kept.get(key, "")
    st.selectbox(label, list(options), format_func=options.__getitem__, key=f"pick-{key}",
                 on_change=_picked, args=(key,))  # fmt: skip


def _pick_days(kept: Mapping[str, str]) -> None:
    for place, key in zip(st.columns(2), (FROM, TO), strict=True):
        st.session_state[f"pick-{key}"] = date.fromisoformat(kept[key]) if key in kept else None
        place.date_input(key.capitalize(), key=f"pick-{key}", format="YYYY-MM-DD",
                         on_change=_picked, args=(key,))  # fmt: skip


def _picked(key: str) -> None:
    """Somebody chose: the address and what is carried along follow."""
    value = st.session_state[f"pick-{key}"]
    kept: dict[str, str] = {**st.session_state.get(CHOSEN, {}), key: str(value or "")}
    if key == PERIOD:
        kept |= {FROM: "", TO: ""}
    st.session_state[CHOSEN] = {name: one for name, one in kept.items() if one}
    for name in _KEPT:
        if not kept.get(name) or (name == PERIOD and kept[name] == BETWEEN):
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = kept[name]


def say_of_link(said: list[str]) -> None:
    """What of the address could not be used, in words."""
    for words in said:
        look.notice(words, "waiting")
