// SPDX-License-Identifier: Apache-2.0
// Tables as CSV (RFC 4180), and back. A field that a spreadsheet would take for a formula gets an
// apostrophe before it.
export function csv_field(value: unknown): string {
    let text = value === null || value === undefined ? '' : String(value);
    if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text))) {
        text = "'" + text;
    }
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv_text(rows: readonly (readonly unknown[])[]): string {
    return rows.map((row) => row.map(csv_field).join(',')).join('\r\n') + '\r\n';
}

// Rows of fields; the separator is a comma, semicolon or tab, whichever the first line has most of.
export function parse_csv(text: string): string[][] {
    const first = text.slice(0, text.search(/[\r\n]|$/));
    const count = (separator: string) => first.split(separator).length;
    const separator = [',', ';', '\t'].reduce((a, b) => (count(b) > count(a) ? b : a));
    const rows: string[][] = [];
    let row: string[] = [];
    let field = '';
    let quoted = false;
    const end_field = () => {
        row.push(field.trim());
        field = '';
    };
    const end_row = () => {
        end_field();
        if (row.some((item) => item !== '')) rows.push(row);
        row = [];
    };
    for (let i = 0; i < text.length; i++) {
        const c = text[i] ?? '';
        if (quoted) {
            if (c !== '"') field += c;
            else if (text[i + 1] === '"') field += text[++i];
            else quoted = false;
        } else if (c === '"' && field.trim() === '') {
            quoted = true;
            field = '';
        } else if (c === separator) {
            end_field();
        } else if (c === '\n' || c === '\r') {
            end_row();
        } else {
            field += c;
        }
    }
    end_row();
    return rows;
}
