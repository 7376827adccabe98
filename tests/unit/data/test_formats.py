"""Every format gives the same rows, with the lines an editor would show."""

import gzip
import io

import pandas as pd
import pytest

from trivet.data.archive import read_member, unpack_gzip
from trivet.data.formats.delimited import read_delimited
from trivet.data.formats.lines import read_paired, read_separated
from trivet.data.formats.raw import Fault, RawRows, as_text, raise_faults
from trivet.data.formats.records import read_json_lines, read_parquet, read_split_json
from trivet.errors import DataError


def test_a_quoted_field_may_hold_newlines_and_the_next_row_still_has_its_line() -> None:
    raw = read_delimited(b'text,label\n"two\nlines",a\nplain,b\n', file="x.csv")
    assert list(raw.columns["text"]) == ["two\nlines", "plain"]
    assert list(raw.lines) == [2, 4]


def test_blank_lines_are_no_rows_but_count_as_lines() -> None:
    raw = read_delimited(b"text,label\n\none,a\n\n\ntwo,b\n", file="x.csv")
    assert list(raw.lines) == [3, 6]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(end: str) -> None:
    raw = read_delimited(f"text,label{end}one,a{end}two,b{end}".encode(), file="x.csv")
    assert list(raw.columns["label"]) == ["a", "b"]
    assert list(raw.lines) == [2, 3]


def test_a_byte_order_mark_is_not_part_of_the_first_column() -> None:
    assert "text" in read_delimited(b"\xef\xbb\xbftext,label\none,a\n", file="x.csv").columns


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_csv_of_a_european_spreadsheet_is_read(delimiter: str) -> None:
    raw = read_delimited(f"text{delimiter}label\none, two{delimiter}a\n".encode(), file="x.csv")
    assert list(raw.columns["text"]) == ["one, two"]


def test_a_row_of_another_width_is_a_fault_with_its_line() -> None:
    raw = read_delimited(b"text,label\none,a\ntwo,b,c\nthree\n", file="x.csv")
    assert [(fault.line, fault.reason) for fault in raw.faults] == [
        (3, "3 fields under a header of 2"),
        (4, "1 fields under a header of 2"),
    ]


def test_a_quote_that_is_never_closed_does_not_swallow_the_file() -> None:
    with pytest.raises(DataError, match=r"x\.csv:3: broken quoting"):
        read_delimited(b'text,label\none,a\n"two,b\nthree,c\n', file="x.csv")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match=r"two columns named 'text'"):
        read_delimited(b"text,text\na,b\n", file="x.csv")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"x\.csv: is empty"):
        read_delimited(content, file="x.csv")


def test_bytes_of_another_encoding_are_named_by_line_and_counted() -> None:
    content = "text,label\nok,a\ncafé,b\ngarçon,c\n".encode("latin-1")
    with pytest.raises(DataError, match=r"x\.csv:3: byte 0xE9 is not valid UTF-8 \(1 more bad row: line 4\)"):
        read_delimited(content, file="x.csv")


def test_utf_16_is_recognised() -> None:
    with pytest.raises(DataError, match="UTF-16"):
        read_delimited("text,label\na,b\n".encode("utf-16"), file="x.csv")


def test_json_lines_keep_the_order_of_columns_and_fill_what_a_row_lacks() -> None:
    raw = read_json_lines(b'{"text": "one", "label": 3}\n\n{"label": true, "id": "x"}\n', file="x.jsonl")
    assert list(raw.columns) == ["text", "label", "id"]
    assert list(raw.columns["text"]) == ["one", None]
    assert list(raw.lines) == [1, 3]


def test_a_line_that_is_no_json_object_is_a_fault() -> None:
    raw = read_json_lines(b'{"text": "one"}\n{"text": \n[1]\n', file="x.jsonl")
    assert [fault.line for fault in raw.faults] == [2, 3]


def test_a_line_separator_inside_a_json_text_is_no_new_line() -> None:
    raw = read_json_lines('{"text": "one\u2028two\u0085three"}\n'.encode(), file="x.jsonl")
    assert list(raw.lines) == [1]


def test_parquet_rows_are_numbered_from_one() -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"text": ["one", "two"], "label": [1, 2]}).to_parquet(buffer)
    raw = read_parquet(buffer.getvalue(), file="x.parquet")
    assert list(raw.columns["label"]) == [1, 2]
    assert list(raw.lines) == [1, 2]


def test_a_cut_off_parquet_file_is_refused() -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"text": ["one"]}).to_parquet(buffer)
    with pytest.raises(DataError, match="not a whole Parquet file"):
        read_parquet(buffer.getvalue()[:-20], file="x.parquet")


def test_only_the_last_separator_counts_where_asked() -> None:
    raw = read_separated(
        b"mail me @ home@neutral\r\nup@positive\r\n", file="x.txt", names=("text", "label"), separator="@", last=True
    )
    assert list(raw.columns["text"]) == ["mail me @ home", "up"]
    assert list(raw.columns["label"]) == ["neutral", "positive"]


def test_a_line_with_too_many_separators_is_a_fault() -> None:
    raw = read_separated(b"1::a::2\n1::a::b::2\n", file="x.dat", names=("user", "item", "time"), separator="::")
    assert [fault.line for fault in raw.faults] == [2]
    assert list(raw.columns["item"]) == ["a"]


def test_lines_without_a_text_are_left_out_where_the_card_says_so() -> None:
    kept = read_paired(b"one\n \ntwo\n", b"a\nb\nc\n", file="seq.in", labels_file="label", skip_blank=True)
    assert (list(kept.columns["text"]), list(kept.columns["label"]), list(kept.lines)) == (
        ["one", "two"],
        ["a", "c"],
        [1, 3],
    )
    assert len(read_paired(b"one\n \n", b"a\nb\n", file="seq.in", labels_file="label").lines) == 2


def test_paired_files_of_different_length_are_refused() -> None:
    with pytest.raises(DataError, match=r"seq\.in: has 2 lines, label has 1"):
        read_paired(b"one\ntwo\n", b"a\n", file="seq.in", labels_file="label")


def test_a_split_of_a_json_object_is_read_by_its_key() -> None:
    content = b'{"train": [["one", "a"], ["two", "b"]], "test": [["three", "a"]]}'
    raw = read_split_json(content, file="x.json", key="train", names=("text", "label"))
    assert list(raw.columns["text"]) == ["one", "two"]
    with pytest.raises(DataError, match="has no list 'val'"):
        read_split_json(content, file="x.json", key="val", names=("text", "label"))


def test_one_error_tells_of_all_bad_rows() -> None:
    faults = [Fault(9, "c"), *(Fault(line, "b") for line in range(20, 30)), Fault(4, "the text is empty")]
    with pytest.raises(DataError) as caught:
        raise_faults("x.csv", faults)
    assert caught.value.where == "x.csv:4"
    assert caught.value.what == "the text is empty (11 more bad rows: line 9, 20, 21, 22, 23, ...)."


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (1.0, "1"), (1.5, "1.5"), (7, "7"), (True, "true"), ("a", "a"), ([1], None)],
)
def test_a_cell_becomes_the_text_a_person_would_write(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_damaged_archives_are_refused() -> None:
    packed = gzip.compress(b"content" * 100)
    assert unpack_gzip(packed, file="x.gz") == b"content" * 100
    for broken in (packed[:-9], b"not gzip", packed[:20] + b"\x00" + packed[21:]):
        with pytest.raises(DataError, match="not a whole gzip"):
            unpack_gzip(broken, file="x.gz")
    with pytest.raises(DataError, match="not a whole zip or tar"):
        read_member(b"neither", "a.txt", file="x.zip")


def test_raw_rows_without_faults_raise_nothing() -> None:
    raw = RawRows("x.csv", {"text": ["a"]}, [2])
    raise_faults(raw.file, raw.faults)
