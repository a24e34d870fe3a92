/** How a demo is ended by the person who watches it. */

/** The first signal ends it in order, the second at once; a reader that goes away (`| head`) is a signal too. */
export function endOnSignals(ending: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(130);
      ending.abort();
    });
  process.stdout.on('error', () => ending.abort());
}
