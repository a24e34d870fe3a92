/** Failures that the sandbox can imitate: every known one of TikTok and of the network in between. */
import { z } from 'zod';

const milliseconds = z.int().nonnegative().max(600_000);
const retryAfter = z.union([z.string(), z.number()]).optional();
const status = z.int().min(200).max(599);

const failureSchema = z.discriminatedUnion('kind', [
  /** An error code of TikTok, by default with HTTP 200, as TikTok mostly answers. */
  z.strictObject({
    kind: z.literal('code'),
    code: z.int(),
    message: z.string().optional(),
    status: status.optional(),
    retryAfter,
  }),
  /** An answer of a gateway or proxy instead of TikTok's. */
  z.strictObject({ kind: z.literal('http'), status, body: z.string().optional(), retryAfter }),
  /** Never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Drops the connection before the event is recorded. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers as usual, later. */
  z.strictObject({ kind: z.literal('slow'), delayMs: milliseconds }),
  /** Records the event, then drops the connection: the caller can't know. */
  z.strictObject({ kind: z.literal('accept_then_drop') }),
]);

export type SandboxFailure = z.infer<typeof failureSchema>;

/** What `POST /_sandbox/fail` takes: a failure for the next `times` requests, or until reset; null ends it. */
export const failureOrderSchema = z.strictObject({
  failure: failureSchema.nullable(),
  times: z.int().positive().max(1_000_000).optional(),
});

/** The parts of a request on which a failure may depend. */
export interface SandboxRequest {
  readonly accessToken: string;
  /** The parsed body, or null when it is not JSON. */
  readonly body: unknown;
}

export type FailureRule = SandboxFailure | ((request: SandboxRequest) => SandboxFailure | null);

/** Decides which requests fail, and how: first the failures for the next requests, then the standing rules. */
export class FailurePlan {
  private next: { readonly failure: SandboxFailure; left: number }[] = [];
  private standing: FailureRule[] = [];

  failNext(times: number, failure: SandboxFailure): void {
    if (times > 0) this.next.push({ failure, left: times });
  }

  /** Adds a rule; the returned function removes it. */
  failWhile(rule: FailureRule): () => void {
    this.standing.push(rule);
    return () => {
      this.standing = this.standing.filter((other) => other !== rule);
    };
  }

  failureFor(request: SandboxRequest): SandboxFailure | null {
    const head = this.next[0];
    if (head !== undefined) {
      head.left -= 1;
      if (head.left <= 0) this.next.shift();
      return head.failure;
    }
    for (const rule of this.standing) {
      const failure = typeof rule === 'function' ? rule(request) : rule;
      if (failure !== null) return failure;
    }
    return null;
  }

  reset(): void {
    this.next = [];
    this.standing = [];
  }
}
