"""Are the solved run lengths those of the charts, and how long does solving one take?

    python -m benchmarks.run_lengths           print both
    python -m benchmarks.run_lengths --write   and put the tables in docs/statistics/charts.md

Every chart is run 20,000 times in its own words (sums, averages, counts), none by the equations
that it is compared with. Times are put beside numpy.linalg.solve of the same size, in the same run.
"""

from __future__ import annotations

import argparse
import functools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from measures.adwin import Adwin
from measures.attribute_charts import p_chart_run_length, u_chart_run_length
from measures.baseline_cusum import baseline_cusum_run_length
from measures.cusum import cusum_delay, cusum_run_length, one_sided_lengths
from measures.ewma import ewma_delay, ewma_run_length
from measures.hoeffding_streams import HddmA, HddmW
from measures.page_hinkley import PageHinkley, page_hinkley_run_length
from measures.shewhart import shewhart_run_length
from measures.sprt import bernoulli_sprt_performance, normal_sprt_performance, wald_bounds
from measures.stream_run_lengths import bernoulli_values, normal_values, simulated_run_length
from measures.streams import Ddm, Detector, Eddm

RUNS, DETECTOR_RUNS = 20_000, 400
PAGE = Path(__file__).parents[1] / "docs" / "statistics" / "charts.md"
Numbers = NDArray[np.floating[Any]]
Advance = Callable[[Generator, dict[str, Numbers], int], NDArray[np.bool_]]


@dataclass(frozen=True)
class Chart:
    """A chart with its solved run length, and how it takes one point: draws, moves, signals.

    start: the state of so many charts; quiet: points before the change, whose signals drop out.
    """

    name: str
    solved: float
    start: Callable[[Generator, int], dict[str, Numbers]]
    advance: Advance
    quiet: int = 0


def simulated(chart: Chart, *, runs: int = RUNS, seed: int = 7) -> tuple[float, float]:
    """Mean run length over so many charts, and its standard error."""
    rng = np.random.default_rng(seed)
    state, lengths, point = chart.start(rng, runs), [], 0
    while len(next(iter(state.values()))):
        point += 1
        signal = chart.advance(rng, state, point)
        if point > chart.quiet:
            lengths.append(np.full(int(signal.sum()), point - chart.quiet, np.float64))
        if signal.any():
            for name in state:
                state[name] = state[name][~signal]
    found = np.concatenate(lengths)
    return float(found.mean()), float(found.std() / np.sqrt(len(found)))


def charts() -> list[Chart]:
    """Every chart of `measures` that has a run length."""
    return [
        Chart("Shewhart, 2.5 SD", shewhart_run_length(2.5), *_beyond(_normal(), 2.5)),
        Chart("Shewhart, 3 SD, shift 1", shewhart_run_length(3.0, shift=1.0),
              *_beyond(_normal(1.0), 3.0)),
        Chart("p chart, 10 % of 50, 2.5 SD", p_chart_run_length(0.1, 50, 2.5),
              *_beyond(lambda rng, n: (rng.binomial(50, 0.1, n) - 5.0) / np.sqrt(4.5), 2.5)),
        Chart("p chart, 10 % risen to 15 %, 3 SD",
              p_chart_run_length(0.1, 50, 3.0, true_share=0.15),
              *_beyond(lambda rng, n: (rng.binomial(50, 0.15, n) - 5.0) / np.sqrt(4.5), 3.0)),
        Chart("u chart, 4 a month, 3 SD", u_chart_run_length(4.0, 1.0, 3.0),
              *_beyond(lambda rng, n: (rng.poisson(4.0, n) - 4.0) / 2.0, 3.0)),
        Chart("EWMA, weight 0.1, 2.4 SD", ewma_run_length(0.1, 2.4), *_ewma(0.1, 2.4, 0.0)),
        Chart("EWMA, weight 0.3, 2.7 SD", ewma_run_length(0.3, 2.7), *_ewma(0.3, 2.7, 0.0)),
        Chart("EWMA, weight 0.1, 2.814 SD, shift 0.5 after 60 quiet points",
              ewma_delay(0.1, 2.814, shift=0.5), *_ewma(0.1, 2.814, 0.5, quiet=60), quiet=60),
        Chart("CUSUM, two-sided, k 0.5, h 4", cusum_run_length(0.5, 4.0), *_cusum(0.5, 4.0, 0.0)),
        Chart("CUSUM, one-sided, k 0.5, h 3", cusum_run_length(0.5, 3.0, sides=1),
              *_cusum(0.5, 3.0, 0.0, sides=1)),
        Chart("CUSUM, two-sided, k 0.25, h 8, shift 0.5", cusum_run_length(0.25, 8.0, shift=0.5),
              *_cusum(0.25, 8.0, 0.5)),
        Chart("CUSUM, two-sided, k 0.6568, h 4, shift 0.3 after 60 quiet points",
              cusum_delay(0.6568, 4.0, shift=0.3), *_cusum(0.6568, 4.0, 0.3, quiet=60), quiet=60),
        Chart("CUSUM, baseline of 30, k 0.2996, h 4",
              baseline_cusum_run_length(0.2996, 4.0, baseline=30), *_cusum(0.2996, 4.0, 0.0, n=30)),
        Chart("CUSUM, baseline of 50, k 0.5, h 4, shift 1",
              baseline_cusum_run_length(0.5, 4.0, baseline=50, shift=1.0),
              *_cusum(0.5, 4.0, 1.0, n=50)),
        Chart("CUSUM, one-sided, baseline of 100, k 0.5, h 3",
              baseline_cusum_run_length(0.5, 3.0, baseline=100, sides=1),
              *_cusum(0.5, 3.0, 0.0, sides=1, n=100)),
        Chart("Page-Hinkley, delta 0.5, threshold 5, alpha 1, mute for 30",
              page_hinkley_run_length(0.5, 5.0), *_page_hinkley(0.5, 5.0, 30)),
        Chart("Page-Hinkley, one side, delta 0.5, threshold 5, alpha 0.99, mute for 30",
              page_hinkley_run_length(0.5, 5.0, alpha=0.99, sides=1),
              *_page_hinkley(0.5, 5.0, 30, alpha=0.99, sides=1)),
        Chart("Page-Hinkley, one side, delta 0.05, threshold 15, alpha 0.999, mute for 30",
              page_hinkley_run_length(0.05, 15.0, alpha=0.999, sides=1),
              *_page_hinkley(0.05, 15.0, 30, alpha=0.999, sides=1)),
        Chart("CUSUM, two-sided, k 0.5, h 4, headstart 2",
              cusum_run_length(0.5, 4.0, headstart=2.0), *_cusum(0.5, 4.0, 0.0, head=2.0)),
        Chart("SPRT on errors, 5 % against 15 %, at 5 %",
              bernoulli_sprt_performance(0.05, null=0.05, alternative=0.15, alpha=0.05,
                                         beta=0.1).cases,
              *_sprt(lambda rng, n: np.log(np.where(rng.random(n) < 0.05, 3.0, 0.85 / 0.95)))),
        Chart("SPRT on means, 0 against 0.5 SD, at 0.5",
              normal_sprt_performance(0.5, alternative=0.5, alpha=0.05, beta=0.1).cases,
              *_sprt(lambda rng, n: 0.5 * (rng.standard_normal(n) + 0.5) - 0.125)),
    ]  # fmt: skip


Draw = Callable[[Generator, int], Numbers]
Simulated = tuple[Callable[[Generator, int], dict[str, Numbers]], Advance]


def _normal(shift: float = 0.0) -> Draw:
    return lambda rng, n: rng.standard_normal(n) + shift


def _zeros(*names: str) -> Callable[[Generator, int], dict[str, Numbers]]:
    return lambda _, runs: {name: np.zeros(runs) for name in names}


def _beyond(draw: Draw, limit: float) -> Simulated:
    def advance(rng: Generator, state: dict[str, Numbers], _: int) -> NDArray[np.bool_]:
        return np.asarray(np.abs(draw(rng, len(state["alive"]))) > limit)

    return _zeros("alive"), advance


def _ewma(weight: float, limit: float, shift: float, *, quiet: int = 0) -> Simulated:
    edge = limit * np.sqrt(weight / (2.0 - weight))

    def advance(rng: Generator, state: dict[str, Numbers], point: int) -> NDArray[np.bool_]:
        x = rng.standard_normal(len(state["level"])) + (shift if point > quiet else 0.0)
        state["level"] = weight * x + (1.0 - weight) * state["level"]
        return np.asarray(np.abs(state["level"]) > edge)

    return _zeros("level"), advance


def _cusum(
    k: float, h: float, shift: float, *, sides: int = 2, quiet: int = 0, n: int = 0,
    head: float = 0.0,
) -> Simulated:
    def start(rng: Generator, runs: int) -> dict[str, Numbers]:
        state = _zeros("mean")(rng, runs) | {"sd": np.ones(runs)}
        state |= {"up": np.full(runs, head), "down": np.full(runs, head)}
        if n:
            baseline = rng.standard_normal((runs, n))
            state |= {"mean": baseline.mean(axis=1), "sd": baseline.std(axis=1)}
        return state

    def advance(rng: Generator, state: dict[str, Numbers], point: int) -> NDArray[np.bool_]:
        x = rng.standard_normal(len(state["up"])) + (shift if point > quiet else 0.0)
        x = (x - state["mean"]) / state["sd"]
        state["up"] = np.maximum(state["up"] + x - k, 0.0)
        state["down"] = np.maximum(state["down"] - x - k, 0.0)
        return np.asarray((state["up"] > h) | ((state["down"] > h) & (sides == 2)))

    return start, advance


def _page_hinkley(
    delta: float, threshold: float, least: int, *, alpha: float = 1.0, sides: int = 2
) -> Simulated:
    def advance(rng: Generator, state: dict[str, Numbers], point: int) -> NDArray[np.bool_]:
        x = rng.standard_normal(len(state["mean"]))
        state["mean"] = state["mean"] + (x - state["mean"]) / point
        state["up"] = alpha * state["up"] + (x - state["mean"]) - delta
        state["down"] = alpha * state["down"] + (x - state["mean"]) + delta
        state["lowest"] = np.minimum(state["lowest"], state["up"])
        state["highest"] = np.maximum(state["highest"], state["down"])
        risen = state["up"] - state["lowest"] > threshold
        fallen = (state["highest"] - state["down"] > threshold) & (sides == 2)
        return np.asarray((risen | fallen) & (point >= least))

    def start(rng: Generator, runs: int) -> dict[str, Numbers]:
        ends = {"lowest": np.full(runs, np.inf), "highest": np.full(runs, -1.0)}
        return _zeros("mean", "up", "down")(rng, runs) | ends

    return start, advance


def _sprt(draw: Draw) -> Simulated:
    low, high = wald_bounds(alpha=0.05, beta=0.1)

    def advance(rng: Generator, state: dict[str, Numbers], _: int) -> NDArray[np.bool_]:
        state["ratio"] = state["ratio"] + draw(rng, len(state["ratio"]))
        return (state["ratio"] <= low) | (state["ratio"] >= high)

    return _zeros("ratio"), advance


def table() -> str:
    """Solved beside simulated, a chart a row."""
    lines = ["| chart | solved | 20,000 runs | apart |", "|---|---|---|---|"]
    for chart in charts():
        mean, error = simulated(chart)
        lines.append(
            f"| {chart.name} | {chart.solved:.2f} | {mean:.2f} -+ {error:.2f} | "
            f"{100 * (mean / chart.solved - 1):+.1f} % |"
        )
    return "\n".join(lines)


def detectors() -> str:
    """The run lengths of detectors that nobody can solve, simulated by the measure itself."""
    plain = {"DDM": Ddm, "EDDM": Eddm, "HDDM_A": HddmA, "HDDM_W": HddmW, "ADWIN": Adwin}
    rows: list[tuple[str, str, Callable[[], Detector], Draw]] = [
        (name, f"{100 * rate:.0f} % errors", make, bernoulli_values(rate))
        for name, make in plain.items()
        for rate in (0.05, 0.2)
    ]
    for alpha in (0.9999, 0.99):
        make = functools.partial(PageHinkley, delta=0.5, threshold=5.0, alpha=alpha)
        told = f"Page-Hinkley, both sides, delta 0.5, threshold 5, alpha {alpha:g}"
        rows.append((told, "normal, SD 1", make, normal_values()))
    lines = ["| detector, defaults unless said | in control | values to a false alarm |"]
    lines.append("|---|---|---|")
    for name, law, make, draw in rows:
        found = simulated_run_length(make, draw, runs=DETECTOR_RUNS, seed=7, longest=20_000)
        told = found.reason
        if found.estimable:
            told = f"{found.value:.0f} ({found.low:.0f} to {found.high:.0f})"
        lines.append(f"| {name} | {law} | {told} |")
    return "\n".join(lines)


def speed() -> str:
    """Seconds a run length, how exact it is, and how many solves of the same size it costs."""
    lines = []
    for k, h in ((0.5, 4.0), (0.5, 10.0), (0.25, 20.0)):
        cusum_run_length(k, h)
        exact = float(1.0 / (2.0 / one_sided_lengths(k, h, 0.0, nodes=400)[0]))
        took = _median(lambda k=k, h=h: cusum_run_length(k, h))  # type: ignore[misc]
        size = one_sided_lengths(k, h, 0.0).size
        matrix = np.eye(size) * 2.0 + np.random.default_rng(1).random((size, size)) / size
        one = _median(lambda m=matrix: np.linalg.solve(m, np.ones(len(m))))  # type: ignore[misc]
        lines.append(
            f"CUSUM k {k}, h {h}: {1e3 * took:.2f} ms, {took / one:.1f} solves of {size} x {size}, "
            f"off by {abs(cusum_run_length(k, h) / exact - 1):.0e}"
        )
    return "\n".join(lines)


def _median(call: Callable[[], object], repeats: int = 31) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def main() -> None:
    """Print, and write the table where the page has a place for it."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--detectors", action="store_true", help="only the simulated ones")
    told = asked.parse_args()
    tables = {"detectors": detectors()}
    if not told.detectors:
        print(speed())
        tables["run lengths"] = table()
    for name, found in tables.items():
        print(found)
        if told.write:
            marks = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
            page = PAGE.read_text()
            page = re.sub(marks, lambda m, new=found: f"{m[1]}{new}\n{m[2]}", page, flags=re.DOTALL)
            PAGE.write_text(page)


if __name__ == "__main__":
    main()
