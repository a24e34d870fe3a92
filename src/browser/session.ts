/** The visitor's session. All tabs share it; 30 minutes of inactivity end it. */
import { keep, kept } from './storage';

const idleMs = 30 * 60_000;

export function active(): void {
  const activeMs = Date.now();
  const isOver = !(activeMs - kept().activeMs! < idleMs);
  keep({ activeMs, ...(isOver && { initiated: false, collected: 0 }) });
}

/** True on the first call of a session. */
export function firstInitiation(): boolean {
  active();
  const { initiated } = kept();
  keep({ initiated: true });
  return !initiated;
}
