// SPDX-License-Identifier: Apache-2.0
// What the tests of the console share: the programs, words in the language of the page, and a watch on
// everything that a browser complains of.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { en } from '../../console/src/lib/i18n/en';
import { zh } from '../../console/src/lib/i18n/zh';
import { Gantryd, Plant } from './programs';

export const own_password = 'a password of our own 7';
const pictures = resolve(import.meta.dirname, '../../build/screenshots');

interface Shared {
    gantryd: Gantryd;
    plant: Plant;
}

export const test = base.extend<{ words: typeof en; complaints: string[] }, Shared>({
    gantryd: [async ({}, use) => {
        const gantryd = await new Gantryd().start();
        await use(gantryd);
        await gantryd.stop();
    }, { scope: 'worker', timeout: 90_000 }],
    plant: [async ({}, use) => {
        const plant = await new Plant().start('--speed', '30');
        await use(plant);
        await plant.stop();
    }, { scope: 'worker', timeout: 90_000 }],
    baseURL: async ({ gantryd }, use) => use(process.env.GANTRY_CONSOLE_URL ?? gantryd.url),
    words: async ({ locale }, use) => use(locale?.startsWith('zh') ? zh : en),
    // Errors of scripts and of the console, and what the Content-Security-Policy has stopped.
    complaints: [async ({ page }, use) => {
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(`error: ${error.stack ?? error.message}`));
        page.on('console', (message) => {
            const of_server = /Failed to load resource|WebSocket connection/.test(message.text());
            if (message.type() === 'error' && !of_server) complaints.push(`console: ${message.text()}`);
        });
        await page.addInitScript(() => {
            document.addEventListener('securitypolicyviolation', (event) =>
                console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
        });
        await use(complaints);
        expect(complaints).toEqual([]);
    }, { auto: true }],
});

export { expect };

export async function try_to_sign_in(page: Page, words: typeof en, login: string, password: string): Promise<void> {
    await page.goto('/');
    await page.getByLabel(words.session.login, { exact: true }).fill(login);
    await page.getByLabel(words.session.password, { exact: true }).fill(password);
    await page.getByRole('button', { name: words.session.sign_in }).click();
}

export async function sign_in(page: Page, words: typeof en, login = 'admin', password = own_password): Promise<void> {
    await try_to_sign_in(page, words, login, password);
    await expect(page.getByRole('button', { name: words.session.sign_out })).toBeVisible();
}

// No serious finding of axe, and a picture for people to look at.
export async function check_page(page: Page, name: string): Promise<void> {
    await picture(page, name);
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${name} ${id}: ${nodes.slice(0, 4).map(({ html }) => html).join(' | ')}`)).toEqual([]);
}

export async function picture(page: Page, name: string): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: resolve(pictures, `${name}.png`) });
}

export async function search(page: Page, words: typeof en, text: string): Promise<void> {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: words.palette.title }).fill(text);
    await expect(page.getByRole('option').filter({ hasText: text }).first()).toBeVisible();
}
