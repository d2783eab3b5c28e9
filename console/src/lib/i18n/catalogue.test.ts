// SPDX-License-Identifier: Apache-2.0
// Both languages say the same things, every word that is said is asked for, and no component has words
// of its own.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';
import { en } from './en';
import { zh } from './zh';

const source = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
const text_of_file = (name: string) => readFileSync(join(source, name), 'utf8');

function leaves(tree: object, path = ''): [string, unknown][] {
    return Object.entries(tree).flatMap(([key, value]) =>
        typeof value === 'object' && value !== null ? leaves(value, `${path}${key}.`) : [[path + key, value]]);
}

test('both catalogues have the same keys, with the same kind of message', () => {
    const kinds = (catalogue: object) => leaves(catalogue).map(([key, value]) =>
        `${key} ${typeof value === 'function' ? `takes ${value.length}` : typeof value}`).sort();
    expect(kinds(zh)).toEqual(kinds(en));
});

test('no message is empty', () => {
    for (const [key, value] of [...leaves(en), ...leaves(zh)]) {
        if (typeof value === 'string') expect(value.trim(), key).not.toBe('');
    }
});

test('Chinese messages are in Chinese', () => {
    const same_in_both = /^(product|pages\.sql|palette\.keys|sql\.keys|trends\.csv|trends\.between)$/;
    for (const [key, value] of leaves(zh)) {
        if (typeof value === 'string' && !same_in_both.test(key)) expect(value, key).toMatch(/\p{Script=Han}/u);
    }
});

test('every message is used', () => {
    const code = files.filter((name) => /\.(svelte|ts)$/.test(name) && !/i18n\/(en|zh)\.ts$/.test(name))
        .map(text_of_file).join('\n');
    const indexed = /\.(tabs|levels|types|accesses|wrong|outcomes|effects|themes|example_names|reasons|directions|states)\.|^(problems|states|quality)\./;
    for (const [key] of leaves(en)) {
        if (!indexed.test(key)) expect(code.includes(`t().${key}`), key).toBe(true);
    }
});

interface Node {
    type: string;
    data?: string;
    name?: string;
    value?: unknown;
    [key: string]: unknown;
}

const spoken = new Set(['title', 'aria-label', 'placeholder', 'alt', 'label', 'text', 'help', 'action']);
const words = /\p{L}{2,}/u;

// Texts of the markup, and of the attributes that people see or hear.
function texts(node: unknown, out: string[] = []): string[] {
    if (Array.isArray(node)) for (const item of node) texts(item, out);
    else if (node && typeof node === 'object') {
        const { type, name, data, value } = node as Node;
        if (type === 'Text' && data && words.test(data)) out.push(data.trim());
        if (type === 'StyleDirective') return out;
        if (type === 'Attribute') {
            if (name && spoken.has(name)) texts(value, out);
            return out;
        }
        for (const [key, child] of Object.entries(node)) if (key !== 'css' && key !== 'instance' && key !== 'module') texts(child, out);
    }
    return out;
}

test('no component has words of its own', () => {
    const components = files.filter((name) => name.endsWith('.svelte'));
    expect(components.length).toBeGreaterThan(40);
    for (const name of components) {
        const found = texts(parse(text_of_file(name), { modern: true }).fragment)
            .filter((text) => !/^(&nbsp;|\/openapi\.json|−)$/.test(text));
        expect(found, name).toEqual([]);
    }
});
