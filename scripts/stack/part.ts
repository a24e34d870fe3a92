/** One process of the stack under a supervisor: started, watched, brought back when it ends, and hurt on request. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, signalAll } from './process-tree';

export interface PartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whose process it is; default: ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Gets what it says. */
  readonly log: string;
  /** Rejects until it serves. */
  readonly ready: () => Promise<unknown>;
  /** Default: three minutes, for a loaded machine. */
  readonly readyWithinMs?: number;
}

/** An end that nobody asked for. */
export interface OwnEnd {
  readonly part: string;
  readonly atMs: number;
  /** An exit code or a signal. */
  readonly how: string;
  /** It had not served yet: what it needs was away when it was started. */
  readonly whileStarting: boolean;
  /** Its last words. */
  readonly said: string;
}

export class Part {
  readonly name: string;
  /** The ends that nobody asked for, oldest first. */
  readonly ownEnds: OwnEnd[] = [];
  private child: ChildProcess | null = null;
  private ended: Promise<string> = Promise.resolve('never started');
  private isAsked = false;
  private hasServed = false;
  private isStopped = true;

  constructor(private readonly options: PartOptions) {
    this.name = options.name;
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Resolves when it serves. From then on it is brought back whenever it ends. @throws with its last words. */
  async start(): Promise<void> {
    this.isStopped = false;
    parts.add(this);
    this.launch();
    await this.ready();
  }

  /** Resolves when it serves (again). */
  async ready(): Promise<void> {
    const { readyWithinMs = 180_000, ready, name } = this.options;
    const deadline = Date.now() + readyWithinMs;
    for (;;) {
      try {
        await ready();
        return;
      } catch (error) {
        if (this.isStopped || Date.now() > deadline)
          throw new Error(`${name} does not serve: ${(error as Error).message}\n${this.lastWords(0)}`, { cause: error });
      }
      await sleep(50);
    }
  }

  /** kill -9, of all its processes. The supervisor brings it back. */
  async kill(): Promise<void> {
    const { pid } = this;
    if (pid === null) return;
    this.isAsked = true;
    signalAll(processTree(pid), 'SIGKILL');
    await this.ended;
  }

  /** kill -9 of the process itself: what it has started stays behind. */
  async killAlone(): Promise<void> {
    this.isAsked = true;
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  /** SIGSTOP of all its processes for some time, then SIGCONT. */
  async pause(ms: number): Promise<void> {
    const { pid } = this;
    if (pid === null) return;
    const stopped = processTree(pid);
    signalAll(stopped, 'SIGSTOP');
    try {
      await sleep(ms);
    } finally {
      signalAll(stopped, 'SIGCONT');
    }
  }

  /** Asks it to end, as a deployment does. Resolves to how it ended; the supervisor brings it back. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<string> {
    this.isAsked = true;
    this.child?.kill(signal);
    return this.ended;
  }

  /** Ends it for good: asked first, killed after ten seconds. Repeatable. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.isStopped = true;
    const { pid } = this;
    if (pid !== null) {
      const tree = processTree(pid);
      this.child?.kill('SIGCONT');
      this.child?.kill(signal);
      const inTime = await Promise.race([this.ended.then(() => true), sleep(10_000, false, { ref: false })]);
      if (!inTime) signalAll(tree, 'SIGKILL');
      await this.ended;
    }
    parts.delete(this);
  }

  /** For the end of this process: nothing is waited for. */
  endAtOnce(): void {
    this.isStopped = true;
    if (this.pid !== null) signalAll(processTree(this.pid), 'SIGKILL');
  }

  private launch(): void {
    const { command, args, env, cwd, user, log } = this.options;
    const output = openSync(log, 'a', 0o600);
    const logStart = statSync(log).size;
    // A process group of its own: Ctrl-C in a terminal reaches us alone.
    const child = spawn(command, args, { cwd, env, ...user, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    this.child = child;
    this.isAsked = false;
    this.hasServed = false;
    void this.watch(child);
    this.ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
    });
    void this.ended.then((how) => this.hasEnded(how, logStart));
  }

  /** Notes when a launched process serves for the first time. */
  private async watch(child: ChildProcess): Promise<void> {
    while (this.child === child && !this.hasServed) {
      await this.options.ready().then(
        () => (this.hasServed = this.child === child),
        () => sleep(200, undefined, { ref: false }),
      );
    }
  }

  private async hasEnded(how: string, logStart: number): Promise<void> {
    this.child = null;
    if (this.isStopped) return;
    const end = { part: this.name, atMs: Date.now(), how, whileStarting: !this.hasServed };
    if (!this.isAsked) this.ownEnds.push({ ...end, said: this.lastWords(logStart) });
    await sleep(restartPauseMs);
    if (!this.isStopped) this.launch();
  }

  private lastWords(from: number): string {
    const text = readFileSync(this.options.log).subarray(from).toString('utf8');
    return text.trimEnd().split('\n').slice(-24).join('\n');
  }
}

/** As a supervisor pauses, so that what can't start does not start all the time. */
const restartPauseMs = 250;

/** Those that run: they end with this process, however it ends. */
const parts = new Set<Part>();
process.on('exit', () => {
  for (const part of parts) part.endAtOnce();
});
