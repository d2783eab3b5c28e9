// SPDX-License-Identifier: Apache-2.0
// Short messages at the edge of the page, and questions that need an answer before going on.
import { to_problem } from '../api/problem';

export interface Notice {
    id: number;
    kind: 'done' | 'trouble';
    text: string;
}

export interface Question {
    title: string;
    text: string;
    action: string;
    danger?: boolean;
    // What must be typed before the action can be chosen.
    type_to_confirm?: string;
}

class Notices {
    items = $state<Notice[]>([]);
    question = $state.raw<(Question & { answer: (yes: boolean) => void }) | undefined>();
    private count = 0;

    done(text: string): void {
        this.add('done', text);
    }

    trouble(text: string): void {
        this.add('trouble', text);
    }

    close(id: number): void {
        this.items = this.items.filter((item) => item.id !== id);
    }

    // Asks the person; true if they want it.
    ask(question: Question): Promise<boolean> {
        return new Promise((resolve) => {
            this.question = {
                ...question,
                answer: (yes) => {
                    this.question = undefined;
                    resolve(yes);
                },
            };
        });
    }

    // Does what cannot be undone, if the person wants it, and says so when it fails.
    async before_removing(question: Omit<Question, 'danger'>, act: () => Promise<void>): Promise<void> {
        if (!(await this.ask({ ...question, danger: true }))) return;
        try {
            await act();
        } catch (error) {
            this.trouble(to_problem(error).message);
        }
    }

    private add(kind: Notice['kind'], text: string): void {
        const id = ++this.count;
        this.items = [...this.items.slice(-3), { id, kind, text }];
        setTimeout(() => this.close(id), kind === 'done' ? 4000 : 10_000);
    }
}

export const notices = new Notices();
