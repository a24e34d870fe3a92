/** The Temporal CLI from where Temporal publishes it, asked for as the SDK asks. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

export interface CliDownload {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly downloadUrl?: string;
}

/** Leaves the executable in `folder` and answers its path. @throws with the reason, soon if the site can't be reached. */
export async function downloadCli(
  version: string,
  folder: string,
  { progress, signal, downloadUrl }: CliDownload,
): Promise<string> {
  const base = downloadUrl ?? 'https://temporal.download';
  const description = new URL(`/cli/v${version}`, base);
  description.search = new URLSearchParams({ platform: platform(), arch: architecture(), format: 'tar.gz' }).toString();
  const said = await request(description, reachMs, signal);
  const { archiveUrl, fileToExtract } = archiveSchema.parse(await said.json());

  progress(`downloading the Temporal CLI ${version} from ${new URL(archiveUrl).host}`);
  const archive = join(folder, 'archive');
  const body = await request(new URL(archiveUrl), transferMs, signal);
  if (!body.body) throw new Error(`${archiveUrl} answered without a body`);
  await pipeline(Readable.from(body.body as unknown as AsyncIterable<Uint8Array>), createWriteStream(archive));
  // Every system we run on has `tar`; that of Windows reads zip files too.
  const options = signal ? { signal } : {};
  await promisify(execFile)('tar', ['-xf', archive, '-C', folder, fileToExtract], options);
  return join(folder, basename(fileToExtract));
}

const archiveSchema = z.object({ archiveUrl: z.url(), fileToExtract: z.string().regex(/^[\w.-]+$/) });
const reachMs = 5_000;
const transferMs = 10 * 60_000;

async function request(url: URL, timeoutMs: number, signal: AbortSignal | undefined): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  } catch (error) {
    // Of "fetch failed", only the cause says why.
    const { message, cause } = error as Error;
    throw new Error(`${url.host}: ${cause instanceof Error ? cause.message : message}`);
  }
}

function platform(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
