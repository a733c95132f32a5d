"""Adjudication: clinicians work through the blinded queue; others see what came of it."""

import streamlit as st
from sqlmodel import col, select

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from journeys.adjudicate import BlindedCase, newest_adjudicated, open_next_case
from records.adjudication import AdjudicationCase, AdjudicationSample
from records.adjudication_queue import LONGEST_COMMENT, read_case
from records.held_definition import definition_of
from records.permissions import Action
from records.product import Device, ModelVersion
from records.queries import find_device, results_of
from records.surveillance import Evaluation


def show(desk: Desk) -> None:
    """The queue for who may read it; the estimates for everybody else."""
    look.title(
        "Adjudication",
        "Two clinicians read each drawn study without the device's answer; a third where they "
        "disagree.",
    )
    names = sorted(set(desk.reader.exec(select(Device.name))))
    if not names:
        look.quiet("No device is defined here yet.")
        return
    name = names[0] if len(names) == 1 else st.selectbox("Device", names, key="adjudication-of")
    device = find_device(desk.reader, str(name))
    if desk.may(Action.ADJUDICATE):
        _queue(desk, device)
        return
    _samples(desk, device)
    _estimates(desk, device)


def _queue(desk: Desk, device: Device) -> None:
    found = open_next_case(desk.store, desk.reader, device, desk.person)
    if found is None:
        look.quiet("Nothing waits for you.")
        return
    look.section(found.question, found.definition)
    picture, form = st.columns([3, 2])
    with picture:
        for at, one in enumerate(found.pictures, start=1):
            st.image(one, caption=f"{found.label}, image {at}", width="stretch")
        for words in found.withheld:
            look.notice(f"Not shown: {words}.", "waiting")
    with form:
        look.facts([("case", look.Number(found.label)), *found.facts])
        _answer(desk, device, found)
        look.quiet(f"{found.waiting} wait for you, this one among them.")


def _answer(desk: Desk, device: Device, found: BlindedCase) -> None:
    with st.form(f"adjudicate-{found.label}", clear_on_submit=True):
        answer = st.radio("Your answer", found.answers, index=None, key=f"answer-{found.label}")
        comment = st.text_area(
            "Comment, without names", key=f"comment-{found.label}", max_chars=LONGEST_COMMENT
        )
        pressed = st.form_submit_button("Record and go on", key=f"record-{found.label}")
    if pressed and answer is None:
        st.error("Nothing was recorded: choose an answer.")
    elif pressed:
        act(lambda: _record(desk, device, found, str(answer), comment))


def _record(desk: Desk, device: Device, found: BlindedCase, answer: str, comment: str) -> str:
    case = desk.reader.get_one(AdjudicationCase, found.number)
    with desk.act_on(case, "adjudication", "blinded reading") as (tx, person, now):
        read_case(
            tx, tx.get_one(AdjudicationCase, found.number), answer,
            task=definition_of(device).task, by=person, comment=comment, now=now,
        )
    return f"Your answer to {found.label} is recorded."


def _samples(desk: Desk, device: Device) -> None:
    look.section("What was drawn", "Strata and probabilities are on record before anybody reads.")
    query = (
        select(AdjudicationSample).join(Device, col(Device.id) == AdjudicationSample.device_id)
        .where(Device.name == device.name).order_by(col(AdjudicationSample.id).desc())
    )
    look.table(
        ["Sample", "Kind", "Days", "Studies", "Drawn", "Least likely", "Seed", "Drawn by"],
        [_sample_row(one) for one in desk.reader.exec(query)],
        empty="Nothing was drawn: 'radvigil adjudication draw' draws.",
    )


def _sample_row(one: AdjudicationSample) -> list[look.Cell]:
    parts = one.design[1:]
    least = min((float(part["probability"]) for part in parts), default=None)
    return [
        look.Number(one.label), one.kind, look.span(one.since, one.until),
        sum(int(part["studies"]) for part in parts), sum(int(part["drawn"]) for part in parts),
        None if least is None else f"{100 * least:.1f} %", str(one.seed), one.drawn_by,
    ]  # fmt: skip


def _estimates(desk: Desk, device: Device) -> None:
    look.section(
        "Performance by adjudicated truth",
        "Plain and corrected figures stand beside the weighted ones to show what they would say.",
    )
    query = (
        select(Evaluation).join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name, Evaluation.purpose == "adjudication")
        .order_by(col(Evaluation.id).desc())
    )
    newest = desk.reader.exec(query).first()
    found = newest and newest_adjudicated(
        desk.reader, desk.reader.get_one(ModelVersion, newest.model_version_id)
    )
    if not found:
        look.quiet("No estimate is on record: 'radvigil adjudication evaluate' makes one.")
        return
    counts = found.figures
    look.tiles([
        ("could be drawn", counts["could_be_drawn"], "studies", "plain"),
        ("settled", counts["settled"], f"of {counts['drawn']} drawn", "good"),
        ("waiting", counts["waiting"], "for readers", "waiting"),
        ("cannot be told", counts["cannot_be_told"], "not estimable", "unknown"),
    ])  # fmt: skip
    look.table(
        ["Where and how", "Measure", "Estimate"],
        [
            [one.subgroup, look.plain_name(one.measure),
             look.estimate(one.value, one.low, one.high, n=one.n, level=one.level,
                           reason=one.reason)]
            for one in results_of(desk.reader, found)
        ],
        empty="", wide="Estimate",
    )  # fmt: skip
