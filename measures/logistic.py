"""Fitting a logistic curve by maximum likelihood: the arithmetic under calibration."""

from __future__ import annotations

import numpy as np

from measures.inputs import Numbers

__all__ = ["log_odds", "logistic_fit", "logistic_line", "weighted_logistic_lines"]

_STEPS = 100
_CLIP = 1e-7


def log_odds(score: Numbers) -> Numbers:
    """Log odds of stated probabilities, first kept within 1e-7 of 0 and 1.

    score: probability, shape (studies,).

    >>> log_odds(np.array([0.5, 0.75, 1.0])).round(4).tolist()
    [0.0, 1.0986, 16.1181]
    """
    kept = np.clip(score, _CLIP, 1.0 - _CLIP)
    odds: Numbers = np.log(kept / (1.0 - kept))
    return odds


def logistic_fit(design: Numbers, target: Numbers, *, offset: Numbers) -> tuple[Numbers, Numbers]:
    """Coefficients of the logistic curve that fits best, and their covariance.

    Newton's steps, halved while they would worsen the fit, so it ends from any start. The caller
    makes sure that a finite best fit exists (classes that overlap).

    design: shape (studies, coefficients); target: 0 to 1, offset: log odds, both (studies,).
    The covariance is the inverse of the expected information, shape (coefficients, coefficients).

    >>> ones, none = np.ones((4, 1)), np.zeros(4)
    >>> beta, covariance = logistic_fit(ones, np.array([1.0, 0.0, 0.0, 0.0]), offset=none)
    >>> beta.round(6).tolist(), covariance.round(6).tolist()  # log(1/3), 1 / (4 * 1/4 * 3/4)
    ([-1.098612], [[1.333333]])
    """
    beta: Numbers = np.zeros(design.shape[1])
    loss = _log_loss(design @ beta + offset, target)
    for _ in range(_STEPS):
        chance = _expit(design @ beta + offset)
        step = np.linalg.solve(_curvature(design, chance), design.T @ (target - chance))
        tried = beta + step
        while _log_loss(design @ tried + offset, target) > loss * (1.0 + 1e-12):
            step = step / 2.0
            tried = beta + step
            if np.max(np.abs(step)) < 1e-13:
                break
        beta, loss = tried, _log_loss(design @ tried + offset, target)
        if np.max(np.abs(step)) < 1e-11 * (1.0 + np.max(np.abs(beta))):
            break
    covariance = np.linalg.inv(_curvature(design, _expit(design @ beta + offset)))
    return beta, np.asarray(covariance, dtype=np.float64)


def logistic_line(x: Numbers, target: Numbers) -> tuple[Numbers, Numbers]:
    """Intercept and slope of the logistic curve in one variable, and their covariance.

    Fitted on x centred and scaled, then brought back, so that its unit does not matter.

    x, target: shape (studies,); x must vary. Raises numpy's LinAlgError when the best fit is out
    of numerical reach (classes that barely overlap).

    >>> x, sick = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    >>> logistic_line(x, sick)[0].round(6).tolist()  # log(1/2), log(2) - log(1/2)
    [-0.693147, 1.386294]
    """
    centre, scale = float(x.mean()), float(x.std())
    design = np.column_stack([np.ones(x.size), (x - centre) / scale])
    beta, covariance = logistic_fit(design, target, offset=np.zeros(x.size))
    back = np.array([[1.0, -centre / scale], [0.0, 1.0 / scale]])
    brought_back: Numbers = back @ covariance @ back.T
    return back @ beta, brought_back


def weighted_logistic_lines(x: Numbers, target: Numbers, weights: Numbers) -> Numbers:
    """Intercept and slope of :func:`logistic_line` for many weightings of the studies at once, as a
    bootstrap needs them; NaN where no finite fit is reached.

    x, target: shape (studies,); weights: shape (draws, studies), not negative. Shape (draws, 2).

    >>> x, sick = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    >>> weighted_logistic_lines(x, sick, np.ones((1, 6))).round(6).tolist()
    [[-0.693147, 1.386294]]
    """
    centre, scale = float(x.mean()), float(x.std())
    z = (x - centre) / scale
    beta = np.zeros((weights.shape[0], 2))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(_STEPS // 4):
            chance = _expit(beta[:, :1] + beta[:, 1:] * z)
            pull = weights * (target - chance)
            held = weights * chance * (1.0 - chance)
            g0, g1 = pull.sum(axis=1), pull @ z
            h00, h01, h11 = held.sum(axis=1), held @ z, held @ (z * z)
            det = h00 * h11 - h01**2
            step = np.stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0], axis=1) / det[:, None]
            beta += np.clip(step, -2.0, 2.0)  # no leap beyond reach from a poor start
            if not np.any(np.abs(step) > 1e-9):
                break
    lost = ~np.isfinite(beta).all(axis=1) | (np.abs(step) > 1e-6).any(axis=1)
    beta[lost] = np.nan
    lines: Numbers = np.stack([beta[:, 0] - beta[:, 1] * centre / scale, beta[:, 1] / scale], 1)
    return lines


def _curvature(design: Numbers, chance: Numbers) -> Numbers:
    weighted: Numbers = design.T @ (design * (chance * (1.0 - chance))[:, None])
    return weighted


def _log_loss(eta: Numbers, target: Numbers) -> float:
    return float(np.sum(np.logaddexp(0.0, eta) - target * eta))


def _expit(eta: Numbers) -> Numbers:
    chance: Numbers = 0.5 * (1.0 + np.tanh(0.5 * eta))
    return chance
