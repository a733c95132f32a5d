"""The studies in which a version failed most, with their images, and one of them large."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import to_record
from journeys.failure_gallery import FailedStudy, failure_image, failures_of_version
from records.lineage import VersionStanding
from records.product import ModelVersion
from regulatory.documents.wording import number

ACROSS = 4
"""Pictures beside each other."""


def show_failures(desk: Desk, chosen: VersionStanding) -> None:
    """By kind and test, the worst failures; one of them in a window of the reader's choice."""
    look.section(
        "Failure gallery",
        "Studies of the locked tests in which this version failed most, the worst first, under "
        "their pseudonyms.",
    )
    version = desk.reader.get_one(ModelVersion, chosen.id)
    if version.seen_from_outside:
        look.quiet(f"{chosen.label} is seen from outside only: it has no locked tests here.")
        return
    found = _failures(desk, str(desk.store.workspace.home), version.version_digest, version)
    look.table(
        ["Kind", "Study", "Image", "Site", "Test", "Truth", "By", "Value"],
        [
            [one.kind, to_record(one.study), look.Number(one.image), one.site, one.split,
             one.truth, one.measure, number(one.value)]
            for one in found
        ],
        empty=f"{chosen.label} failed in no study of the locked tests, or was tested on none.",
    )  # fmt: skip
    if not found:
        return
    kinds = list(dict.fromkeys(f"{one.kind}, {one.split}" for one in found))
    kind = st.selectbox("Kind of failure", kinds, key="failure-kind")
    own = [one for one in found if f"{one.kind}, {one.split}" == kind]
    _grid(desk, own)
    _large(desk, own)


@st.cache_data(max_entries=16, show_spinner="Reading the frozen answers …")  # type: ignore[untyped-decorator]
def _failures(
    _desk: Desk, home: str, digest: str, _version: ModelVersion
) -> list[FailedStudy]:
    """Frozen answers never change: what was read once stays, by workspace and digest."""
    del home, digest
    return failures_of_version(_desk.store, _desk.reader, _version)


def _grid(desk: Desk, own: list[FailedStudy]) -> None:
    for start in range(0, len(own), ACROSS):
        for place, one in zip(st.columns(ACROSS), own[start : start + ACROSS], strict=False):
            with place:
                shown = failure_image(desk.store, desk.reader, one.image)
                said = f"{one.study}, {one.site}: {one.measure} {number(one.value)}"
                if shown.png:
                    st.image(shown.png, caption=said, width="stretch",
                             alt=f"{one.kind} at {one.site}, truth: {one.truth}")  # fmt: skip
                else:
                    look.notice(f"{said}. Not shown: {shown.withheld}.", "waiting")


def _large(desk: Desk, own: list[FailedStudy]) -> None:
    look.section("One image in a window of your choice")
    labels = {f"{one.study}, {one.image}: {one.measure} {number(one.value)}": one for one in own}
    one = labels[st.selectbox("Image", list(labels), key="failure-image")]
    plain = failure_image(desk.store, desk.reader, one.image)
    if not plain.png:
        look.notice(f"{one.image} is not shown: {plain.withheld}.", "waiting")
        return
    window = None
    picture, knobs = st.columns([3, 1])
    if plain.values is not None:
        low, high = plain.values.low, plain.values.high
        with knobs:
            center = st.slider("Window centre", low, high,
                               min(max(plain.values.center, low), high),
                               key=f"center-{one.image}")  # fmt: skip
            # a window of LINEAR is at least 1 wide (PS3.3 C.11.2.1.2)
            width = st.slider("Window width", 1.0, max(2.0, 2 * (high - low)),
                              min(max(plain.values.width, 1.0), max(2.0, 2 * (high - low))),
                              key=f"width-{one.image}")  # fmt: skip
            look.quiet("The sliders begin at the window of the file. Values as stored in it.")
        window = (center, width)
    shown = failure_image(desk.store, desk.reader, one.image, window=window)
    with picture:
        st.image(shown.png, caption=f"{one.study}, {one.image}: {one.kind}, truth {one.truth}",
                 width="stretch", alt=f"{one.image} in the chosen window")  # fmt: skip
