// SPDX-License-Identifier: Apache-2.0
// The console in a real browser against the real programs, once in each language, and the key pages on
// a phone. GANTRY_BIN is the folder of gantryd and gantry-plant.
import { defineConfig } from '@playwright/test';

const desktop = { width: 1366, height: 768 };

export default defineConfig({
    testDir: '.',
    outputDir: '../../build/browser',
    workers: 1,
    timeout: 180_000,
    expect: { timeout: 20_000 },
    use: {
        actionTimeout: 20_000,
        launchOptions: {
            executablePath: process.env.GANTRY_CHROMIUM ?? '/usr/bin/chromium',
            args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
        },
        trace: 'retain-on-failure',
        timezoneId: 'Asia/Shanghai',
        colorScheme: 'light',
    },
    projects: [
        { name: 'en', use: { locale: 'en-GB', viewport: desktop } },
        { name: 'zh', use: { locale: 'zh-CN', viewport: desktop } },
    ],
});
