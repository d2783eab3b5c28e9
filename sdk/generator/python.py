# SPDX-License-Identifier: Apache-2.0
"""Writes gantry/_generated.py: a type for each schema, a method for each operation, twice."""

import keyword
import textwrap

from generator.document import (Document, DocumentError, Operation, Parameter, Schema,
                                reference_name)

HEAD = '''\
# SPDX-License-Identifier: Apache-2.0
"""Types and operations of the API. Made by sdk/generate.py from openapi.json; not to be edited."""

from __future__ import annotations

import collections.abc as _c
import typing as _t

from gantry._request import Request as _Request

API_VERSION = "{version}"
'''

PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
WIDTH = 100


def write_python(document: Document) -> str:
    types = Types()
    for name, schema in document.schemas.items():
        types.define(name, schema)
    parts = [HEAD.format(version=document.version), *types.definitions,
             write_class(document, asynchronous=False), write_class(document, asynchronous=True)]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def name_of(text: str) -> str:
    """A name that Python takes: `from` is `from_`."""
    name = "".join(c if c.isalnum() else "_" for c in text)
    if name[:1].isdigit():
        name = "_" + name
    return name + "_" if keyword.iskeyword(name) else name


class Types:
    """Definitions of the schemas; an object inside another gets a name and a definition of its own."""

    def __init__(self) -> None:
        self.definitions: list[str] = []

    def define(self, name: str, schema: Schema) -> None:
        if schema.get("properties"):
            self.define_object(name, schema)
        else:
            said = comment(schema.get("description", ""), "")
            self.definitions.append(f'{said}{name}: _t.TypeAlias = "{self.type_of(schema, name)}"')

    def define_object(self, name: str, schema: Schema) -> None:
        required = schema.get("required", [])
        fields = []
        for key, inner in schema["properties"].items():
            text = self.type_of(inner, name + key.title().replace("_", ""))
            fields.append((key, text if key in required else f"_t.NotRequired[{text}]",
                           inner.get("description", "")))
        if all(key.isidentifier() and not keyword.iskeyword(key) for key, _, _ in fields):
            said = docstring([schema.get("description", "")], "    ")
            lines = "".join(f"{comment(about, '    ')}    {key}: {text}\n"
                            for key, text, about in fields)
            self.definitions.append(f"class {name}(_t.TypedDict):\n{said}{lines}")
        else:  # a key that is a word of Python's, as `from`
            said = comment(schema.get("description", ""), "")
            lines = "".join(f'    "{key}": "{text}",\n' for key, text, _ in fields)
            self.definitions.append(f'{said}{name} = _t.TypedDict("{name}", {{\n{lines}}})')

    def type_of(self, schema: Schema, name: str) -> str:
        """The type of a value; `name` is for the object that it may be."""
        if "$ref" in schema:
            return reference_name(schema)
        if "enum" in schema:
            return f"_t.Literal[{', '.join(repr(value) for value in schema['enum'])}]"
        choices = schema.get("oneOf") or schema.get("anyOf")
        if choices:
            return self.union(choices, name)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.union([{**schema, "type": word} for word in kind], name)
        if kind == "array":
            return f"list[{self.type_of(schema.get('items', {}), name)}]"
        if kind == "object":
            if schema.get("properties"):
                self.define_object(name, schema)
                return name
            more = schema.get("additionalProperties")
            return f"dict[str, {self.type_of(more, name) if isinstance(more, dict) else '_t.Any'}]"
        return PLAIN.get(str(kind), "_t.Any")

    def union(self, choices: list[Schema], name: str) -> str:
        texts = [self.type_of(choice, name if index == 0 else f"{name}{index + 1}")
                 for index, choice in enumerate(choices)]
        # An int is a float to a type checker.
        return "_t.Any" if "_t.Any" in texts else " | ".join(dict.fromkeys(texts))


def comment(text: str, indent: str) -> str:
    lines = textwrap.wrap(text, WIDTH - len(indent) - 2, break_long_words=False)
    return "".join(f"{indent}# {line}\n" for line in lines)


def docstring(paragraphs: list[str], indent: str) -> str:
    said = [part for part in paragraphs if part]
    if not said:
        return ""
    wrapped = [textwrap.fill(part.replace("\\", "\\\\").replace('"""', "'''"), WIDTH - len(indent),
                             break_long_words=False, initial_indent=indent,
                             subsequent_indent=indent) for part in said]
    wrapped[0] = indent + '"""' + wrapped[0].lstrip()
    # A quotation at the end would run into the closing quotes.
    if len(said) > 1 or said[0].endswith('"') or len(wrapped[0]) > WIDTH - 3:
        return "\n\n".join(wrapped) + f'\n{indent}"""\n'
    return wrapped[0] + '"""\n'


def write_class(document: Document, asynchronous: bool) -> str:
    name = "AsyncOperations" if asynchronous else "Operations"
    kind = "async def" if asynchronous else "def"
    base = (f"class {name}:\n"
            f'    """One method for each operation of the API; how it is sent is the subclass\'s."""\n\n'
            f"    {kind} _call(self, request: _Request) -> _t.Any:\n"
            f"        raise NotImplementedError\n")
    methods = []
    for operation in document.operations:
        methods.append(write_method(operation, asynchronous))
        if operation.item is not None:
            methods.append(write_iterator(operation, asynchronous))
    return base + "\n" + "\n".join(methods)


def answer_type(operation: Operation) -> str:
    if operation.answer is None:
        return "None"
    kind = operation.answer.kind
    text = Types().type_of(operation.answer.schema, "_t.Any") if kind == "json" else (
        "str" if kind == "text" else "bytes")
    return f"{text} | None" if operation.maybe_nothing else text


def parameter_text(parameter: Parameter) -> str:
    text = Types().type_of(parameter.schema, "_t.Any").replace("list[", "_c.Iterable[", 1)
    name = name_of(parameter.name)
    return f"{name}: {text}" if parameter.required else f"{name}: {text} | None = None"


def arguments_of(operation: Operation, leave_out: str = "") -> list[str]:
    out = [f"{name_of(name)}: str" for name in operation.path_names]
    if operation.body:
        kind = operation.body.kind
        out.append("body: " + (Types().type_of(operation.body.schema, "_t.Any") if kind == "json"
                               else "str | bytes" if kind == "text" else "bytes"))
    named = [parameter_text(item) for item in operation.query if item.name != leave_out]
    if operation.creates:
        named.append("idempotency_key: str | None = None")
    if operation.guarded:
        named.append("if_match: str | int | None = None")
    names = [text.split(":")[0] for text in out + named]
    if len(set(names)) != len(names) or "self" in names:
        raise DocumentError(f"{operation.id}: two parameters have one name: {', '.join(names)}")
    return ["self", *out, *(["*"] if named else []), *named]


def signature(kind: str, name: str, arguments: list[str], result: str) -> str:
    line = f"    {kind} {name}({', '.join(arguments)}) -> {result}:"
    if len(line) <= WIDTH:
        return line + "\n"
    wrapped = textwrap.fill(", ".join(arguments), WIDTH, initial_indent=" " * 12,
                            subsequent_indent=" " * 12, break_long_words=False,
                            break_on_hyphens=False)
    return f"    {kind} {name}(\n{wrapped},\n    ) -> {result}:\n"


def request_text(operation: Operation) -> str:
    words = [f'"{operation.method}"', f'"{operation.path}"']
    if operation.path_names:
        words.append("path_values={" + ", ".join(
            f'"{name}": {name_of(name)}' for name in operation.path_names) + "}")
    if operation.query:
        words.append("query={" + ", ".join(
            f'"{item.name}": {name_of(item.name)}' for item in operation.query) + "}")
    if operation.body:
        words.append("body=body")
        if operation.body.kind != "json":
            words.append(f'content_type="{operation.body.media_type}"')
    words.append(f'answer="{operation.answer.kind if operation.answer else "none"}"')
    if operation.answer and operation.answer.kind != "json":
        words.append(f'accept="{operation.answer.media_type}"')
    if operation.creates:
        words.append("creates=True, idempotency_key=idempotency_key")
    if operation.guarded:
        words.append("if_match=if_match")
    return "_Request(\n" + textwrap.fill(", ".join(words), WIDTH - 2, initial_indent=" " * 12,
                                         subsequent_indent=" " * 12, break_long_words=False,
                                         break_on_hyphens=False) + ")"


def write_method(operation: Operation, asynchronous: bool) -> str:
    result = answer_type(operation)
    wait = "await " if asynchronous else ""
    call = f"{wait}self._call({request_text(operation)})"
    end = f"        {call}\n" if result == "None" else (
        f"        answer: {result} = {call}\n        return answer\n")
    return (signature("async def" if asynchronous else "def", "_".join(operation.words),
                      arguments_of(operation), result)
            + docstring([operation.summary, operation.about], " " * 8) + end)


def write_iterator(operation: Operation, asynchronous: bool) -> str:
    words = operation.words
    item = Types().type_of(operation.item or {}, "_t.Any")
    cursor = next(item for item in operation.query if item.name == "cursor")
    given = [name_of(name) for name in operation.path_names]
    given += ["body"] if operation.body else []
    given += [f"{name_of(item.name)}={name_of(item.name)}" for item in operation.query
              if item is not cursor]
    indent = " " * 16
    values = textwrap.fill(", ".join([*given, "cursor=cursor"]), WIDTH, initial_indent=indent,
                           subsequent_indent=indent)
    call = f"self.{'_'.join(words)}(\n{values})"
    if asynchronous:
        body = (f"            page = await {call}\n"
                f"            for item in page[\"items\"]:\n{indent}yield item\n")
    else:
        body = f"            page = {call}\n            yield from page[\"items\"]\n"
    kind = "AsyncIterator" if asynchronous else "Iterator"
    return (signature("async def" if asynchronous else "def", "_".join(operation.iterator_words),
                      arguments_of(operation, leave_out="cursor"), f"_c.{kind}[{item}]")
            + docstring([operation.summary, f"All of them: asks `{'_'.join(words)}` for page after "
                         "page; `limit` is the length of a page."], " " * 8)
            + "        cursor: str | None = None\n        while True:\n" + body
            + '            cursor = page.get("next")\n            if not cursor:\n'
            + f"{indent}return\n")
