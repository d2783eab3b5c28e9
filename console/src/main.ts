// SPDX-License-Identifier: Apache-2.0
import { mount } from 'svelte';
import App from './App.svelte';
import { preferred_language, set_language } from '$lib/i18n/index.svelte';
import { clock } from '$lib/state/clock.svelte';
import { preferences } from '$lib/state/preferences.svelte';
import { router } from '$lib/state/router.svelte';
import { session } from '$lib/state/session.svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/tables.css';

const retry_ms = 3000;

// Until the server has said whether somebody is signed in.
async function session_start(): Promise<void> {
    try {
        await session.start();
    } catch {
        setTimeout(() => void session_start(), retry_ms);
    }
}

async function start(): Promise<void> {
    preferences.start();
    await set_language(preferred_language());
    router.start();
    clock.start();
    const target = document.getElementById('app');
    if (target) mount(App, { target });
    await session_start();
}

void start();
