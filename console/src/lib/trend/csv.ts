// SPDX-License-Identifier: Apache-2.0
// Tables as CSV (RFC 4180). A field that a spreadsheet would take for a formula gets an
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
