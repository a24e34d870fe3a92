/** What node-postgres takes for a socket to a server; the server is in this process. */
import { Duplex } from 'node:stream';

/** Owns all of its memory, so that it can be handed to another thread without a copy. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The client's end. Answers come by `answer`, in the order of what was sent. */
export class Wire extends Duplex {
  /** @param send takes what the client writes, one message of bytes for each statement: its protocol messages up to the sync. */
  constructor(private readonly send: (message: Bytes) => void) {
    super();
  }

  /** Hands the server's bytes to the client. */
  answer(bytes: Uint8Array): void {
    if (!this.destroyed && !this.writableEnded) this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.send(new Uint8Array(chunk));
    done();
  }

  /** node-postgres corks the stream while it writes the messages of one statement. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    const message = new Uint8Array(chunks.reduce((length, { chunk }) => length + chunk.length, 0));
    let at = 0;
    for (const { chunk } of chunks) {
      message.set(chunk, at);
      at += chunk.length;
    }
    this.send(message);
    done();
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  // The rest of what node-postgres calls on a socket.

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }
}
