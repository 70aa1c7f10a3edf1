"""The description of the API as one plain page, made from OpenAPI; loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1d2433; background: #fff; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid #d8dde6; border-radius: 8px; margin: .5rem 0; padding: .5rem .8rem; }
summary { cursor: pointer; } code { font-size: .9em; } a { color: #1f5fbf; }
.method { display: inline-block; min-width: 4rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
@media (prefers-color-scheme: dark) { body { color: #e4e8f0; background: #161a22; } a { color: #8ab4f8; }
  details { border-color: #384050; } }
"""
INTRODUCTION = """<p>The machine-readable form is <a href="/openapi.json">/openapi.json</a>. The WebSockets
<code>/api/v1/chat</code> and <code>/api/v1/staff</code> are described in <code>docs/protocol.md</code>.
Every error has the one shape <a href="#ErrorBody">ErrorBody</a>, or on Rasa's addresses Rasa's.</p>"""

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""This page has its style inside and nothing else."""

Schema = Mapping[str, Any]


def render_docs(openapi: Schema) -> str:
    """Give the page; pure."""
    title = escape(f"{openapi['info']['title']} {openapi['info']['version']}")
    sections = [_section(tag, operations) for tag, operations in _by_tag(openapi).items()]
    schemas = openapi.get("components", {}).get("schemas", {})
    models = "".join(_model(name, schema) for name, schema in sorted(schemas.items()))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{INTRODUCTION}"
        f"{''.join(sections)}<h2>Shapes</h2>{models}</body></html>"
    )


def _by_tag(openapi: Schema) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            tag = next(iter(operation.get("tags", [])), "other")
            sections.setdefault(tag, []).append(_operation(method, path, operation))
    return sections


def _section(tag: str, operations: Iterable[str]) -> str:
    return f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(method: str, path: str, operation: Schema) -> str:
    parameters = [
        _row(parameter["name"], parameter["in"], _shape(parameter.get("schema", {})))
        for parameter in operation.get("parameters", [])
    ]
    if "requestBody" in operation:
        parameters.append(_row("body", "JSON", _content(operation["requestBody"])))
    answers = [
        _row(status, response.get("description", ""), _content(response))
        for status, response in operation.get("responses", {}).items()
    ]
    return (
        f'<details><summary><span class="method">{method.upper()}</span> <code>{escape(path)}</code> '
        f"{escape(operation.get('description', operation.get('summary', '')))}</summary>"
        f"<table>{''.join(parameters)}</table><table>{''.join(answers)}</table></details>"
    )


def _model(name: str, schema: Schema) -> str:
    rows = "".join(
        _row(field, "required" if field in schema.get("required", []) else "", _shape(field_schema))
        for field, field_schema in schema.get("properties", {}).items()
    )
    description = escape(schema.get("description", ""))
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {description}</summary>'
        f"<table>{rows}</table></details>"
    )


def _row(name: str, note: str, shape: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(note)}</td><td>{shape}</td></tr>"


def _content(holder: Schema) -> str:
    return _shape(holder.get("content", {}).get("application/json", {}).get("schema", {}))


def _shape(schema: Schema) -> str:
    """Name a schema, with links to the shapes it refers to."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_shape(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_shape(schema.get('items', {}))}"
    return escape(str(schema.get("const", schema.get("type", "anything" if schema else ""))))
