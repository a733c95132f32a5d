"""Arriving images, for quality teams: acceptance checks with offending rows, and flags by site."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from imaging.gate_sheet import RuleOutcome, gate_sheet, rule_outcomes
from records.cases import GateResult
from records.image_flags import flag_counts, flag_words, flagged_images
from records.lookup import list_records

SHOWN = 20
_TONES: dict[str, look.Tone] = {"met": "good", "broken": "bad", "warning": "waiting"}


def show_checks(desk: Desk) -> None:
    """The acceptance checks, one of them rule by rule; then what images were flagged for."""
    _checks(desk)
    _flags(desk)


def _checks(desk: Desk) -> None:
    look.section(
        "Acceptance checks",
        "Rules that a day's arrivals or a data set must meet, and the records that broke them.",
    )
    found = list_records(desk.reader, GateResult, last=SHOWN)[::-1]
    look.table(
        ["Check", "What was checked", "Rows", "Outcome", "Suite", "Checked"],
        [
            [
                look.Number(one.label), one.scope, one.n,
                look.Mark("passed", "good") if one.passed else look.Mark("not passed", "bad"),
                look.Code(one.suite_digest), one.checked_at,
            ]
            for one in found
        ],
        empty="Nothing was checked yet: the first check comes with a day of surveillance or a "
        "frozen dataset.",
        wide="What was checked",
    )  # fmt: skip
    if not found:
        return
    named = {one.label: one for one in found}
    first = next((one.label for one in found if not one.passed), found[0].label)
    label = st.selectbox(
        "Rule by rule", list(named), index=list(named).index(first), key="gate-check"
    )
    look.table(
        ["What is checked", "Rule", "Limits", "Outcome", "Rows", "Broken by", "Which"],
        [_rule_row(one) for one in rule_outcomes(named[label])],
        empty="The check holds no rule.", wide="Which",
    )  # fmt: skip
    st.download_button(
        "Take this check along", gate_sheet(named[label]), file_name=f"{label}.html",
        mime="text/html", key="gate-sheet",
    )  # fmt: skip


def _rule_row(one: RuleOutcome) -> list[look.Cell]:
    return [
        one.subject, one.kind, one.limits or "none", look.Mark(one.state, _TONES[one.state]),
        one.n, one.broken_by, look.Long(one.which) if one.which else "none",
    ]  # fmt: skip


def _flags(desk: Desk) -> None:
    look.section(
        "Flags of arriving images",
        "Checks of the device's definition that an image broke without being refused.",
    )
    look.table(
        ["Site", "Check", "Images", "Of"],
        [[one.site, look.plain_name(one.check), one.images, one.of]
         for one in flag_counts(desk.reader)],
        empty="No image broke a check that the device's definition asks for.",
    )  # fmt: skip
    newest = flagged_images(desk.reader, last=SHOWN)[::-1]
    if newest:
        look.table(
            ["Image", "Study", "Site", "Arrived", "Flags"],
            [
                [
                    look.Number(one.image), look.Number(one.study), one.site, one.arrived_on,
                    look.Long("; ".join(flag_words(flag) for flag in one.flags)),
                ]
                for one in newest
            ],
            empty="", wide="Flags",
        )  # fmt: skip
