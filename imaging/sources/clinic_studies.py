"""What people do with a simulated study whose device's output they may see: read, answer, verify.

The reader's own finding is that of :func:`imaging.sources.simulator.read_by_people`; with the
output in view the report moves toward it by the declared share (anchoring). Follow-up is at random
given the decision and the report, as declared (:mod:`imaging.sources.clinics`), so it is far more
frequent where something was said, and never depends on the truth itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from imaging.sources.base import SourceRefused, StudyPlan
from imaging.sources.cases import Case, draw_case, stream, uid
from imaging.sources.clinic_products import Output, output_of, product_at
from imaging.sources.clinics import CLINICS, ClinicProfile
from imaging.sources.simulator import read_by_people

HISTOLOGY, FOLLOW_UP = "histology", "follow-up"
REASONS: Final = ("the image is not suitable", "the finding is wrong", "another reason")
"""Why a simulated reader rejects an output, in the words of the page that asks."""


class Response(StrEnum):
    """What a reader made of the device's output."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    REJECTED = "rejected"
    OPENED = "opened without an answer"
    NOT_OPENED = "not opened"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a later examination showed: by which kind, the finding (0 or 1), known on which day."""

    kind: str
    finding: int
    known_on: date


@dataclass(frozen=True, slots=True)
class ClinicStudy:
    """One study, all that the clinic made of it, and what is true.

    device: what the own device said; None where it said nothing. other: what the other maker's
    product said. own_finding: the reader's without any output; report_finding: in the report.
    hedged: whether the report only suspects it. preliminary, corrected, cancelled: which versions
    of the report there are beside the final one. reason: of a rejection.
    """

    case: Case
    taken_at: datetime
    device: Output | None
    other: Output
    reader: str
    own_finding: int
    report_finding: int
    hedged: bool
    preliminary: bool
    corrected: bool
    cancelled: bool
    response: Response
    reason: str
    verification: Verification | None

    @property
    def plan(self) -> StudyPlan:
        """The plan that all of it follows from."""
        return self.case.plan

    @property
    def standing_report(self) -> int | None:
        """The finding of the version that stands in the end; None where it was withdrawn."""
        if self.cancelled:
            return None
        return self.case.finding if self.corrected else self.report_finding

    @property
    def study_uid(self) -> str:
        """The original UID, as the site's own systems know the study."""
        return uid(self.plan, "study")

    @property
    def accession(self) -> str:
        """The accession number, as in the image's header."""
        return f"A{uid(self.plan, 'accession')[-10:]}"

    @property
    def reader_code(self) -> str:
        """The code by which the site names the reader, such as NOR-3."""
        return f"{self.plan.site[:3].upper()}-{self.reader.rpartition('-')[2]}"

    @property
    def answered_at(self) -> datetime:
        """When the reader answers the output, if at all: within three hours of the image."""
        seconds = int(stream(self.plan, "answer").integers(300, 10_800))
        return self.taken_at + timedelta(seconds=seconds)

    @property
    def clinic(self) -> ClinicProfile:
        """What is declared of its site."""
        return CLINICS[self.plan.site]


def draw_clinic_studies(
    plans: Sequence[StudyPlan], device: Mapping[str, Output]
) -> list[ClinicStudy]:
    """What became of each planned study, in the order given; defective files are left out.

    device: what the own device said, by original Study UID; a study that is not there had no
    output, so nobody could open one.

    Raises SourceRefused for a site of which no clinic is declared.
    """
    return [
        draw_clinic_study(draw_case(plan), device.get(uid(plan, "study")))
        for plan in plans if plan.defect is None
    ]


def draw_clinic_study(case: Case, device: Output | None) -> ClinicStudy:
    """What became of one study; the same for the same plan and the same output.

    Raises SourceRefused for a site of which no clinic is declared.
    """
    plan = case.plan
    clinic = CLINICS.get(plan.site)
    if clinic is None:
        raise SourceRefused(
            f"no clinic is declared for the site {plan.site!r}", where="clinic studies",
            hint=f"Declared: {', '.join(CLINICS)}",
        )  # fmt: skip
    reading = read_by_people(case)[1]
    rng = stream(plan, "clinic")
    # Every number is drawn whatever happened, so that another output changes no other choice.
    unopened, anchored, answered, rejected, hedged, reason = rng.random(6)
    preliminary, corrected, cancelled = rng.random(3)
    opened = device is not None and unopened >= clinic.unopened_share
    report = reading.finding
    if opened and device is not None and device.decision != report:
        report = device.decision if anchored < clinic.anchoring_share else report
    response = Response.NOT_OPENED
    if opened and device is not None:
        response = _response(
            device.decision == report, answered < clinic.answered_share,
            rejected < clinic.rejected_share,
        )
    said = REASONS[int(reason * len(REASONS))] if response is Response.REJECTED else ""
    return ClinicStudy(
        case=case, taken_at=taken_at(case), device=device, other=output_of(case, product_at(plan)),
        reader=reading.reader, own_finding=reading.finding, report_finding=report,
        hedged=bool(report and hedged < clinic.hedged_share),
        preliminary=bool(preliminary < clinic.preliminary_share),
        corrected=bool(corrected < clinic.corrected_share),
        cancelled=bool(
            corrected >= clinic.corrected_share and cancelled < clinic.cancelled_share
        ),
        response=response, reason=said,
        verification=_verified(case, clinic, device.decision if device else 0, report),
    )


def _response(agrees: bool, answers: bool, rejects: bool) -> Response:
    if not answers:
        return Response.OPENED
    if agrees:
        return Response.ACCEPTED
    return Response.REJECTED if rejects else Response.CHANGED


def _verified(
    case: Case, clinic: ClinicProfile, decision: int, report: int
) -> Verification | None:
    rng = stream(case.plan, "follow-up")
    followed, kind, when = rng.random(3)
    if followed >= clinic.followed_share[decision, report]:
        return None
    lowest, highest = clinic.followed_days
    days = lowest + int(when * (highest - lowest + 1))
    return Verification(
        HISTOLOGY if kind < clinic.histology_share else FOLLOW_UP, case.finding,
        case.plan.day + timedelta(days=days),
    )


def taken_at(case: Case) -> datetime:
    """When the image was made, as its header says; UTC."""
    minutes = int(stream(case.plan, "time").integers(7 * 60, 20 * 60))
    day = case.plan.day
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
