"""Which column plays which part: by the recipe, by the card, else by a good guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from trivet.errors import DataError

# Names that columns commonly have, best first; compared without case, blanks, hyphens and underscores.
GUESSES: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "question", "utterance", "query", "message", "sentence", "headline", "comment", "content", "body"),
        *("review", "tweet", "request", "prompt", "input", "document", "title", "description"),
    ),
    "label": ("label", "intent", "category", "sentiment", "class", "topic", "target", "tag", "labelname"),
    "spans": ("spans", "entities", "slots"),
    "context": ("context",),
    "labels": ("labels", "intents", "tags", "categories", "topics", "classes", "label", "intent", "tag", "category"),
    "number": ("number", "score", "value", "rating", "target", "label", "sentimentscore", "stars", "grade"),
    "group": ("group", "groupid"),
    "time": ("time", "timestamp", "datetime", "date", "publishedat", "createdat", "eventtime"),
    "kind": ("kind",),
    "id": ("id",),
    "user": ("user", "userid", "customer", "customerid", "visitor", "visitorid", "session", "sessionid"),
    "item": ("item", "itemid", "product", "productid", "sku", "article", "articleid", "movie", "movieid", "bookid"),
    "event": ("event", "eventtype", "action", "interaction"),
    "value": ("value", "rating", "score"),
    "title": ("title", "name", "itemname", "productname"),
    "description": ("description", "overview", "summary"),
    "category": ("category", "categories", "genres", "genre", "topic"),
    "added_at": ("addedat", "released", "releasedate", "publishedat", "createdat"),
}
# Roles that a flag names; labels and numbers stand where the label would.
FLAGS: Mapping[str, str] = {
    **{role: role for role in ("text", "label", "group", "time", "user", "item", "event")},
    **dict.fromkeys(("labels", "number"), "label"),
}


def choose_columns(
    available: Sequence[str], *, roles: Sequence[str], named: Mapping[str, str], file: str, required: Sequence[str] = ()
) -> dict[str, str]:
    """The column of each role that is named or can be guessed; a column plays one role.

    Raises:
        DataError: a named column is not in the file, or a required role stays open; names the columns the file has and
            the flag to use.
    """
    chosen: dict[str, str] = {}
    for role in roles:
        name = named.get(role, "")
        if name and name not in available:
            raise _not_there(name, role=role, available=available, file=file)
        if name:
            chosen[role] = name
    for role in roles:
        if role not in chosen:
            guess = _guess(role, [name for name in available if name not in chosen.values()])
            if guess is not None:
                chosen[role] = guess
    for role in required:
        if role not in chosen:
            raise DataError(
                f"no column is plainly the {role}; the file has {_listed(available)}.", where=file, todo=_todo(role)
            )
    return chosen


def _guess(role: str, available: Sequence[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(available)}
    return next((plain[guess] for guess in GUESSES[role] if guess in plain), None)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in " -_")


def _not_there(name: str, *, role: str, available: Sequence[str], file: str) -> DataError:
    close = get_close_matches(name, available, n=1)
    nearest = f" Did you mean {close[0]!r}?" if close else ""
    return DataError(f"has no column {name!r}; it has {_listed(available)}.{nearest}", where=file, todo=_todo(role))


def _todo(role: str) -> str:
    if role in FLAGS:
        return f"Name the column: --{FLAGS[role]} COLUMN (in a recipe: data.columns.{FLAGS[role]})."
    return f"Rename the column to {role!r}."


def _listed(available: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in available) or "none"
