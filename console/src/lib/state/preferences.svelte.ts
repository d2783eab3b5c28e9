// SPDX-License-Identifier: Apache-2.0
// What this browser remembers of its user's taste. Never anything secret.
export type Theme = 'system' | 'light' | 'dark';

const prefix = 'gantry.';

export function remember(name: string, value: string | undefined): void {
    try {
        if (value === undefined) localStorage.removeItem(prefix + name);
        else localStorage.setItem(prefix + name, value);
    } catch {
        // Storage may be forbidden; then nothing is remembered.
    }
}

export function recall(name: string): string | undefined {
    try {
        return localStorage.getItem(prefix + name) ?? undefined;
    } catch {
        return undefined;
    }
}

class Preferences {
    theme = $state<Theme>('system');
    // Whether the theme that shows is dark.
    dark = $state(false);

    start(): void {
        const theme = recall('theme');
        if (theme === 'light' || theme === 'dark') this.theme = theme;
        const system = matchMedia('(prefers-color-scheme: dark)');
        const show = () => {
            this.dark = this.theme === 'dark' || (this.theme === 'system' && system.matches);
            document.documentElement.dataset.theme = this.dark ? 'dark' : 'light';
        };
        system.addEventListener('change', show);
        this.show_theme = show;
        show();
    }

    private show_theme = (): void => undefined;

    set_theme(theme: Theme): void {
        this.theme = theme;
        remember('theme', theme === 'system' ? undefined : theme);
        this.show_theme();
    }
}

export const preferences = new Preferences();
