"""A file of rules, JSON or TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from trivet.errors import InputError
from trivet_support.rules.rule import RuleSet


def parse_rules(content: bytes, *, is_toml: bool) -> RuleSet:
    """The rules that a file holds.

    Raises:
        UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError: it is no TOML.
        ValidationError: it is no JSON, or holds something else than rules.
    """
    if is_toml:
        return RuleSet.model_validate(tomllib.loads(content.decode()))
    return RuleSet.model_validate_json(content)


def read_rule_file(path: Path) -> RuleSet:
    """The rules of a file; TOML where its name ends so.

    Raises:
        InputError: it cannot be read or holds no rules; `where` is the file, `what` the place in it.
    """
    try:
        return parse_rules(path.read_bytes(), is_toml=path.suffix == ".toml")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"is no TOML: {error}.", where=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"/{part}" for part in first["loc"])
        raise InputError(f"{place}: {first['msg']}.", where=str(path), todo="Mend it there.") from error
