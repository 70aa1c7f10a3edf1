"""Rasa's ``POST /model/test/intents``: annotated examples in the body, understood by the model in service."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.api.deps import ServicesDep, current_admin
from app.api.errors import BadRequestError
from app.api.rasa.body import Json, RawBody
from app.api.rasa.parse import understand
from app.api.text import Text
from app.bootstrap import Services
from app.bot.nlu_report import Understood, evaluation_json
from nlu.data.checks import check_example
from nlu.data.rasa_nlu import read_nlu
from nlu.data.yaml_source import SourceError, YamlNode, parse_yaml
from nlu.types import EntityAnnotation, Example

MAX_EXAMPLES = 5000
_FILE = "body.yml"  # how errors name the body

router = APIRouter(tags=["rasa"], dependencies=[Depends(current_admin)])


@router.post("/model/test/intents")
def measure_intents(
    services: ServicesDep,
    body: RawBody,
    model: Annotated[Text | None, Query(max_length=200)] = None,
    cross_validation_folds: Annotated[int | None, Query()] = None,
) -> Json:
    """Compare what is understood of examples with their annotation, per intent and entity."""
    if cross_validation_folds is not None:
        raise BadRequestError(
            "cross_validation_folds: got a number; a server trains no models on request, so expected none;"
            " `spandesk evaluate` measures on the examples that training held out"
        )
    if model is not None and model != services.understanding.bundle_id:
        raise BadRequestError(
            f"model: got {model!r}; expected none, or the id of the bundle in service (see GET /status)"
        )
    return evaluation_json([_understood(example, services) for example in _read(body)])


def _understood(example: Example, services: Services) -> Understood:
    return Understood(example, understand(services, example.text))


def _read(body: bytes) -> Sequence[Example]:
    try:
        document = parse_yaml(body.decode("utf-8"), _FILE)
        is_json = isinstance(document.value, dict) and "rasa_nlu_data" in document.value
        examples = _read_json(document) if is_json else _read_yaml(body)
    except (SourceError, UnicodeDecodeError) as error:
        raise BadRequestError(f"the body is no NLU data that can be used: {error}") from error
    if not 0 < len(examples) <= MAX_EXAMPLES:
        raise BadRequestError(f"got {len(examples)} examples; expected 1 to {MAX_EXAMPLES} under 'nlu:'")
    return examples


def _read_yaml(body: bytes) -> Sequence[Example]:
    with tempfile.TemporaryDirectory(prefix="spandesk-") as folder:
        path = Path(folder) / _FILE
        path.write_bytes(body)
        return read_nlu((path,), root=path.parent).examples


def _read_json(document: YamlNode) -> Sequence[Example]:
    """Read Rasa's older JSON format, which its clients send where the body is no YAML."""
    data = document.require("rasa_nlu_data", "the body")
    found = data.get("common_examples")
    return [_json_example(item) for item in found.sequence("common_examples")] if found is not None else []


def _json_example(item: YamlNode) -> Example:
    entities = item.get("entities")
    example = Example(
        item.require("text", "an example").text("text"),
        item.optional_text("intent", "an example") or "",
        tuple(_json_entity(one) for one in entities.sequence("entities")) if entities is not None else (),
        item.source,
    )
    check_example(example)
    return example


def _json_entity(item: YamlNode) -> EntityAnnotation:
    return EntityAnnotation(
        int(item.require("start", "an entity").number("start")),
        int(item.require("end", "an entity").number("end")),
        item.require("entity", "an entity").text("entity"),
        _value(item.require("value", "an entity").plain()),
        item.optional_text("role", "an entity"),
        item.optional_text("group", "an entity"),
    )


def _value(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
