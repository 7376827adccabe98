"""What a tenant knows: files become text, text becomes passages that can be cited, and passages are found."""

from __future__ import annotations

import time

import numpy as np
import pytest

from trivet.errors import InputError
from trivet_support.knowledge.document import Document
from trivet_support.knowledge.formats import read_content
from trivet_support.knowledge.lexical import LexicalIndex, split_words
from trivet_support.knowledge.library import Library
from trivet_support.knowledge.passage import cut_passages

PAGE = """<html><head><title>Help</title><style>p {color: red}</style></head><body><nav>Home</nav>
<h1>Delivery</h1><p>Parcels come <b>within</b> three&nbsp;days.</p><ul><li>Letters too</li></ul>
<h2>Can I change it?</h2><p>Until it is sent.<script>alert(1)</script></p></body></html>"""


def document(text, kind):
    content = read_content(text, kind)
    return Document("d", content.title or "d", kind, content.text, content.sections, 0.0, 0.0)


def passages(text, kind):
    return [(one.heading, one.text) for one in cut_passages(document(text, kind))]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("First line\nof one.\n\nSecond.", "text", [("", "First line of one.\nSecond.")]),
        (
            "# Delivery\n\nThree *days*.\n\n## Abroad?\n\n| to | days |\n|---|---|\n| EU | 5 |\n",
            "markdown",
            [("Delivery", "Three days."), ("Abroad?", "to\ndays\nEU\n5")],
        ),
        (
            PAGE,
            "html",
            [("Delivery", "Parcels come within three days.\nLetters too"), ("Can I change it?", "Until it is sent.")],
        ),
        ('[{"question": "Why?", "answer": "So.\\nSee."}]', "faq", [("Why?", "So.\nSee.")]),
        ('\ufeffquestion,answer\n"Why, then?",So.\n', "faq", [("Why, then?", "So.")]),
        ("我的卡在哪里。三天内寄到!请等待。", "text", [("", "我的卡在哪里。三天内寄到!请等待。")]),
    ],
)
def test_every_format_becomes_passages_under_their_headings(text, kind, found):
    assert passages(text, kind) == found


def test_a_passage_is_the_very_characters_that_its_citation_names():
    one = document("# A\n\n" + " ".join(f"Sentence number {at} ends here." for at in range(60)), "markdown")
    cut = cut_passages(one)
    assert len(cut) > 3
    for passage in cut:
        assert one.text[passage.start : passage.end] == passage.text
        assert passage.text.startswith("Sentence")
        assert passage.text.endswith("here.")
        assert len(passage.text) <= 400
    assert [one.start for one in cut] == sorted(one.start for one in cut)


def test_a_question_of_full_width_is_answered_and_one_within_a_word_ends_no_sentence():
    [chinese] = cut_passages(document("# \u5361\u5728\u54ea\uff1f\n\n\u4e94\u5929\u3002", "markdown"))
    assert chinese.is_answer
    cut = cut_passages(document("word " * 75 + "see shop.example/find?number=1", "text"))
    assert [one.text.rpartition(" ")[2] for one in cut][-1] == "shop.example/find?number=1"


def test_what_has_no_end_of_a_sentence_is_cut_between_words():
    cut = cut_passages(document("word " * 500, "text"))
    assert all(len(one.text) <= 400 and not one.text.startswith(" ") for one in cut)
    assert "".join(one.text.replace(" ", "") for one in cut) == "word" * 500


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("   \n\n ", "text", "holds no text"),
        ("<script>alert(1)</script>", "html", "holds no text"),
        ("[{", "faq", "no JSON"),
        ("[" * 100_000, "faq", "no JSON"),
        ('{"answers": 1}', "faq", "no list of questions"),
        ('[{"question": "Why?"}]', "faq", "entry 1 has no answer"),
        ('[{"question": "\\ud800?", "answer": "So."}]', "faq", "half a surrogate pair"),
        ("a,b\n1,2\n", "faq", "no columns question and answer"),
        ('question,answer\nWhy?,"So', "faq", "is no CSV"),
        ("question,answer\nWhy?,\n", "faq", "line 2 has no answer"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(text, kind, said):
    with pytest.raises(InputError, match=said):
        read_content(text, kind)


def test_nested_and_broken_pages_are_read_and_what_is_nested_beyond_reason_is_refused():
    assert passages("<div>" * 500 + "Deep." + "</div>" * 500, "html") == [("", "Deep.")]
    assert passages("<![foo[x]]><p>Odd<br>page", "html")[-1][1].startswith("Odd\npage")
    with pytest.raises(InputError, match="nested deeper"):
        read_content("<b>" * 50_000 + "x", "html")


@pytest.mark.parametrize("text", ["." * 500_000, '!" ' * 100_000, "a" * 500_000])
def test_what_looks_like_ends_of_sentences_takes_no_longer_than_others(text):
    began = time.process_time()
    cut_passages(document(text, "text"))
    assert time.process_time() - began < 2.0


def test_words_are_compared_in_every_script():
    assert list(split_words("Cards' delivery, 投诉!")) == ["card", "delivery", "投", "诉", "投诉"]


def test_a_rare_word_of_the_question_tells_more_than_a_common_one():
    index = LexicalIndex(["the card is here", "the parcel is here", "the refund is there"])
    scores = index.score("where is the refund")
    assert scores.argmax() == 2
    assert 0.0 <= scores.min() <= scores.max() <= 1.0
    assert index.score("nothing known") == pytest.approx(np.zeros(3))


def library(*texts, vectors=True):
    cut = [one for at, text in enumerate(texts) for one in cut_passages(_named(f"d{at}", text))]
    made = {one.digest: np.eye(8, dtype=np.float32)[at] for at, one in enumerate(cut)} if vectors else {}
    return Library(cut, made, encoder="e")


def _named(name, text):
    content = read_content(text, "text")
    return Document(name, name, "text", content.text, content.sections, 0.0, 0.0)


def test_what_nothing_is_near_to_is_not_claimed():
    found = library("Parcels come in three days.", "Refunds take a week.")
    assert not any(
        hit.is_claimed for hit in found.search("what is the weather", np.eye(8, dtype=np.float32)[5], count=3)
    )
    best = found.search("how long do refunds take", np.eye(8, dtype=np.float32)[1], count=3)[0]
    assert best.is_claimed
    assert best.passage.document == "d1"


def test_words_find_what_has_no_vector_yet():
    found = library("Parcels come in three days.", "Refunds take a week.", vectors=False)
    assert len(found.lacking()) == 2
    [hit, _] = found.search("refunds take a week?", None, count=2)
    assert hit.is_claimed
    assert hit.passage.document == "d1"


def test_a_document_that_is_taken_out_is_found_no_more():
    found = library("Parcels come in three days.", "Refunds take a week.").without("d1")
    assert [hit.passage.document for hit in found.search("refunds", np.eye(8, dtype=np.float32)[1], count=5)] == ["d0"]
