/** Threads of this process, from the build and from the sources alike. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts a thread. `entry` is the path of its module without an extension; `data` is its `workerData`. */
export function startThread(entry: string, data?: unknown): Worker {
  const extension = extname(__filename);
  const path = entry + extension;
  if (extension === '.js') return new Worker(path, { workerData: data });
  // From the sources, in development and tests: the thread needs the loader that reads TypeScript.
  const start = [require.resolve('tsx/cjs'), path].map((module) => `require(${JSON.stringify(module)});`).join('\n');
  return new Worker(start, { eval: true, execArgv: [], workerData: data });
}
