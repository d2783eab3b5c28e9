// SPDX-License-Identifier: Apache-2.0
// Every page without a serious finding of axe, light and dark, and the key pages on a phone; and how
// the console behaves when the language changes, the server goes, or a role allows less.
import { check_page, expect, own_password, picture, sign_in, test } from './console_test';
import { prepare } from './demo_content';

const pump = 'waterworks/station/pump1';
const pages = [
    { name: 'overview', path: '/' },
    { name: 'models', path: '/models' },
    { name: 'model', path: '/models/pump' },
    { name: 'people', path: '/admin/people' },
    { name: 'roles', path: '/admin/roles' },
    { name: 'tokens', path: '/admin/tokens' },
    { name: 'audit', path: '/admin/audit' },
    { name: 'account', path: '/admin/me' },
    { name: 'about', path: '/admin/about' },
    { name: 'clients', path: '/broker/clients' },
    { name: 'topics', path: '/broker/topics' },
    { name: 'dead-letters', path: '/broker/dead_letters' },
    { name: 'docs', path: '/docs' },
    { name: 'operation', path: '/docs/readSamples' },
];
const key_pages = [
    { name: 'overview', path: '/' },
    { name: 'assets', path: '/assets' },
    { name: 'asset', path: `/assets/${pump}` },
    { name: 'trend', path: `/trends?pen=${pump}.flow&pen=waterworks/station/tank.level&last=5m` },
    { name: 'connections', path: '/connections' },
    { name: 'sql', path: '/sql' },
];

test.beforeAll(({ gantryd, plant }) => prepare(gantryd, plant, own_password));

test('every page is accessible', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await expect(page.getByRole('heading', { level: 1, name: words.pages.overview })).toBeVisible();
    for (const { name, path } of pages) {
        await page.goto(path);
        await expect(page.locator('main h1')).toBeVisible();
        await expect(page.locator('main .panel').first()).toBeVisible();
        await page.waitForLoadState('networkidle');
        await check_page(page, `${project.name}-${name}`);
    }
});

test('the dark theme is as readable', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await page.getByRole('button', { name: words.shell.dark }).click();
    for (const { name, path } of key_pages) {
        await page.goto(path);
        await expect(page.locator('main h1').first()).toBeVisible();
        await page.waitForLoadState('networkidle');
        await check_page(page, `${project.name}-dark-${name}`);
    }
});

test('the key pages fit a phone', async ({ page, words }, { project }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await sign_in(page, words);
    for (const { name, path } of key_pages) {
        await page.goto(path);
        await expect(page.getByRole('navigation', { name: words.shell.pages })).toBeVisible();
        await page.waitForLoadState('networkidle');
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(beyond, `${name} is wider than the phone`).toBeLessThanOrEqual(0);
        await check_page(page, `${project.name}-phone-${name}`);
    }
});

test('the language changes at once, and stays', async ({ page, words }) => {
    await sign_in(page, words);
    const there = words.pages.assets === 'Assets';
    await page.getByRole('button', { name: there ? '中文' : 'English' }).click();
    await expect(page.getByRole('link', { name: there ? '资产' : 'Assets', exact: true }).first()).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(there ? '总览' : 'Overview');
});

test('a break is told of, and mended by itself', async ({ page, gantryd, words }, { project }) => {
    await sign_in(page, words);
    await page.goto(`/assets/${pump}`);
    await expect(page.getByText(words.shell.feed_live)).toBeVisible();
    const flow = page.getByRole('main').getByRole('row').filter({ hasText: 'm³/h' }).first();
    await expect(flow).toContainText(/\d/);
    await gantryd.pause();
    await expect(page.getByText(words.shell.disconnected)).toBeVisible();
    await expect(page.locator('.tag', { hasText: words.common.stale }).first()).toBeVisible();
    await picture(page, `${project.name}-disconnected`);
    await gantryd.start();
    await expect(page.getByText(words.shell.disconnected)).toBeHidden();
    await expect(page.getByText(words.shell.feed_live)).toBeVisible();
    await expect(flow).toContainText(/\d/);
    await expect(flow).not.toContainText(words.common.stale);
});

test('what a role does not allow is not offered', async ({ page, gantryd, words }) => {
    const roles = await gantryd.call<{ items: { key: string }[] }>('GET', '/v1/roles');
    expect(roles.items.map(({ key }) => key)).toContain('viewer');
    await gantryd.call('POST', '/v1/principals', {
        login: 'viewer', password: own_password, roles: ['viewer'], must_change_password: false });
    await sign_in(page, words, 'viewer');
    await expect(page.getByRole('heading', { level: 1, name: words.pages.overview })).toBeVisible();
    await page.goto(`/assets/${pump}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('button', { name: words.common.edit })).toHaveCount(0);
    await expect(page.getByRole('button', { name: words.write.action })).toHaveCount(0);
});
