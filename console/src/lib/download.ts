// SPDX-License-Identifier: Apache-2.0
// Hands a file to the browser to keep.
export function download(name: string, content: Blob): void {
    const url = URL.createObjectURL(content);
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// A byte order mark, so that spreadsheets read the text as UTF-8.
export const csv_file = (text: string) => new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' });

export const file_time = (ms: number) => new Date(ms).toISOString().slice(0, 19).replaceAll(':', '');
