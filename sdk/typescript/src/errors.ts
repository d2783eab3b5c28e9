// SPDX-License-Identifier: Apache-2.0
// What can go wrong. Everything that the package throws by itself is a GantryError.

/** The root of all errors of this package. */
export class GantryError extends Error {
    constructor(message: string, options?: ErrorOptions) {
        super(message, options);
        this.name = new.target.name;
    }
}

/** No answer came. `sent`: the request may have been carried out all the same. */
export class ConnectionFailed extends GantryError {
    constructor(message: string, readonly sent: boolean, options?: ErrorOptions) {
        super(message, options);
    }
}

/** A part of the request that is wrong: a JSON pointer (`/properties/0/unit`) or `?parameter`. */
export interface FieldError {
    field: string;
    detail: string;
}

export interface ProblemLike {
    title?: string;
    detail?: string;
    code?: string;
    trace?: string;
    fields?: Array<Partial<FieldError>>;
}

/** The server's answer to a request that it did not carry out (RFC 9457 problem details). */
export class ApiError extends GantryError {
    readonly code: string;
    readonly title: string;
    readonly trace: string;
    readonly fields: FieldError[];

    constructor(readonly status: number, problem: ProblemLike, readonly retryAfterMs?: number) {
        super(problem.detail || problem.title || `HTTP status ${status}`);
        this.code = problem.code ?? '';
        this.title = problem.title ?? '';
        this.trace = problem.trace ?? '';
        this.fields = (problem.fields ?? []).map(
            ({ field = '', detail = '' }) => ({ field, detail }));
    }
}

/** 400: the request is wrong; `fields` names the parts. */
export class InvalidArgument extends ApiError {}
/** 401: no token, or one that is not good any more. */
export class Unauthenticated extends ApiError {}
/** The first password must be changed before anything else: sign in with `newPassword`. */
export class PasswordChangeNeeded extends ApiError {}
/** 403: who asks is known, but may not. */
export class Forbidden extends ApiError {}
/** 404: it is not there, or the caller may not see it. */
export class NotFound extends ApiError {}
/** 409: it does not fit to what is there, as a key that is taken. */
export class Conflict extends ApiError {}
/** 412: it has changed since it was read; read it again. */
export class PreconditionFailed extends ApiError {}
/** 428: say with `ifMatch` which version is to be changed. */
export class PreconditionRequired extends ApiError {}
/** 413: ask for less, or send less at once. */
export class TooLarge extends ApiError {}
/** 501 or 405: not offered here. */
export class Unsupported extends ApiError {}
/** 429: too many requests; `retryAfterMs` says how long to wait. */
export class RateLimited extends ApiError {}
/** 504: it took too long. */
export class ServerTimeout extends ApiError {}
/** 503: cannot be served now. */
export class Unavailable extends ApiError {}
/** 507: the server's disk is full; nothing was stored. */
export class StorageFull extends ApiError {}
/** 500: a defect of the server; `trace` finds it in its log. */
export class ServerError extends ApiError {}

type Kind = new (status: number, problem: ProblemLike, retryAfterMs?: number) => ApiError;

const byCode: Record<string, Kind> = {
    invalid_argument: InvalidArgument, unauthenticated: Unauthenticated, forbidden: Forbidden,
    not_found: NotFound, conflict: Conflict, precondition_failed: PreconditionFailed,
    precondition_required: PreconditionRequired, too_large: TooLarge, unsupported: Unsupported,
    rate_limited: RateLimited, timeout: ServerTimeout, unavailable: Unavailable,
    storage_full: StorageFull, corrupt: ServerError, io: ServerError, internal: ServerError,
};

const byStatus: Record<number, Kind> = {
    400: InvalidArgument, 401: Unauthenticated, 403: Forbidden, 404: NotFound, 405: Unsupported,
    409: Conflict, 412: PreconditionFailed, 413: TooLarge, 428: PreconditionRequired,
    429: RateLimited, 500: ServerError, 501: Unsupported, 503: Unavailable, 504: ServerTimeout,
    507: StorageFull,
};

/** The code says more than the status; a code that is newer than this package leaves the status. */
export function apiError(status: number, problem: ProblemLike, retryAfterMs?: number): ApiError {
    const kind = byCode[problem.code ?? ''] ?? byStatus[status] ?? ApiError;
    return new kind(status, problem, retryAfterMs);
}

/** Not every answer is problem details: a proxy between says what it likes. */
export async function errorOfAnswer(answer: Response): Promise<ApiError> {
    const text = await answer.text();
    let problem: unknown;
    try {
        problem = JSON.parse(text);
    } catch {
        problem = undefined;
    }
    const known = typeof problem === 'object' && problem !== null && !Array.isArray(problem)
        ? problem as ProblemLike
        : { detail: `HTTP status ${answer.status}: ${text.slice(0, 200)}` };
    const seconds = Number.parseFloat(answer.headers.get('retry-after') ?? '');
    return apiError(answer.status, known, Number.isFinite(seconds) ? seconds * 1000 : undefined);
}

export interface RejectedRow {
    /** Which of the rows that were given, from 0. */
    position: number;
    point: string;
    code: string;
    detail: string;
}

/** `skipped`: rows without a value, which are not sent. */
export interface WriteResult {
    accepted: number;
    skipped: number;
    rejected: RejectedRow[];
}

/** Some samples could not be stored; the others were. `result` has both. */
export class RowsRejected extends GantryError {
    constructor(readonly result: WriteResult) {
        const { accepted, rejected } = result;
        super(`${rejected.length} of ${accepted + rejected.length} samples were rejected; the first, ` +
            `of ${rejected[0]?.point}: ${rejected[0]?.detail}`);
    }
}
