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
    // Shortcuts that are one letter, which speech input may trigger by accident (WCAG 2.1.4).
    single_keys = $state(true);
    tree_open = $state(true);
    // Whether the theme that shows is dark.
    dark = $state(false);

    start(): void {
        const theme = recall('theme');
        if (theme === 'light' || theme === 'dark') this.theme = theme;
        this.single_keys = recall('single_keys') !== 'off';
        this.tree_open = recall('tree') !== 'closed';
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

    set_single_keys(on: boolean): void {
        this.single_keys = on;
        remember('single_keys', on ? undefined : 'off');
    }

    set_tree_open(open: boolean): void {
        this.tree_open = open;
        remember('tree', open ? undefined : 'closed');
    }
}

export const preferences = new Preferences();
