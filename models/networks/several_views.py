"""One network that answers for several views of a picture: test-time augmentation.

The picture itself and the same moved left, right, up and down, as it might have been taken as well
(Krizhevsky et al., NeurIPS 2012, section 4.1; for uncertainty Wang et al., Neurocomputing 2019).
The probability is the mean of theirs, as of an ensemble. No mirror image: it moves the heart.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.networks.ensemble import joined

VIEWS = 5


class SeveralViews(nn.Module):
    """In training the network itself; in service the joined answer for the views, with the spread.

    share: of the picture's side, how far the views are moved, one pixel at least. The border is
    repeated.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        super().__init__()
        self.network = network
        self.share = share

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Logits and features (n, channels) as the network gives them; in service the features are
        the mean over the views, and third stands the uncertainty (n,)."""
        if self.training:
            answer: tuple[Tensor, ...] = self.network(pictures)
            return answer
        seen = torch.stack(self.views(pictures)).flatten(0, 1)
        logits, features = (one.unflatten(0, (VIEWS, -1)) for one in self.network(seen)[:2])
        together, spread = joined(logits)
        return together, features.mean(dim=0), spread

    def views(self, pictures: Tensor) -> list[Tensor]:
        """The pictures (n, 1, side, side), and the same moved to four sides."""
        side = pictures.shape[-1]
        by = max(1, round(side * self.share))
        wide = functional.pad(pictures, (by, by, by, by), mode="replicate")
        corners = ((by, by), (by, 0), (by, 2 * by), (0, by), (2 * by, by))
        return [wide[..., row : row + side, column : column + side] for row, column in corners]
