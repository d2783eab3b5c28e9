// SPDX-License-Identifier: Apache-2.0
import type { Problem as ProblemBody } from './types';

// Codes of the server, and two of our own: no answer at all, and an answer that is no JSON.
export type ProblemCode =
    | 'invalid_argument' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict'
    | 'precondition_failed' | 'precondition_required' | 'too_large' | 'unsupported' | 'rate_limited'
    | 'quota_exceeded' | 'cancelled' | 'timeout' | 'unavailable' | 'storage_full' | 'corrupt' | 'io'
    | 'internal' | 'unreachable';

export interface FieldProblem {
    field: string;  // "/settings/port"
    detail: string;
}

// What went wrong with a request, as the server explains it (RFC 9457).
export class Problem extends Error {
    readonly code: ProblemCode;
    readonly status: number;
    readonly title: string;
    readonly detail: string;
    readonly fields: FieldProblem[];
    readonly trace: string;

    constructor(body: Partial<ProblemBody> & { code: string }) {
        super(body.detail ?? body.title ?? body.code);
        this.name = 'Problem';
        this.code = body.code as ProblemCode;
        this.status = body.status ?? 0;
        this.title = body.title ?? '';
        this.detail = body.detail ?? '';
        this.trace = body.trace ?? '';
        this.fields = (body.fields ?? []).map((field) => ({
            field: field.field ?? '',
            detail: field.detail ?? '',
        }));
    }

    // What is wrong with one field of a form, if that is what it is about: "port" for "/settings/port".
    of(name: string): string | undefined {
        return this.fields.find(({ field }) => field === name || field.endsWith('/' + name))?.detail;
    }
}

export function to_problem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem({ code: 'internal', detail: error instanceof Error ? error.message : String(error) });
}

export const is_abort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';
