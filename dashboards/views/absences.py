"""Who is away and who stands in, on the first page of the people concerned; who answers today."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.absences import absences_on
from records.responsibility import duties_on, told


def show_absences(desk: Desk) -> None:
    """For who is away or stands in today: until when, and for which acts."""
    for one in (told(desk.reader, each) for each in absences_on(desk.reader, desk.now.date())):
        if one.substitute.name == desk.person.name:
            acts = "; ".join(act.value for act in one.covers)
            look.notice(
                f"You stand in for {one.person.full_name} until {one.last_day} ({one.label}, "
                f"{one.reason}): {acts}. Your own roles count, and what you do says for whom.",
                "waiting",
            )
        if one.person.name == desk.person.name:
            look.notice(
                f"You are recorded as away until {one.last_day} ({one.label}); "
                f"{one.substitute.full_name} stands in. Back earlier: radvigil user returned "
                f"{one.person.name}",
                "waiting",
            )


def show_responsible(desk: Desk) -> None:
    """Who answers today for what waits for a person, with substitutes in place of who is away."""
    with st.expander("Who answers today"):
        look.table(
            ["May", "Who", "Away"],
            [
                [
                    one.action.value,
                    "; ".join(each.words for each in one.answering)
                    or look.Mark("nobody", tone="bad"),
                    look.Mark(
                        ", ".join(one.away) or "nobody",
                        small=f"nobody stands in for {', '.join(one.uncovered)}"
                        if one.uncovered else "",
                    ),
                ]
                for one in duties_on(desk.reader, desk.now.date())
            ],
            empty="", wide="Who",
        )  # fmt: skip
