"""Second stage for a prognosis: the network learns risks from follow-up that may end early."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.clinical_course import ClinicalCourse
from measures.time_to_event import harrell_c
from models.arithmetic import network_outputs
from models.artefacts import Columns
from models.augmentation import varied
from models.decode import load_decoded
from models.facts import Facts, fact_places, fact_rows
from models.params import FitParams, Params
from models.progress import Report
from models.training_run import TrainingRun, last_features
from records.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

COURSE = "course"
_LEAST_EVENTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Pictures (n, side, side), facts (n, columns), days followed and event of each."""

    pictures: NDArray[np.uint8]
    facts: Facts
    days: NDArray[np.float32]
    event: NDArray[np.bool_]


def fit_risk(
    decoded: Path,
    model: Path,
    *,
    params: Params,
    report: Report | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Train the network on pictures, facts and follow-up and return its weights' hash; as
    :func:`models.fit.fit_model`: epochs are fixed, the last one is the model.

    The loss is Cox's partial likelihood (:func:`cox_loss`). With the chance ``fact_dropout`` a fact
    of a training study is made missing, so that the network learns to do without each. Facts are
    standardised by mean and standard deviation of the training part, which lie in the network.

    Writes the same files. Raises InvalidInput when a split has too few events, a fact was never or
    always equally known in training, or the network takes no facts.
    """
    if params.fit.network != "joint":
        raise InvalidInput(
            f"The network {params.fit.network!r} takes no clinical facts.",
            hint="Set fit.network to joint in the device's parameters.",
        )
    arrays, index = load_decoded(decoded)
    facts, days, event = clinical_columns(index, params)
    training, tuning = (
        _part(arrays, (facts, days, event), index["split"] == name, name)
        for name in ("train", "tuning")
    )
    centre, spread = standardisation(training.facts, params.task.facts)
    run = TrainingRun(
        decoded, model, params, report, checkpoints,
        prepare=lambda network: _told(network, centre, spread),
    )
    places = fact_places(params.task.facts)
    return run.completed(
        _Risks(training, tuning, params.fit, places), training.pictures, tuning.pictures,
        features=last_features,
    )  # fmt: skip


def clinical_columns(
    index: Columns, params: Params
) -> tuple[Facts, NDArray[np.float32], NDArray[np.bool_]]:
    """Of every study of the index its facts (n, columns), days followed, and whether the event
    came. Raises InvalidInput where the dataset holds no clinical courses."""
    if COURSE not in index:
        raise InvalidInput(
            "The dataset holds no clinical courses.",
            hint="Train on a table with follow-up: radvigil model train --data --facts.",
        )
    courses = [ClinicalCourse.of(text) for text in index[COURSE].tolist()]
    facts = fact_rows(params.task.facts, [one.values for one in courses])
    days = np.array([one.followed_days for one in courses], dtype=np.float32)
    return facts, days, np.array([one.event for one in courses], dtype=bool)


def standardisation(
    facts: Facts, columns: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each column over the training studies that have it.

    Raises InvalidInput for a column that is known of fewer than two studies or is constant.
    """
    centre, spread = np.zeros(len(columns)), np.zeros(len(columns))
    for place, column in enumerate(columns):
        known = facts[:, place][np.isfinite(facts[:, place])].astype(np.float64)
        if known.size < 2 or known.std() <= 0:
            why = f"known of {known.size} training studies" if known.size < 2 else (
                f"the same in all {known.size} training studies that have it"
            )
            raise InvalidInput(
                f"The fact {column} is {why}: nothing can be learnt from it.",
                hint="Give its values with --facts, or take it out of the definition.",
            )
        centre[place], spread[place] = known.mean(), known.std()
    return centre.astype(np.float32), spread.astype(np.float32)


def cox_loss(risk: "Tensor", days: "Tensor", event: "Tensor") -> "Tensor":
    """Mean negative log partial likelihood of the events among these studies, ties as Breslow.

    For each event: its risk against the log of the sum of exp(risk) of all who were under
    observation then (Cox, J R Stat Soc B 1972;34:187). In training the studies of a batch stand
    for all who were. risk, days, event: (n,). 0 where no event can be compared.
    """
    import torch

    at_risk = days.unsqueeze(0) >= days.unsqueeze(1)
    rest = torch.where(at_risk, risk.unsqueeze(0), risk.new_full((), -torch.inf))
    each = torch.logsumexp(rest, dim=1) - risk
    return (each * event).sum() / event.sum().clamp(min=1)


def _told(network: Any, centre: NDArray[np.float32], spread: NDArray[np.float32]) -> Any:
    import torch

    network.centre.copy_(torch.from_numpy(centre))
    network.spread.copy_(torch.from_numpy(spread))
    return network


def _part(
    arrays: NDArray[np.uint8], columns: tuple[Facts, NDArray[np.float32], NDArray[np.bool_]],
    rows: NDArray[np.bool_], name: str,
) -> _Part:  # fmt: skip
    facts, days, event = columns[0][rows], columns[1][rows], columns[2][rows]
    if event.sum() < _LEAST_EVENTS:
        raise InvalidInput(
            f"The {name} split has {len(event)} studies, and {int(event.sum())} have the event; "
            f"{_LEAST_EVENTS} are needed.",
            hint="Add studies, or follow them longer.",
        )
    return _Part(arrays[rows], facts, days, event)


@dataclass(frozen=True, slots=True, eq=False)
class _Risks:
    """A lesson (:class:`models.epochs.Lesson`): pictures and facts beside their follow-up."""

    training: _Part
    tuning: _Part
    fit: FitParams
    places: list[NDArray[np.intp]]

    @property
    def count(self) -> int:
        return len(self.training.event)

    def loss(self, network: Any, rows: NDArray[np.int64], rng: np.random.Generator) -> "Tensor":
        import torch

        part, device = self.training, next(network.parameters()).device
        seen = varied(part.pictures[rows], self.fit, rng).to(device)
        facts = torch.from_numpy(self._some(part.facts[rows], rng)).to(device)
        risk, _ = network(seen, facts)
        days, event = (torch.from_numpy(one[rows]).to(device) for one in (part.days, part.event))
        return cox_loss(risk, days, event.to(risk.dtype))

    def held_out(self, network: Any) -> dict[str, float]:
        """The loss of the tuning studies, all together, and Harrell's C. Only watched."""
        import torch

        part = self.tuning
        risk, _ = network_outputs(network, part.pictures, part.facts)
        days, event = torch.from_numpy(part.days), torch.from_numpy(part.event)
        loss = float(cox_loss(torch.from_numpy(risk).float(), days, event.float()))
        order = harrell_c(part.days, part.event, risk).value
        return {"tuning": loss, "tuning_c": 0.5 if order is None else order}

    def _some(self, facts: Facts, rng: np.random.Generator) -> Facts:
        """The facts with each made missing by chance."""
        kept = facts.copy()
        gone = rng.random((len(facts), len(self.places))) < self.fit.fact_dropout
        for fact, place in enumerate(self.places):
            kept[np.ix_(gone[:, fact], place)] = np.nan
        return kept
