// SPDX-License-Identifier: Apache-2.0
// As much of an OpenAPI 3.1 document as is shown.
export interface Schema {
    $ref?: string;
    type?: string | string[];
    enum?: unknown[];
    description?: string;
    properties?: Record<string, Schema>;
    required?: string[];
    items?: Schema;
    additionalProperties?: boolean | Schema;
    oneOf?: Schema[];
    anyOf?: Schema[];
    example?: unknown;
    format?: string;
}

export interface Parameter {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: Schema;
}

export interface Content {
    schema?: Schema;
    example?: unknown;
}

export interface RawOperation {
    operationId?: string;
    summary?: string;
    description?: string;
    tags?: string[];
    parameters?: Parameter[];
    requestBody?: { content?: Record<string, Content> };
    responses?: Record<string, { description?: string; content?: Record<string, Content> }>;
    security?: unknown[];
    'x-permission'?: string;
}

export interface Document {
    info: { title: string; version: string; description?: string };
    paths: Record<string, Record<string, RawOperation>>;
    components?: { schemas?: Record<string, Schema> };
}

export interface Operation extends RawOperation {
    id: string;
    method: string;
    path: string;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

// All operations by their tag, in the order of the document.
export function operations_by_tag(document: Document): Map<string, Operation[]> {
    const out = new Map<string, Operation[]>();
    for (const [path, item] of Object.entries(document.paths)) {
        for (const method of methods) {
            const raw = item[method];
            if (!raw) continue;
            const tag = raw.tags?.[0] ?? '';
            const operation = { ...raw, id: raw.operationId ?? `${method} ${path}`, method: method.toUpperCase(), path };
            out.set(tag, [...(out.get(tag) ?? []), operation]);
        }
    }
    return out;
}

export const schema_name = (schema: Schema | undefined) => schema?.$ref?.split('/').pop();

// A type in a few words: "string", "Asset[]", "number | null".
export function type_text(schema: Schema | undefined): string {
    if (!schema) return 'any';
    const name = schema_name(schema);
    if (name) return name;
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return choices.map(type_text).join(' | ');
    if (schema.type === 'array') return `${type_text(schema.items)}[]`;
    if (Array.isArray(schema.type)) return schema.type.join(' | ');
    return schema.type ?? 'any';
}

export function curl_of(operation: Operation, body: unknown, origin: string): string {
    const lines = [`curl -X ${operation.method} '${origin}${operation.path}'`, `-H "Authorization: Bearer $TOKEN"`];
    if (body !== undefined) lines.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body)}'`);
    return lines.join(' \\\n     ');
}
