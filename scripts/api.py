#!/usr/bin/env python3
"""Writes the API's reference from its description, as a service serves it.

    api.py BINARY FILE          writes the file
    api.py BINARY FILE --check  ends with 1 when the file is not what would be written
"""
import json
import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Support"))
from service import running  # noqa: E402

KEYS = {
    "open": "nobody: no key is needed",
    "read": "owner, editor, reader",
    "edit": "owner, editor",
    "own": "owner",
    "send": "owner, click-sender",
    "administer": "the admin key alone",
}


def name(reference):
    return reference.rsplit("/", 1)[1]


def link(reference):
    return f"[{name(reference)}](#{name(reference).lower()})"


def kind(schema):
    """What a value is, in a few words."""
    if "$ref" in schema:
        return link(schema["$ref"])
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return " or ".join(kind(one) for one in schema[word])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    types = schema.get("type", "any")
    types = types if isinstance(types, list) else [types]
    words = []
    for one in types:
        if one == "array" and "items" in schema:
            words.append(f"list of {kind(schema['items'])}")
        elif one == "object" and "properties" in schema:
            words.append("{" + ", ".join(f"`{member}`" for member in schema["properties"]) + "}")
        else:
            words.append(one)
    return " or ".join(words) + bounds(schema)


def bounds(schema):
    low, high = schema.get("minimum", schema.get("minLength")), schema.get("maximum", schema.get("maxLength"))
    low = schema.get("minItems", low)
    high = schema.get("maxItems", high)
    if high is not None:
        return f", {low or 0} to {high}"
    return f", at least {low}" if low else ""


def escaped(text):
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


def members(schema, lines):
    """A table of an object's members; those of objects in it by their paths."""
    lines += ["| member | | meaning |", "|---|---|---|"]

    def rows(schema, path):
        for member, value in schema.get("properties", {}).items():
            needed = "" if member in schema.get("required", ()) else "may be absent"
            meaning = "; ".join(part for part in (escaped(value.get("description", "")), needed) if part)
            lines.append(f"| `{path}{member}` | {kind(value).replace('|', '/')} | {meaning} |")
            if "properties" in value:
                rows(value, f"{path}{member}.")

    rows(schema, "")
    lines.append("")


def body(content):
    return ", ".join(
        f"`{media}`: {kind(part['schema'])}" if media != "application/json" else kind(part["schema"])
        for media, part in content.items())


def operation(method, path, one, description, lines):
    lines += [f"### `{method.upper()} {path}`", "", f"{escaped(one['summary'])}. {escaped(one.get('description', ''))}".strip(), ""]
    lines.append(f"- who: {KEYS[one['x-access']]}")
    asked = []
    for parameter in one.get("parameters", ()):
        if "$ref" in parameter:
            parameter = description["components"]["parameters"][name(parameter["$ref"])]
        if parameter["in"] == "path":
            continue
        meaning = escaped(parameter.get("description", ""))
        what = kind(parameter["schema"])
        asked.append(f"`{parameter['name']}`" + (f" ({what})" if what != "string" else "") + (f": {meaning}" if meaning else ""))
    if asked:
        lines.append("- parameters: " + "; ".join(part.rstrip(".") for part in asked))
    if "requestBody" in one:
        lines.append(f"- body: {body(one['requestBody']['content'])}")
        for part in one["requestBody"]["content"].values():
            table = part["schema"] if "properties" in part["schema"] else None
            if table:
                lines.append("")
                members(table, lines)
                break
    for status, answer in one["responses"].items():
        if status.startswith("2"):
            lines.append(f"- {status}: {body(answer['content'])}")
    refused = [status for status in one["responses"] if not status.startswith("2")]
    if refused:
        lines.append(f"- otherwise: {', '.join(refused)}")
    lines.append("")


def reference(description):
    lines = [
        "# API reference", "",
        "<!-- Made by `make docs` from Sources/ControlAPI/Description/openapi.yaml: change that, or scripts/api.py. -->", "",
        "What a service serves at `/openapi.json` (OpenAPI 3.1), for people; [api.md](api.md) tells how it is meant. Errors are "
        f"{link('#/components/schemas/Error')}, but for 401, which is the plain text `Unauthorized`.", "",
        "| operation | who | |", "|---|---|---|",
    ]
    groups = {}
    for path, methods in description["paths"].items():
        for method, one in methods.items():
            groups.setdefault(one["tags"][0], []).append((method, path, one))
    for tag in groups:
        for method, path, one in groups[tag]:
            anchor = f"{method}-{path}".lower()
            anchor = "".join(c for c in anchor.replace("/", "") if c.isalnum() or c in "-_")
            lines.append(f"| [`{method.upper()} {path}`](#{anchor}) | {KEYS[one['x-access']]} | {escaped(one['summary'])} |")
    lines.append("")
    for tag in groups:
        lines += [f"## {tag}", ""]
        for method, path, one in groups[tag]:
            operation(method, path, one, description, lines)
    lines += ["## Objects", ""]
    for title, schema in description["components"]["schemas"].items():
        lines += [f"### {title}", ""]
        if "description" in schema:
            lines += [escaped(schema["description"]), ""]
        if "properties" in schema:
            members(schema, lines)
        else:
            lines += [kind(schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with running(sys.argv[1]) as (base, _, _):
        text = reference(json.load(urllib.request.urlopen(base + "/openapi.json", timeout=30)))
    file = pathlib.Path(sys.argv[2])
    if "--check" not in sys.argv[3:]:
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        sys.exit(f"{file} is not what the description says: make docs")


if __name__ == "__main__":
    main()
