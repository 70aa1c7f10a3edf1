import pytest

from app.api import typescript
from app.api.typescript import TARGET_PATH, generate


def test_generated_types_are_those_in_the_repository() -> None:
    text = TARGET_PATH.read_text(encoding="utf-8")

    assert text == generate(), "frames changed; run `python -m app.api.typescript`"


def test_fields_with_defaults_are_optional_only_in_frames_that_the_web_sends() -> None:
    text = generate()

    assert "after_sequence?: number;" in text
    assert "buttons: WireButton[];" in text


def test_schema_without_translation_is_an_error() -> None:
    with pytest.raises(ValueError, match="no TypeScript for"):
        typescript._type({"type": "string", "format": "x"} | {"type": "tuple"})


def test_list_of_alternatives_gets_parentheses() -> None:
    schema = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}

    assert typescript._type(schema) == "(string | null)[]"
