# SPDX-License-Identifier: Apache-2.0
"""Writes src/generated.ts: a type for each schema, a method for each operation."""

import json
import textwrap

from generator.document import Document, Operation, Parameter, Schema, reference_name

HEAD = '''\
// SPDX-License-Identifier: Apache-2.0
// Types and operations of the API. Made by sdk/generate.py from openapi.json; not to be edited.
import type {{ CallOptions, RequestToSend }} from './request.js';

export const API_VERSION = '{version}';
'''

PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean",
         "null": "null"}
WIDTH = 100
RESERVED = {"default", "delete", "function", "in", "new", "class", "var", "with", "export",
            "import", "package", "interface", "enum", "switch", "case", "arguments", "this"}


def write_typescript(document: Document) -> str:
    parts = [HEAD.format(version=document.version)]
    for name, schema in document.schemas.items():
        said = comment([schema.get("description", "")], "")
        if schema.get("properties"):
            parts.append(f"{said}export interface {name} {object_of(schema, '')}\n")
        else:
            parts.append(f"{said}export type {name} = {type_of(schema, '')};\n")
    parts.append(write_class(document))
    return "\n".join(parts)


def camel(words: list[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def argument_name(text: str) -> str:
    name = "".join(c if c.isalnum() else "_" for c in text)
    return name + "_" if name in RESERVED or name in ("body", "query", "options") else name


def key_of(text: str) -> str:
    return text if text.isidentifier() else json.dumps(text)


def type_of(schema: Schema, indent: str) -> str:
    if "$ref" in schema:
        return reference_name(schema)
    if "enum" in schema:
        return " | ".join(f"'{value}'" if isinstance(value, str) else json.dumps(value)
                          for value in schema["enum"])
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return union([type_of(choice, indent) for choice in choices])
    kind = schema.get("type")
    if isinstance(kind, list):
        return union([type_of({**schema, "type": word}, indent) for word in kind])
    if kind == "array":
        items = type_of(schema.get("items", {}), indent)
        return f"Array<{items}>" if "|" in items or "{" in items else f"{items}[]"
    if kind == "object":
        if schema.get("properties"):
            return object_of(schema, indent)
        more = schema.get("additionalProperties")
        return f"Record<string, {type_of(more, indent) if isinstance(more, dict) else 'unknown'}>"
    return PLAIN.get(str(kind), "unknown")


def union(texts: list[str]) -> str:
    return "unknown" if "unknown" in texts else " | ".join(dict.fromkeys(texts))


def object_of(schema: Schema, indent: str) -> str:
    inner = indent + "    "
    lines = "".join(
        f"{comment([value.get('description', '')], inner)}{inner}{key_of(key)}"
        f"{'' if key in schema.get('required', []) else '?'}: {type_of(value, inner)};\n"
        for key, value in schema["properties"].items())
    return f"{{\n{lines}{indent}}}"


def comment(paragraphs: list[str], indent: str) -> str:
    said = [part.replace("*/", "* /") for part in paragraphs if part]
    if not said:
        return ""
    lines = "\n\n".join(textwrap.fill(part, WIDTH - len(indent) - 3, break_long_words=False)
                        for part in said).split("\n")
    if len(lines) == 1 and len(lines[0]) + len(indent) + 7 <= WIDTH:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + (
        f"{indent} */\n")


def write_class(document: Document) -> str:
    methods = []
    for operation in document.operations:
        methods.append(write_method(operation))
        if operation.item is not None:
            methods.append(write_iterator(operation))
    return ("/** One method for each operation of the API; how it is sent is the subclass's. */\n"
            "export abstract class Operations {\n"
            "    protected abstract call(request: RequestToSend, options?: CallOptions): "
            "Promise<unknown>;\n\n" + "\n".join(methods) + "}\n")


def answer_type(operation: Operation) -> str:
    if operation.answer is None:
        return "void"
    kind = operation.answer.kind
    text = (type_of(operation.answer.schema, "    ") if kind == "json" else
            "string" if kind == "text" else "ArrayBuffer")
    return f"{text} | undefined" if operation.maybe_nothing else text


def query_type(query: list[Parameter]) -> str:
    fields = []
    for item in query:
        text = type_of(item.schema, "").replace("[]", "")
        if item.schema.get("type") == "array":
            text = f"readonly {text}[]"
        fields.append(f"            {key_of(item.name)}{'' if item.required else '?'}: {text};\n")
    return "{\n" + "".join(fields) + "        }"


def arguments_of(operation: Operation, leave_out: str = "") -> list[str]:
    out = [f"{argument_name(name)}: string" for name in operation.path_names]
    if operation.body:
        out.append("body: " + (type_of(operation.body.schema, "") if operation.body.kind == "json"
                               else "string | Uint8Array"))
    query = [item for item in operation.query if item.name != leave_out]
    if query:
        default = "" if any(item.required for item in query) else " = {}"
        out.append(f"query: {query_type(query)}{default}")
    return [*out, "options?: CallOptions"]


def head_of(words: list[str], arguments: list[str], result: str, start: str = "") -> str:
    line = f"    {start}{camel(words)}({', '.join(arguments)}): {result} {{\n"
    if len(line) <= WIDTH and "\n" not in line[:-1]:
        return line
    inner = "".join(f"        {argument},\n" for argument in arguments)
    return f"    {start}{camel(words)}(\n{inner}    ): {result} {{\n"


def request_lines(operation: Operation) -> list[str]:
    lines = [f"method: '{operation.method}'", f"path: '{operation.path}'"]
    if operation.path_names:
        pairs = [key_of(name) if argument_name(name) == name else
                 f"{key_of(name)}: {argument_name(name)}" for name in operation.path_names]
        lines.append(f"pathValues: {{ {', '.join(pairs)} }}")
    if operation.query:
        lines.append("query")
    if operation.body:
        lines.append("body")
        if operation.body.kind != "json":
            lines.append(f"contentType: '{operation.body.media_type}'")
    lines.append(f"answer: '{operation.answer.kind if operation.answer else 'none'}'")
    if operation.answer and operation.answer.kind != "json":
        lines.append(f"accept: '{operation.answer.media_type}'")
    if operation.creates:
        lines.append("creates: true")
    return lines


def write_method(operation: Operation) -> str:
    result = answer_type(operation)
    inner = ", ".join(request_lines(operation))
    call = f"this.call({{ {inner} }}, options)"
    if len(call) + len(result) + 32 > WIDTH:
        lines = "".join(f"            {line},\n" for line in request_lines(operation))
        call = f"this.call({{\n{lines}        }}, options)"
    end = f"        await {call};\n" if result == "void" else (
        f"        return (await {call}) as {result};\n")
    return (comment([operation.summary, operation.about], "    ")
            + head_of(operation.words, arguments_of(operation), f"Promise<{result}>", "async ")
            + end + "    }\n")


def write_iterator(operation: Operation) -> str:
    item = type_of(operation.item or {}, "    ")
    given = [argument_name(name) for name in operation.path_names]
    given += ["body"] if operation.body else []
    cursor = "{ ...query, cursor }" if len(operation.query) > 1 else "{ cursor }"
    call = f"this.{camel(operation.words)}({', '.join([*given, cursor, 'options'])})"
    return (comment([operation.summary, f"All of them: asks `{camel(operation.words)}` for page "
                     "after page; `limit` is the length of a page."], "    ")
            + head_of(operation.iterator_words, arguments_of(operation, leave_out="cursor"),
                      f"AsyncGenerator<{item}, void, undefined>", "async *")
            + "        let cursor: string | undefined;\n        do {\n"
            f"            const page: {answer_type(operation)} = await {call};\n"
            "            yield* page.items;\n            cursor = page.next;\n"
            "        } while (cursor);\n    }\n")
