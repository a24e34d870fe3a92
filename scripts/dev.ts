/**
 * `npm run dev`: `npm start`, restarted when a source file changes. Ctrl-C stops it in order, as it stops `npm start`; a second Ctrl-C
 * stops it at once.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const watchedFolders = ['src', 'workflows', 'activities', 'sandbox'];
/** An editor writes a file in several steps, and a change of branch writes many files. */
const quietMs = 300;

let service: ChildProcess | null = null;
let isStopping = false;
let restartTimer: NodeJS.Timeout | undefined;
let isRestarting = false;

function start(): void {
  // In a process group of its own: the terminal sends Ctrl-C to a whole group, and a second signal would stop the service at once.
  service = spawn(process.execPath, ['--import', 'tsx', join(root, 'src', 'bin', 'all.ts')], {
    cwd: root,
    stdio: 'inherit',
    detached: true,
  });
  service.on('exit', (code, signal) => {
    service = null;
    if (isStopping) process.exit(code ?? 1);
    if (isRestarting) {
      isRestarting = false;
      start();
    } else console.error(`the service ended (${signal ?? String(code)}); it starts again with the next change`);
  });
}

function restart(file: string): void {
  if (isStopping || isRestarting) return;
  console.error(`${file} changed: starting again`);
  if (service === null) return start();
  isRestarting = true;
  service.kill('SIGTERM');
}

function stop(signal: NodeJS.Signals): void {
  isStopping = true;
  if (service === null) process.exit(0);
  service.kill(signal);
}

for (const folder of watchedFolders) {
  watch(join(root, folder), { recursive: true }, (_, file) => {
    if (file === null || !/\.(ts|sql|json|html|css|js)$/.test(file)) return;
    clearTimeout(restartTimer);
    restartTimer = setTimeout(() => restart(join(folder, file)), quietMs);
  });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
// A terminal that is closed takes the service with it.
process.on('SIGHUP', () => stop('SIGTERM'));
start();
