"""Verify an export by itself: its files against its facts, manifest, signatures and freeze event.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from journeys.verify_export import Verdict
from records.audit import event_digest
from records.detached_signature import SUFFIX, signature_holds
from records.errors import InvalidInput
from regulatory.device_file import INDEX
from regulatory.documents.exported import (
    Exported,
    bundles,
    content_of,
    is_archive,
    items_of,
    loose_files,
    read_export,
)
from regulatory.documents.identified import identify
from regulatory.documents.manifest import MANIFEST, manifest_faults
from regulatory.held_figures import FILE, Difference, compare_texts


def verify_offline(path: Path) -> Verdict:
    """Verify an export by itself: its files against its facts, manifest, signatures and freeze.

    The figures are those of the file of facts (JSON) or else of the sidecar; whether the records
    give them, only a verification with the database tells. Of an archive the signature that lies
    beside it is checked too; each archive in a folder is verified by itself.

    Raises:
        NotFound: No such file.
        InvalidInput: It is no export, or holds nothing that it could be held against.
    """
    found = [_verify(one) for one in bundles(path)]
    return Verdict(
        tuple(name for one in found for name in one.files), sum(one.figures for one in found),
        tuple(difference for one in found for difference in one.differences),
        tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )


def _verify(path: Path) -> Verdict:
    exported, loose = read_export(path), loose_files(path)
    if path.is_file() and path.suffix != ".zip":
        exported = _with_those_beside(path, exported)
    differences: list[Difference] = []
    notes: list[str] = []
    figures = 0
    stems = {one.name.removesuffix(f".{one.format}") for one in exported}
    for stem in sorted(stems):
        of_one = [one for one in exported if one.name.removesuffix(f".{one.format}") == stem]
        truth, count = _own_truth(stem, of_one, loose)
        figures += count
        differences += truth
        manifest = loose.get(f"{stem}.{MANIFEST}")
        if manifest is None:
            notes.append(f"{stem} has no manifest: a file that is missing is not noticed.")
        else:
            differences += [
                Difference(FILE, "", name, place=fault)
                for name, fault in manifest_faults(manifest, loose, event_digest)
            ]
    differences += _signature_faults(path, loose, notes)
    return Verdict(
        tuple(sorted({one.name for one in exported})), figures, tuple(differences), tuple(notes)
    )


def _with_those_beside(path: Path, exported: list[Exported]) -> list[Exported]:
    stem = path.name.removesuffix(f".{exported[0].format}")
    beside = [
        path.with_name(f"{stem}.{one}") for one in ("json", "trace.json")
        if path.name != f"{stem}.{one}"
    ]  # fmt: skip
    return exported + [one for found in beside if found.is_file() for one in read_export(found)]


def _own_truth(
    stem: str, files: list[Exported], loose: Mapping[str, bytes]
) -> tuple[list[Difference], int]:
    """Every other file of a document against its facts, else its sidecar."""
    by_format = {one.format: one for one in files}
    if "json" in by_format:
        items = identify(content_of(f"{stem}.json", loose[f"{stem}.json"])).items
    elif "trace.json" in by_format:
        items = items_of(loose[f"{stem}.trace.json"])
    else:
        raise InvalidInput(
            f"{stem} has neither its facts (.json) nor its sidecar (.trace.json) beside it.",
            hint="Verify it with the database, or lay them beside it.",
        )
    found = [
        difference
        for one in files
        if one.texts
        for difference in compare_texts(items, {}, one)
    ]
    return found, len(items)


def _signature_faults(
    path: Path, loose: Mapping[str, bytes], notes: list[str]
) -> Iterator[Difference]:
    """Each signature that does not fit: of the files, and of the archive that they lie in."""
    checked = False
    for there in (loose, _beside_archive(path, loose, notes)):
        keys = [data for name, data in there.items() if name.endswith(".pem")]
        for name, data in there.items():
            if not keys or (signature := there.get(f"{name}{SUFFIX}")) is None:
                continue
            checked = True
            if not any(signature_holds(data, signature, key) for key in keys):
                yield Difference(FILE, "", name, place="its signature does not fit the public key")
    if not checked:
        notes.append("No signature was checked: the .sig files or the public key are not here.")


def _beside_archive(
    path: Path, loose: Mapping[str, bytes], notes: list[str]
) -> dict[str, bytes]:
    """An archive with its signature and the public keys beside it; what lacks is noted.

    An archive of signed files needs no signature of its own; the file of a device does.
    """
    signature = path.with_name(path.name + SUFFIX)
    if not is_archive(path) or (INDEX not in loose and not signature.is_file()):
        return {}
    keys = {one.name: one.read_bytes() for one in path.parent.glob("*.pem") if one.is_file()}
    lacking = [] if signature.is_file() else [signature.name]
    lacking += [] if keys else ["the public key (.pem)"]
    if lacking:
        notes.append(f"The signature of {path.name} was not checked: {' and '.join(lacking)} "
                     "must lie beside it.")  # fmt: skip
        return {}
    return keys | {path.name: path.read_bytes(), signature.name: signature.read_bytes()}
