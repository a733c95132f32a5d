"""Several networks of one kind that answer together, and how far they disagree.

Deep ensemble (Lakshminarayanan et al., NeurIPS 2017): the members differ in their first weights and
in the order and variation of their pictures. The probability is the mean of theirs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Ensemble(nn.Module):
    """Pictures in; the members' common raw output, their features side by side, their spread."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logit as one member gives it, features (n, members * channels), uncertainty (n,)."""
        found = [member(pictures) for member in self.members]
        logit, spread = joined(torch.stack([one[0] for one in found]))
        return logit, torch.cat([one[1] for one in found], dim=1), spread


def joined(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The raw output of the mean probability, and the spread between the members.

    logits: (members, n) of one finding, (members, n, classes), (members, n, rows, columns) of
    pixels, or (members, n, maps, rows, columns) of marks, whose first map is a log odds; of the
    others the mean counts. The spread is the standard deviation between the members of their
    probability of the finding; of the class where it is largest; of outlines the sum of it over all
    pixels as a share of the mean outlined area, plus one pixel; of marks the largest of any cell.

    >>> logit, spread = joined(torch.tensor([[0.0, 3.0], [0.0, -3.0]]))
    >>> [round(float(one), 2) for one in (*logit, *spread)]
    [0.0, 0.0, 0.0, 0.45]
    """
    if logits.ndim == 3:
        each = functional.log_softmax(logits, dim=2)
        together = _log_mean(each)
        return together, _deviation(each.exp()).amax(dim=1)
    if logits.ndim == 5:
        centres, sides = logits[:, :, 0], logits[:, :, 1:].mean(dim=0)
        together = joined(centres)[0].unsqueeze(1)
        return torch.cat((together, sides), dim=1), _deviation(centres.sigmoid()).amax(dim=(1, 2))
    yes, no = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    together, chance = _log_mean(yes) - _log_mean(no), yes.exp()
    spread = _deviation(chance)
    if logits.ndim == 4:
        area = chance.mean(dim=0).sum(dim=(1, 2))
        spread = spread.sum(dim=(1, 2)) / (area + 1)
    return together, spread


def _log_mean(each: Tensor) -> Tensor:
    """Of logarithms, the logarithm of the mean over the members; without overflow."""
    top = each.amax(dim=0)
    return top + (each - top).exp().mean(dim=0).log()


def _deviation(chance: Tensor) -> Tensor:
    centre = chance.mean(dim=0)
    return (chance - centre).square().mean(dim=0).sqrt()
