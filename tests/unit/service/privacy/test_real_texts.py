"""On public sets of real messages and news nothing is taken for personal but what is; each find was looked at."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from trivet.data.sources import open_dataset
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings
from trivet_service.privacy.redaction import find_personal

# A typed account number in CLINC150, press officers' telephones in PhraseBank, guests' telephones in RESTAURANTS-8K.
FOUND = {
    "banking77": {},
    "clinc150": {"account": 1},
    "hwu64": {},
    "phrasebank-50agree": {"phone": 16},
    "tfns": {},
    "fiqa": {},
    "restaurants8k": {"phone": 2},
    "xsid-zh": {},
}


def texts_of(name: str, tmp_path: Path) -> list[str]:
    settings = Settings(data=Path(os.environ.get("TRIVET_DATA", "")), cache=tmp_path / "cache", offline=True)
    dataset = open_dataset(DataRecipe(dataset=name), settings)
    return [text for table in dataset.tables for text in dataset.frame(table)["text"]]


@pytest.mark.real_data
@pytest.mark.parametrize("name", FOUND)
def test_only_what_is_personal_is_found(name, tmp_path):
    found: dict[str, int] = {}
    for text in texts_of(name, tmp_path):
        for one in find_personal(text):
            found[one.kind] = found.get(one.kind, 0) + 1
    assert found == FOUND[name]


@pytest.mark.parametrize("name", ["sample-bank", "sample-finance"])
def test_a_text_costs_a_small_part_of_the_milliseconds_that_an_answer_takes(name, tmp_path):
    texts = texts_of(name, tmp_path)
    # Whatever is loaded when it is first needed is there.
    find_personal("+44 7700 900123, 4111 1111 1111 1111, DE89370400440532013000")
    began = time.process_time()
    for text in texts:
        find_personal(text)
    assert (time.process_time() - began) / len(texts) < 100e-6
