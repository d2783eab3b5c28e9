// SPDX-License-Identifier: Apache-2.0
// What the roles of a person allow, as src/security/policy.h decides it. Only for what to offer: the
// server decides again.
import type { Statement } from './types';

function permission_matches(pattern: string, permission: string): boolean {
    const [noun, verb] = pattern.split(':');
    const [wanted_noun, wanted_verb] = permission.split(':');
    return (noun === '*' || noun === wanted_noun) && (verb === '*' || verb === wanted_verb);
}

export function path_covers(root: string, path: string): boolean {
    if (root === '' || path === root) return true;
    return path.startsWith(root) && (path[root.length] === '/' || path[root.length] === '.');
}

const names = (statement: Statement, permission: string) =>
    statement.permissions.some((pattern) => permission_matches(pattern, permission));

// On one path: denied unless a statement allows it, and one that forbids always wins.
export function may_at(statements: Statement[], permission: string, path: string): boolean {
    const of_path = statements.filter(
        (statement) => names(statement, permission) && path_covers(statement.under ?? '', path));
    return of_path.length > 0 && of_path.every(({ effect }) => effect !== 'forbid');
}

// Whether it may be allowed anywhere.
export function may_anywhere(statements: Statement[], permission: string): boolean {
    const of_name = statements.filter((statement) => names(statement, permission));
    if (of_name.some(({ effect, under }) => effect === 'forbid' && !under)) return false;
    return of_name.some(({ effect }) => effect !== 'forbid');
}
