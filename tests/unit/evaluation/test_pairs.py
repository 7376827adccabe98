import numpy as np

from trivet.evaluation.pairs import PairPlaces, embed_words


def test_a_place_is_that_among_all_positives_but_the_anchors_own() -> None:
    pairs = PairPlaces.of(["a", "a", "b", "x"], ["x", "y", "z", "a"])
    # Positives are a, x, y, z; unit vectors in a plane by their angle in degrees.
    angles = {"a": 0, "x": 10, "y": 50, "b": 45, "z": 30}
    turned = np.deg2rad([angles[text] for text in pairs.texts])
    places = pairs.place(np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32))
    # a to x: only z counts against it; a to y: z is nearer; b to z: y is nearer; x to a: z is farther.
    assert places.tolist() == [1, 2, 2, 1]


def test_where_all_are_alike_the_positive_comes_last() -> None:
    pairs = PairPlaces.of(["a", "b"], ["c", "d"])
    assert pairs.place(np.ones((4, 3), dtype=np.float32)).tolist() == [2, 2]


def test_words_in_common_bring_texts_together() -> None:
    texts = ["lost card", "the card is lost", "send money", "?"]
    pairs = PairPlaces.of([texts[0]], [texts[1]])
    vectors = embed_words(texts)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] == 0
    assert not vectors[3].any()
    assert pairs.place(embed_words(pairs.texts)).tolist() == [1]
