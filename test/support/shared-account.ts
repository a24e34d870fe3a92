/** One account and several pixels without HTTP and Temporal: a simulated relay for each integration, fed through the real routing. */
import type { Ingestion } from '../../src/application/ingestion';
import { createSharedAccounts, type SharedAccounts, type TakenByAll } from '../../src/application/shared-accounts';
import type { Only } from '../../src/domain/routing';
import { adapterOf } from '../../src/psp';
import type { SimulatedRelay } from './simulated-relay';
import { sharedStore, simulatedRelay } from './stored-relay';

/** Each integration by a name, with what it takes; the first one has the account. */
export type Pixels = Readonly<Record<string, Only | null>>;

export class SharedAccount<Name extends string> {
  private constructor(
    readonly pixels: Readonly<Record<Name, SimulatedRelay>>,
    readonly shared: SharedAccounts,
    readonly owner: string,
  ) {}

  static async of<Name extends string>(only: Readonly<Record<Name, Only | null>>): Promise<SharedAccount<Name>> {
    const names = Object.keys(only) as Name[];
    const relays = await Promise.all(names.map(() => simulatedRelay()));
    const pixels = Object.fromEntries(names.map((name, n) => [name, relays[n]!])) as Record<Name, SimulatedRelay>;
    const relayOf = (integration: string): SimulatedRelay => relays.find((one) => one.integration === integration)!;
    const ingestion: Ingestion = {
      take: (of, ...args) => relayOf(of).ingestion.take(of, ...args),
      accept: (of, ...args) => relayOf(of).ingestion.accept(of, ...args),
      learn: (of, ...args) => relayOf(of).ingestion.learn(of, ...args),
      unseen: (of, ...args) => relayOf(of).ingestion.unseen(of, ...args),
      seen: (of, ...args) => relayOf(of).ingestion.seen(of, ...args),
      hashOf: (of, ...args) => relayOf(of).ingestion.hashOf(of, ...args),
    };
    const { routes } = await sharedStore();
    const shared = createSharedAccounts({
      ...{ ingestion, routes },
      takers: () => names.map((name) => ({ integration: pixels[name].integration, only: only[name] })),
      settings: async (of) => relayOf(of).settings,
      nowMs: () => relays[0]!.nowMs,
    });
    return new SharedAccount(pixels, shared, relays[0]!.integration);
  }

  /** A verified webhook of the account. */
  receives(psp: string, body: unknown): Promise<TakenByAll> {
    const adapter = adapterOf(psp)!;
    return this.shared.take({ integration: this.owner, psp }, { adapter, body: JSON.parse(JSON.stringify(body)) });
  }

  async passes(ms: number): Promise<void> {
    for (const relay of Object.values<SimulatedRelay>(this.pixels)) await relay.passes(ms);
  }

  /** What each integration has: `in_1: conversion sent of 1999, 500 refunded`. */
  async records(): Promise<Readonly<Record<Name, readonly string[]>>> {
    const of = Object.entries<SimulatedRelay>(this.pixels).map(async ([name, relay]) => {
      const records = Object.values(await relay.records());
      const lines = records.map(
        ({ moneyId, phase, state, reason, chargedMinor, refundedMinor }) =>
          `${moneyId}: ${phase ?? 'no phase'} ${state}${reason === null ? '' : ` (${reason})`} of ${chargedMinor}${refundedMinor === 0 ? '' : `, ${refundedMinor} refunded`}`,
      );
      return [name, lines.sort()] as const;
    });
    return Object.fromEntries(await Promise.all(of)) as unknown as Record<Name, readonly string[]>;
  }

  /** What each pixel was sent, with what identifies the buyer. */
  sent(): Readonly<Record<Name, readonly string[]>> {
    const of = Object.entries<SimulatedRelay>(this.pixels).map(([name, relay]) => [
      name,
      relay
        .sent()
        .map(({ eventId, user }) => `${eventId} of ${Object.keys(user).sort().join()}`)
        .sort(),
    ]);
    return Object.fromEntries(of);
  }

  /** The facts that wait, by integration. */
  async waiting(): Promise<Readonly<Record<Name, number>>> {
    const { routes } = await sharedStore();
    const of = Object.entries<SimulatedRelay>(this.pixels).map(async ([name, { integration }]) => [
      name,
      new Set((await routes.everything(integration, null)).map(({ hash }) => hash)).size,
    ]);
    return Object.fromEntries(await Promise.all(of));
  }
}
