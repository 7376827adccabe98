"""What a reader should know before training is found, counted and shown."""

import pandas as pd

from trivet.data.lint import Finding, lint_frame, lint_interactions


def rows(*pairs: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(pairs), columns=["text", "label"])
    return frame.assign(line=range(2, len(frame) + 2))


def plenty(label: str, count: int = 5) -> list[tuple[str, str]]:
    return [(f"{label} in words number {at}", label) for at in range(count)]


def by_kind(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.kind: finding for finding in findings}


def test_clean_rows_give_no_finding() -> None:
    assert lint_frame(rows(*plenty("a"), *plenty("b"))) == ()


def test_every_kind_of_trouble_is_found_with_its_line() -> None:
    found = by_kind(
        lint_frame(
            rows(
                *plenty("a"),
                *plenty("b"),
                ("A in words, number 0", "a"),
                ("b in words number 1", "a"),
                ("", "a"),
                (" leading blank", "a"),
                ("the cafÃ© is closed", "a"),
                ("word " * 200, "a"),
                ("only one of these", "rare"),
            ),
            test=rows(("new", "only in the test")),
        )
    )
    assert found["duplicate"].examples == ("line 12: A in words, number 0",)
    assert found["conflict"].rows == 2
    assert found["conflict"].examples == ("line 8: b in words number 1 (a, b)",)
    assert found["empty"].severity == "error"
    assert found["empty"].rows == 1
    assert found["blanks"].rows == 2
    assert found["mojibake"].examples == ("line 16: the cafÃ© is closed",)
    assert found["long"].rows == 1
    assert found["rare label"].examples == ("rare (1)",)
    assert found["only in test"].examples == ("only in the test: new",)


def test_errors_come_first() -> None:
    findings = lint_frame(rows(*plenty("a"), (" x", "a")), test=rows(("new", "b")))
    assert [finding.severity for finding in findings] == ["error", "warning"]


def test_accents_and_currency_signs_are_not_taken_for_mojibake() -> None:
    assert lint_frame(rows(*plenty("a"), ("Â façade, 5 € à l'été, naïve “quotes”", "a"))) == ()


def test_interactions_are_checked_against_their_catalogue() -> None:
    events = pd.DataFrame(
        {
            "user": ["u1", "u1", "u1", "u2"],
            "item": ["i1", "i1", "i2", "i9"],
            "event": ["view"] * 4,
            "time": pd.to_datetime([1, 1, 2, 3], unit="s", utc=True),
            "line": [2, 3, 4, 5],
        }
    )
    items = pd.DataFrame({"item": ["i1", "i2"], "text": ["Mug", "mug!"], "line": [2, 3]})
    found = by_kind(lint_interactions(events, items))
    assert found["unknown item"].examples == ("line 5: i9",)
    assert found["repeat"].rows == 1
    assert found["lone user"].examples == ("line 5: u2",)
    assert found["same text"].examples == ("line 3: mug!",)
    assert next(iter(found)) == "unknown item"
