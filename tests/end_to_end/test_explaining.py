"""`trivet explain` on real data: the answer, its words, the nearest training rows, in one call of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TEXTS = ("why was I charged twice?", "I still have not received my new card")


@pytest.fixture(scope="module")
def bank(trivet: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head over the frozen encoder from the 10-shot rows of BANKING77."""
    recipe = tmp_path_factory.mktemp("recipe") / "bank.toml"
    recipe.write_text('name = "bank"\n[data]\ndataset = "banking77-10shot"\n[method]\nkind = "head"\n')
    out = recipe.with_name("bank")
    trivet("train", str(recipe), "--no-evaluate", "--out", str(out))
    return out


@pytest.mark.real_data
def test_an_answer_is_explained_by_words_and_training_rows(trivet: Any, bank: Path, tmp_path: Path) -> None:
    charged, card = json.loads(trivet("explain", str(bank), *TEXTS, "--k", "3", "--json").stdout)
    heaviest = max(charged["words"], key=lambda word: word["weight"])
    assert (heaviest["text"], TEXTS[0][heaviest["start"] : heaviest["end"]]) == ("twice", "twice")
    assert charged["rows"] == 2 * len(charged["words"])
    assert not card["changed"]
    for told in (charged, card):
        assert len(told["examples"]) == 3
        assert told["label"] in {example["label"] for example in told["examples"]}
        for example in told["examples"]:
            line = Path(example["file"]).read_text(encoding="utf-8").splitlines()[example["line"] - 1]
            assert example["text"] == line.strip()

    shown = trivet("explain", str(bank), TEXTS[0], "--k", "2").stdout
    assert shown.startswith(TEXTS[0])
    assert "\x1b" not in shown
    assert "nearest training rows" in shown

    asked, out = tmp_path / "asked.csv", tmp_path / "why.parquet"
    asked.write_text("text\n" + "\n".join(TEXTS) + "\n")
    told = json.loads(trivet("explain", str(bank), "--file", str(asked), "--out", str(out), "--json").stdout)
    assert told == {"path": str(out), "rows": 2}

    import pyarrow.parquet as pq

    rows = pq.read_table(out).to_pylist()
    assert [row["label"] for row in rows] == [charged["label"], card["label"]]
    # A second call finds the rows embedded.
    again = trivet("explain", str(bank), TEXTS[0])
    assert "embedding" not in again.stderr


@pytest.mark.real_data
def test_what_cannot_be_explained_is_told_in_one_line(trivet: Any, bank: Path, tmp_path: Path) -> None:
    for words, said in (
        (("explain", str(bank), " "), "the text is empty"),
        (("explain", "nobody", "card"), "nobody"),
        (("explain", str(bank), "--file", "asked.csv"), "--file and --out go together"),
    ):
        done = trivet(*words, code=2)
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    gone = trivet("explain", str(bank), "card", code=2, TRIVET_DATA=str(tmp_path), TRIVET_CACHE=str(tmp_path / "cache"))
    assert "the training rows cannot be read" in gone.stderr
    assert "k = 0" in gone.stderr
    alone = trivet("explain", str(bank), "card", "--k", "0", TRIVET_DATA=str(tmp_path))
    assert "nearest training rows" not in alone.stdout


def test_a_model_that_embeds_only_is_not_explained(trivet: Any, legs: Any) -> None:
    done = trivet("explain", str(legs["recommend"]), "card", code=2)
    assert "are not explained" in done.stderr
