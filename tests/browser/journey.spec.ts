// SPDX-License-Identifier: Apache-2.0
// A first day with Gantry: from the printed password to a value written to a pump.
import { make_demo_plant, type DemoTag } from './demo_content';
import { check_page, expect, own_password, picture, search, sign_in, test, try_to_sign_in } from './console_test';

test.describe.configure({ mode: 'serial' });

const pump = 'waterworks/station/pump1';
const tried = [
    { address: 'ir:102:f32@CDAB', point: `${pump}.flow` },
    { address: 'ir:107:i16*0.1', point: `${pump}.bearing_temperature` },
    { address: 'hr:0:u16*0.1', point: `${pump}.speed_setpoint` },
];
let tags: DemoTag[] = [];

test('the first administrator must choose a password', async ({ page, gantryd, words }, { project }) => {
    await page.goto('/');
    await check_page(page, `${project.name}-sign-in`);
    await try_to_sign_in(page, words, 'admin', 'a wrong password');
    await expect(page.getByRole('alert')).toContainText(words.problems.unauthenticated.remedy);
    await sign_in(page, words, 'admin', gantryd.password);
    await expect(page.getByRole('heading', { name: words.session.choose_password })).toBeVisible();
    await check_page(page, `${project.name}-first-password`);
    await page.getByLabel(words.session.current_password, { exact: true }).fill(gantryd.password);
    await page.getByLabel(words.session.new_password, { exact: true }).fill(own_password);
    await page.getByLabel(words.session.repeat_password, { exact: true }).fill(own_password);
    await page.getByRole('button', { name: words.session.change_password }).click();
    await expect(page.getByText(words.overview.welcome)).toBeVisible();
    await check_page(page, `${project.name}-overview-empty`);
});

test('a connection is tried live, saved with its tags, and runs', async ({ page, gantryd, plant, words }, { project }) => {
    tags = await make_demo_plant(gantryd);
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.connections, exact: true }).first().click();
    await page.getByRole('link', { name: words.connections.add }).first().click();
    await page.getByLabel(words.common.key, { exact: true }).fill('demo');
    await page.locator('input[name=host]').fill('127.0.0.1');
    await page.locator('input[name=port]').fill(String(plant.port));
    await page.getByRole('button', { name: words.connections.test, exact: true }).click();
    await expect(page.getByText(words.connections.test_ok)).toBeVisible();
    await page.getByLabel(words.connections.addresses, { exact: true }).fill(tried.map(({ address }) => address).join('; '));
    await page.getByRole('button', { name: words.connections.add_address, exact: true }).click();
    for (const { address, point } of tried) {
        // A value is there before anything is saved.
        await expect(page.locator(`[data-address="${address}"]`)).toHaveText(/\d/);
        await page.getByLabel(words.connections.point_of(address)).fill(point);
    }
    await check_page(page, `${project.name}-connection-new`);
    await page.getByRole('button', { name: words.connections.save_with_tags(tried.length) }).click();
    await expect(page.getByText(words.states.running).first()).toBeVisible();
    const present = new Set(tried.map(({ point }) => point));
    const items = tags.filter(({ point }) => !present.has(point)).map((tag) => ({ connection: 'demo', ...tag }));
    await gantryd.call('POST', '/v1/tags', { items });
    await page.reload();
    await expect(page.getByRole('link', { name: `${pump}.vibration`, exact: true })).toBeVisible();
    await check_page(page, `${project.name}-connection`);
    await page.goto('/connections');
    await expect(page.getByRole('cell', { name: words.states.running })).toBeVisible();
    await check_page(page, `${project.name}-connections`);
});

test('the asset tree shows live values and is walked by keys', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.assets, exact: true }).first().click();
    const tree = page.getByRole('treegrid');
    const site = tree.locator('[data-key="waterworks"]');
    await expect(site).toHaveAttribute('aria-expanded', 'true');
    await site.focus();
    await page.keyboard.press('ArrowDown');
    await tree.locator('[data-key="waterworks/station"]').focus();
    await page.keyboard.press('ArrowRight');
    await tree.locator(`[data-key="${pump}"]`).focus();
    await page.keyboard.press('ArrowRight');
    await expect(tree.locator(`[data-key="${pump}.flow"]`)).toContainText(/\d.*m³\/h/);
    await tree.locator(`[data-key="${pump}"]`).focus();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/assets\/waterworks\/station\/pump1$/);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(project.name === 'zh' ? '1号泵' : 'Pump 1');
    await check_page(page, `${project.name}-asset`);
});

test('points are found, drawn, zoomed and shown as a table', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.trends, exact: true }).first().click();
    await page.getByRole('button', { name: words.trends.add_pens }).first().click();
    for (const point of ['pump1.flow', 'tank.level', 'pump1.bearing_temperature']) {
        await page.getByRole('searchbox', { name: words.picker.hint }).fill(point);
        await page.getByRole('checkbox', { name: new RegExp(`station/${point}$`) }).check();
    }
    await page.getByRole('button', { name: words.picker.use(3) }).click();
    await page.getByRole('button', { name: '1m', exact: true }).or(page.getByRole('button', { name: /^1\s?(min|分钟)$/ })).first().click();
    await expect(page).toHaveURL(/last=1m/);
    const chart = page.getByRole('application');
    await expect(chart.locator('canvas')).toBeVisible();
    // Something is drawn, and goes on being drawn.
    const inked = () => chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let coloured = 0;
        for (let i = 0; i < pixels.length; i += 4) {
            const [r = 0, g = 0, b = 0, a = 0] = [pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]];
            if (a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured++;
        }
        return coloured;
    });
    await expect.poll(inked).toBeGreaterThan(200);
    await check_page(page, `${project.name}-trend`);
    const box = await chart.boundingBox();
    if (!box) throw new Error('the chart has no place');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 100, { steps: 5 });
    await page.mouse.up();
    await expect(page).toHaveURL(/from=/);
    await page.mouse.click(box.x + box.width * 0.5, box.y + 60);
    await page.mouse.click(box.x + box.width * 0.7, box.y + 60);
    await expect(page.getByText(words.trends.between)).toBeVisible();
    await picture(page, `${project.name}-trend-cursors`);
    await page.getByRole('button', { name: words.trends.undo }).click();
    await expect(page).toHaveURL(/last=1m/);
    await page.getByRole('button', { name: words.trends.as_table }).click();
    await expect(page.getByRole('region', { name: words.trends.as_table }).getByRole('row').nth(3)).toBeVisible();
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: words.trends.csv }).click();
    expect((await file).suggestedFilename()).toMatch(/^gantry-.*\.csv$/);
});

test('SQL answers, and shows where a statement is wrong', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.sql, exact: true }).first().click();
    const editor = page.getByLabel(words.sql.statement);
    await editor.fill("SELECT point, count(*) AS samples, avg(value) AS mean FROM samples WHERE point LIKE '%pump1%' GROUP BY point ORDER BY point");
    await editor.press('Control+Enter');
    await expect(page.getByRole('cell', { name: `${pump}.flow` })).toBeVisible();
    await check_page(page, `${project.name}-sql`);
    await editor.fill('SELECT point\nFROM sampels');
    await editor.press('Control+Enter');
    await expect(page.getByText(words.sql.error_at(2, 6))).toBeVisible();
    await picture(page, `${project.name}-sql-error`);
});

test('a message becomes a point', async ({ page, words }, { project }) => {
    const place = `web-${project.name}`.replace(/[^a-z0-9-]/gi, '-');
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.broker, exact: true }).first().click();
    await page.getByRole('link', { name: words.broker.tabs.mappings }).click();
    await page.getByRole('button', { name: words.broker.add_mapping }).click();
    await page.getByLabel(words.common.key).fill(place);
    await page.getByLabel(words.broker.topic_filter).fill(`${place}/#`);
    await page.getByLabel(words.broker.sample_topic).fill(`${place}/press1`);
    await page.getByRole('button', { name: words.broker.preview }).click();
    await expect(page.getByRole('cell', { name: `${place}/press1/motor.speed` })).toBeVisible();
    await check_page(page, `${project.name}-mapping`);
    await page.getByRole('button', { name: words.common.save }).click();
    await expect(page.getByRole('cell', { name: `${place}/#` })).toBeVisible();
    await page.getByRole('link', { name: words.broker.tabs.topics }).click();
    await page.getByRole('button', { name: words.broker.publish }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(words.broker.topic, { exact: true }).fill(`${place}/press1`);
    await dialog.getByLabel(words.broker.message).fill('{"temperature": 21.5}');
    await dialog.getByLabel(words.broker.retain).check();
    await dialog.getByRole('button', { name: words.broker.publish }).click();
    await expect(page.getByRole('cell', { name: `${place}/press1`, exact: true })).toBeVisible();
    await page.getByRole('link', { name: words.broker.tabs.proposals }).click();
    await page.getByLabel(`${place}/press1.temperature`).check();
    await check_page(page, `${project.name}-proposals`);
    await page.getByRole('button', { name: words.broker.accept('1') }).click();
    await expect(page.getByText(words.broker.made('1'))).toBeVisible();
});

test('a point becomes messages', async ({ page, words }, { project }) => {
    const key = `told-${project.name}`.replace(/[^a-z0-9-]/gi, '-');
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.broker, exact: true }).first().click();
    await page.getByRole('link', { name: words.broker.tabs.mappings }).click();
    await page.getByRole('button', { name: words.broker.add_publication }).click();
    await page.getByLabel(words.common.key, { exact: true }).fill(key);
    await page.getByLabel(words.broker.under, { exact: true }).fill(`${pump}.flow`);
    await page.getByLabel(words.broker.topic, { exact: true }).fill(`${key}/{point`);
    await page.getByRole('button', { name: words.common.save }).click();
    await expect(page.getByLabel(words.broker.topic, { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel(words.broker.topic, { exact: true }).fill(`${key}/{point}`);
    await check_page(page, `${project.name}-publication`);
    await page.getByRole('button', { name: words.common.save }).click();
    await expect(page.getByRole('row').filter({ hasText: key })).toBeVisible();
    await check_page(page, `${project.name}-publications`);
    await page.getByRole('link', { name: words.broker.tabs.topics }).click();
    await expect(page.getByRole('cell', { name: `${key}/flow`, exact: true })).toBeVisible();
    await page.getByRole('link', { name: words.broker.tabs.mappings }).click();
    const row = page.getByRole('row').filter({ hasText: key });
    await row.getByRole('button', { name: words.broker.remove_mapping(key) }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.common.remove }).click();
    await expect(row).toHaveCount(0);
});

test('a bridge says how it does', async ({ page, words }, { project }) => {
    const key = `web-${project.name}`.replace(/[^a-z0-9-]/gi, '-');
    await sign_in(page, words);
    await page.getByRole('link', { name: words.pages.broker, exact: true }).first().click();
    await page.getByRole('link', { name: words.broker.tabs.bridges }).click();
    await page.getByRole('button', { name: words.bridge.add }).first().click();
    await page.getByLabel(words.common.key, { exact: true }).fill(key);
    await page.getByLabel(words.bridge.address, { exact: true }).fill('mqtt://');
    await page.getByLabel(words.bridge.password, { exact: true }).fill('a secret');
    await page.getByLabel(words.bridge.local, { exact: true }).fill(`${key}/`);
    await page.getByRole('button', { name: words.common.save }).click();
    await expect(page.getByLabel(words.bridge.address, { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel(words.bridge.address, { exact: true }).fill('mqtt://127.0.0.1:1');
    await check_page(page, `${project.name}-bridge`);
    await page.getByRole('button', { name: words.common.save }).click();
    const row = page.getByRole('row').filter({ hasText: key });
    await expect(row.getByText(words.bridge.states.failed)).toBeVisible();
    await check_page(page, `${project.name}-bridges`);
    await row.getByRole('button', { name: words.bridge.edit(key) }).click();
    await expect(page.getByLabel(words.bridge.password, { exact: true })).toHaveValue('');
    await page.getByRole('button', { name: words.common.cancel }).click();
    await row.getByRole('button', { name: words.bridge.remove(key) }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.common.remove }).click();
    await expect(row).toHaveCount(0);
});

test('a rule wants a second person, and a command waits for one', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await page.goto('/commands/rules');
    await page.getByRole('button', { name: words.commands.add_rule }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(words.common.key, { exact: true }).fill('four-eyes');
    await dialog.getByLabel(words.broker.points_pattern, { exact: true }).fill('*.speed_setpoint');
    await dialog.getByLabel(words.commands.condition, { exact: true }).fill('value >');
    await dialog.getByLabel(words.commands.approval_needed).check();
    await page.getByRole('button', { name: words.common.save }).click();
    await expect(dialog.getByLabel(words.commands.condition, { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await dialog.getByLabel(words.commands.condition, { exact: true }).fill('value < 95');
    await check_page(page, `${project.name}-rule`);
    await page.getByRole('button', { name: words.common.save }).click();
    const rule = page.getByRole('row').filter({ hasText: 'four-eyes' });
    await expect(rule).toContainText('value < 95');
    await check_page(page, `${project.name}-rules`);
    await page.goto(`/assets/${pump}?point=speed_setpoint`);
    await page.getByRole('button', { name: words.write.action, exact: true }).first().click();
    await page.getByLabel(words.write.value).fill('97');
    await page.getByRole('button', { name: words.write.next }).click();
    await expect(page.getByText(/four-eyes/)).toBeVisible();
    await expect(page.getByRole('button', { name: words.write.ask })).toBeDisabled();
    await page.getByRole('button', { name: words.write.back, exact: true }).click();
    await page.getByLabel(words.write.value).fill('71');
    await page.getByRole('button', { name: words.write.next }).click();
    await page.getByLabel(words.write.reason, { exact: true }).fill('batch 7');
    await check_page(page, `${project.name}-write-approval`);
    await page.getByRole('button', { name: words.write.ask }).click();
    await expect(page.getByText(words.write.outcomes.waiting.title, { exact: true })).toBeVisible();
    await page.goto('/commands');
    const command = page.getByRole('row').filter({ hasText: 'batch 7' });
    await expect(command).toContainText(words.commands.states.waiting);
    await expect(command.getByRole('button', { name: words.commands.approve })).toHaveCount(0);
    await check_page(page, `${project.name}-commands`);
    await command.getByRole('button', { name: words.commands.withdraw }).click();
    await dialog.getByLabel(words.commands.note, { exact: true }).fill('not now');
    await picture(page, `${project.name}-withdraw`);
    await dialog.getByRole('button', { name: words.commands.withdraw }).click();
    await expect(command).toContainText(words.write.outcomes.refused.title);
    await expect(command).toContainText('not now');
    await page.goto('/commands/rules');
    await rule.getByRole('button', { name: words.commands.remove_rule('four-eyes') }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.common.remove }).click();
    await expect(rule).toHaveCount(0);
});

test('a set-point is written, confirmed and recorded; then sign out', async ({ page, words }, { project }) => {
    await sign_in(page, words);
    await expect(page.getByRole('heading', { name: words.pages.overview })).toBeVisible();
    await search(page, words, `${pump}.speed_setpoint`);
    await picture(page, `${project.name}-palette`);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/point=speed_setpoint/);
    await page.getByRole('button', { name: words.write.action, exact: true }).first().click();
    await page.getByLabel(words.write.value).fill('250');
    await expect(page.getByText(words.write.beyond)).toBeVisible();
    await page.getByLabel(words.write.value).fill('83.5');
    await page.getByRole('button', { name: words.write.next }).click();
    await check_page(page, `${project.name}-write`);
    await page.getByRole('button', { name: words.write.send }).click();
    await expect(page.getByText(words.write.outcomes.confirmed.title, { exact: true })).toBeVisible();
    await picture(page, `${project.name}-write-confirmed`);
    await page.getByRole('dialog').getByRole('button', { name: words.common.close }).last().click();
    await expect(page.getByRole('treegrid').locator(`[data-key="${pump}.speed_setpoint"]`)).toContainText('83.5');
    await page.goto('/admin/audit');
    await expect(page.getByRole('cell', { name: /commands|writePoint/ }).first()).toBeVisible();
    await page.getByRole('button', { name: words.session.sign_out }).click();
    await expect(page.getByRole('button', { name: words.session.sign_in })).toBeVisible();
});
