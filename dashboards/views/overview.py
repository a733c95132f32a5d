"""The first page: what needs a person today, what runs where, and how good it was when judged."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import page_of, to_record
from dashboards.selection import OPEN
from dashboards.views.absences import show_absences, show_responsible
from dashboards.views.chart_matrix import show_matrix
from dashboards.views.last_visit import show_since_last_visit
from dashboards.views.notices import show_notices
from dashboards.work import MINE, WORK, all_work, own_work
from records.overview import (
    EstimateRow,
    RunningVersion,
    alerts,
    devices,
    estimates,
    running_versions,
)
from records.owed_work import (
    DEADLINES,
    LATER,
    OVERDUE,
    SOON,
    TODAY,
    UNDATED,
    OwedWork,
    counts_by_deadline,
    deadline_of,
)
from regulatory.documents.surveillance_tables import european
from regulatory.documents.wording import measure_name

PAGE_OF = {
    "alert": "alerts", "change request": "pending-changes", "document": "documents",
    "deletion": "keeping", "suspension": "revalidations", "correction": "revalidations",
    "capa": "capas", "revalidation": "revalidations", "field action": "incidents",
    **dict.fromkeys(
        ("awareness candidate", "complaint", "incident", "reportability", "report", "submission",
         "information request", "security event"), "incidents",
    ),
    **dict.fromkeys(("change assessment", "change review", "rollout"), "pending-changes"),
    **dict.fromkeys(("comment", "gap", "periodic report"), "documents"),
}  # fmt: skip
"""Where each kind of work is done; what is not listed opens on the page of its record."""

MOST = 25
"""How much of the work is shown before all of it is asked for."""

ALL_WORK = "all"
_WHEN = {ALL_WORK: "All", OVERDUE: "Overdue", TODAY: "Today", SOON: "Within 7 days",
         LATER: "Later", UNDATED: "No day is set"}  # fmt: skip

LOCKED_TESTS = ("internal_test", "external_test")

_NOT_EVALUATED = "No model version was evaluated yet."
_SEEN_IN_USE = (
    "Another maker's product is not evaluated on locked tests here. How it does in use is under "
    "Performance, and in the performance monitoring report."
)

def show(desk: Desk) -> None:
    """What needs you today."""
    look.title("What needs you today", "Everything that waits for a person, the most urgent first.")
    show_absences(desk)
    show_notices(desk)
    work = all_work(desk)
    holds = desk.selection.holds
    running = [one for one in running_versions(desk.reader)
               if holds(device=one.device or None, site=one.site)]
    _counts(work, running)
    _first(desk, work)
    look.section(
        "How every chart stands at every site",
        "The latest point, and a line of the last 30 days of surveillance with the limit; each "
        "opens its chart. What needs somebody stands first; a chart of a subgroup only then.",
    )
    show_matrix(desk, brief=True)
    show_since_last_visit(desk)
    look.section("Everything that waits", "The most urgent first.")
    _work(desk, work)
    show_responsible(desk)
    look.section("Where the device runs")
    _device(desk)
    look.table(
        ["Site", "Runs as", "Model version", "Version status", "Identity", "Since"],
        [_site_row(one) for one in running],
        empty=f"Nothing is registered of {desk.selection.words}: choose another device or site."
        if desk.selection.words
        else "No site is registered yet: the first study of a site registers it.",
    )
    look.section(
        "How good it was when last judged",
        "Stored evaluations of all studies together; subgroups stand in the validation report.",
    )
    judged = [one for one in estimates(desk.reader)
              if holds(device=one.device, site=one.site or None)]
    _judged(judged, seen=any(one.mode == "external" for one in running))


def _counts(work: list[OwedWork], running: list[RunningVersion]) -> None:
    unanswered = sum(one.kind == "alert" and one.status == "open" for one in work)
    investigated = sum(one.kind == "alert" and one.status == "acknowledged" for one in work)
    changes = sum(one.kind == "change request" for one in work)
    in_review = sum((one.kind, one.status) == ("document", "in review") for one in work)
    others = sum(one.kind == "document" for one in work) - in_review
    stopped = len({one.site for one in running if one.suspended})
    live, shadow = (
        len({one.site for one in running if one.mode == mode and not one.suspended})
        for mode in ("live", "shadow")
    )
    outside = len({one.site for one in running if one.mode == "external"})
    beside = f", {outside} with another maker's product" if outside else ""
    halted = f", {stopped} suspended" if stopped else ""
    sites = len({one.site for one in running})
    look.tiles(
        [
            ("Open alerts", unanswered, f"and {investigated} under investigation",
             "bad" if unanswered else "waiting" if investigated else "good"),
            ("Pending changes", changes, "waiting for signatures or a decision",
             "waiting" if changes else "good"),
            ("Documents to sign", in_review, f"and {others} in draft or approved",
             "waiting" if in_review + others else "good"),
            ("Sites running live", live,
             f"and {shadow} as a shadow{beside}{halted}, of {sites} registered",
             "bad" if stopped else "plain"),
        ]
    )  # fmt: skip


def _first(desk: Desk, work: list[OwedWork]) -> None:
    """The one thing to begin with."""
    if not work:
        return
    first = work[0]
    judged = {one.label: one.verdicts for one in alerts(desk.reader)}
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        found = judged.get(first.label, "")
        st.markdown(f"**Open this first: {first.label}.** {found} {_next(desk, first)}.")
        page = desk.pages[_page(first)]
        opens = page_of(first.label) == _page(first)
        st.page_link(page, label=f"Go to {page.title.lower()}",
                     query_params={OPEN: first.label} if opens else None)  # fmt: skip


def _work(desk: Desk, work: list[OwedWork]) -> None:
    if not work:
        look.quiet(
            "Nothing waits: no suspension, open alert, CAPA, pending change, deletion or document."
        )
        return
    judged = {one.label: one.verdicts for one in alerts(desk.reader)}
    shown = _narrowed(desk, work)
    if len(shown) > MOST and not st.toggle(f"Show all {len(shown)}", key="work-all"):
        look.quiet(f"The {MOST} most urgent of {len(shown)} are shown.")
        shown = shown[:MOST]
    look.table(
        ["Record", "What it is", "Status", "What to do next", "Due", "By what rule", "Since"],
        [
            [
                to_record(one.label, page=_page(one)),
                f"{one.words} {judged.get(one.label, '')}".strip(),
                look.mark(one.status) if one.status else one.kind, _next(desk, one),
                _due(desk, one), _rule(one), one.since,
            ]
            for one in shown
        ],
        empty="Nothing of this kind waits: choose another deadline above.", wide="What it is",
    )


def _page(one: OwedWork) -> str:
    return PAGE_OF.get(one.kind) or page_of(one.label)


def _narrowed(desk: Desk, work: list[OwedWork]) -> list[OwedWork]:
    """What of it is wanted: by deadline, and only one's own; a link says both."""
    told = st.query_params.get(WORK, "")
    link = (told, st.query_params.get(MINE, ""))
    if told and told not in _WHEN:
        look.notice(f"The link asks for work '{told}', which is no deadline. All is shown. "
                    f"Known: {', '.join(DEADLINES)}.", "waiting")  # fmt: skip
    elif told and st.session_state.get("work-link") != link:
        st.session_state["work-when"] = told
        st.session_state["work-mine"] = bool(link[1])
        st.session_state["work-link"] = link
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mine = st.toggle("Only what waits for me", key="work-mine")
        shown = own_work(desk) if mine else work
        counts = counts_by_deadline(shown, desk.now.date()) | {ALL_WORK: len(shown)}
        st.session_state.setdefault("work-when", ALL_WORK)
        when = st.segmented_control(
            "Deadline", [name for name in _WHEN if counts[name] or name in (ALL_WORK, told)],
            key="work-when", required=True, on_change=_followed,
            format_func=lambda name: f"{_WHEN[name]} ({counts[name]})",
        )
    today = desk.now.date()
    return [one for one in shown if when in (ALL_WORK, None, deadline_of(one.due, today))]


def _followed() -> None:
    """The address follows what is chosen."""
    st.query_params[WORK] = st.session_state["work-when"] or ALL_WORK
    st.session_state["work-link"] = (st.query_params[WORK], st.query_params.get(MINE, ""))


def _rule(one: OwedWork) -> look.Cell:
    return look.Mark(european(one.citation), "plain", one.checked) if one.citation else "none"


def _due(desk: Desk, one: OwedWork) -> look.Cell:
    if one.due is None:
        return "no day is set"
    late = one.due < desk.now.date()
    said = [str(one.due)] if late else []
    if one.computed is not None:
        said.append(f"set by {one.override}; computed {one.computed}")
    if one.last_legal_day not in (None, one.due):
        said.append(f"legal day {one.last_legal_day}")
    return look.Mark("OVERDUE" if late else str(one.due), "bad" if late else "plain",
                     "; ".join(said))  # fmt: skip


def _next(desk: Desk, one: OwedWork) -> str:
    """What is to be done, and who waits for whom where this person may not do it."""
    what = one.what[:1].upper() + one.what[1:]
    if one.owner:
        return what if one.owner == desk.person.name else f"{what} (given to {one.owner})"
    if not one.roles or set(one.roles) & set(desk.person.roles):
        return what
    return f"{what} (waits for one of: {', '.join(one.roles)})"


def _device(desk: Desk) -> None:
    found = devices(desk.reader)
    if not found:
        look.quiet("No device is defined yet. Define one: radvigil device define FILE")
    for one in found:
        since = f"since {look.instant(one.defined_at)}"
        look.facts(
            [
                (one.label, f"{one.trade_name} ({one.name}), revision {one.revision}"),
                ("Definition", look.mark(one.status, small=since)),
                ("Intended purpose", one.intended_purpose),
            ]
        )


def _site_row(one: RunningVersion) -> list[look.Cell]:
    place = f"{one.country or 'country not recorded'}, {one.site_status}"
    if not one.mode:
        return [look.Mark(one.site, small=place), look.mark("nothing runs"), "not applicable",
                "not applicable", "not applicable", "not applicable"]  # fmt: skip
    if one.suspended:
        mode = look.Mark("suspended", "bad", f"{one.suspended}: studies are not read")
        return [
            look.Mark(one.site, small=place), mode, one.version,
            look.mark(one.version_status), look.Code(one.version_digest), one.since,
        ]  # fmt: skip
    below = {
        "live": "results go to care", "external": "another maker's: its results do not go by here",
    }.get(one.mode, "watched, nothing returned to care")
    return [
        look.Mark(one.site, small=place), look.mark(one.mode, small=below), one.version,
        look.mark(one.version_status), look.Code(one.version_digest), one.since,
    ]  # fmt: skip


def _judged(found: list[EstimateRow], *, seen: bool) -> None:
    """The newest evaluation of each purpose and site: on the locked tests, then in operation."""
    newest: dict[tuple[str, str], EstimateRow] = {}
    for one in found:
        newest.setdefault((one.purpose, one.site), one)
    columns = [newest[key] for key in sorted(newest)]
    tests = [one for one in columns if one.purpose in LOCKED_TESTS]
    _estimates(found, tests, empty=_SEEN_IN_USE if seen else _NOT_EVALUATED)
    in_use = [one for one in columns if one.purpose not in LOCKED_TESTS]
    if in_use:
        _estimates(found, in_use, empty="")


def _estimates(found: list[EstimateRow], columns: list[EstimateRow], *, empty: str) -> None:
    """A row a measure, a column an evaluation."""
    told = {(one.evaluation, one.measure): one for one in found}
    wanted = {one.evaluation for one in columns}
    measures = dict.fromkeys(one.measure for one in found if one.evaluation in wanted)
    look.table(
        ["Measure", *(_heading(one) for one in columns)],
        [
            [
                measure_name(measure),
                *(_words(told.get((one.evaluation, measure))) for one in columns),
            ]
            for measure in measures
        ],
        empty=empty,
    )  # fmt: skip


def _heading(one: EstimateRow) -> str:
    words = look.plain_name(one.purpose) + (f" at {one.site}" if one.site else "")
    return f"{words} ({one.version})"


def _words(one: EstimateRow | None) -> look.Cell:
    """The estimate with interval and n below it, so that many columns stay narrow."""
    if one is None:
        return "not evaluated"
    words = look.estimate(
        one.value, one.low, one.high, n=one.n, level=one.level, reason=one.reason
    )
    figure, _, rest = words.partition(" (" if one.value is not None else ": ")
    return look.Mark(figure, small=rest.removesuffix(")") if one.value is not None else rest)
