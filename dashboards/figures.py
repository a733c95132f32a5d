"""A figure on a page: in the theme of who looks, with how it was computed on demand."""

import json

import plotly.graph_objects as go
import streamlit as st

from dashboards import look
from dashboards.charts import DARK
from monitoring.chart_definitions import Explanation


def draw(figure: go.Figure, *, key: str, alt: str, how: Explanation) -> None:
    """The figure, and below it its definition, n, window and method.

    ``alt`` says in words what is drawn, for whoever does not see it.
    """
    st.plotly_chart(in_theme(figure, dark=is_dark()), theme=None, key=key, alt=alt,
                    config={"displayModeBar": False})  # fmt: skip
    with st.popover("How this is computed", icon=":material/info:", key=f"how-{key}",
                    type="tertiary"):  # fmt: skip
        look.facts(
            [("Question", how.question), ("Definition", how.definition), ("n", how.n),
             ("Window", how.window), ("Method", how.method), *how.more]
        )  # fmt: skip


def is_dark() -> bool:
    """Whether who looks has the dark theme."""
    return bool(st.context.theme.type == "dark")


def in_theme(figure: go.Figure, *, dark: bool) -> go.Figure:
    """The same figure in the colours of a theme; every colour of the light one has its other."""
    if not dark:
        return figure
    text = json.dumps(figure.to_plotly_json(), default=_plain)
    for light, other in DARK.items():
        text = text.replace(light, other)
    return go.Figure(json.loads(text))


def _plain(value: object) -> object:
    """Days, instants and arrays as JSON knows them."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.tolist() if hasattr(value, "tolist") else str(value)
