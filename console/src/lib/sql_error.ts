// SPDX-License-Identifier: Apache-2.0
// Where in a statement the error is, as DuckDB tells it: "LINE 2: SELECT x FROM" and a caret below.
export interface ErrorPlace {
    line: number;  // from 1
    column: number;  // from 1
    text: string;  // the line, as the message quotes it
    message: string;  // what is before the quotation
}

export function error_place(detail: string): ErrorPlace | undefined {
    const match = /(?:^|\n)LINE (\d+): (.*)\n( *)\^/.exec(detail);
    if (!match) return undefined;
    const prefix = `LINE ${match[1]}: `.length;
    return {
        line: Number(match[1]),
        column: Math.max(1, (match[3]?.length ?? 0) - prefix + 1),
        text: match[2] ?? '',
        message: detail.slice(0, match.index).trim(),
    };
}

// The place in the whole text that a line and column stand for. A long line is quoted in part, so the
// quoted text is looked for in it.
export function offset_of(text: string, place: ErrorPlace): number {
    const lines = text.split('\n');
    const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const quoted = place.text.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
    const shift = place.text.startsWith('...') ? Math.max(0, (lines[place.line - 1] ?? '').indexOf(quoted)) - 3 : 0;
    return Math.min(text.length, before + shift + place.column - 1);
}
