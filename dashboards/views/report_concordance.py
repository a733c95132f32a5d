"""What radiologists' reports say beside the device, for quality teams: agreement, no accuracy."""

from collections.abc import Sequence

import streamlit as st
from sqlmodel import col, select

from dashboards import look
from dashboards.desk import Desk
from imaging.reports.waiting import waiting_reports
from measures.estimate import Estimate
from monitoring.concordance import Concordance, concordance_of
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.queries import running_deployments
from records.report_list import newest_reports

SHOWN = 50


def show_concordance(desk: Desk) -> None:
    """Agreement of the version that runs with the reports, by site and reader; the newest ones."""
    look.section(
        "Device and report",
        "Agreement, no accuracy: a report is no truth, and who wrote it may have seen the output. "
        "Reports that are uncertain or do not mention the finding are left out, and counted.",
    )
    versions = _running(desk)
    if not versions:
        look.quiet("No version of a device runs.")
        return
    name = st.selectbox("Version", list(versions), key="concordance-version")
    version, finding = versions[name]
    found = concordance_of(desk.reader, version, finding=finding)
    if not any(one.studies for one in found):
        look.quiet("The version has read no study in operation yet.")
    else:
        _compared(found)
    look.section("Newest reports", "What was read from them; texts lie in controlled storage.")
    rows = newest_reports(desk.reader, SHOWN)
    look.table(
        ["Report", "Study", "Site", "Came by", "Status", "Version", "Says", "Reader", "Reported"],
        [[look.Number(row["report"]), *list(row.values())[1:]] for row in rows],
        empty="No report was taken in: 'radvigil report receive' or 'radvigil hl7 run'.",
    )
    if desk.store.workspace.messages.is_file():
        waiting = sum(waiting_reports(desk.store).counts().values())
        if waiting:
            look.quiet(f"{waiting} more wait for their study.")


def _running(desk: Desk) -> dict[str, tuple[ModelVersion, str]]:
    """The versions that run, by name, each with its device's finding."""
    found = {}
    newest: dict[str, Device] = {}
    for device in desk.reader.exec(select(Device).order_by(col(Device.revision))):
        newest[device.name] = device
    for device in newest.values():
        for one in running_deployments(desk.reader, device):
            version = desk.reader.get_one(ModelVersion, one.model_version_id)
            finding = definition_of(device).task.finding
            found[f"{version.name} ({version.label})"] = (version, finding)
    return found


def _compared(found: Sequence[Concordance]) -> None:
    """How many studies, then how far they agree: in two tables, since one is too wide to read."""
    look.table(
        ["Studies", "Read by the device", "With a final report", "Report left out",
         "Device alone: present", "Report alone: present", "Not opened"],
        [
            [one.group, one.studies, one.reported, one.uncertain, one.device_only,
             one.report_only, one.not_opened]
            for one in found
        ],
        empty="",
    )  # fmt: skip
    look.quiet(
        "Not opened: the reader's link to the result expired unused. Positive agreement: of "
        "studies that the report calls positive, the share that the device flags; negative "
        "likewise. Kappa: agreement beyond chance, 1 at most."
    )
    compared = [one for one in found if one.reported]
    look.table(
        ["Studies", "Agreement", "Positive agreement", "Negative agreement", "Kappa"],
        [[one.group, *(_figure(each) for each in one.estimates)] for one in compared],
        empty="No study that the version read has a final report yet.",
    )


def _figure(one: Estimate) -> look.Cell:
    words = look.estimate(
        one.value, one.low, one.high, n=one.n, level=one.level, reason=one.reason
    )
    if not one.estimable:
        return look.Long(words)
    figure, _, interval = words.partition(" (")
    whole = interval.removesuffix(")").replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    return look.Mark(figure, small=whole)
