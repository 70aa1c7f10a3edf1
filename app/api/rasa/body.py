"""Bodies of the Rasa-compatible endpoints: JSON whatever its content type says; what is wrong is a 400."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request

from app.api.errors import BadRequestError
from app.api.text import check_json

Json = dict[str, Any]


async def read_raw(request: Request) -> bytes:
    """Read the body as it is."""
    return await request.body()


async def read_json(request: Request) -> Any:
    """Read the body; None when it is empty.

    Raises:
        BadRequestError: it is not JSON, or holds text or numbers that cannot be stored.
    """
    return parse_json(await request.body())


async def read_object(request: Request) -> Json:
    """Read a body that is a JSON object; an empty one counts as an object without fields.

    Raises:
        BadRequestError: it is something else.
    """
    body = await read_json(request)
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise BadRequestError(f"got {kind_of(body)} as the body; expected a JSON object")
    return body


RawBody = Annotated[bytes, Depends(read_raw)]
JsonBody = Annotated[Any, Depends(read_json)]
ObjectBody = Annotated[Json, Depends(read_object)]


def parse_json(raw: bytes) -> Any:
    """Parse a body; None when it is empty.

    Raises:
        BadRequestError: see `read_json`.
    """
    if not raw.strip():
        return None
    try:
        return check_json(json.loads(raw, parse_constant=_refuse_constant))
    except RecursionError as error:
        raise BadRequestError("the body is nested too deeply; expected plain JSON") from error
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON that can be used: {error}") from error


def required_text(body: Json, field: str) -> str:
    """Give a text that must be in the body.

    Raises:
        BadRequestError: it is missing, empty or no text.
    """
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadRequestError(f"'{field}': got {kind_of(value)}; expected a text in the body")
    return value


def kind_of(value: Any) -> str:
    """Name the kind of a JSON value, without repeating it."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return "an empty text" if value == "" else kinds.get(type(value), "a number")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
