"""What further pre-training does to a text before the model has to mend it."""

from __future__ import annotations

import torch

# Of the chosen tokens, the shares that become the mask and another token; the rest stay (Devlin 2018, section 3.1).
MASKED, REPLACED = 0.8, 0.1


def choose_tokens(chances: torch.Tensor, rate: float) -> torch.Tensor:
    """bool[B,T]: tokens whose chance F32[B,T] lies below `rate`, and at least the least of each row.

    A chance above 1 belongs to no word and is never chosen.
    """
    least = chances.min(dim=1, keepdim=True).values
    return ((chances < rate) | (chances == least)) & (chances <= 1)


def mask_tokens(
    ids: torch.Tensor, other: torch.Tensor, chances: torch.Tensor, *, rate: float, mask_id: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids I64[B,T] with the chosen tokens masked, replaced by `other` I64[B,T] or left, 80/10/10, and which they are.

    The chance that chose a token also says what becomes of it: below `rate` it is uniform again. Tokens of one word
    share their fate.
    """
    chosen = choose_tokens(chances, rate)
    # The least of a row without a chance below the rate is masked.
    share = torch.where(chances < rate, chances / rate, 0.0)
    spoilt = torch.where(chosen & (share < MASKED), mask_id, ids)
    replaced = chosen & (share >= MASKED) & (share < MASKED + REPLACED)
    return torch.where(replaced, other, spoilt), chosen


def delete_tokens(
    ids: torch.Tensor, mask: torch.Tensor, chances: torch.Tensor, *, rate: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask I64[B,T] without the words whose chance lies below `rate`; what is left moves up (Wang 2021).

    The word of a row with the greatest chance stays, and so do special tokens; freed places are padding.
    """
    words = torch.where(chances <= 1, chances, -1.0)
    greatest = words.max(dim=1, keepdim=True).values
    kept = (mask == 1) & ((chances >= rate) | (chances == greatest))
    order = torch.argsort((~kept).long(), dim=1, stable=True)
    left = kept.gather(1, order).long()
    return ids.gather(1, order) * left, left
