/** Tells an error that will pass by itself (network, database or Temporal out of reach) from one that is ours. */

/** True when the error, or one that caused it, says that something could not be reached in time. */
export function isUnreachable(error: unknown): boolean {
  return chainOf(error).some((link) => hasCode(link, isPassing) || (link instanceof Error && isPassingByWord(link)));
}

/** The messages of the error and its causes, outermost first, for the log. */
export function reasonsOf(error: unknown): string {
  const messages = chainOf(error).map((link) => (link instanceof Error ? link.message : String(link)));
  return [...new Set(messages)].join(' ← ');
}

/** By name, since the class belongs to a tree that HTTP does not import; and what `pg` says without any code. */
function isPassingByWord({ name, message }: Error): boolean {
  if (name === 'DatabaseUnreachable' || name === 'TimeoutError') return true;
  return /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error)/.test(
    message,
  );
}

/**
 * Node's network errors; PostgreSQL's classes 08 (connection) and 53 (resources), 57014 (statement timeout), 57P01–57P05
 * (shutting down, starting up) and 25P03 (a transaction that stood idle); gRPC's DEADLINE_EXCEEDED (4), RESOURCE_EXHAUSTED (8) and UNAVAILABLE (14).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isPassing(code: unknown): boolean {
  if (typeof code === 'number') return code === 4 || code === 8 || code === 14;
  return (
    typeof code === 'string' &&
    /^(ECONN(REFUSED|RESET|ABORTED)|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|08\w{3}|53\w{3}|57014|57P0[1-5]|25P03)$/.test(
      code,
    )
  );
}

function hasCode(link: unknown, test: (code: unknown) => boolean): boolean {
  return typeof link === 'object' && link !== null && 'code' in link && test(link.code);
}

/** The error and its causes; a circle ends it. */
function chainOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && !chain.includes(link);) {
    chain.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return chain;
}
