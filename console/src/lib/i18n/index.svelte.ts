// SPDX-License-Identifier: Apache-2.0
// The language of the page. `t()` is the catalogue: reading it in a component follows a change.
import type { Name } from '../api/types';
import { recall, remember } from '../state/preferences.svelte';
import type { Messages } from './en';

export type Language = 'en' | 'zh';
export const languages: { code: Language; name: string }[] = [
    { code: 'en', name: 'English' },
    { code: 'zh', name: '中文' },
];

const load: Record<Language, () => Promise<Messages>> = {
    en: async () => (await import('./en')).en,
    zh: async () => (await import('./zh')).zh,
};

let language = $state<Language>('en');
let messages = $state.raw<Messages>({} as Messages);

export const t = (): Messages => messages;
export const current_language = (): Language => language;
// For Intl: the language with the region that the browser prefers of it.
export const locale = (): string => {
    const preferred = navigator.languages.find((tag) => tag.startsWith(language));
    return preferred ?? (language === 'zh' ? 'zh-CN' : 'en-GB');
};

export async function set_language(next: Language): Promise<void> {
    messages = await load[next]();
    language = next;
    document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
    remember('language', next);
}

export function preferred_language(): Language {
    const kept = recall('language');
    if (kept === 'en' || kept === 'zh') return kept;
    return navigator.languages.find((tag) => /^(zh|en)/.test(tag))?.startsWith('zh') ? 'zh' : 'en';
}

// A name in the language of the page, else in the other one.
export function text_of(name: Name | undefined): string {
    if (name === undefined) return '';
    if (typeof name === 'string') return name;
    const { zh = '', en = '' } = name;
    return language === 'zh' ? zh || en : en || zh;
}

// The name, or the key where there is none.
export const label_of = (thing: { name?: Name; key: string }) => text_of(thing.name) || thing.key;
