from itertools import product

import pytest

from trivet.runtime.grid import ROWS, cut_rows, round_length


@pytest.mark.parametrize(
    ("length", "width"), [(1, 8), (8, 8), (9, 16), (17, 24), (25, 32), (33, 48), (49, 64), (65, 96), (385, 512)]
)
def test_a_length_is_rounded_up_to_a_power_of_two_or_three_halves_of_one(length: int, width: int) -> None:
    assert round_length(length) == width


def test_no_length_is_padded_by_more_than_half_once_it_has_more_than_eight_tokens() -> None:
    assert all(length <= round_length(length) < 1.5 * length for length in range(9, 513) if length not in (9, 10))


def test_a_batch_is_cut_into_known_sizes_without_losing_a_row() -> None:
    for rows in range(1, 200):
        slices = list(cut_rows(rows))
        assert [row for part in slices for row in range(part.start, part.stop)] == list(range(rows))
        assert all(part.stop - part.start in ROWS for part in slices)


def test_a_batch_of_the_batcher_takes_at_most_two_runs() -> None:
    assert max(len(list(cut_rows(rows))) for rows in range(1, 17)) == 2


def test_all_batches_of_up_to_768_tokens_have_less_than_20_different_numbers_of_tokens() -> None:
    widths = {round_length(length) for length in range(1, 129)}
    assert len({rows * width for rows, width in product(ROWS, widths) if rows * width <= 768 and rows <= 16}) < 20
