/** Limits how many requests of one kind are under way at once, so that they cannot take what others need. */
import type { RequestHandler } from 'express';
import type { Problem } from './problem';

export interface BulkheadOptions {
  /** Requests that are worked on at once. */
  readonly atOnce: number;
  /** Requests that wait for their turn; those beyond are refused. */
  readonly waiting: number;
  /** The longest wait, after which a request is refused. */
  readonly patienceMs: number;
  readonly refusal: Problem;
}

/**
 * Lets requests through in the order in which they came. A request gives up its place when it is answered, or its connection ends. It comes
 * after the body was read: a caller who sends slowly must not hold a place.
 */
export function createBulkhead({ atOnce, waiting, patienceMs, refusal }: BulkheadOptions): RequestHandler {
  const queue: (() => void)[] = [];
  let underWay = 0;

  const enter = (): void => {
    while (underWay < atOnce && queue.length > 0) queue.shift()?.();
  };

  return (_req, res, next) => {
    let isLeft = false;
    const patience: { timer?: NodeJS.Timeout } = {};
    const start = (): void => {
      clearTimeout(patience.timer);
      underWay += 1;
      next();
    };
    const leave = (): void => {
      if (isLeft) return;
      isLeft = true;
      clearTimeout(patience.timer);
      const at = queue.indexOf(start);
      if (at >= 0) queue.splice(at, 1);
      else underWay -= 1;
      enter();
    };
    if (underWay >= atOnce && queue.length >= waiting) return next(refusal);
    res.once('finish', leave);
    res.once('close', leave);
    if (underWay < atOnce) return start();
    queue.push(start);
    patience.timer = setTimeout(() => {
      isLeft = true;
      queue.splice(queue.indexOf(start), 1);
      next(refusal);
    }, patienceMs);
    patience.timer.unref();
  };
}
