/** A user's session, shared by all tabs: half an hour of inactivity ends it. */
import { keep, kept } from './storage';

const idleMs = 30 * 60_000;

export function active(): void {
  const activeMs = Date.now();
  const isOver = activeMs - (kept().activeMs ?? 0) > idleMs;
  keep({ activeMs, ...(isOver && { initiated: false, told: 0 }) });
}

/** True once per session. */
export function firstInitiation(): boolean {
  active();
  const { initiated } = kept();
  keep({ initiated: true });
  return !initiated;
}
