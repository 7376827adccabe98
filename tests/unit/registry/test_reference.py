import pytest

from trivet.errors import RegistryError
from trivet.registry.reference import Reference, read_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("desk", Reference("desk", None, "live")),
        ("desk/3", Reference("desk", 3, "live")),
        ("desk@shadow", Reference("desk", None, "shadow")),
        ("a-1/10", Reference("a-1", 10, "live")),
    ],
)
def test_a_reference_is_a_name_with_a_version_or_an_alias(text: str, reference: Reference) -> None:
    assert read_reference(text) == reference


@pytest.mark.parametrize(
    "text", ["", "Desk", "desk/", "desk/0", "desk/-1", "desk/1@live", "../desk", "desk/1/2", "a b"]
)
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match="names no model"):
        read_reference(text)


def test_an_unknown_alias_lists_the_known_ones() -> None:
    with pytest.raises(RegistryError, match=r"no alias 'best'\. Use candidate, shadow, live"):
        read_reference("desk@best")
