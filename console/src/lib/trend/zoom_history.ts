// SPDX-License-Identifier: Apache-2.0
// Where one has been in a trend, to go back and forth. A place is a view, or "live" with its span.
import { same_view, type View } from './range';

export interface Place {
    // Follows the present time; then only the span of the view counts.
    live: boolean;
    view: View;
}

const places_max = 100;

// Of a live place the span counts, not when it was.
function same_place(a: Place, b: Place): boolean {
    if (a.live !== b.live) return false;
    if (!a.live) return same_view(a.view, b.view);
    return a.view.to - a.view.from === b.view.to - b.view.from &&
        JSON.stringify(a.view.heights) === JSON.stringify(b.view.heights);
}

// Never changed in place: each step answers a new history.
export class ZoomHistory {
    constructor(private readonly places: readonly Place[] = [], private readonly at = -1) {}

    get present(): Place | undefined {
        return this.places[this.at];
    }
    get can_undo(): boolean {
        return this.at > 0;
    }
    get can_redo(): boolean {
        return this.at < this.places.length - 1;
    }

    // A new place; what had been undone is gone. `merge` replaces the present place instead, for
    // steps of one movement such as turns of the wheel.
    visit(place: Place, merge = false): ZoomHistory {
        const { present } = this;
        if (present && same_place(present, place)) return this;
        const kept = this.places.slice(0, merge && this.at > 0 ? this.at : this.at + 1);
        const places = [...kept, place].slice(-places_max);
        return new ZoomHistory(places, places.length - 1);
    }

    undo(): ZoomHistory {
        return this.can_undo ? new ZoomHistory(this.places, this.at - 1) : this;
    }

    redo(): ZoomHistory {
        return this.can_redo ? new ZoomHistory(this.places, this.at + 1) : this;
    }
}
