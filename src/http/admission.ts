/** How many webhooks are worked on at once: as many as are answered in time, found by trying. */

export interface AdmissionOptions {
  /** Never more than so many. */
  readonly most: number;
  /** Who waits longer than this is not answered any more. */
  readonly deadlineMs: number;
  /** A clock that only goes on. */
  readonly nowMs?: () => number;
}

/** A place among those that are worked on. It is given back when the work has ended, also where nobody waits for it any more. */
export interface Admitted {
  leave(): void;
}

/** Even a machine that is never in time works on so many: by them it notices when it is quick again. */
const fewest = 8;

/**
 * Work that ends too late was for nothing: its caller was refused and comes again. So each that is late takes a third of the places away, once
 * for all that were under way together; each that takes less than a quarter of the time adds one. Between the two the number stays.
 */
export class Admission {
  private underWay = 0;
  private allowed: number;
  private lessenedAtMs = -Infinity;
  private readonly nowMs: () => number;

  constructor(private readonly options: AdmissionOptions) {
    this.allowed = options.most;
    this.nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Null when as many are under way as can be answered in time. */
  enter(): Admitted | null {
    if (this.underWay >= this.allowed) return null;
    this.underWay += 1;
    const enteredAtMs = this.nowMs();
    return {
      leave: () => {
        this.underWay -= 1;
        this.learn(enteredAtMs);
      },
    };
  }

  private learn(enteredAtMs: number): void {
    const { most, deadlineMs } = this.options;
    const tookMs = this.nowMs() - enteredAtMs;
    if (tookMs < deadlineMs / 4) this.allowed = Math.min(most, this.allowed + 1);
    else if (tookMs >= deadlineMs && enteredAtMs >= this.lessenedAtMs) {
      this.allowed = Math.max(Math.min(fewest, most), Math.floor((this.allowed * 2) / 3));
      this.lessenedAtMs = this.nowMs();
    }
  }
}
