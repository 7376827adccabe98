"""YAML with the line of everything in it, so that what is wrong can be pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.errors import DataError

if TYPE_CHECKING:
    from yaml.nodes import Node


@dataclass(frozen=True)
class Place:
    """A node of a file."""

    file: Path
    node: Node

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def line(self) -> int:
        """The line that it begins on, from 1."""
        return self.node.start_mark.line + 1

    @property
    def is_block(self) -> bool:
        """Whether it is a text over several lines, whose first line is the one below."""
        return getattr(self.node, "style", None) in ("|", ">")

    def text(self, what: str) -> str:
        """The text that it is.

        Raises:
            DataError: it is something else.
        """
        from yaml.nodes import ScalarNode

        if not isinstance(self.node, ScalarNode):
            raise DataError(f"{what} is no text.", where=self.where, todo="Write it on the same line, or after `|`.")
        return str(self.node.value)

    def items(self) -> Iterator[Place]:
        """The entries of a list; none where it is no list."""
        from yaml.nodes import SequenceNode

        for one in self.node.value if isinstance(self.node, SequenceNode) else ():
            yield Place(self.file, one)

    def get(self, name: str) -> Place | None:
        """What a mapping holds under a name; None where it is no mapping, or has it not."""
        return self.fields().get(name)

    def fields(self) -> dict[str, Place]:
        """The names of a mapping and what stands under them."""
        from yaml.nodes import MappingNode, ScalarNode

        pairs = self.node.value if isinstance(self.node, MappingNode) else ()
        return {str(key.value): Place(self.file, value) for key, value in pairs if isinstance(key, ScalarNode)}

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        from yaml.nodes import SequenceNode

        return isinstance(self.node, SequenceNode)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands here."""
        from yaml.nodes import ScalarNode

        return isinstance(self.node, ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"


def read_yaml(path: Path) -> Place | None:
    """The document of a file; None where it is empty. Nothing in it is executed or built.

    Raises:
        DataError: it is no YAML; names the line.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}).", where=str(path), todo="Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError("is not UTF-8.", where=str(path), todo="Save it as UTF-8.") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise DataError(
            f"is no YAML: {error.problem or error.context}.", where=f"{path}{line}", todo="Mend that line."
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DataError(
            f"is no YAML ({type(error).__name__}).", where=str(path), todo="Check it with a YAML linter."
        ) from error
    return None if node is None else Place(path, node)
