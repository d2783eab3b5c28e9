// SPDX-License-Identifier: Apache-2.0
// How pens are told apart: by colour and by dashes, so that nobody depends on colour alone. The colours
// are Okabe and Ito's, darkened or lightened to stand on each theme's field at 3:1 or more.

export interface Style {
    colour: string;
    dash: number[];
}

const light = ['#0b5cad', '#b34a00', '#00735c', '#8a3d99', '#806000', '#c0266b', '#2f7f9e', '#4a4f55'];
const dark = ['#6fb3ff', '#ff9a4d', '#3fd0a8', '#d897e6', '#e0c04d', '#ff86b5', '#7fd4f0', '#c9cfd4'];
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4], [2, 2, 6, 2], [4, 6]];

export const pens_max = 16;

export function style_of(slot: number, on_dark: boolean): Style {
    const colours = on_dark ? dark : light;
    const colour = colours[slot % colours.length] ?? '#4a4f55';
    // The second round takes the dashes in another order.
    const round = Math.floor(slot / colours.length);
    return { colour, dash: dashes[(slot + round * 3) % dashes.length] ?? [] };
}

// The lowest slot that is free, so that a pen keeps its style while others come and go.
export function free_slot(taken: readonly number[]): number {
    let slot = 0;
    while (taken.includes(slot)) slot++;
    return slot;
}
