"""The API reference in `docs/api.md`: a hand-written beginning, then what the description says, as Markdown.

`python -m freeseat.edge.web.api.reference docs/api.md` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from freeseat.edge.web.api.description import RESOURCES, ROUTERS, document

MARK = "<!-- From here on made by scripts/docs; do not edit. -->\n"
_METHODS = ("get", "post", "put", "patch", "delete")


def renewed(text: str) -> str:
    """The document with its reference made anew; what stands before MARK stays."""
    beginning, _, _ = text.partition(MARK)
    return beginning + MARK + "\n" + reference()


def reference() -> str:
    """The reference as Markdown."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    return "\n".join(_lines(document(app))).rstrip() + "\n"


def _lines(api: Mapping[str, Any]) -> Iterator[str]:
    yield "## Reference"
    yield ""
    for resource in RESOURCES:
        yield f"### {resource.tag.capitalize()}"
        yield ""
        yield resource.about
        yield ""
        for path, methods in api["paths"].items():
            for method in _METHODS:
                if method in methods and resource.tag in methods[method]["tags"]:
                    yield from _operation(api, path, method, methods[method])


def _operation(api: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"#### `{method.upper()} {path}`"
    yield ""
    yield f"{operation['summary']}. {' '.join(operation['description'].split())}"
    yield ""
    parameters = operation.get("parameters", [])
    if parameters:
        yield from _table(
            ("parameter", "in", "type", "meaning"),
            (
                (f"`{each['name']}`", each["in"], _kind(each["schema"]), each.get("description", ""))
                for each in parameters
            ),
        )
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from _body(api, f"Body, `{kind}`", content["schema"])
    yield from _answers(api, operation["responses"])


def _answers(api: Mapping[str, Any], responses: Mapping[str, Any]) -> Iterator[str]:
    for status, answer in responses.items():
        if not status.startswith("2"):
            continue
        content = answer.get("content", {})
        if not content:
            yield f"Answer {status}, without a body."
            yield ""
        for kind, body in content.items():
            yield from _body(api, f"Answer {status}, `{kind}`", body.get("schema", {}))
    faults = ", ".join(status for status in responses if not status.startswith("2"))
    yield f"Problems: {faults}."
    yield ""


def _body(api: Mapping[str, Any], title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    name = _name(schema)
    found = api["components"]["schemas"].get(name, schema)
    item = found.get("properties", {}).get("items", {}).get("items", {})
    if name.startswith("Listed_") and _name(item):
        title, found = f"{title}: a page of", api["components"]["schemas"][_name(item)]
    text = " ".join(found.get("description", "").split())
    fields = found.get("properties", {})
    yield f"{title}{': ' + text if text else ''}"
    yield ""
    if fields:
        required = found.get("required", ())
        yield from _table(
            ("field", "type", "meaning"),
            (
                (f"`{key}`" + ("" if key in required else " (optional)"), _kind(field), _meaning(field))
                for key, field in fields.items()
            ),
        )


def _meaning(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    told = f" Default: `{_written(default)}`." if default not in (None, "", [], {}) else ""
    return f"{field.get('description', '')}{told}".strip()


def _written(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if _name(schema):
        return _name(schema)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def main(file: str) -> None:
    """Write the file anew."""
    path = Path(file)
    path.write_text(renewed(path.read_text()))


if __name__ == "__main__":
    main(sys.argv[1])
