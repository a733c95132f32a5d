"""Two versions side by side on the locked tests, and what they were made of."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.datasets import recorded
from journeys.compare_pair import SplitComparison, VersionComparison, compare_pair
from records.lineage import VersionStanding
from records.product import ModelVersion
from regulatory.documents.wording import measure_name
from regulatory.version_difference import difference_between


def show_comparison(
    desk: Desk, chosen: VersionStanding, versions: list[VersionStanding]
) -> None:
    """The chosen version beside another of its device."""
    look.section(
        "Two versions side by side",
        "On the same studies of the tests that are locked for both, from the answers that were "
        "frozen with each: no model is asked, no look at a test is spent. It is for reading; what "
        "decides are the declared criteria.",
    )
    others = {f"{one.label}: {one.name} ({one.status})": one for one in versions
              if one.id != chosen.id}
    if not others:
        look.quiet(f"{chosen.device} has one version: there is nothing to compare it with.")
        return
    other = others[st.selectbox("Beside", list(others), key="beside")]
    first, second = (desk.reader.get_one(ModelVersion, one.id) for one in (chosen, other))
    found = _compared(
        desk, str(desk.store.workspace.home), first.version_digest, second.version_digest,
        first, second,
    )  # fmt: skip
    for split in found.splits:
        _split(found, split)
    differences, stored = difference_between(desk.reader, second, first)
    look.section("Stored estimates of both", "As evaluated then, each on its own tests.")
    look.table(
        ["Test", "Measure", found.second, found.first],
        [
            [one["split"].replace("_", " "), measure_name(one["measure"]), _stored(one["before"]),
             _stored(one["after"])]
            for one in stored
        ],
        empty="Neither was evaluated yet: 'radvigil model evaluate'.",
    )  # fmt: skip
    look.section("What differs in how they were made")
    look.table(
        ["What", found.second, found.first],
        [[one.what.replace("_", " "), recorded(one.before), recorded(one.after)]
         for one in differences],
        empty="Nothing that is on record.",
    )


@st.cache_data(max_entries=16, show_spinner="Comparing the frozen answers …")  # type: ignore[untyped-decorator]
def _compared(
    _desk: Desk, home: str, one: str, other: str, _first: ModelVersion, _second: ModelVersion
) -> VersionComparison:
    """Frozen answers never change: what was compared once stays, by workspace and digests."""
    del home, one, other
    return compare_pair(_desk.store, _desk.reader, _first, _second)


def _split(found: VersionComparison, one: SplitComparison) -> None:
    look.section(
        f"{one.split.replace('_', ' ').capitalize()}: {found.first} less {found.second}"
    )
    for why, count in one.left_out.items():
        look.quiet(f"{count} studies are left out: {why}.")
    look.table(
        ["Difference of", "Found", "Method"],
        [
            [measure_name(each.measure.removesuffix("_difference")),
             look.estimate(each.value, each.low, each.high, n=each.n, level=each.level,
                           reason=each.reason),
             each.method or "none"]
            for each in one.differences
        ],
        empty="No study is locked for both versions, so nothing is paired.",
    )  # fmt: skip
    if one.p_value is not None:
        look.quiet(
            f"Decided rightly by {found.first} alone: {one.first_alone_right}; by {found.second} "
            f"alone: {one.second_alone_right}; McNemar's exact test: p = {one.p_value:.3g}. "
            f"{one.studies} studies of {one.patients} patients; studies of one patient count as "
            "independent."
        )


def _stored(one: dict[str, object] | None) -> look.Cell:
    if one is None:
        return None
    return look.estimate(
        one["value"], one["low"], one["high"], n=int(str(one["n"])), level=float(str(one["level"])),  # type: ignore[arg-type]
        reason=str(one["reason"]),
    )
