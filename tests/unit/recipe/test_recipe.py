"""A recipe knows its knobs, and a mistake in one is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trivet.errors import RecipeError
from trivet.recipe import Recipe, build_recipe, knobs, read_recipe
from trivet.recipe.recipe import SUPPORTED

PLAIN = {"name": "support", "data": {"dataset": "banking77"}}


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_defaults_are_written_out_and_read_back() -> None:
    recipe = build_recipe(PLAIN)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert recipe.model_dump()["method"]["kind"] == "head"


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(ValidationError):
        build_recipe(PLAIN).training.epochs = 3  # type: ignore[misc]


def test_a_misspelt_knob_is_named_with_its_line_and_the_knob_that_was_meant(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\n[data]\ndataset = "b"\n\n[training]\nseed = 1\nepoch = 3\n')
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert caught.value.where == f"{path}:7"
    assert "training.epoch" in caught.value.what
    assert "epochs" in caught.value.todo


def test_a_value_out_of_range_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\ndata.dataset = "b"\n[training]\nepochs = 0\n')
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert caught.value.where == f"{path}:4"
    assert "greater than or equal to 1" in caught.value.what


def test_a_knob_of_another_kind_of_method_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\ndata.dataset = "b"\n[method]\nkind = "full"\nrank = 8\n')
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert caught.value.where == f"{path}:5"


def test_a_file_that_is_not_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="not valid TOML"):
        read_recipe(write(tmp_path, "name = \n"))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        read_recipe(tmp_path / "none.toml")


def test_an_override_of_the_kind_replaces_the_whole_method() -> None:
    values = {**PLAIN, "method": {"kind": "head", "expansion": 100}}
    recipe = build_recipe(values, overrides={"method.kind": "lora", "method.rank": 4})
    assert recipe.method.model_dump()["rank"] == 4


def test_a_wrong_override_is_named_as_such() -> None:
    with pytest.raises(RecipeError) as caught:
        build_recipe(PLAIN, overrides={"training.epoochs": 3})
    assert caught.value.where == "--set training.epoochs"


@pytest.mark.parametrize(
    ("task", "method"),
    [
        (task, method)
        for task in ("classification", "multilabel", "regression", "similarity")
        for method in ("head", "full", "lora", "few_shot")
    ],
)
def test_only_pairs_in_the_table_are_read(task: str, method: str) -> None:
    values = {**PLAIN, "task": {"kind": task}, "method": {"kind": method}}
    if (task, method) in SUPPORTED:
        assert build_recipe(values).task.kind == task
    else:
        with pytest.raises(RecipeError, match="does not go with"):
            build_recipe(values)


@settings(deadline=None, max_examples=25)
@given(st.text(min_size=1, max_size=12).filter(lambda word: word.isidentifier() and word not in Recipe.model_fields))
def test_any_foreign_section_is_refused(word: str) -> None:
    with pytest.raises(RecipeError, match="there is no knob"):
        build_recipe({**PLAIN, word: {}})


def test_every_knob_is_listed_once_with_its_default() -> None:
    listed = knobs()
    assert listed["training.epochs"].startswith("5")
    assert "method.rank" in listed
    assert "method.expansion" in listed


@pytest.mark.parametrize(
    ("task", "target"),
    [("classification", "label"), ("multilabel", "labels"), ("regression", "number"), ("tagging", "")],
)
def test_the_task_says_what_the_label_s_column_holds(task: str, target: str) -> None:
    recipe = build_recipe({**PLAIN, "task": {"kind": task}, "method": {"kind": "full"}})
    assert recipe.data.target == target
    assert build_recipe(recipe.model_dump()) == recipe


@pytest.mark.parametrize(
    ("task", "overrides", "reason"),
    [
        ("multilabel", {"data.target": "label"}, "does not go with task 'multilabel'"),
        ("multilabel", {"data.shots": 3}, "data.shots"),
        ("regression", {"training.contrast": 0.5}, "training.contrast"),
        ("regression", {"method.kind": "head", "method.head": "logistic"}, "use auto, analytic"),
        ("multilabel", {"method.kind": "head", "method.head": "prototypes"}, "use auto, analytic, logistic"),
    ],
)
def test_knobs_that_do_not_go_with_the_task_are_refused(task: str, overrides: dict[str, object], reason: str) -> None:
    with pytest.raises(RecipeError, match=reason):
        build_recipe({**PLAIN, "task": {"kind": task}}, overrides=overrides)


@pytest.mark.parametrize(
    ("method", "knob", "value"),
    [
        ("zero_shot", "trust.sets", "lac"),
        ("zero_shot", "trust.calibration", "vector"),
        ("zero_shot", "trust.novelty", "energy"),
        ("few_shot", "trust.novelty", "energy"),
    ],
)
def test_what_a_method_without_enough_rows_cannot_promise_is_refused(method: str, knob: str, value: str) -> None:
    with pytest.raises(RecipeError, match=knob):
        build_recipe({**PLAIN, "method": {"kind": method}}, overrides={knob: value})
