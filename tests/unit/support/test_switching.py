"""Files of other products are read with their predictions, and the two are compared on the same rows."""

from __future__ import annotations

import gzip
import json

import pytest

from trivet.errors import DataError
from trivet_support.entities.declaration import ListDeclaration, PatternDeclaration
from trivet_support.switching.clinc import read_clinc
from trivet_support.switching.imported import Imported, Names, Row
from trivet_support.switching.peer import Peer, put_beside
from trivet_support.switching.setfit import read_setfit
from trivet_support.switching.shelf import keep
from trivet_support.switching.tables import Columns, read_csv


def test_parts_of_clinc_keep_what_is_out_of_scope_apart(tmp_path):
    path = tmp_path / "data.json.gz"
    told = {
        "train": [["hi", "greet"], ["??", "oos"]],
        "val": [["hey", "greet"]],
        "oos_test": [["x", "oos"]],
        "more": [],
    }
    path.write_bytes(gzip.compress(json.dumps(told).encode()))
    imported = read_clinc(path)
    assert imported.parts == {
        "train": [Row("hi", "greet")],
        "out_of_scope_train": [Row("??")],
        "validation": [Row("hey", "greet")],
        "out_of_scope_test": [Row("x")],
    }
    assert imported.notes == ["passed over: 'more' is no part that is known."]


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('{"train": [["hi", "greet"], ["hi"]]}', ": train[1]", "no pair"),
        ('{"train": {}}', "", "no list `train`"),
        ('{"train":\n [}', ":2", "no JSON"),
    ],
)
def test_what_is_wrong_in_clinc_is_named_by_its_place(tmp_path, text, where, said):
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said) as refused:
        read_clinc(path)
    assert refused.value.where == f"{path}{where}"


def test_a_column_of_a_table_has_the_peers_predictions(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("question,intent,rasa\nhi,greet,greet\nbye,part,greet\n?,out_of_scope,part\n")
    imported = read_csv(path, columns=Columns(predicted="rasa"), name="rasa")
    assert imported.parts == {"train": [Row("hi", "greet"), Row("bye", "part")], "out_of_scope_train": [Row("?")]}
    assert imported.peer.predicted == {"hi": "greet", "bye": "greet", "?": "part"}
    for columns, said in ((Columns(predicted="luis"), "no column 'luis'"), (Columns(text="words"), "words")):
        with pytest.raises(DataError, match=said):
            read_csv(path, columns=columns)
    path.write_text("text,label\nhi,greet\n ,greet\n")
    with pytest.raises(DataError, match="empty") as refused:
        read_csv(path, columns=Columns())
    assert refused.value.where.endswith("rows.csv:3")


def test_a_setfit_project_is_read_with_its_labels_predictions_and_metrics(tmp_path):
    (tmp_path / "config_setfit.json").write_text('{"labels": ["greet", "part"]}')
    (tmp_path / "train.jsonl").write_text('{"text": "hi", "label": 0}\n{"text": "bye", "label": 1}\n')
    (tmp_path / "test.csv").write_text("text,label\nhello,0\nfarewell,1\n")
    (tmp_path / "predictions.json").write_text("[0, 0]")
    (tmp_path / "metrics.json").write_text('{"accuracy": 0.5}')
    imported = read_setfit(tmp_path, columns=Columns())
    assert imported.parts["train"] == [Row("hi", "greet"), Row("bye", "part")]
    assert imported.peer.predicted == {"hello": "greet", "farewell": "greet"}
    assert (imported.peer.score, imported.peer.rows) == (0.5, 2)
    (tmp_path / "predictions.json").write_text("[0]")
    with pytest.raises(DataError, match="no list of 2 answers"):
        read_setfit(tmp_path, columns=Columns())
    (tmp_path / "predictions.json").unlink()
    (tmp_path / "metrics.json").write_text('{"measure": "accuracy", "score": 93.4}')
    assert read_setfit(tmp_path, columns=Columns()).peer.score == pytest.approx(0.934)
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(DataError, match="no accuracy"):
        read_setfit(tmp_path, columns=Columns())


def test_the_paired_test_is_on_the_rows_that_both_have_answered():
    texts = [str(at) for at in range(40)]
    peer = Peer("Rasa", "results", {text: "a" if int(text) < 20 else "b" for text in texts[:30]})
    beside = put_beside(peer, texts=texts, truth=["a"] * 40, ours=["a"] * 40)
    assert (beside.score, beside.ours, beside.shared, beside.judged) == (pytest.approx(20 / 30), 1.0, 30, 40)
    assert beside.low < beside.score < beside.high
    assert (beside.test.verdict, beside.test.p) == ("superior", pytest.approx(2 * 0.5**10))
    assert "on 30 of our 40 test rows" in beside.line()


def test_a_report_without_rows_is_shown_with_its_interval_and_without_a_test():
    beside = put_beside(Peer("Rasa", "results", score=0.8, rows=100), texts=["x"], truth=["a"], ours=["a"])
    assert beside.test is None
    assert (round(beside.low, 2), round(beside.high, 2)) == (0.71, 0.87)
    assert "there is no paired test" in beside.line()
    assert put_beside(Peer("SetFit", "metrics", score=0.8), texts=["x"], truth=["a"], ours=["a"]) is None


def test_what_is_imported_is_kept_as_a_data_set_and_as_declarations(tmp_path):
    names = [Names("city", {"Rome": ("roma",)}, ("\\d{5}",)), Names("account no", patterns=("\\d{8}",)), Names("who")]
    rows = {"train": [Row("a, b", "x"), Row('say "hi"', "y")], "out_of_scope_train": [Row("?")]}
    folder = keep(Imported("rasa", rows, entities=names), tmp_path / "bot")
    keep(Imported("rasa", rows, entities=names), folder)
    assert (folder / "train.csv").read_text() == 'text,label\r\n"a, b",x\r\n"say ""hi""",y\r\n'.replace("\r\n", "\n")
    assert (folder / "out_of_scope_train.csv").read_text().splitlines() == ["text", "?"]
    declared = {path.stem: json.loads(path.read_text()) for path in (folder / "entities").iterdir()}
    assert set(declared) == {"city", "city_pattern", "entity_2"}
    assert ListDeclaration.model_validate(declared["city"]).values[0].synonyms == ("roma",)
    assert PatternDeclaration.model_validate(declared["entity_2"]).description == "account no"
    assert PatternDeclaration.model_validate(declared["city_pattern"]).patterns == ("\\d{5}",)
