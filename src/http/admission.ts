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
const fewest = 4;

/**
 * Work that ends too late was for nothing: its caller was refused and comes again. So when one is late, two thirds of those that were under way are
 * let in from then on; once for all that were under way together. Each that takes less than a quarter of the time adds one. Between the two the
 * number stays.
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
    const entered = { atMs: this.nowMs(), underWay: this.underWay };
    return {
      leave: () => {
        this.learn(entered.atMs, Math.max(entered.underWay, this.underWay));
        this.underWay -= 1;
      },
    };
  }

  private learn(enteredAtMs: number, together: number): void {
    const { most, deadlineMs } = this.options;
    const tookMs = this.nowMs() - enteredAtMs;
    if (tookMs < deadlineMs / 4) this.allowed = Math.min(most, this.allowed + 1);
    else if (tookMs >= deadlineMs && enteredAtMs >= this.lessenedAtMs) {
      // Where only a few were under way, their number was not the reason.
      const tooMany = together > fewest ? Math.min(together, this.allowed) : this.allowed;
      this.allowed = Math.max(Math.min(fewest, most), Math.floor((tooMany * 2) / 3));
      this.lessenedAtMs = this.nowMs();
    }
  }
}
