from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.load_openvino import load_openvino
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.classification import Classifier, balanced_weights, classification_task
from trivet.tasks.losses import supervised_contrast
from trivet.tasks.outputs import compute_outputs

FRAME = pd.DataFrame(
    {
        "text": ["card lost", "money sent a", "a card b", "money c d", "card card", "e money"],
        "label": ["lost", "sent", "lost", "sent", "lost", "sent"],
    }
)


def test_labels_are_in_alphabetical_order_and_rows_point_at_them(tokenizer: TextTokenizer) -> None:
    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    rows = task.prepare(FRAME)
    assert task.labels == ("lost", "sent")
    assert rows.truth.tolist() == [0, 1, 0, 1, 0, 1]
    assert rows.lengths.tolist() == [4, 5, 5, 5, 4, 4]  # with [CLS] and [SEP]


def test_a_label_that_training_does_not_have_is_named_with_its_row(tokenizer: TextTokenizer) -> None:
    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    with pytest.raises(DataError, match=r"row 2: the label 'refund' is not one that the model learns"):
        task.prepare(pd.DataFrame({"text": ["a", "b"], "label": ["lost", "refund"]}))


def test_a_choice_of_one_is_refused(tokenizer: TextTokenizer) -> None:
    with pytest.raises(DataError, match="needs two"):
        classification_task(FRAME[FRAME["label"] == "lost"], tokenizer, TrainingRecipe())


def test_no_rows_are_refused(tokenizer: TextTokenizer) -> None:
    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    with pytest.raises(DataError, match="no rows"):
        task.prepare(FRAME.iloc[:0])


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.repeat([0, 1, 2], [1, 5, 10])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(balanced_weights(np.array([1, 5, 10])).numpy(), expected, rtol=1e-6)


def test_balanced_weights_follow_the_order_of_the_labels(tokenizer: TextTokenizer) -> None:
    frame = pd.DataFrame({"text": ["a"] * 4, "label": ["z", "z", "z", "b"]})
    task = classification_task(frame, tokenizer, TrainingRecipe(class_weights="balanced"))
    assert task.labels == ("b", "z")
    assert task.weights is not None
    assert task.weights.tolist() == pytest.approx([2.0, 2 / 3])


def test_logits_are_linear_in_the_embedding(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    module = task.module(load_encoder(source, dropout=0.1))
    embedding, logits = compute_outputs(module, task.prepare(FRAME).encoded)
    torch.testing.assert_close(logits, embedding @ module.head.weight.detach().T + module.head.bias.detach())


def test_the_head_starts_as_the_logistic_regression_over_the_frozen_embeddings(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    from sklearn.linear_model import LogisticRegression

    three = pd.concat([FRAME, pd.DataFrame({"text": ["b c", "d e a"], "label": ["other", "other"]})])
    task = classification_task(three, tokenizer, TrainingRecipe(bf16="off"))
    rows = task.prepare(three)
    module = task.module(load_encoder(source, dropout=0.1))
    task.start(module, rows)
    embedding, logits = (output.numpy() for output in compute_outputs(module, rows.encoded))
    oracle = LogisticRegression(C=10, max_iter=10_000, tol=1e-8).fit(embedding, rows.truth)
    np.testing.assert_allclose(
        torch.from_numpy(logits).softmax(dim=1).numpy(), oracle.predict_proba(embedding), atol=1e-3
    )


def test_the_contrast_is_added_with_its_weight(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    plain = classification_task(FRAME, tokenizer, TrainingRecipe())
    contrasted = replace(plain, training=TrainingRecipe(contrast=0.5, temperature=0.1))
    rows = plain.prepare(FRAME)
    module = plain.module(load_encoder(source, dropout=0.0)).eval()
    batch = plain.batch(rows, np.arange(6))
    embedding, _ = module(batch["input_ids"], batch["attention_mask"])
    expected = plain.loss(module, batch) + 0.5 * supervised_contrast(embedding, batch["truth"], temperature=0.1)
    torch.testing.assert_close(contrasted.loss(module, batch), expected)


def test_the_score_is_the_accuracy(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    module = task.module(load_encoder(source, dropout=0.1))
    with torch.no_grad():
        module.head.weight.zero_()
        module.head.bias.copy_(torch.tensor([1.0, 0.0]))
    assert task.score(module, task.prepare(FRAME)) == 0.5
    assert task.score(module, task.prepare(FRAME.iloc[[0, 1, 2]])) == pytest.approx(2 / 3)


def test_the_classifier_gives_the_same_answers_in_openvino(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    openvino = load_openvino()

    task = classification_task(FRAME, tokenizer, TrainingRecipe())
    rows = task.prepare(FRAME)
    module: Classifier = task.module(load_encoder(source, dropout=0.1))
    task.start(module, rows)
    module.eval()
    batch = task.batch(rows, np.arange(6))
    model = openvino.convert_model(module, example_input=(batch["input_ids"][:2], batch["attention_mask"][:2]))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled((batch["input_ids"].numpy(), batch["attention_mask"].numpy()))
    with torch.no_grad():
        expected = module(batch["input_ids"], batch["attention_mask"])
    for at in (0, 1):
        np.testing.assert_allclose(found[at], expected[at].numpy(), atol=1e-4)
