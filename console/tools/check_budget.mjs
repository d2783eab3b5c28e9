// SPDX-License-Identifier: Apache-2.0
// Builds the console and fails if what a browser fetches before the first page shows, packed by gzip,
// is more than the budget: the page, its scripts and styles with all that they import at once, and
// one language's messages.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const budget_kib = 150;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(root, 'node_modules', '.budget-'));
try {
    await build({ root, logLevel: 'warn', build: { outDir: folder, manifest: true, emptyOutDir: true } });
    const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));
    const first = new Set(['index.html']);
    const visit = (name) => {
        const chunk = manifest[name];
        first.add(chunk.file);
        (chunk.css ?? []).forEach((file) => first.add(file));
        (chunk.imports ?? []).forEach(visit);
    };
    visit('index.html');
    const languages = ['src/lib/i18n/en.ts', 'src/lib/i18n/zh.ts'].filter((name) => manifest[name]);
    const size = (file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
    const messages = Math.max(0, ...languages.map((name) => size(manifest[name].file)));
    const first_load = [...first].reduce((sum, file) => sum + size(file), messages);
    const all = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('.vite'))
        .reduce((sum, entry) => sum + gzipSync(readFileSync(join(entry.parentPath, entry.name))).length, 0);
    const kib = (bytes) => (bytes / 1024).toFixed(1);
    console.log(`first load ${kib(first_load)} KiB of ${budget_kib} KiB, everything ${kib(all)} KiB (gzip)`);
    if (first_load > budget_kib * 1024) {
        console.error('the first load is over its budget: load more of it when it is needed');
        process.exitCode = 1;
    }
} finally {
    rmSync(folder, { recursive: true, force: true });
}
