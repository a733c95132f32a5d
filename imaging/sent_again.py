"""Images that a hospital sends again after it corrected them: whose they are, and what they say.

An archive that merges patients or corrects a study sends the same images under the same
identifiers with other names. That is a correction where the picture is the same, and a conflict
where it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlmodel import Session, col, select

from imaging.identity import Identity, IdentityStore
from imaging.pixels import parse_file
from imaging.reception import Received
from records.cases import Instance, Study
from records.product import Site
from records.study_corrections import (
    Corrected,
    Merges,
    heard_before,
    last_word,
    left_by_a_person,
)  # fmt: skip
from records.vault import Vault

_OF_PATIENT: Final = frozenset(("PatientName", "PatientBirthDate", "IssuerOfPatientID"))
_OF_STUDY: Final = frozenset(
    ("AccessionNumber", "StudyID", "ReferringPhysicianName", "StudyDate", "StudyTime")
)
_OF_PERSON: Final = frozenset(("PatientAge", "PatientSex"))


@dataclass
class SentAgain:
    """What is the same picture as one that is stored, and what its sender corrects with it."""

    same: set[str] = field(default_factory=set)
    """Digests of the arrived bytes that are no conflict."""
    corrected: list[Corrected] = field(default_factory=list)
    revised: list[Identity] = field(default_factory=list)
    """What the mapping is to say from now on."""


def sent_again(
    reader: Session, vault: Vault, mapping: IdentityStore, received: Sequence[Received], site: str
) -> SentAgain:
    """Of the files that came, those whose image is stored under the same identifier already.

    received: in the order of their arrival, their bytes kept in the vault; the last one to say
    something counts. Each file says it once: arrivals that are taken in again change nothing.
    site: only the hospital that a study came from may correct it; what another one sends under the
    same identifiers is a conflict.

    Raises:
        IntegrityBroken: A stored image, or the mapping, is missing or altered.
    """
    found = SentAgain()
    stored = _stored(reader, received, site)
    merges = Merges(reader)
    heard = heard_before(reader, [one.source_digest for one in received])
    said = mapping.known(
        {who.pseudonym for one in received if one.header.instance_uid in stored
         for who in one.identities}
    )  # fmt: skip
    whose: dict[int, str] = {}
    for one in received:
        image, study = stored.get(one.header.instance_uid, (None, None))
        if image is None or study is None or study.study_uid != one.header.study_uid:
            continue
        if one.source_digest in heard:
            found.same.add(one.source_digest)
            found.revised += _said_last(reader, study, one, merges)
            continue
        heard.add(one.source_digest)
        if image.source_digest == one.source_digest:
            continue
        others = [] if image.digest == one.digest else _other_than(
            vault.fetch(image.digest, of=image.label),
            vault.fetch(one.digest, of="an image sent again"), one.header.patient_id,
        )  # fmt: skip
        assert study.id is not None
        patient = merges.current(one.header.patient_id)
        left = patient in left_by_a_person(reader, study.id)
        if others is None or (left and image.digest != one.digest):
            continue  # another image, or a person has said that it is of another patient
        found.same.add(one.source_digest)
        revised = _revised(said, one, of_patient=not left)
        if left:
            patient = whose.get(study.id, study.patient)
        elif patient != whose.get(study.id, study.patient):
            others = [*others, "PatientID"]
        whose[study.id] = patient
        found.revised += [identity for identity, _ in revised]
        found.corrected.append(Corrected(
            study.id, patient, tuple(sorted({*others, *(name for _, names in revised
                                                        for name in names)})),
            one.header.age_years, one.header.sex or "", one.source_digest,
        ))  # fmt: skip
    return found


def _said_last(
    reader: Session, study: Study, one: Received, merges: Merges
) -> list[Identity]:
    """What this file says and nothing after it: a kill may have come before the mapping knew it."""
    assert study.id is not None
    last = {"study": last_word(reader, study_id=study.id)}
    if merges.current(one.header.patient_id) not in left_by_a_person(reader, study.id):
        last["patient"] = last_word(reader, patient=study.patient)
    return [who for who in one.identities if last.get(who.kind) == one.source_digest]


def _stored(
    reader: Session, received: Sequence[Received], site: str
) -> dict[str, tuple[Instance, Study]]:
    query = (
        select(Instance, Study)
        .join(Study, col(Study.id) == col(Instance.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .where(
            col(Instance.instance_uid).in_([one.header.instance_uid for one in received]),
            col(Site.name) == site,
        )
    )
    return {image.instance_uid: (image, study) for image, study in reader.exec(query)}


def _other_than(stored: bytes, sent: bytes, patient: str) -> list[str] | None:
    """Which facts of the person differ from the stored image; None where the image itself does.

    Under another patient only the pixels are compared: days are moved by another amount.
    """
    before, after = parse_file(stored), parse_file(sent)
    if before.get("PixelData") != after.get("PixelData"):
        return None
    if str(before.PatientID) != patient:
        return []
    others = sorted(_differing(before, after))
    return others if set(others) <= _OF_PERSON else None


def _differing(before: Any, after: Any) -> set[str]:
    """The attributes of which the two say different things; absent and empty say the same."""
    found = set()
    for number in {*before.keys(), *after.keys()}:
        some = [dataset[number] for dataset in (before, after) if number in dataset]
        same = some[0] == some[1] if len(some) == 2 else some[0].is_empty
        if not same:
            found.add(str(some[0].keyword or number))
    return found


def _revised(
    said: dict[str, dict[str, str]], one: Received, *, of_patient: bool
) -> list[tuple[Identity, list[str]]]:
    """What is said otherwise than before, and is from now on; what came empty is not told.

    of_patient: whether the study is still of the patient whom the file names.
    """
    revised = []
    telling = {"study": _OF_STUDY} | ({"patient": _OF_PATIENT} if of_patient else {})
    for identity in one.identities:
        wanted = telling.get(identity.kind, frozenset())
        before = said.get(identity.pseudonym, {})
        others = [
            name for name, value in identity.original
            if name in wanted and value and before
            and plain_value(value) != plain_value(before.get(name, ""))
        ]
        if others:
            told = {name: value for name, value in identity.original if value}
            said[identity.pseudonym] = before | told
            revised.append((identity, others))
    return revised


def plain_value(value: str) -> str:
    """A value without what systems add and leave out at will: empty parts of a name."""
    return value.rstrip("^=").strip()
