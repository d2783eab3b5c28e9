// SPDX-License-Identifier: Apache-2.0
// One call of the API as data: what the generated methods make, and what is sent for it.

export type AnswerKind = 'json' | 'text' | 'bytes' | 'none';

/** What a caller may say of a single call. */
export interface CallOptions {
    /** Ends the call, and the waiting for a next try. */
    signal?: AbortSignal;
    /** Of a call that creates: the same key with the same request gets the same answer. */
    idempotencyKey?: string;
    /** The `version` or ETag that the item was read with; PreconditionFailed if it has changed since. */
    ifMatch?: string | number;
    headers?: Record<string, string>;
}

/** `creates`: a POST that may come again, by its Idempotency-Key. `repeatable`: one that changes nothing. */
export interface RequestToSend {
    method: string;
    path: string;
    pathValues?: Record<string, string>;
    query?: object;
    body?: unknown;
    contentType?: string;
    answer: AnswerKind;
    accept?: string;
    creates?: boolean;
    repeatable?: boolean;
    withoutToken?: boolean;
}

const accepts: Record<AnswerKind, string> = {
    json: 'application/json', none: 'application/json', text: 'text/plain', bytes: '*/*',
};

export function mayRepeat(request: RequestToSend): boolean {
    return request.repeatable === true || request.creates === true ||
        ['GET', 'HEAD', 'PUT', 'DELETE'].includes(request.method);
}

/** Path and query, percent-encoded: the slashes of `plant/line2` must not part the path. */
export function targetOf(request: RequestToSend): string {
    const path = request.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
        const value = request.pathValues?.[name];
        if (!value) throw new TypeError(`${request.method} ${request.path}: ${name} is empty`);
        return encodeURIComponent(value);
    });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(request.query ?? {})) {
        for (const item of Array.isArray(value) ? value : [value]) {
            if (item !== undefined && item !== null) query.append(name, String(item));
        }
    }
    const text = query.toString();
    return text ? `${path}?${text}` : path;
}

export function headersOf(request: RequestToSend, options: CallOptions): Record<string, string> {
    const out: Record<string, string> = { Accept: request.accept ?? accepts[request.answer] };
    if (request.body !== undefined) out['Content-Type'] = request.contentType ?? 'application/json';
    if (options.idempotencyKey !== undefined) out['Idempotency-Key'] = options.idempotencyKey;
    if (options.ifMatch !== undefined) {
        const tag = String(options.ifMatch);
        out['If-Match'] = tag === '*' || tag.startsWith('"') ? tag : `"${tag}"`;
    }
    return { ...out, ...options.headers };
}

export function bodyOf(request: RequestToSend): string | Uint8Array | undefined {
    const { body } = request;
    if (body === undefined || typeof body === 'string') return body;
    return body instanceof Uint8Array ? body : JSON.stringify(body);
}
