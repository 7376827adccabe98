import json
from pathlib import Path

import torch

from trivet.backbone.sequence import SequenceConfig, sequence_encoder
from trivet.backbone.trained import save_weights

CONFIG = SequenceConfig(vocabulary=12, hidden_size=8, layers=2, heads=2, length=8)


def test_an_item_does_not_see_what_came_later() -> None:
    model = sequence_encoder(CONFIG, dropout=0.0).model.eval()
    mask = torch.ones(1, 4, dtype=torch.long)
    one = model(torch.tensor([[5, 4, 3, 2]]), mask).last_hidden_state
    other = model(torch.tensor([[9, 8, 3, 2]]), mask).last_hidden_state
    # The latest stands first: places 2 and 3 are older than what changed.
    torch.testing.assert_close(one[:, 2:], other[:, 2:])
    assert not torch.allclose(one[:, 0], other[:, 0])


def test_a_step_means_the_same_wherever_in_a_history_it_stands() -> None:
    model = sequence_encoder(CONFIG, dropout=0.0).model.eval()
    long = model(torch.tensor([[7, 5, 4, 3]]), torch.ones(1, 4, dtype=torch.long)).last_hidden_state
    short = model(torch.tensor([[5, 4, 3]]), torch.ones(1, 3, dtype=torch.long)).last_hidden_state
    torch.testing.assert_close(long[:, 1:], short)


def test_padding_changes_nothing() -> None:
    encoder = sequence_encoder(CONFIG, dropout=0.0).eval()
    bare = encoder(torch.tensor([[5, 4]]), torch.ones(1, 2, dtype=torch.long))
    padded = encoder(torch.tensor([[5, 4, 0, 0, 0, 0, 0, 0]]), torch.tensor([[1, 1, 0, 0, 0, 0, 0, 0]]))
    torch.testing.assert_close(bare, padded)
    torch.testing.assert_close(bare.norm(dim=1), torch.ones(1))


def test_items_start_where_they_are_put_and_what_is_unknown_says_nothing() -> None:
    start = torch.randn(10, 8)
    table = sequence_encoder(CONFIG, dropout=0.0, start=start).model.item_embeddings.weight
    assert torch.equal(table[2:], start)
    assert not table[:2].any()


def test_the_weights_are_saved_with_their_shape(tmp_path: Path) -> None:
    folder = save_weights(sequence_encoder(CONFIG, dropout=0.0), tmp_path)
    assert json.loads((folder / "config.json").read_text())["vocabulary"] == 12
    assert (folder / "model.safetensors").is_file()
