"""Datasets, for engineers: what was frozen, its datasheet, and how two versions differ."""

from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from imaging.dataset_diff import DatasetDifference, GroupCount, compare_and_count
from records.held_definition import definition_of
from records.lineage import newest_documents
from records.lookup import list_records
from records.product import DatasetVersion, Device
from records.vault import Vault

SHEET = "dataset_datasheet"
_TONES: dict[str, look.Tone] = {
    "met": "good", "not met": "bad", "limitation": "waiting", "refused": "bad",
    "not estimable": "unknown",
}  # fmt: skip
SHOWN = 200
"""Changed items that are told one by one; the command has all."""


def show(desk: Desk) -> None:
    """Every dataset version; one with its datasheet, and beside another of the same device."""
    look.title(
        "Datasets",
        "Which studies versions were made from and tested on, where they come from, and what "
        "changed from one freeze to the next.",
    )
    found = [one for one in reversed(list_records(desk.reader, DatasetVersion))
             if desk.selection.holds(device=desk.device_of(one))]
    look.section("Frozen datasets")
    look.table(
        ["Dataset", "Name", "Device", "Studies", "Patients", "Parts", "Frozen"],
        [
            [look.Number(one.label), look.Long(one.name), desk.device_of(one), one.studies,
             one.patients, ", ".join(one.splits).replace("_", " ") or "not recorded",
             one.frozen_at]
            for one in found
        ],
        empty=desk.none_of("No dataset was frozen", "'radvigil dataset freeze' freezes one."),
    )  # fmt: skip
    if not found:
        return
    labels = {f"{one.label}: {one.name}": one for one in found}
    chosen = choose(desk, "Dataset", labels, key="dataset")
    _parts(chosen)
    _sheet(desk, chosen)
    _difference(desk, chosen, [one for one in found
                               if desk.device_of(one) == desk.device_of(chosen)])  # fmt: skip


def _parts(one: DatasetVersion) -> None:
    look.section("Parts")
    look.table(
        ["Part", "Studies", "Patients", "With the finding", "Sites"],
        [
            [name.replace("_", " "), part.get("studies"), part.get("patients"),
             part.get("positive"),
             "; ".join(f"{site}: {count}" for site, count in part.get("sites", {}).items())]
            for name, part in one.splits.items()
        ],
        empty="Its parts are not on record.", wide="Sites",
    )  # fmt: skip


def _sheet(desk: Desk, one: DatasetVersion) -> None:
    """The datasheet as frozen; its document, and each check of the freeze."""
    look.section("Datasheet", "As it stood when the dataset was frozen.")
    document = newest_documents(desk.reader, desk.device_of(one), (SHEET,)).get(SHEET)
    sheet = one.datasheet
    look.facts([
        ("Document", to_record(
            document.label, small=f"{document.number} v{document.version}, {document.status}"
        ) if document else f"none yet: 'radvigil document compile {SHEET}'"),
        ("Digest of the manifest", look.Code(one.manifest_digest, 64)),
        *((look.plain_name(name), recorded(value)) for name, value in sheet.items()
          if name != "checks"),
    ])  # fmt: skip
    outcomes = sheet.get("checks", {}).get("outcomes", [])
    look.section("Checks before it was frozen", "What is not met first; a limitation stands in the "
                 "datasheet.")  # fmt: skip
    if not outcomes:
        look.quiet("It was frozen before there were checks, or without any.")
        return
    open_ones = [each for each in outcomes if _state(each).word != "met"]
    _checks(open_ones)
    with st.expander(f"All {len(outcomes)} checks"):
        _checks(outcomes)


def _checks(outcomes: list[dict[str, Any]]) -> None:
    look.table(
        ["Check", "Of", "n", "State", "Found"],
        [
            [look.plain_name(each["rule"]), look.plain_name(str(each.get("subject", ""))),
             each.get("n"), _state(each), look.Long(str(each.get("said", "")))]
            for each in outcomes
        ],
        empty="Every check is met.", wide="Found",
    )  # fmt: skip


def _state(outcome: dict[str, Any]) -> look.Mark:
    """The recorded state; of an older outcome whether it passed."""
    word = str(outcome.get("state") or ("met" if outcome["passed"] else "not met"))
    return look.Mark(word, _TONES.get(word, "waiting"))


def recorded(value: Any) -> look.Long:
    """A recorded value in words: names with their values, a list in one line.

    >>> recorded({"patients_in": 2, "sites": ["a", "b"]}).text
    'patients in: 2; sites: a, b'
    """
    if isinstance(value, dict):
        return look.Long("; ".join(
            f"{str(name).replace('_', ' ')}: {recorded(each).text}" for name, each in value.items()
        ) or "none")  # fmt: skip
    if isinstance(value, list):
        return look.Long(", ".join(recorded(each).text for each in value) or "none")
    return look.Long(str(value))


def _difference(desk: Desk, chosen: DatasetVersion, versions: list[DatasetVersion]) -> None:
    look.section(
        "Difference to another version",
        "Item by item, an item being one image: counted by site, class and part; where it lies in "
        "the store is no difference.",
    )
    others = {f"{one.label}: {one.name}": one for one in versions if one.id != chosen.id}
    if not others:
        look.quiet(f"{desk.device_of(chosen)} has one frozen dataset: there is nothing to hold it "
                   "against.")  # fmt: skip
        return
    other = others[st.selectbox("Against", list(others), key="dataset-against")]
    before, after = sorted((chosen, other), key=lambda one: one.id or 0)
    found, counts = _compared(
        desk, str(desk.store.workspace.home), before.manifest_digest, after.manifest_digest,
        before, after,
    )  # fmt: skip
    changed = len({one.item for one in found.changed})
    look.tiles([
        ("added", len(found.added), f"in {found.after}", "plain"),
        ("removed", len(found.removed), f"of {found.before}", "plain"),
        ("changed", changed, "in any field", "waiting" if changed else "plain"),
        ("unchanged", found.unchanged, "in both", "plain"),
    ])  # fmt: skip
    look.table(
        ["By", "Group", f"In {found.before}", f"In {found.after}", "Added", "Removed", "Changed"],
        [[one.by, one.group, one.before, one.after, one.added, one.removed, one.changed]
         for one in counts],
        empty="Neither version holds an image.",
    )  # fmt: skip
    _items(found)


def _items(found: DatasetDifference) -> None:
    if not found.changed:
        return
    look.section("Changed items")
    if len(found.changed) > SHOWN:
        look.quiet(f"The first {SHOWN} of {len(found.changed)} changes; all of them: 'radvigil "
                   f"dataset diff {found.before} {found.after} --json'.")  # fmt: skip
    look.table(
        ["Item", "Field", found.before, found.after],
        [[look.Code(one.item, 20), one.field.replace("_", " "), look.Long(str(one.before)),
          look.Long(str(one.after))]
         for one in found.changed[:SHOWN]],
        empty="",
    )  # fmt: skip


@st.cache_data(max_entries=8, show_spinner="Comparing the frozen manifests …")  # type: ignore[untyped-decorator]
def _compared(
    _desk: Desk, home: str, one: str, other: str, _before: DatasetVersion, _after: DatasetVersion
) -> tuple[DatasetDifference, list[GroupCount]]:
    """Frozen manifests never change: what was compared once stays, by workspace and digests."""
    del home, one, other
    device = _desk.reader.get_one(Device, _after.device_id)
    return compare_and_count(
        Vault(_desk.store.workspace.vault), _before, _after,
        classes=definition_of(device).task.truth_names,
    )
