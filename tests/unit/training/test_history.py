import json

from trivet.training.history import Epoch, History, best_epoch, is_patience_spent


def epochs(*scores: float | None) -> tuple[Epoch, ...]:
    return tuple(Epoch(at, 1.0, score, 2.0, 50.0) for at, score in enumerate(scores, start=1))


def test_the_best_epoch_is_the_earliest_of_equals() -> None:
    assert best_epoch(epochs(0.5, 0.8, 0.8, 0.7)) == 2


def test_without_scores_no_epoch_is_best() -> None:
    assert best_epoch(epochs(None, None)) == 0
    assert best_epoch(()) == 0


def test_a_score_of_zero_is_a_score() -> None:
    assert best_epoch(epochs(0.0, 0.0)) == 1


def test_patience_is_spent_after_so_many_epochs_without_gain() -> None:
    assert not is_patience_spent(epochs(0.5, 0.8, 0.7), 2)
    assert is_patience_spent(epochs(0.5, 0.8, 0.7, 0.8), 2)


def test_patience_0_never_stops() -> None:
    assert not is_patience_spent(epochs(0.9, 0.1, 0.1, 0.1), 0)


def test_no_epoch_yet_is_no_reason_to_stop() -> None:
    assert not is_patience_spent((), 1)


def test_a_history_is_plain_json() -> None:
    values = History(epochs(0.5, None), kept=1).to_json()
    assert json.loads(json.dumps(values))["epochs"][0] == {
        "epoch": 1, "loss": 1.0, "score": 0.5, "seconds": 2.0, "texts_per_second": 50.0,
    }  # fmt: skip
