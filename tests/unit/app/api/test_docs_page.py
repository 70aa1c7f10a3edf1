from app.api.docs_page import render_docs

OPENAPI = {
    "info": {"title": "SpanDesk <b>", "version": "1"},
    "paths": {
        "/x/{id}": {
            "post": {
                "tags": ["things"],
                "description": "Do <i>it</i>.",
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
                },
                "responses": {"200": {"description": "OK"}},
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "description": "A thing.",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
            }
        }
    },
}


def test_page_names_every_operation_and_shape() -> None:
    page = render_docs(OPENAPI)

    assert '<span class="method">POST</span> <code>/x/{id}</code>' in page
    assert '<a href="#Thing">Thing</a>' in page
    assert 'list of <a href="#Thing">Thing</a>' in page
    assert "integer or null" in page


def test_page_escapes_what_it_shows() -> None:
    page = render_docs(OPENAPI)

    assert "Do &lt;i&gt;it&lt;/i&gt;." in page
    assert "<b>" not in page


def test_page_loads_nothing_from_elsewhere() -> None:
    page = render_docs(OPENAPI)

    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
