"""Mistakes that a user can mend.

Every one says what is wrong, where it is and what to do; the CLI prints it as one line and exits 2,
HTTP answers it as a problem.
"""

from __future__ import annotations


class TrivetError(Exception):
    """The base of all mistakes of a user; anything else that is raised is ours."""

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(self.line())

    def line(self) -> str:
        """The mistake on one line: where, what, what to do."""
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.todo}" if self.todo else ""
        return f"{place}{self.what}{advice}".replace("\n", " ")


class RecipeError(TrivetError):
    """A recipe that cannot be read, or a pair of knobs that does not go together."""


class DataError(TrivetError):
    """A data set that is missing, damaged or holds a bad row."""


class EncoderError(TrivetError):
    """An encoder that is not to be found or cannot be read."""


class ArtifactError(TrivetError):
    """An artifact that is missing, half written, damaged or of another format."""


class RegistryError(TrivetError):
    """A name, version or alias that the registry does not hold."""


class GateError(TrivetError):
    """A candidate that its gates refuse."""


class LicenceError(TrivetError):
    """A use that the licence of the training data does not allow without the user's word."""


class InputError(TrivetError):
    """An input to a prediction that cannot be answered: `where` is a JSON pointer or a row."""


class OverloadError(TrivetError):
    """A request that would wait longer than its deadline; `retry_after` is in seconds."""

    def __init__(self, what: str, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(what, todo=f"Try again in {retry_after:.1f} s.")
