"""What the RIS of a simulated hospital sends over HL7 v2.5.1, message by message in order of time.

Orders, reports as they are written, corrected and withdrawn, patients who turn out to be known
under another number (A40) or get another name (A08); some twice, some late. Everybody named in
them is made up. Reports after IHE RAD (order number, accession number, Study UID in ZDS).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from imaging.sources.cases import Patient, stream, uid
from imaging.sources.clinic_studies import ClinicStudy
from imaging.sources.clinics import ClinicProfile
from imaging.sources.reports import report_of

APPLICATION: Final = "RIS"
"""MSH-3 of every simulated hospital; MSH-4 is ``ClinicProfile.facility``."""
_READERS: Final = ("Winter^Maria", "Okonkwo^Samuel", "Petersen^Lars", "Delacroix^Sophie")
_NEW_NAMES: Final = ("Ahlberg", "Bergamo", "Cervantes", "Dvorak", "Engstrom")
_ESCAPED: Final = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
)
_LATER_HOURS: Final = (4.0, 60.0)  # how late what is late comes, lowest and highest


@dataclass(frozen=True, slots=True)
class RisMessage:
    """A message on its way: when it is sent, its bytes, and for scoring what it is about.

    what: order, preliminary, final, corrected, cancelled, merge or update. again: whether the very
    same bytes were sent before. late: whether it comes after its turn; its own times are right.
    """

    sent_at: datetime
    site: str
    what: str
    study_uid: str
    content: bytes = field(repr=False)
    again: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    """A patient as the RIS tells of them, from one moment on under another number or name."""

    patient: Patient
    number_then: str
    merged_at: datetime | None
    name_then: str
    renamed_at: datetime | None

    def number(self, at: datetime) -> str:
        return self.number_then if self.merged_at and at >= self.merged_at else (
            self.patient.patient_id
        )

    def name(self, at: datetime) -> str:
        return self.name_then if self.renamed_at and at >= self.renamed_at else self.patient.name


class SimulatedRis:
    """The RIS of the simulated hospitals: it knows its patients from one day to the next."""

    def __init__(self) -> None:
        self._people: dict[tuple[str, str], _Told] = {}

    def tell(self, studies: Sequence[ClinicStudy]) -> list[RisMessage]:
        """All that will ever be sent of these studies, in the order in which it is sent.

        studies: not told before, of later days than those told before.
        """
        messages: list[RisMessage] = []
        for study in sorted(studies, key=lambda one: (one.taken_at, one.study_uid)):
            patient = study.case.patient
            key = (study.plan.site, patient.patient_id)
            if key not in self._people:
                self._people[key] = _told(study)
                messages += _patient_messages(self._people[key], study)
            messages += _study_messages(study, self._people[key])
        return sorted(messages, key=in_order)


def clinic_messages(studies: Sequence[ClinicStudy]) -> list[RisMessage]:
    """Everything that the hospitals of these studies send, in the order in which it is sent.

    The same studies give the same bytes.
    """
    return SimulatedRis().tell(studies)


def in_order(message: RisMessage) -> tuple[datetime, bool, bytes]:
    """The key by which messages are sorted: when they are sent, and what was never sent first."""
    return message.sent_at, message.again, message.content


def _told(study: ClinicStudy) -> _Told:
    """What becomes of a patient, who is the same at every visit, after the first one."""
    clinic, patient = study.clinic, study.case.patient
    words = [study.plan.seed, 5, int(patient.patient_id[2:])]
    rng = np.random.default_rng(np.random.SeedSequence(words))
    merged, renamed = rng.random(2)
    days = rng.uniform(0.5, 12.0, 2)
    number = f"{patient.patient_id[:2]}{int(rng.integers(10**9, 10**10))}"
    family = _NEW_NAMES[int(rng.integers(len(_NEW_NAMES)))]
    name = f"{family}^{patient.name.partition('^')[2]}"
    moments = [study.taken_at + timedelta(seconds=int(one * 86_400)) for one in days]
    return _Told(
        patient, number, moments[0] if merged < clinic.merged_share else None,
        name, moments[1] if renamed < clinic.renamed_share else None,
    )


def _patient_messages(told: _Told, study: ClinicStudy) -> Iterator[RisMessage]:
    clinic, site = study.clinic, study.plan.site
    if told.merged_at is not None:
        at = told.merged_at
        mrg = f"MRG|{told.patient.patient_id}^^^{_text(clinic.assigner)}^MR"
        yield from _sent(study, "merge", at, "ADT^A40", [_pid(told, clinic, at), mrg], site=site)
    if told.renamed_at is not None:
        at = told.renamed_at
        yield from _sent(study, "update", at, "ADT^A08", [_pid(told, clinic, at)], site=site)


def _study_messages(study: ClinicStudy, told: _Told) -> Iterator[RisMessage]:
    """The order, and each version of the report at its time."""
    clinic = study.clinic
    rng = stream(study.plan, "report delays")
    spread = np.exp(clinic.delay_spread * rng.standard_normal(3))
    hours = np.array([clinic.preliminary_hours, clinic.final_hours, clinic.corrected_hours])
    moments = [
        study.taken_at + timedelta(seconds=int(3600 * one)) for one in np.cumsum(hours * spread)
    ]
    ordered = study.taken_at - timedelta(hours=1)
    yield from _sent(study, "order", ordered, "ORM^O01", [
        _pid(told, clinic, ordered), f"ORC|NW|P{study.accession}", _obr(study, ordered, ""),
    ])  # fmt: skip
    versions = [("preliminary", "P", moments[0], study.preliminary),
                ("final", "F", moments[1], True),
                ("corrected", "C", moments[2], study.corrected),
                ("cancelled", "X", moments[2], study.cancelled)]  # fmt: skip
    for what, status, at, there in versions:
        if there:
            lines = [_pid(told, clinic, at), "PV1|1|O", f"ORC|RE|P{study.accession}",
                     _obr(study, at, status), *_observations(study, told, what, status, at),
                     f"ZDS|{study.study_uid}^{APPLICATION}^Application^DICOM"]  # fmt: skip
            yield from _sent(study, what, at, "ORU^R01", lines)


def report_lines(study: ClinicStudy, what: str) -> list[str]:
    """The text of a version of the report: preliminary, final, corrected or cancelled."""
    if what == "cancelled":
        return ["Report withdrawn: dictated to the wrong study."]
    finding = study.case.finding if what == "corrected" else study.report_finding
    text = report_of(study.case, finding, hedged=study.hedged and what != "corrected")
    return text.splitlines()


def _observations(
    study: ClinicStudy, told: _Told, what: str, status: str, at: datetime
) -> Iterator[str]:
    lines = report_lines(study, what)
    if stream(study.plan, "names in the report").random() < study.clinic.named_share:
        lines = [*_naming(told, at), *lines, _signature(study, at)]
    for number, line in enumerate(lines, start=1):
        yield (f"OBX|{number}|TX|18748-4^Diagnostic imaging study^LN||{_text(line)}"
               f"||||||{status}|||{_moment(at)}")  # fmt: skip


def _naming(told: _Told, at: datetime) -> list[str]:
    family, given = told.name(at).split("^")[:2]
    born = told.patient.birth_date
    return [f"Patient: {given} {family}, born {born:%d.%m.%Y}, MRN {told.number(at)}"]


def _signature(study: ClinicStudy, at: datetime) -> str:
    family, given = _reader_name(study).split("^")
    return f"Electronically signed by Dr. {given} {family} on {at:%d.%m.%Y} at {at:%H:%M}"


def _reader_name(study: ClinicStudy) -> str:
    return _READERS[(int(study.reader.rpartition("-")[2]) - 1) % len(_READERS)]


def _obr(study: ClinicStudy, at: datetime, status: str) -> str:
    """OBR with what IHE asks for: filler number, times, accession number, status, interpreter."""
    fields = [""] * 33
    fields[0], fields[1], fields[2], fields[3] = "OBR", "1", f"P{study.accession}", study.accession
    fields[4] = "36643-5^XR Chest 2 Views^LN"
    fields[7], fields[18] = _moment(study.taken_at), study.accession
    if status:
        fields[22], fields[25] = _moment(at), status
        family, given = _reader_name(study).split("^")
        fields[32] = f"{study.reader}&{family}&{given}"
    return "|".join(fields).rstrip("|")


def _pid(told: _Told, clinic: ClinicProfile, at: datetime) -> str:
    patient = told.patient
    born = patient.birth_date.strftime("%Y%m%d")
    number = f"{told.number(at)}^^^{_text(clinic.assigner)}^MR"
    return f"PID|1||{number}||{told.name(at)}||{born}|{patient.sex}"


def _sent(
    study: ClinicStudy, what: str, at: datetime, kind: str, segments: Sequence[str], *,
    site: str = "",
) -> Iterator[RisMessage]:  # fmt: skip
    """One message, at its time or late, and perhaps once more."""
    clinic = study.clinic
    rng = stream(study.plan, f"sending {what}")
    duplicate, late = rng.random(2)
    hours, again_hours = rng.uniform(*_LATER_HOURS), rng.uniform(0.01, 30.0)
    control = f"{clinic.facility[:2]}{int(uid(study.plan, f'message {what}')[5:]) % 10**16:016d}"
    msh = (f"MSH|^~\\&|{APPLICATION}|{clinic.facility}|RADVIGIL|RADIOLOGY|{_moment(at)}||{kind}"
           f"|{control}|P|2.5.1||||||UNICODE UTF-8")  # fmt: skip
    event = [f"EVN||{_moment(at)}"] if kind.startswith("ADT") else []
    content = ("\r".join([msh, *event, *segments]) + "\r").encode()
    is_late = bool(late < clinic.late_share)
    first = at + timedelta(seconds=int(3600 * hours)) if is_late else at
    about = "" if site else study.study_uid
    yield RisMessage(first, study.plan.site, what, about, content, late=is_late)
    if duplicate < clinic.duplicate_share:
        second = first + timedelta(seconds=int(3600 * again_hours))
        yield RisMessage(second, study.plan.site, what, about, content, again=True, late=is_late)


def _moment(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


def _text(line: str) -> str:
    """A line with HL7's own signs escaped (ch. 2.7)."""
    return line.translate(_ESCAPED)
