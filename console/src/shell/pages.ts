// SPDX-License-Identifier: Apache-2.0
// The pages: where they are, what permission they want, and the code that is loaded for them.
import type { Component } from 'svelte';
import type { IconName } from '$components/Icon.svelte';
import { t } from '$lib/i18n/index.svelte';

export interface Page {
    key: string;
    href: string;
    icon: IconName;
    permission?: string;
    title: () => string;
    load: () => Promise<{ default: Component }>;
}

export const pages: Page[] = [
    { key: '', href: '/', icon: 'overview', title: () => t().pages.overview,
      load: () => import('../pages/overview/Overview.svelte') },
    { key: 'assets', href: '/assets', icon: 'assets', permission: 'assets:read', title: () => t().pages.assets,
      load: () => import('../pages/assets/Assets.svelte') },
    { key: 'trends', href: '/trends', icon: 'trends', permission: 'samples:read', title: () => t().pages.trends,
      load: () => import('../pages/trends/Trends.svelte') },
    { key: 'connections', href: '/connections', icon: 'connections', permission: 'connections:read',
      title: () => t().pages.connections, load: () => import('../pages/connections/Connections.svelte') },
    { key: 'commands', href: '/commands', icon: 'write', permission: 'commands:read',
      title: () => t().pages.commands, load: () => import('../pages/commands/Commands.svelte') },
    { key: 'broker', href: '/broker', icon: 'broker', permission: 'topics:subscribe',
      title: () => t().pages.broker, load: () => import('../pages/broker/Broker.svelte') },
    { key: 'sql', href: '/sql', icon: 'sql', permission: 'sql:read', title: () => t().pages.sql,
      load: () => import('../pages/sql/Sql.svelte') },
    { key: 'models', href: '/models', icon: 'models', permission: 'models:read', title: () => t().pages.models,
      load: () => import('../pages/models/Models.svelte') },
    { key: 'admin', href: '/admin', icon: 'admin', title: () => t().pages.admin,
      load: () => import('../pages/admin/Admin.svelte') },
    { key: 'docs', href: '/docs', icon: 'docs', title: () => t().pages.docs,
      load: () => import('../pages/docs/Docs.svelte') },
];

export const page_of = (key: string): Page | undefined => pages.find((page) => page.key === key);
