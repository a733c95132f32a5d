"""Do the pictures look otherwise to the model itself? Its learnt features, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.rank_charts import normal_scores_against
from monitoring.detectors.arms import Arms
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    FloatArray,
    NotWatchable,
    Parameter,
    Prepared,
    SiteDay,
    State,
    no_data,
    waiting,
)
from monitoring.detectors.embedding_directions import (
    DISTANCE,
    Space,
    advanced,
    evidence_of,
    freeze_space,
    new_arm,
)
from records.counting import counted

__all__ = ["EMBEDDING", "EMBEDDING_COLUMNS", "EmbeddingDrift", "is_embedding"]

EMBEDDING = "embedding"
EMBEDDING_COLUMNS = tuple(f"{EMBEDDING}_{number}" for number in range(1, 17))
LEARNT = "learnt"
AXES_SHARE, DISTANCE_SHARE, LEARNT_SHARE = 0.3, 0.2, 0.5
"""Shares of alpha: of the features one by one, of the distance, of the learnt directions."""
BLOCK_DAYS, RANKED_DAYS = 7, 28
"""A direction is learnt from so many days, and studies are ranked along it for so many after."""
LEAST_BLOCK = 20
FURTHEST, FURTHEST_DAYS = 8, 28


class EmbeddingDrift:
    """Finds pictures that the model sees otherwise than the reference: a new scanner, another body
    part, a processing that no single measure of the picture shows.

    The columns are the features before the last layer, on the main axes of the training pictures.
    Each study is ranked along every axis, by its (Mahalanobis) distance from the reference, and
    along directions that are learnt from the week before: towards where the new studies have
    gone. One part of the reference teaches what is near and where a direction leads; the other part
    is what studies are ranked in, together with all studies since, so that p values are exactly
    uniform in control whatever the size of the reference and the shape of the cloud (conformal
    test, Vovk et al. 2003), and bettors stake on them. Statistic: base-10 logarithm of the largest
    capital, each at its share of alpha; limit log10(1 / alpha), reached in control with probability
    at most alpha (Ville; the union of the shares). Value: today's mean rank score along the leading
    direction, in SD, with a 95 % interval. The studies that lie furthest are listed.
    """

    name = "embedding_drift"
    in_control = "features of the site's studies are exchangeable with its frozen reference"
    parameters = (
        Parameter("columns", EMBEDDING_COLUMNS, "features to watch together"),
        Parameter("least_reference", 50, "reference studies, else the chart refuses", 40, 2000),
    )  # fmt: skip

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The reference in its two parts, and what the first of them teaches."""
        held = [
            name for name in parameters["columns"]
            if name in reference and np.isfinite(np.asarray(reference[name], np.float64)).any()
        ]
        rows, _ = _rows(reference, held)
        least = parameters["least_reference"]
        if len(rows) < least:
            raise NotWatchable(
                f"{context.chart} at {context.site}: {len(rows)} reference studies with features "
                f"of the model, {least} needed.",
                hint="Versions made before features were kept have none; train or register anew.",
            )
        order = np.random.default_rng([context.seed, len(rows)]).permutation(len(rows))
        cut = len(rows) // 3
        frozen = freeze_space(rows[order[:cut]], rows[order[cut:]])
        limit = float(-np.log10(context.alpha))
        return context.frozen(limit, reference_n=len(rows) - cut) | {
            "columns": held, "space": frozen,
        }  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Today's studies along every direction, each against the reference and all before it."""
        past = _running(prepared, state)
        new, _ = _rows(today.values, prepared["columns"])
        rows = np.concatenate([np.array(past["pending"]).reshape(-1, new.shape[1]), new])
        if len(rows) < prepared["minimum_n"]:
            kept = past | {"pending": rows.tolist()}
            reason = waiting(len(rows), prepared["minimum_n"])
            return no_data(prepared, today, reason=reason, state=kept)
        space, limit = Space(prepared["space"]), prepared["limit"]
        arms = advanced(
            space, past["arms"], rows, day=today.day, limit=limit, seed=prepared["seed"]
        )
        lead = max(arms, key=evidence_of)
        beyond = evidence_of(lead) >= limit
        furthest = _furthest(space, past["furthest"], prepared["columns"], today)
        learnt = _learnt(prepared, space, past, rows, today.day)
        staying = [one for one in arms if _stays(one, today.day) or evidence_of(one) >= limit]
        scores = normal_scores_against(space.along(lead, space.ranked), space.along(lead, rows))
        half = 1.96 * float(np.sqrt(1.0 / len(rows) + 1.0 / prepared["reference_n"]))
        centre = float(scores.mean())
        return ChartResult(
            prepared["chart"], prepared["site"], today.day, today.n,
            ChartStatus.SIGNAL if beyond else ChartStatus.IN_CONTROL, limit,
            value=centre, low=centre - half, high=centre + half, statistic=evidence_of(lead),
            state=past | learnt | {
                "arms": [*staying, *learnt["arms"]], "pending": [], "days": past["days"] + 1,
                "signal": beyond, "furthest": furthest,
            },
            details=_details(prepared, lead, furthest),
        )  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        found = result.details
        shift, n = found["shift_sd"], found["studies_since_onset"]
        size = f" by {abs(shift):.1f} SD" if shift is not None else ""
        words = {
            DISTANCE: f"lie further from the reference{size}"
            if found["direction"] == "up" else f"lie otherwise about the reference{size}",
            LEARNT: f"have moved together{size}",
        }.get(found["along"], f"have moved along {found['along']}{size}")
        listed = ", ".join(one["study"] for one in found["furthest"][:3] if one["study"])
        shown = f"; furthest: {listed}" if listed else ""
        seen = f"over {counted(n, 'study', 'studies')}{shown}"
        return f"pictures as the model sees them {words} {seen}"


def is_embedding(column: str) -> bool:
    """Whether a column holds one of the model's features.

    >>> is_embedding("embedding_3"), is_embedding("sharpness")
    (True, False)
    """
    return column.startswith(f"{EMBEDDING}_")


def _rows(
    values: Mapping[str, Column], columns: Sequence[str]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The studies with every feature, shape (n, features), and which of all they are."""
    listed = [np.asarray(values.get(name, np.zeros(0)), np.float64) for name in columns]
    if not listed or len({len(one) for one in listed}) > 1:
        return np.zeros((0, len(columns))), np.zeros(0, bool)
    rows = np.stack(listed, axis=1)
    known = np.isfinite(rows).all(axis=1)
    return np.asarray(rows[known]), np.asarray(known)


def _running(prepared: Prepared, state: State | None) -> State:
    """Yesterday's state; fresh at the start; fresh capital, same pools, after a quiet horizon."""
    if state and (state["signal"] or state["days"] < prepared["horizon_days"]):
        return state
    space, horizon = Space(prepared["space"]), prepared["horizon_days"]
    columns = prepared["columns"]
    pools = {one["name"]: one["pool"] for one in state["arms"]} if state else {}
    arms = [
        new_arm(space, name, share=AXES_SHARE / len(columns), wakes_in=horizon, axis=at,
                pool=pools.get(name))
        for at, name in enumerate(columns)
    ]  # fmt: skip
    arms.append(new_arm(
        space, DISTANCE, share=DISTANCE_SHARE, wakes_in=horizon, pool=pools.get(DISTANCE)
    ))  # fmt: skip
    return {
        "arms": arms, "pending": state["pending"] if state else [], "days": 0, "signal": False,
        "furthest": state["furthest"] if state else [], "learnt": 0, "block": None,
    }  # fmt: skip


def _stays(arm: Mapping[str, Any], day: date) -> bool:
    """Whether a bet goes on tomorrow: a learnt direction ends after its days."""
    began = arm["began"]
    return not began or (day - date.fromisoformat(began)).days + 1 < RANKED_DAYS


def _learnt(
    prepared: Prepared, space: Space, past: State, rows: FloatArray, day: date
) -> dict[str, Any]:
    """The block of days that a direction is learnt from, with today; and the bet that begins
    tomorrow where the block is whole. The bets of a horizon share their part of alpha equally."""
    block = past["block"] or {"first": day.isoformat(), "n": 0, "sum": [0.0] * rows.shape[1]}
    n = block["n"] + len(rows)
    total = np.array(block["sum"]) + rows.sum(axis=0)
    block = {"first": block["first"], "n": n, "sum": np.round(total, 6).tolist()}
    age = (day - date.fromisoformat(block["first"])).days + 1
    most = -(-prepared["horizon_days"] // BLOCK_DAYS)
    if age < BLOCK_DAYS or n < LEAST_BLOCK or past["learnt"] >= most:
        return {"block": block, "learnt": past["learnt"], "arms": []}
    began = (day + timedelta(days=1)).isoformat()
    arm = new_arm(
        space, f"{LEARNT} until {day.isoformat()}", share=LEARNT_SHARE / most,
        wakes_in=RANKED_DAYS, weights=space.towards(total / n), began=began,
    )  # fmt: skip
    return {"block": None, "learnt": past["learnt"] + 1, "arms": [arm]}


def _furthest(
    space: Space, before: Sequence[Mapping[str, Any]], columns: Sequence[str], today: SiteDay
) -> list[dict[str, Any]]:
    """The studies of the latest weeks that lie furthest from the reference, furthest first."""
    rows, known = _rows(today.values, columns)
    labels = np.array(today.labels or [""] * len(known), object)[known]
    distances = space.distances(rows)
    oldest = (today.day - timedelta(days=FURTHEST_DAYS)).isoformat()
    found = [dict(one) for one in before if one["day"] > oldest]
    found += [
        {"study": str(label), "day": today.day.isoformat(), "distance": round(float(one), 2)}
        for label, one in zip(labels, distances, strict=True)
    ]
    return sorted(found, key=lambda one: -one["distance"])[:FURTHEST]


def _details(
    prepared: Prepared, lead: Mapping[str, Any], furthest: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    arms = Arms.from_state(dict(lead))
    shift = arms.mean(0)
    columns, weights = prepared["columns"], lead["weights"]
    if lead["axis"] >= 0:
        weights = [float(at == lead["axis"]) for at in range(len(columns))]
    return {
        "column": EMBEDDING, "changed": EMBEDDING,
        "along": LEARNT if lead["began"] else lead["name"],
        "direction": "down" if shift is not None and shift < 0.0 else "up",
        "weights": None if weights is None else dict(zip(columns, weights, strict=True)),
        "shift_sd": shift, "studies_since_onset": int(arms.studies[0]), "onset": arms.since[0],
        "furthest": list(furthest),
    }  # fmt: skip
