"""What a simulated clinic sends back: as often as declared, the same again, and by no own rule."""

import io
import re
from collections import Counter
from dataclasses import replace

import pytest
from pydicom import dcmread

from imaging.reports.findings import Said, report_findings
from imaging.ris.facts import Purpose, read_facts
from imaging.ris.message import read_header, read_segments
from imaging.sources.base import SourceRefused
from imaging.sources.cases import draw_case, uid
from imaging.sources.clinic_messages import RisMessage, clinic_messages, report_lines
from imaging.sources.clinic_products import (
    OTHER_MAKER,
    OTHER_MAKER_CHANGE,
    OWN_DEVICE,
    SimulatedProduct,
    output_of,
    product_at,
)
from imaging.sources.clinic_results import result_at, result_sr, results_csv
from imaging.sources.clinic_studies import (
    ClinicStudy,
    Response,
    draw_clinic_studies,
    draw_clinic_study,
)
from imaging.sources.clinic_truth import full_truth_csv, write_full_truth
from imaging.sources.clinics import CLINICS
from imaging.sources.simulator import operation_day_plan, read_by_people
from measures.proportions import wilson

SITE, DAYS, EACH, TOLD = "westhaven", 9, 60, 100


def drawn(seed: int, site: str = SITE, days: int = DAYS, each: int = EACH) -> list[ClinicStudy]:
    found = []
    for day in range(days):
        for plan in operation_day_plan(seed, site, day, each, False):
            if plan.defect is None:
                case = draw_case(plan)
                found.append(draw_clinic_study(case, output_of(case, OWN_DEVICE)))
    return found


@pytest.fixture(scope="module")
def studies() -> list[ClinicStudy]:
    return drawn(11)


@pytest.fixture(scope="module")
def messages(studies: list[ClinicStudy]) -> list[RisMessage]:
    return clinic_messages(studies[:TOLD])


def near(share: float, hits: int, of: int) -> bool:
    """Whether so many hits are what this share gives, in a 99.9 % interval of the count."""
    assert of >= 20
    found = wilson("share", hits, of, level=0.999)
    return found.low is not None and found.high is not None and found.low <= share <= found.high


@pytest.mark.parametrize("product", [OWN_DEVICE, OTHER_MAKER, OTHER_MAKER_CHANGE.product])
def test_a_product_has_its_declared_accuracy(
    studies: list[ClinicStudy], product: SimulatedProduct
) -> None:
    require_accuracy(studies, product)


def require_accuracy(studies: list[ClinicStudy], product: SimulatedProduct) -> None:
    """Its shares among the diseased and the healthy are the declared ones."""
    for finding, share in ((1, product.sensitivity), (0, product.specificity)):
        said = [output_of(one.case, product).decision == finding
                for one in studies if one.case.finding == finding]  # fmt: skip
        assert near(share, sum(said), len(said))


def test_readers_do_with_the_output_what_is_declared(studies: list[ClinicStudy]) -> None:
    require_responses(studies)


def require_responses(studies: list[ClinicStudy]) -> None:
    """Opened, anchored, answered and rejected as often as the one site of these declares."""
    clinic = CLINICS[studies[0].plan.site]
    unopened = [one for one in studies if one.response is Response.NOT_OPENED]
    assert near(clinic.unopened_share, len(unopened), len(studies))
    assert all(one.report_finding == one.own_finding for one in unopened)
    opened = [one for one in studies if one.response is not Response.NOT_OPENED]
    torn = [one for one in opened if one.own_finding != _decision(one)]
    moved = [one for one in torn if one.report_finding == _decision(one)]
    assert near(clinic.anchoring_share, len(moved), len(torn))
    agreed = [one for one in opened if one.own_finding == _decision(one)]
    assert all(one.report_finding == one.own_finding for one in agreed)
    silent = sum(one.response is Response.OPENED for one in opened)
    assert near(1 - clinic.answered_share, silent, len(opened))
    said = Counter(one.response for one in opened if one.report_finding != _decision(one))
    against = said[Response.REJECTED] + said[Response.CHANGED]
    assert near(clinic.rejected_share, said[Response.REJECTED], against)
    assert said[Response.ACCEPTED] == 0
    assert all((one.response is Response.REJECTED) == bool(one.reason) for one in studies)


def _decision(study: ClinicStudy) -> int:
    assert study.device is not None
    return study.device.decision


def test_follow_up_is_as_declared_by_decision_and_report_and_knows_nothing_of_the_truth(
    studies: list[ClinicStudy],
) -> None:
    require_follow_up(studies)


def require_follow_up(studies: list[ClinicStudy]) -> None:
    """Followed up as often as declared in every cell, whatever is true; days as declared."""
    clinic = CLINICS[studies[0].plan.site]
    for cell, share in clinic.followed_share.items():
        here = [one for one in studies if (_decision(one), one.report_finding) == cell]
        for sick in (0, 1):
            part = [one for one in here if one.case.finding == sick]
            if len(part) >= 20:
                assert near(share, sum(one.verification is not None for one in part), len(part))
    known = [one for one in studies if one.verification is not None]
    lowest, highest = clinic.followed_days
    assert all(one.verification.finding == one.case.finding for one in known if one.verification)
    waited = {(one.verification.known_on - one.plan.day).days for one in known if one.verification}
    assert min(waited) == lowest and max(waited) == highest
    naive = [_decision(one) for one in known if not one.case.finding]
    assert 1 - sum(naive) / len(naive) < OWN_DEVICE.specificity - 0.2


def test_another_output_changes_no_other_choice(studies: list[ClinicStudy]) -> None:
    for one in studies[:60]:
        without = draw_clinic_study(one.case, None)
        assert without.response is Response.NOT_OPENED
        assert without.report_finding == without.own_finding == one.own_finding
        assert without.own_finding == read_by_people(one.case)[1].finding
        assert (without.other, without.corrected) == (one.other, one.corrected)


def test_one_site_changes_the_version_on_its_day_and_no_other() -> None:
    for site in CLINICS:
        for day in (OTHER_MAKER_CHANGE.day_index - 1, OTHER_MAKER_CHANGE.day_index):
            plan = operation_day_plan(3, site, day, 1, False)[0]
            changed = site == OTHER_MAKER_CHANGE.site and day == OTHER_MAKER_CHANGE.day_index
            assert (product_at(plan).version == "2.2.0") is changed


def test_the_same_seed_gives_the_same_bytes_and_another_nothing_of_it(
    studies: list[ClinicStudy], messages: list[RisMessage]
) -> None:
    again, other = drawn(11, days=1), drawn(12, days=1)
    mine = studies[: len(again)]
    assert again == mine
    assert clinic_messages(again) == clinic_messages(mine)
    assert results_csv(again) == results_csv(mine)
    assert full_truth_csv(again) == full_truth_csv(mine)
    theirs = clinic_messages(other)
    assert not {one.content for one in messages} & {one.content for one in theirs}
    assert not {_control(one) for one in messages} & {_control(one) for one in theirs}
    assert not {one.study_uid for one in studies} & {one.study_uid for one in other}


def _control(message: RisMessage) -> str:
    return read_header(message.content).control_id


def test_messages_are_read_by_the_product_and_come_in_order_of_time(
    studies: list[ClinicStudy], messages: list[RisMessage]
) -> None:
    assert [one.sent_at for one in messages] == sorted(one.sent_at for one in messages)
    for one in messages:
        facts = read_facts(read_header(one.content), one.content)
        wanted = {"merge": Purpose.MERGE, "update": Purpose.UPDATE, "order": Purpose.ORDER}
        assert facts.purpose is wanted.get(one.what, Purpose.RESULT)
    told = Counter(one.what for one in messages if not one.again)
    assert told["final"] == told["order"] == TOLD
    for what in ("preliminary", "corrected", "cancelled"):
        assert told[what] == sum(getattr(one, what) for one in studies[:TOLD])
    clinic = CLINICS[SITE]
    first = [one for one in messages if not one.again]
    assert near(clinic.duplicate_share, len(messages) - len(first), len(first))
    assert near(clinic.late_share, sum(one.late for one in first), len(first))
    contents = {one.content for one in first}
    assert all(one.content in contents for one in messages if one.again)
    assert told["merge"] + told["update"] > 0


def test_a_report_says_what_the_reader_found_of_its_study(
    studies: list[ClinicStudy], messages: list[RisMessage]
) -> None:
    known, named = {one.study_uid: one for one in studies}, 0
    for one in messages:
        if one.what not in ("preliminary", "final", "corrected") or one.again:
            continue
        segments = read_segments(one.content)
        study = known[one.study_uid]
        assert [each.text(1) for each in segments if each.name == "ZDS"] == [study.study_uid]
        (obr,) = [each for each in segments if each.name == "OBR"]
        status = {"preliminary": "P", "final": "F", "corrected": "C"}[one.what]
        assert (obr.text(3), obr.text(18), obr.text(25)) == (
            study.accession, study.accession, status
        )
        text = "\n".join(each.text(5) for each in segments if each.name == "OBX")
        named += text.startswith("Patient: ")
        finding = study.case.finding if one.what == "corrected" else study.report_finding
        hedged = study.hedged and one.what != "corrected" and finding
        said = Said.UNCERTAIN if hedged else Said.PRESENT if finding else Said.ABSENT
        assert report_findings(text)["pneumonia"] is said
    assert named > 0
    assert report_lines(studies[0], "cancelled") == [
        "Report withdrawn: dictated to the wrong study."
    ]


def test_a_merged_patient_is_called_by_the_new_number_from_then_on(
    messages: list[RisMessage],
) -> None:
    moved = [one for one in messages if one.what == "merge" and not one.again]
    for one in moved:
        (merge,) = read_facts(read_header(one.content), one.content).merges
        for other in messages:
            said = re.search(rb"\rPID\|1\|\|([A-Z]{2}\d+)", other.content)
            assert said is not None
            before = read_header(other.content).sent_at < read_header(one.content).sent_at
            assert said[1].decode() != (merge.surviving if before else merge.prior).number


def test_the_other_makers_report_is_dicom_in_its_own_dialect(studies: list[ClinicStudy]) -> None:
    study = studies[0]
    report = dcmread(io.BytesIO(result_sr(study)))
    assert result_sr(study) == result_sr(study)
    assert report.StudyInstanceUID == study.study_uid
    assert report.AccessionNumber == study.accession
    text = str(report)
    assert "Example Imaging AI" in text and "99EXAI" in text
    assert report.SoftwareVersions == study.other.version
    assert f"'{round(100 * study.other.score, 2):g}'" in text
    assert report.ContentTime == result_at(study).strftime("%H%M%S")
    lines = results_csv([study]).decode().splitlines()
    assert lines[1].split(",")[0] == study.study_uid
    assert f"{100 * study.other.score:.2f}" in lines[1]


def test_the_full_truth_is_a_file_of_its_own(studies: list[ClinicStudy], tmp_path: object) -> None:
    path = write_full_truth(studies[:40], tmp_path)  # type: ignore[arg-type]
    assert [one.name for one in path.parent.iterdir()] == ["full-truth.csv"]
    rows = path.read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [one.study_uid for one in studies[:40]]
    assert [row.split(",")[3] for row in rows] == [str(one.case.finding) for one in studies[:40]]


def test_what_is_not_declared_is_refused() -> None:
    plans = operation_day_plan(3, "southmere", 0, 1, False)
    with pytest.raises(SourceRefused, match="southmere"):
        draw_clinic_studies(plans, {})
    with pytest.raises(SourceRefused, match="sensitivity"):
        SimulatedProduct("a", "b", "1", sensitivity=1.0, specificity=0.5)


def test_files_that_are_no_image_come_from_no_clinic() -> None:
    from imaging.sources.base import Defect

    plans = operation_day_plan(3, "northfield", 0, 2, False)
    broken = [plans[0], replace(plans[1], defect=Defect.TRUNCATED)]
    assert [uid(one.plan, "study") for one in draw_clinic_studies(broken, {})] == [
        uid(plans[0], "study")
    ]
