"""The reading worklist as DICOM tells it: one item a study that waits, in the order of reading.

As Unified Procedure Steps (PS3.4 CC.2.5, the UPS Query SOP class, of which C-FIND is all) and, for
systems that know only the older service, as items of a Modality Worklist (PS3.4 K.6) whose step
makes a report: its modality is SR, so that no scanner's console that asks for its own modality
gets it. Priority is HIGH for what is moved up and what has waited the longest wait, MEDIUM for all
others: nothing is ever LOW, because nothing is moved down. Sorted by priority and then by start
time, the list stands in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydicom.dataset import Dataset

from imaging.node.negotiation import MODALITY_WORKLIST, UPS_QUERY
from imaging.results.naming import result_uid

UPS: Final = "1.2.840.10008.5.1.4.34.6.1"
"""Unified Procedure Step - Push: the SOP class of every instance, whichever class asks."""
LABEL: Final = "READING"
HIGH, MEDIUM = "HIGH", "MEDIUM"
_EMPTY_SEQUENCES: Final = (
    "ScheduledProcessingParametersSequence", "ScheduledStationNameCodeSequence",
    "ScheduledStationClassCodeSequence", "ScheduledStationGeographicLocationCodeSequence",
    "ScheduledHumanPerformersSequence", "ScheduledWorkitemCodeSequence",
    "InputInformationSequence", "IssuerOfPatientIDQualifiersSequence",
    "OtherPatientIDsSequence", "IssuerOfAdmissionIDSequence",
)  # fmt: skip
_PERSON: Final = ("PatientName", "PatientID", "PatientBirthDate")


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """A study that waits to be read, as its hospital knows it.

    person: PatientName, PatientID, PatientBirthDate; request: StudyInstanceUID, AccessionNumber,
    StudyID, ReferringPhysicianName; either lacks what its study lacked. why: why it stands here.
    """

    study: str
    high: bool
    arrived_at: datetime
    what: str
    why: str
    sex: str
    person: dict[str, str] = field(repr=False)
    request: dict[str, str] = field(repr=False)


def items_for(sop_class: str, waiting: Sequence[WaitingItem]) -> list[Dataset]:
    """The items as this service tells them, in the same order.

    Raises KeyError for a service that is none of a worklist.
    """
    told = {UPS_QUERY: _procedure_step, MODALITY_WORKLIST: _scheduled_step}[sop_class]
    return [told(one) for one in waiting]


def _procedure_step(one: WaitingItem) -> Dataset:
    """A Unified Procedure Step in the state SCHEDULED (PS3.4 Table CC.2.5-3)."""
    at = one.arrived_at.strftime("%Y%m%d%H%M%S+0000")
    found = _of_patient(one)
    found.SOPClassUID, found.SOPInstanceUID = UPS, _step_uid(one)
    found.ScheduledProcedureStepPriority = HIGH if one.high else MEDIUM
    found.ScheduledProcedureStepModificationDateTime = at
    found.ScheduledProcedureStepStartDateTime = at
    found.ProcedureStepLabel, found.WorklistLabel = one.what[:64], LABEL
    found.CommentsOnTheScheduledProcedureStep = one.why
    found.InputReadinessState, found.ProcedureStepState = "READY", "SCHEDULED"
    found.StudyInstanceUID = one.request.get("StudyInstanceUID", "")
    found.AdmissionID = ""
    for name in _EMPTY_SEQUENCES:
        setattr(found, name, [])
    asked = Dataset()
    for name in ("StudyInstanceUID", "AccessionNumber", "ReferringPhysicianName"):
        setattr(asked, name, one.request.get(name, ""))
    asked.IssuerOfAccessionNumberSequence, asked.RequestedProcedureCodeSequence = [], []
    asked.RequestedProcedureID = one.request.get("StudyID", "")
    asked.RequestedProcedureDescription = one.what[:64]
    asked.RequestingService = asked.RequestingPhysician = ""
    found.ReferencedRequestSequence = [asked]
    return found


def _scheduled_step(one: WaitingItem) -> Dataset:
    """An item of a Modality Worklist whose step is to read the study (PS3.4 Table K.6-1)."""
    found, step = _of_patient(one), Dataset()
    step.ScheduledStationAETitle = LABEL
    step.ScheduledStationName = step.ScheduledProcedureStepLocation = ""
    step.ScheduledProcedureStepStartDate = one.arrived_at.strftime("%Y%m%d")
    step.ScheduledProcedureStepStartTime = one.arrived_at.strftime("%H%M%S")
    step.Modality, step.ScheduledPerformingPhysicianName = "SR", ""
    step.ScheduledProcedureStepDescription = one.what[:64]
    step.ScheduledProcedureStepID, step.ScheduledProcedureStepStatus = one.study, "SCHEDULED"
    step.ScheduledProtocolCodeSequence = []
    step.CommentsOnTheScheduledProcedureStep = one.why
    found.ScheduledProcedureStepSequence = [step]
    for name in ("StudyInstanceUID", "AccessionNumber", "ReferringPhysicianName"):
        setattr(found, name, one.request.get(name, ""))
    found.RequestedProcedureID = one.request.get("StudyID", "") or one.study
    found.RequestedProcedureDescription = one.what[:64]
    found.RequestedProcedurePriority = HIGH if one.high else MEDIUM
    found.RequestedProcedureCodeSequence, found.ReferencedStudySequence = [], []
    for name in (
        "RequestingPhysician", "AdmissionID", "CurrentPatientLocation", "PatientWeight",
        "PatientState", "PregnancyStatus", "MedicalAlerts", "Allergies", "SpecialNeeds",
        "ConfidentialityConstraintOnPatientDataDescription", "PatientTransportArrangements",
    ):  # fmt: skip
        setattr(found, name, None if name in ("PatientWeight", "PregnancyStatus") else "")
    found.ReferencedPatientSequence = []
    return found


def _of_patient(one: WaitingItem) -> Any:
    found = Dataset()
    for name in _PERSON:
        setattr(found, name, one.person.get(name, ""))
    found.PatientSex, found.IssuerOfPatientID = one.sex, ""
    return found


def _step_uid(one: WaitingItem) -> str:
    """The same study is the same step, however often it is asked for."""
    return result_uid("worklist", one.request.get("StudyInstanceUID", ""))
