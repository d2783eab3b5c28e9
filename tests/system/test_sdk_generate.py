# SPDX-License-Identifier: Apache-2.0
"""The generated parts of the SDKs are what the program's openapi.json makes of them."""

import copy

import pytest

import sdk_process  # noqa: F401  (the path to sdk/)
import generate
from gantryd_process import Gantryd
from generator.document import DocumentError, read_document
from generator.python import write_python
from generator.typescript import write_typescript


@pytest.fixture(scope="module")
def document():
    with Gantryd() as node:
        yield generate.document_at(node.url)


def test_the_generated_files_are_those_of_the_programs_openapi_json(document):
    changed = generate.differences(generate.files_for(document))
    assert not changed, "\n".join(changed + [generate.REMEDY])


def test_every_operation_is_a_method_in_both_languages(document):
    python, typescript = (write(read_document(document))
                          for write in (write_python, write_typescript))
    count = sum(len(item) for item in document["paths"].values())
    assert python.count("    def ") == python.count("    async def ")
    assert typescript.count("this.call({") == count
    assert "def create_asset(self, body: NewAsset" in python
    assert "async createAsset(body: NewAsset, options?: CallOptions): Promise<Asset> {" in typescript


def test_a_changed_route_shows(document):
    other = copy.deepcopy(document)
    other["paths"]["/v1/assets"]["get"]["parameters"].append(
        {"name": "colour", "in": "query", "schema": {"type": "string"}})
    changed = generate.differences(generate.files_for(other))
    assert len(changed) == 2 and "colour" in changed[0] and "colour" in changed[1]


def test_what_the_generator_does_not_know_is_anything(document):
    other = copy.deepcopy(document)
    other["components"]["schemas"]["Strange"] = {"not": {"type": "string"}}
    other["components"]["schemas"]["Class"] = {"type": "object", "properties": {
        "from": {"type": "integer"}, "my-key": {"$ref": "#/components/schemas/Strange"}}}
    other["paths"]["/v1/strange/{from}"] = {"post": {
        "operationId": "makeStrange",
        "parameters": [{"name": "from", "in": "path"},
                       {"name": "to", "in": "query", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/vnd.apache.arrow.stream": {"schema": {}}}},
        "responses": {"200": {"content": {"application/octet-stream": {}}}}}}
    python = write_python(read_document(other))
    compile(python, "generated", "exec")
    assert "def make_strange(" in python and "from_: str, body: bytes" in python
    assert 'content_type="application/vnd.apache.arrow.stream"' in python
    typescript = write_typescript(read_document(other))
    assert '"my-key"?: Strange;' in typescript and "Promise<ArrayBuffer>" in typescript


def test_two_routes_of_one_name_are_refused(document):
    other = copy.deepcopy(document)
    other["paths"]["/v1/twice"] = {"get": {"operationId": "list_assets", "responses": {}}}
    with pytest.raises(DocumentError, match="list_assets .*rename"):
        read_document(other)
    with pytest.raises(DocumentError, match="OpenAPI 3.1"):
        read_document({"openapi": "2.0"})
