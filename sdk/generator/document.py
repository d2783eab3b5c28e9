# SPDX-License-Identifier: Apache-2.0
"""openapi.json as the writers of the SDKs want it: a list of operations and a table of schemas.

What it does not know of OpenAPI it reads as "anything", so that a new route never stops the
generator; a thing that would make wrong code is an error that names the operation.
"""

import dataclasses
import re
import typing

METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Schema = dict[str, typing.Any]


class DocumentError(Exception):
    """The document cannot be made into an SDK; the message says what is wrong and where."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    name: str
    schema: Schema
    about: str
    required: bool


@dataclasses.dataclass(frozen=True)
class Content:
    """A body or an answer. `kind` is json, text or bytes."""

    kind: str
    media_type: str
    schema: Schema


@dataclasses.dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    about: str
    tag: str
    path_names: list[str]
    query: list[Parameter]
    body: Content | None
    answer: Content | None
    maybe_nothing: bool  # it may also answer 204
    creates: bool  # takes an Idempotency-Key
    guarded: bool  # takes an If-Match
    item: Schema | None  # of a list in pages

    @property
    def words(self) -> list[str]:
        return words_of(self.id)

    @property
    def iterator_words(self) -> list[str]:
        """listAssets asks for a page, iterateAssets for all."""
        return ["iterate", *self.words[1:]]


@dataclasses.dataclass(frozen=True)
class Document:
    version: str
    schemas: dict[str, Schema]
    operations: list[Operation]


def words_of(name: str) -> list[str]:
    """createAPIToken and create_api_token → create, api, token"""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return [part.lower() for part in parts]


def read_document(document: dict[str, typing.Any]) -> Document:
    if not str(document.get("openapi", "")).startswith("3.1"):
        raise DocumentError("this is not an OpenAPI 3.1 document: give the openapi.json of a gantryd")
    schemas = document.get("components", {}).get("schemas", {})
    operations = [
        read_operation(path, method, item[method], schemas)
        for path, item in document["paths"].items() for method in METHODS if method in item]
    check_names(operations)
    return Document(document["info"]["version"], schemas, operations)


def check_names(operations: list[Operation]) -> None:
    seen: dict[tuple[str, ...], Operation] = {}
    for operation in operations:
        names = [operation.words] + ([operation.iterator_words] if operation.item is not None else [])
        for name in map(tuple, names):
            if name in seen:
                raise DocumentError(
                    f"{operation.id} ({operation.path}) and {seen[name].id} ({seen[name].path}) "
                    f"would both be {'_'.join(name)}: rename one of the routes")
            seen[name] = operation


def read_operation(path: str, method: str, source: dict[str, typing.Any],
                   schemas: dict[str, Schema]) -> Operation:
    parameters = source.get("parameters", [])
    headers = {item["name"].lower() for item in parameters if item["in"] == "header"}
    answer, maybe_nothing = read_answer(source.get("responses", {}))
    query = [read_parameter(item) for item in parameters if item["in"] == "query"]
    return Operation(
        id=source["operationId"], method=method.upper(), path=path,
        summary=source.get("summary", ""), about=source.get("description", ""),
        tag=(source.get("tags") or [""])[0], path_names=re.findall(r"\{([^}]+)\}", path),
        query=query, body=read_content(source.get("requestBody", {}).get("content", {})),
        answer=answer, maybe_nothing=maybe_nothing,
        # Without a caller there is nobody whose key it could be.
        creates="idempotency-key" in headers and source.get("security") != [],
        guarded="if-match" in headers, item=item_of_pages(answer, query, schemas))


def read_parameter(item: dict[str, typing.Any]) -> Parameter:
    return Parameter(item["name"], item.get("schema", {}), item.get("description", ""),
                     bool(item.get("required")))


def read_content(content: dict[str, typing.Any]) -> Content | None:
    """JSON if it is offered, else text, else the first."""
    if not content:
        return None
    text = next((name for name in content if name.startswith("text/") or name == FORM), None)
    name = JSON if JSON in content else text or next(iter(content))
    kind = "json" if name.split(";")[0].endswith("json") else "text" if name == text else "bytes"
    return Content(kind, name, content[name].get("schema", {}))


def read_answer(responses: dict[str, typing.Any]) -> tuple[Content | None, bool]:
    good = {status: item for status, item in responses.items() if status.startswith("2")}
    for _, item in sorted(good.items()):
        content = read_content(item.get("content", {}))
        if content:
            return content, "204" in good
    return None, False


def resolved(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    while "$ref" in schema:
        schema = schemas[reference_name(schema)]
    return schema


def reference_name(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def item_of_pages(answer: Content | None, query: list[Parameter],
                  schemas: dict[str, Schema]) -> Schema | None:
    """What a list gives, if it gives it in pages: `cursor` goes in, `items` and `next` come out."""
    if answer is None or answer.kind != "json" or all(item.name != "cursor" for item in query):
        return None
    properties = resolved(answer.schema, schemas).get("properties", {})
    if "items" not in properties or "next" not in properties:
        return None
    return dict(properties["items"].get("items", {}))
