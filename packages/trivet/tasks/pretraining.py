"""Further pre-training by its objective: the torch half, chosen."""

from __future__ import annotations

from typing import assert_never

from tokenizers import Tokenizer

from trivet.errors import RecipeError
from trivet.recipe.task import Pretraining
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.denoising import DenoisingTask
from trivet.tasks.masked_language import MaskedLanguageTask
from trivet.tasks.words import ordinary_ids

# What families of encoders call their mask.
MASKS = ("[MASK]", "<mask>")


def pretraining_task(
    task: Pretraining, tokenizer: TextTokenizer, training: TrainingRecipe
) -> MaskedLanguageTask | DenoisingTask:
    """The task of the recipe's objective.

    Raises:
        RecipeError: words are to be hidden, but the encoder's tokenizer has no mask.
    """
    others = ordinary_ids(tokenizer)
    match task.objective:
        case "masked":
            mask = find_mask(tokenizer)
            return MaskedLanguageTask(tokenizer, training, mask, others, task.masked, task.whole_words)
        case "denoising":
            return DenoisingTask(tokenizer, training, others, task.deleted)
        case _:
            assert_never(task.objective)


def find_mask(tokenizer: TextTokenizer) -> int:
    """The id of the token that hides a word.

    Raises:
        RecipeError: the tokenizer has none.
    """
    reader = Tokenizer.from_file(str(tokenizer.path))
    for token in MASKS:
        found = reader.token_to_id(token)
        if found is not None:
            return int(found)
    raise RecipeError(
        "the encoder's tokenizer has no mask token.", where="task.objective", todo="Use 'denoising', which needs none."
    )
