/** How the sandbox can be told to fail: every way in which TikTok, or the network before it, is known to. */
import { z } from 'zod';

const milliseconds = z.int().nonnegative().max(600_000);
const retryAfter = z.union([z.string(), z.number()]).optional();
const status = z.int().min(200).max(599);

const failureSchema = z.discriminatedUnion('kind', [
  /** TikTok's own words: a code, by default in HTTP 200 as TikTok mostly does. */
  z.strictObject({
    kind: z.literal('code'),
    code: z.int(),
    message: z.string().optional(),
    status: status.optional(),
    retryAfter,
  }),
  /** An answer that is not TikTok's: a gateway's, a proxy's. */
  z.strictObject({ kind: z.literal('http'), status, body: z.string().optional(), retryAfter }),
  /** Never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Drops the connection before anything was taken. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Answers as it would, later. */
  z.strictObject({ kind: z.literal('slow'), delayMs: milliseconds }),
  /** Takes the event, then drops the connection: the caller cannot know. */
  z.strictObject({ kind: z.literal('accept_then_drop') }),
]);

export type SandboxFailure = z.infer<typeof failureSchema>;

/** What `POST /_sandbox/fail` takes: a failure for the next `times` requests, or until reset; null ends it. */
export const failureOrderSchema = z.strictObject({
  failure: failureSchema.nullable(),
  times: z.int().positive().max(1_000_000).optional(),
});

/** A request as far as a failure may depend on it. */
export interface SandboxRequest {
  readonly accessToken: string;
  /** The parsed body, or null when it is not JSON. */
  readonly body: unknown;
}

export type FailureRule = SandboxFailure | ((request: SandboxRequest) => SandboxFailure | null);

/** Which requests are to fail, and how: first what was ordered for the next ones, then the standing rules. */
export class FailurePlan {
  private next: { readonly failure: SandboxFailure; left: number }[] = [];
  private standing: FailureRule[] = [];

  failNext(times: number, failure: SandboxFailure): void {
    if (times > 0) this.next.push({ failure, left: times });
  }

  /** Returns what ends it. */
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
