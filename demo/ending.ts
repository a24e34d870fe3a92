/** How a demo is ended by the person who watches it. */

/**
 * The first signal ends it in order, the second at once; a reader that goes away (`| head`) is a signal too. `onStopping` hears of the
 * first one at once, since what is under way may take seconds to end.
 */
export function endOnSignals(ending: AbortController, onStopping: () => void): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(130);
      onStopping();
      ending.abort();
    });
  process.stdout.on('error', () => ending.abort());
}

/** Resolves when the signal says stop. */
export function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
