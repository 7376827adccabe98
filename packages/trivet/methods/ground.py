"""What every way of building a model stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from trivet.data.dataset import Dataset
from trivet.encoders.catalogue import EncoderSource
from trivet.methods.features import open_tokenizer
from trivet.methods.progress import Progress
from trivet.recipe import Recipe
from trivet.registry.start import choose_encoder
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings


@dataclass(frozen=True)
class Ground:
    """The data set, the encoder before training and its tokenizer, and the circumstances of one run.

    `workspace` takes checkpoints and graphs; with `resume` a fit goes on from the checkpoint there.
    """

    dataset: Dataset
    source: EncoderSource
    tokenizer: TextTokenizer
    settings: Settings
    workspace: Path
    progress: Progress
    resume: bool

    def below(self, name: str) -> Ground:
        """The same ground with a folder of its own for one of several fits."""
        return replace(self, workspace=self.workspace / name)


def prepare_ground(
    recipe: Recipe, dataset: Dataset, *, settings: Settings, workspace: Path, progress: Progress, resume: bool
) -> Ground:
    """The ground of a run with the recipe's encoder.

    Raises:
        EncoderError: the encoder is not to be found or cannot be read.
    """
    source = choose_encoder(recipe.encoder, settings)
    return Ground(dataset, source, open_tokenizer(source, recipe), settings, workspace, progress, resume)
