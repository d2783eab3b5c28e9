// SPDX-License-Identifier: Apache-2.0
// The address of the page is the state of the view: a path and a query. Links are plain <a href>.
import { query_text, type Query } from '../api/client';

class Router {
    path = $state('/');
    query = $state.raw(new URLSearchParams());

    start(): void {
        this.read();
        addEventListener('popstate', () => this.read());
        document.addEventListener('click', (event) => this.on_click(event));
    }

    // The parts after the first one, decoded: "/assets/a/b" → ["assets", "a", "b"].
    get parts(): string[] {
        return this.path.split('/').filter(Boolean).map(decodeURIComponent);
    }

    go(url: string, replace = false): void {
        const target = new URL(url, location.href);
        const elsewhere = target.pathname !== this.path;
        history[replace ? 'replaceState' : 'pushState'](null, '', url);
        this.read();
        if (elsewhere) document.querySelector('main')?.scrollTo(0, 0);
    }

    // Changes some values of the query, keeps the others. By default no new entry in the history.
    set_query(changes: Query, replace = true): void {
        const next = new URLSearchParams(this.query);
        for (const [name, value] of Object.entries(changes)) {
            next.delete(name);
            if (value === undefined || value === '') continue;
            for (const item of Array.isArray(value) ? value : [value]) next.append(name, String(item));
        }
        const text = next.toString();
        if (text !== this.query.toString()) this.go(this.path + (text ? '?' + text : ''), replace);
    }

    private read(): void {
        this.path = location.pathname;
        this.query = new URLSearchParams(location.search);
    }

    private on_click(event: MouseEvent): void {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const link = event.target instanceof Element ? event.target.closest('a') : null;
        if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
        if (link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return;
        if (link.pathname.includes('.')) return;
        event.preventDefault();
        this.go(link.pathname + link.search + link.hash);
    }
}

export const router = new Router();

export const asset_url = (path: string) => '/assets/' + path.split('/').map(encodeURIComponent).join('/');
export const point_url = (path: string) => {
    const dot = path.lastIndexOf('.');
    return asset_url(path.slice(0, dot)) + query_text({ point: path.slice(dot + 1) });
};
export const trend_url = (points: string[], query: Query = {}) =>
    '/trends' + query_text({ pen: points, ...query });
