import numpy as np
import pytest

from trivet.training.batches import group_batches, plan_batches, share_batches

LENGTHS = np.random.default_rng(0).integers(3, 60, size=1003)


def test_an_epoch_holds_every_row_once() -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)
    assert sorted(np.concatenate(batches).tolist()) == list(range(1003))
    assert len(batches) == 63
    assert max(len(batch) for batch in batches) == 16


def test_the_same_seed_and_epoch_give_the_same_batches() -> None:
    one, other = (plan_batches(LENGTHS, batch_size=16, seed=3, epoch=2) for _ in range(2))
    assert [batch.tolist() for batch in one] == [batch.tolist() for batch in other]


@pytest.mark.parametrize("other", [{"seed": 4, "epoch": 2}, {"seed": 3, "epoch": 3}])
def test_another_seed_or_epoch_gives_other_batches(other: dict[str, int]) -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=3, epoch=2)
    assert [b.tolist() for b in plan_batches(LENGTHS, batch_size=16, **other)] != [b.tolist() for b in batches]


def test_rows_of_like_length_share_a_batch() -> None:
    def padding(batches: tuple[np.ndarray, ...]) -> float:
        return sum(LENGTHS[batch].max() * len(batch) for batch in batches) / LENGTHS.sum() - 1

    shuffled = np.random.default_rng(1).permutation(1003)
    naive = tuple(shuffled[at : at + 16] for at in range(0, 1003, 16))
    assert padding(plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)) < 0.1 < padding(naive)


def test_lengths_do_not_decide_the_order_of_the_batches() -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)
    means = [LENGTHS[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_processes_get_the_same_number_of_batches_and_all_of_them() -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)
    shares = [share_batches(batches, process=process, processes=4) for process in range(4)]
    assert {len(share) for share in shares} == {16}
    assert {row for share in shares for batch in share for row in batch.tolist()} == set(range(1003))


def test_one_process_has_all_batches_as_they_are() -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)
    assert share_batches(batches, process=0, processes=1) == batches


def test_the_last_group_may_be_smaller() -> None:
    batches = plan_batches(LENGTHS, batch_size=16, seed=0, epoch=0)
    assert [len(group) for group in group_batches(batches, 4)] == [4] * 15 + [3]
