// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// The server that the development server hands the API's requests to.
const server = process.env.GANTRY_URL ?? 'http://127.0.0.1:8080';
const proxy = {
    '/v1': { target: server, ws: true },
    '/openapi.json': server,
    '/metrics': server,
    '/health': server,
};

export default defineConfig({
    plugins: [svelte()],
    resolve: { alias: { $lib: here('./src/lib'), $components: here('./src/components') } },
    build: {
        target: 'es2022',
        assetsInlineLimit: 0,  // the server's policy allows no data: scripts, and icons are inline SVG
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 200,
    },
    server: { host: '127.0.0.1', proxy },
    preview: { host: '127.0.0.1', proxy },
    test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
