/** Sends a long text as it comes, so that no more of it waits in memory than the caller takes. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

export interface TextFile {
  readonly fileName: string;
  readonly mediaType: string;
}

/** What fails before the first part is thrown, to become a problem; after that the answer breaks off. A caller who goes away ends it. */
export async function sendText(res: Response, parts: AsyncGenerator<string>, { fileName, mediaType }: TextFile): Promise<void> {
  const first = await parts.next();
  res.attachment(fileName).type(mediaType);
  try {
    await pipeline(Readable.from(all(first, parts)), res);
  } catch {
    res.destroy();
  }
}

async function* all(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}
