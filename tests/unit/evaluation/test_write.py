"""A report on disk: whole or not there, readable without scripts, and true to its predictions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from trivet.errors import ArtifactError
from trivet.evaluation.html import render_html
from trivet.evaluation.plots import draw_plots
from trivet.evaluation.read import read_report, recompute
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report


class Page(HTMLParser):
    """Collects tags, their addresses and the text of a page; every tag must be closed."""

    EMPTY = frozenset({"meta", "br", "path", "use", "image", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str | None] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(params=["report", "ranking_report"], name="either")
def _either(request: pytest.FixtureRequest) -> Report:
    return request.getfixturevalue(request.param)


def test_a_written_report_reads_back_whole(either: Report, tmp_path: Path) -> None:
    paths = write_report(either, tmp_path / "deep" / "report")
    again = read_report(paths.folder)
    assert again == either
    assert again.predictions is not None
    assert either.predictions is not None
    pd.testing.assert_frame_equal(again.predictions, either.predictions)
    assert sorted(path.name for path in paths.folder.iterdir()) == sorted(
        path.name for path in (paths.json, paths.html, paths.predictions, *paths.plots)
    )
    assert [path.name for path in paths.folder.parent.iterdir()] == ["report"]


def test_every_figure_recomputes_from_the_predictions(either: Report, tmp_path: Path) -> None:
    paths = write_report(either, tmp_path / "report")
    found = recompute(paths.folder)
    assert found.keys() == either.metrics.keys()
    for name, score in found.items():
        assert (score.value, score.low, score.high) == pytest.approx(
            (either.metrics[name].value, either.metrics[name].low, either.metrics[name].high)
        )


def test_a_changed_prediction_changes_what_is_recomputed(report: Report, tmp_path: Path) -> None:
    paths = write_report(report, tmp_path / "report")
    table = pd.read_parquet(paths.predictions)
    table.loc[table["predicted"] == "loan", "predicted"] = "rates"
    table.to_parquet(paths.predictions)
    assert recompute(paths.folder)["accuracy"].value < report.main_score.value - 0.1


def test_the_page_is_one_file_without_scripts_and_fetches_nothing(either: Report) -> None:
    page = Page(render_html(either, draw_plots(either)))
    assert not page.open
    assert len(set(page.ids)) == len(page.ids)
    assert all(address[1:] in page.ids for address in page.addresses if address.startswith("#"))
    assert "script" not in page.tags
    assert not {"link", "iframe", "img"} & set(page.tags)
    assert all(address.startswith(("#", "data:")) for address in page.addresses)


def test_the_page_shows_what_the_report_holds(report: Report) -> None:
    source = render_html(report, draw_plots(report))
    text = Page(source).text
    for part in [
        "support, version 3",
        f"{100 * report.main_score.value:.2f} %",
        "majority",
        "superior",
        "card <lost>",
        "ab" * 32,
        "2 of 200 test texts are in train",
        f"{report.truncated} of 200",
        "kind",
        "spoken",
        "Promised at 95% confidence",
        "Risk and coverage",
        "int8",
    ]:
        assert part in text, part
    assert "<lost>" not in source
    assert "prefers-color-scheme: dark" in source


def test_a_page_says_where_nothing_is_promised(report: Report) -> None:
    assert report.promise is not None
    page = render_html(replace(report, promise=replace(report.promise, held=False, wrong=None)), [])
    assert "No promise" in page


def test_pictures_are_the_same_bytes_every_time(either: Report) -> None:
    first, second = draw_plots(either), draw_plots(either)
    assert first == second
    assert all(plot.png.startswith(b"\x89PNG") for plot in first)
    assert all("currentColor" in plot.svg for plot in first)


def test_a_newer_report_takes_the_place_of_an_older_one(report: Report, ranking_report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report")
    write_report(ranking_report, tmp_path / "report")
    assert read_report(tmp_path / "report") == ranking_report
    assert not (tmp_path / "report" / "confusion.png").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_of_the_readers_is_left_alone(report: Report, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"thesis\.tex"):
        write_report(report, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_report_that_cannot_be_written_leaves_nothing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_report(report, tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


def test_a_report_without_predictions_is_not_written(report: Report, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="without its predictions"):
        write_report(replace(report, predictions=None), tmp_path / "report")


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda folder: (folder / "report.json").unlink(), "no report"),
        (lambda folder: (folder / "report.json").write_text("{", encoding="utf-8"), "damaged"),
        (lambda folder: (folder / "report.json").write_text("{}", encoding="utf-8"), "format"),
        (lambda folder: (folder / "predictions.parquet").unlink(), "missing or damaged"),
        (lambda folder: (folder / "predictions.parquet").write_bytes(b"PAR1"), "missing or damaged"),
        (lambda folder: pd.DataFrame({"row": ["1"]}).to_parquet(folder / "predictions.parquet"), "do not belong"),
        (lambda folder: pd.DataFrame({"x": ["1"]}).to_parquet(folder / "predictions.parquet"), "no column"),
    ],
)
def test_damage_is_named(damage: Callable[[Path], object], match: str, report: Report, tmp_path: Path) -> None:
    folder = write_report(report, tmp_path / "report").folder
    damage(folder)
    with pytest.raises(ArtifactError, match=match):
        recompute(folder)


def test_numbers_in_json_are_plain(report: Report, tmp_path: Path) -> None:
    values = json.loads(write_report(report, tmp_path / "report").json.read_text(encoding="utf-8"))
    assert values["metrics"]["accuracy"]["value"] == report.main_score.value
    assert values["baselines"]["majority"]["verdict"] == "superior"
    assert values["texts_per_second"] == 400.0
