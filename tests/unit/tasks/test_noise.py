import numpy as np
import pytest
import torch

from trivet.tasks.noise import choose_tokens, delete_tokens, mask_tokens

MASK = 99


def grid(rows: int, width: int, *, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Chances of long rows, and ids that none of the noise gives."""
    random = torch.Generator().manual_seed(seed)
    return torch.rand(rows, width, generator=random), torch.full((rows, width), 7)


def test_of_many_tokens_fifteen_in_a_hundred_are_hidden_as_80_10_10() -> None:
    chances, ids = grid(200, 500, seed=0)
    spoilt, chosen = mask_tokens(ids, torch.full_like(ids, 42), chances, rate=0.15, mask_id=MASK)
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.005)
    hidden = spoilt[chosen]
    shares = [(hidden == value).float().mean().item() for value in (MASK, 42, 7)]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_what_is_not_chosen_stays() -> None:
    chances, ids = grid(4, 50, seed=1)
    spoilt, chosen = mask_tokens(ids, torch.full_like(ids, 42), chances, rate=0.3, mask_id=MASK)
    assert torch.equal(spoilt[~chosen], ids[~chosen])


def test_a_row_without_a_low_chance_hides_its_least_and_never_what_is_no_word() -> None:
    chances = torch.tensor([[2.0, 0.9, 0.5, 2.0], [2.0, 0.1, 0.9, 2.0]])
    assert choose_tokens(chances, 0.15).tolist() == [[False, False, True, False], [False, True, False, False]]
    spoilt, _ = mask_tokens(torch.full((2, 4), 7), torch.full((2, 4), 42), chances, rate=0.15, mask_id=MASK)
    assert spoilt.tolist() == [[7, 7, MASK, 7], [7, MASK, 7, 7]]


def test_tokens_of_a_word_share_their_fate() -> None:
    chances = torch.tensor([[2.0, 0.05, 0.05, 0.4, 2.0]])
    ids = torch.tensor([[1, 2, 3, 4, 5]])
    spoilt, chosen = mask_tokens(ids, torch.zeros_like(ids), chances, rate=0.15, mask_id=MASK)
    assert chosen.tolist() == [[False, True, True, False, False]]
    assert spoilt.tolist() == [[1, MASK, MASK, 4, 5]]


def test_six_words_in_ten_are_deleted() -> None:
    chances, ids = grid(200, 500, seed=2)
    _, left = delete_tokens(ids, torch.ones_like(ids), chances, rate=0.6)
    assert left.float().mean().item() == pytest.approx(0.4, abs=0.005)


def test_what_is_left_moves_up_in_order_and_specials_stay() -> None:
    ids = torch.tensor([[2, 10, 11, 12, 3, 0], [2, 20, 21, 3, 0, 0]])
    mask = (ids > 0).long()
    chances = torch.tensor([[2.0, 0.1, 0.7, 0.9, 2.0, 2.0], [2.0, 0.3, 0.1, 2.0, 2.0, 2.0]])
    left, left_mask = delete_tokens(ids, mask, chances, rate=0.6)
    # Of the second row both words fall below the rate: the one with the greater chance stays all the same.
    assert left.tolist() == [[2, 11, 12, 3, 0, 0], [2, 20, 3, 0, 0, 0]]
    assert left_mask.tolist() == [[1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]]


def test_words_are_kept_as_the_paper_keeps_them() -> None:
    """Wang 2021 and sentence-transformers: keep where a uniform number lies above the ratio, one word at the least."""
    random = np.random.default_rng(3)
    chances = torch.from_numpy(random.random((50, 12), dtype=np.float32))
    ids = torch.arange(1, 13).repeat(50, 1)
    left, left_mask = delete_tokens(ids, torch.ones_like(ids), chances, rate=0.6)
    for row in range(50):
        keep = chances[row].numpy() > 0.6
        expected = ids[row].numpy()[keep] if keep.any() else ids[row].numpy()[[int(chances[row].argmax())]]
        assert left[row, left_mask[row] == 1].tolist() == expected.tolist()
