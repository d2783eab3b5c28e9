// SPDX-License-Identifier: Apache-2.0
// A WebSocket (RFC 6455) for Node before 22, which has none of its own: text messages, as much of it as
// live samples need. Browsers and newer Nodes never load this.

/** What live samples need of a WebSocket, the browser's or this one. */
export interface SocketLike {
    onopen: ((event: never) => unknown) | null;
    onmessage: ((event: { data: unknown }) => unknown) | null;
    onclose: ((event: { code: number; reason: string }) => unknown) | null;
    onerror: ((event: never) => unknown) | null;
    send(text: string): void;
    close(): void;
}

interface NodeSocket {
    write(data: Uint8Array): void;
    end(): void;
    destroy(): void;
    setNoDelay(): void;
    on(event: string, listener: (data: Uint8Array) => void): void;
}

interface NodeRequest {
    on(event: 'upgrade', listener: (answer: { headers: Record<string, string> }, socket: NodeSocket,
        head: Uint8Array) => void): void;
    on(event: 'response', listener: (answer: { statusCode: number; resume(): void }) => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    end(): void;
    destroy(): void;
}

interface NodeHttp {
    request(url: string, options: object): NodeRequest;
}

interface NodeCrypto {
    createHash(name: string): { update(text: string): { digest(form: string): string } };
}

const text = 0x1;
const continuation = 0x0;
const closing = 0x8;
const ping = 0x9;
const pong = 0xa;
const messageBytesMax = 64 * 1024 * 1024;
const noCode = 1005;
const broken = 1006;
const protocolError = 1002;
const handshakeGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface Frame {
    code: number;
    last: boolean;
    payload: Uint8Array;
}

/** A frame as a client sends it: masked. */
export function frameOf(code: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
    const { length } = payload;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const out = new Uint8Array(2 + extended + 4 + length);
    const view = new DataView(out.buffer);
    out[0] = 0x80 | code;
    out[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
    if (extended === 2) view.setUint16(2, length);
    if (extended === 8) view.setBigUint64(2, BigInt(length));
    out.set(mask, 2 + extended);
    for (let i = 0; i < length; ++i) {
        out[2 + extended + 4 + i] = (payload[i] as number) ^ (mask[i % 4] as number);
    }
    return out;
}

/** Bytes in, frames out, however the network has cut them. Throws for what no server may send. */
export class FrameReader {
    private chunks: Uint8Array[] = [];
    private length = 0;

    add(bytes: Uint8Array): Frame[] {
        this.chunks.push(bytes);
        this.length += bytes.length;
        const out: Frame[] = [];
        for (let frame = this.next(); frame; frame = this.next()) out.push(frame);
        return out;
    }

    private next(): Frame | undefined {
        const head = this.peek(10);
        if (head.length < 2) return undefined;
        const view = new DataView(head.buffer, head.byteOffset, head.length);
        const [first, second] = [view.getUint8(0), view.getUint8(1)];
        if (first & 0x70 || second & 0x80) throw new Error('a frame that is masked, or of an extension');
        const short = second & 0x7f;
        const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
        if (head.length < 2 + extended) return undefined;
        const length = extended === 0 ? short : extended === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
        if (length > messageBytesMax) throw new Error('a frame that is too long');
        if (this.length < 2 + extended + length) return undefined;
        const whole = this.peek(this.length);
        const end = 2 + extended + length;
        this.chunks = end < whole.length ? [whole.subarray(end)] : [];
        this.length -= end;
        return { code: first & 0x0f, last: (first & 0x80) !== 0, payload: whole.slice(2 + extended, end) };
    }

    // The first bytes; joins chunks only as far as needed.
    private peek(count: number): Uint8Array {
        while (this.chunks.length > 1 && (this.chunks[0] as Uint8Array).length < count) {
            const all = count >= this.length ? this.chunks.splice(0) : this.chunks.splice(0, 2);
            const joined = new Uint8Array(all.reduce((sum, chunk) => sum + chunk.length, 0));
            let offset = 0;
            for (const chunk of all) {
                joined.set(chunk, offset);
                offset += chunk.length;
            }
            this.chunks.unshift(joined);
        }
        return this.chunks[0] ?? new Uint8Array();
    }
}

export class NodeWebSocket implements SocketLike {
    onopen: ((event: never) => unknown) | null = null;
    onmessage: ((event: { data: unknown }) => unknown) | null = null;
    onclose: ((event: { code: number; reason: string }) => unknown) | null = null;
    onerror: ((event: never) => unknown) | null = null;
    private socket: NodeSocket | undefined;
    private request: NodeRequest | undefined;
    private closed = false;
    private closeCode = broken;
    private reason = '';
    private readonly reader = new FrameReader();
    private parts: Uint8Array[] = [];

    constructor(url: string) {
        this.open(url).catch((error: unknown) => this.end((error as Error).message));
    }

    send(message: string): void {
        this.write(text, new TextEncoder().encode(message));
    }

    close(): void {
        if (this.socket) {
            this.write(closing, new Uint8Array([0x03, 0xe8]));  // 1000
            this.socket.end();
        } else {
            this.request?.destroy();
            this.end('closed');
        }
    }

    private async open(url: string): Promise<void> {
        // By a variable, so that no bundler looks for these in a browser.
        const [transport, hashing] = [url.startsWith('wss') ? 'node:https' : 'node:http', 'node:crypto'];
        const http = await import(/* @vite-ignore */ transport) as NodeHttp;
        const { createHash } = await import(/* @vite-ignore */ hashing) as NodeCrypto;
        const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
        const accept = createHash('sha1').update(key + handshakeGuid).digest('base64');
        this.request = http.request(url.replace(/^ws/, 'http'), {
            headers: {
                Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
                'Sec-WebSocket-Key': key,
            },
        });
        this.request.on('error', (error) => this.end(error.message));
        this.request.on('response', (answer) => {
            answer.resume();
            this.end(`the server answered with status ${answer.statusCode}`);
        });
        this.request.on('upgrade', (answer, socket, head) => {
            if (answer.headers['sec-websocket-accept'] !== accept) {
                socket.destroy();
                this.end('the server does not speak WebSocket');
                return;
            }
            this.begin(socket, head);
        });
        this.request.end();
    }

    private begin(socket: NodeSocket, head: Uint8Array): void {
        this.socket = socket;
        socket.setNoDelay();
        socket.on('data', (data) => this.take(data));
        socket.on('error', () => this.end('the connection broke'));
        socket.on('close', () => this.end(this.reason));
        this.onopen?.(undefined as never);
        if (head.length > 0) this.take(head);
    }

    private take(data: Uint8Array): void {
        try {
            for (const frame of this.reader.add(data)) this.handle(frame);
        } catch (error) {
            this.closeCode = protocolError;
            this.reason = (error as Error).message;
            this.socket?.destroy();
        }
    }

    private handle({ code, last, payload }: Frame): void {
        switch (code) {
            case ping: this.write(pong, payload); break;
            case pong: break;
            case closing:
                this.closeCode = payload.length < 2 ? noCode : ((payload[0] as number) << 8) | (payload[1] as number);
                this.reason = new TextDecoder().decode(payload.subarray(2));
                this.write(closing, payload.subarray(0, 2));
                this.socket?.end();
                break;
            case text:
            case continuation: this.collect(payload, last); break;
            default: throw new Error('a frame of a kind that is not used here');
        }
    }

    private collect(payload: Uint8Array, last: boolean): void {
        this.parts.push(payload);
        if (this.parts.reduce((sum, part) => sum + part.length, 0) > messageBytesMax) {
            throw new Error('a message that is too long');
        }
        if (!last) return;
        const decoder = new TextDecoder();
        const message = this.parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
        this.parts = [];
        this.onmessage?.({ data: message });
    }

    private write(code: number, payload: Uint8Array): void {
        if (this.closed) return;
        this.socket?.write(frameOf(code, payload, crypto.getRandomValues(new Uint8Array(4))));
    }

    private end(reason: string): void {
        if (this.closed) return;
        this.closed = true;
        this.onclose?.({ code: this.closeCode, reason });
    }
}
