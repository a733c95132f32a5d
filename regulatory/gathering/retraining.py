"""The facts of retraining: the declared protocol, and the runs of it step by step."""

from typing import Any

from sqlmodel import Session

from measures.estimate import Estimate
from records.held_definition import definition_of
from records.product import Device, JourneyStep
from records.retraining_rules import words_of
from records.retrainings import RetrainingRun, retraining_runs
from regulatory.documents.retraining_facts import (
    LimitEntry,
    RetrainingFacts,
    RetrainingRunEntry,
)  # fmt: skip


def gather_retraining(
    session: Session, device: Device
) -> tuple[RetrainingFacts | None, list[JourneyStep]]:
    """The facts and the records behind them; none where the device declares no protocol and none
    was ever followed."""
    rules = definition_of(device).retraining
    runs = retraining_runs(session, device.name)
    if rules is None and not runs:
        return None, []
    protocol = words_of(rules) if rules is not None else {"protocol": "none is declared any more"}
    facts = RetrainingFacts(
        device=device.label,
        protocol=tuple(
            (part, words) for part, said in protocol.items()
            for words in (said if isinstance(said, list) else [said])
        ),
        runs=tuple(_run(one) for one in runs),
    )  # fmt: skip
    return facts, [step for one in runs for step in one.steps.values()]


def _run(run: RetrainingRun) -> RetrainingRunEntry:
    compared, ended = run.said("compared"), run.said("ended")
    return RetrainingRunEntry(
        name=run.name, trigger=run.said("begun")["trigger"], begun_at=run.begun_at,
        steps=tuple((step, one.label) for step, one in run.steps.items()),
        selected=tuple(
            (reason, one["studies"])
            for reason, one in run.said("selected").get("by_reason", {}).items()
        ),
        dataset=run.said("frozen").get("dataset", ""),
        candidate=run.said("trained").get("model_version", ""),
        evaluation=compared.get("evaluation", ""),
        limits=tuple(_limit(one) for one in compared.get("limits", ())),
        learnt=tuple(compared.get("learnt", ())), outcome=run.outcome,
        reason=ended.get("reason", ""), change=ended.get("change_request", ""),
    )


def _limit(one: dict[str, Any]) -> LimitEntry:
    difference = Estimate(
        one["measure"], one["n"], one["value"], one["low"], one["high"], subgroup=one["subgroup"],
        method=one["method"], reason=one["reason"] if one["value"] is None else "",
    )
    return LimitEntry(
        one["statement"], one["against"], one["subgroup"], difference, one["verdict"],
        one["record"],
    )  # fmt: skip
