"""Adjudication: clinicians work through the blinded queue; others see what came of it."""

from collections.abc import Sequence

import streamlit as st
from sqlmodel import col, select

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from journeys.adjudicate import BlindedCase, newest_adjudicated, open_next_case
from monitoring.adjudicated import TWO_READERS
from records.adjudication import (
    ARBITER,
    FIRST,
    SECOND,
    AdjudicationCase,
    AdjudicationSample,
)  # fmt: skip
from records.adjudication_queue import LONGEST_COMMENT, own_readings, queue_of, read_case
from records.held_definition import definition_of
from records.permissions import Action
from records.product import Device, ModelVersion
from records.queries import find_device, results_of
from records.surveillance import Evaluation, EvaluationResult
from regulatory.documents.wording import measure_name

MOST = 200
"""Cases that are listed; those that wait come first."""


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
    _cases(desk, device)
    _samples(desk, device)
    _estimates(desk, device)


def _queue(desk: Desk, device: Device) -> None:
    found = open_next_case(desk.store, desk.reader, device, desk.person)
    look.quiet(
        "You read blinded: you see the pictures, age, sex and how it was taken. Kept from you are "
        "the device's answer, the report, what anybody else answered, whether anybody "
        "has read it, and why it was drawn. Where the first two differ, a third person decides "
        "without knowing that."
    )
    if found is None:
        look.quiet(
            "Nothing waits for you. Studies come here when quality or regulatory draw some: "
            "'radvigil adjudication draw'."
        )
        _own(desk, device)
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
    _own(desk, device)


def _own(desk: Desk, device: Device) -> None:
    """What this person answered before; it cannot be changed, and others' answers stay hidden."""
    look.section("Your answers", "Recorded for good. What others answered is not shown to you.")
    look.table(
        ["Case", "Your answer", "Comment", "When"],
        [
            [look.Number(label), said.answer, said.comment or "none", said.read_at]
            for label, said in own_readings(desk.reader, device.name, desk.person)
        ],
        empty="You have not answered any case yet.", wide="Comment",
    )  # fmt: skip


def _cases(desk: Desk, device: Device) -> None:
    """How far the queue is, for those who run it."""
    found = queue_of(desk.reader, device.name)
    count = {part: sum(one.waits_for == part for one in found)
             for part in (FIRST, SECOND, ARBITER, "")}  # fmt: skip
    look.section(
        "The queue", "Who reads is shown no more than the case. Two answers that agree settle it; "
        "where they differ it waits for an arbiter, who has read it neither here nor in the "
        "clinic.",
    )  # fmt: skip
    look.tiles([
        ("first reader", count[FIRST], "wait for", "waiting" if count[FIRST] else "plain"),
        ("second reader", count[SECOND], "wait for", "waiting" if count[SECOND] else "plain"),
        ("arbiter", count[ARBITER], "wait for", "bad" if count[ARBITER] else "plain"),
        ("done", count[""], f"of {len(found)}", "good" if found else "plain"),
    ])  # fmt: skip
    look.table(
        ["Case", "Sample", "Finding", "Status", "Waits for", "Answers", "First two", "Drawn",
         "Settled"],
        [
            [look.Number(one.label), look.Number(one.sample), one.finding, look.mark(one.status),
             one.waits_for or "nobody", one.readings,
             "not both yet" if one.agreed is None else "agree" if one.agreed else "differ",
             one.drawn_at, one.settled_at or "not yet"]
            for one in found[:MOST]
        ],
        empty="Nothing was drawn: 'radvigil adjudication draw' draws.",
    )  # fmt: skip
    if len(found) > MOST:
        look.quiet(f"Listed are {MOST} of {len(found)}; all of them by "
                   "'radvigil adjudication list'.")  # fmt: skip


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
        "Adjudicated, weighted and augmented: of the drawn studies alone, by their probabilities; "
        "right however truth comes back, and augmented uses the scores of the rest as well. Naive: "
        "every study whose truth came back, as if those were all. Partly verified: the same, "
        "corrected for who is verified (Begg and Greenes).",
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
    _by_way(results_of(desk.reader, found))


def _by_way(results: Sequence[EvaluationResult]) -> None:
    """A row a site and way, a column a measure; why there is no estimate is told once below."""
    readers = [one for one in results if one.subgroup == TWO_READERS]
    rest = [one for one in results if one.subgroup != TWO_READERS]
    measures = list(dict.fromkeys(one.measure for one in rest))
    told = {(one.subgroup, one.measure): one for one in rest}
    look.table(
        ["Where and how", *(measure_name(one) for one in measures)],
        [
            [look.Long(way), *(_figure(told.get((way, one))) for one in measures)]
            for way in dict.fromkeys(one.subgroup for one in rest)
        ],
        empty="Nothing is estimated yet: it takes adjudicated answers, then 'radvigil "
        "adjudication evaluate'.",
    )
    why: dict[str, dict[str, None]] = {}
    for one in rest:
        if one.value is None:
            why.setdefault(one.reason, {})[one.subgroup] = None
    for reason, ways in why.items():
        look.quiet(f"Not estimable for {'; '.join(ways)}: {reason}.")
    look.section("Agreement of the first two readers", "Of cases that both of them answered.")
    look.table(
        [look.plain_name(one.measure) for one in readers], [[_figure(one) for one in readers]],
        empty="",
    )


def _figure(one: EvaluationResult | None) -> look.Cell:
    if one is None:
        return "not applicable"
    if one.value is None:
        return look.Mark("not estimable", small=f"n = {one.n}")
    words = look.estimate(one.value, one.low, one.high, n=one.n, level=one.level)
    figure, _, interval = words.partition(" (")
    whole = interval.removesuffix(")").replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    return look.Mark(figure, small=whole)
