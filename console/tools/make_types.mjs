// SPDX-License-Identifier: Apache-2.0
// Writes src/lib/api/types.ts from the server's src/api/schemas.json, one TypeScript type a schema.
//
//     node tools/make_types.mjs            write it
//     node tools/make_types.mjs --check    fail if it is not what would be written
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const schemas = JSON.parse(readFileSync(here('../../src/api/schemas.json'), 'utf8'));
const target = here('../src/lib/api/types.ts');

const words = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };

function type(schema, indent) {
    if (schema.$ref) return schema.$ref.split('/').pop();
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return choices.map((choice) => type(choice, indent)).join(' | ');
    if (Array.isArray(schema.type)) return schema.type.map((word) => words[word]).join(' | ');
    if (schema.type === 'array') {
        const items = type(schema.items ?? {}, indent);
        return items.includes('|') || items.startsWith('{') ? `Array<${items}>` : `${items}[]`;
    }
    if (schema.type === 'object') return object(schema, indent);
    return words[schema.type] ?? 'unknown';
}

function object(schema, indent) {
    const { properties, required = [], additionalProperties: more } = schema;
    if (!properties) {
        return `Record<string, ${more && more !== true ? type(more, indent) : 'unknown'}>`;
    }
    const inner = indent + '    ';
    const lines = Object.entries(properties).map(([name, value]) => {
        const about = value.description ? `${inner}/** ${value.description} */\n` : '';
        return `${about}${inner}${name}${required.includes(name) ? '' : '?'}: ${type(value, inner)};`;
    });
    return `{\n${lines.join('\n')}\n${indent}}`;
}

const parts = Object.entries(schemas).map(([name, schema]) => {
    const about = schema.description ? `/** ${schema.description} */\n` : '';
    return `${about}export type ${name} = ${type(schema, '')};`;
});
const text =
    '// SPDX-License-Identifier: Apache-2.0\n' +
    '// Made by tools/make_types.mjs from src/api/schemas.json: change that, then `npm run types`.\n\n' +
    parts.join('\n\n') + '\n';

if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
        console.error('src/lib/api/types.ts is not what src/api/schemas.json says: npm run types');
        process.exit(1);
    }
} else {
    writeFileSync(target, text);
}
