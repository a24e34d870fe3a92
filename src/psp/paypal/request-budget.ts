/**
 * How many requests to PayPal strangers can cause. A request is paid for in advance, and what proves genuine is given back: genuine
 * webhooks are limited only in how many are checked at once, forged ones to a few and then one per pause.
 */
export interface RequestBudget {
  /** False when nothing is left. */
  spend(nowMs: number): boolean;
  giveBack(): void;
}

export interface RequestBudgetOptions {
  readonly most: number;
  /** One is added after each of these pauses. */
  readonly pauseMs: number;
}

export function createRequestBudget({ most, pauseMs }: RequestBudgetOptions): RequestBudget {
  let left = most;
  let filledAtMs = -Infinity;
  return {
    spend(nowMs) {
      const pauses = Math.floor((nowMs - filledAtMs) / pauseMs);
      if (pauses > 0) {
        left = Math.min(most, left + pauses);
        filledAtMs = nowMs;
      }
      if (left === 0) return false;
      left -= 1;
      return true;
    },
    giveBack() {
      left = Math.min(most, left + 1);
    },
  };
}

/** For one account or one kind of request. */
export const strangersBudget: RequestBudgetOptions = { most: 10, pauseMs: 10_000 };
