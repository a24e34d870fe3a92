/** The tables and the limit, told a second time and in their plainest form, to check the service against. It shares no rule with `src/domain`. */

export type Phase = 'trial_start' | 'conversion' | 'renewal';
export type Type = 'subscription' | 'free_trial' | 'paid_trial' | 'lifetime';

/** What a version of the settings says of sending. */
export interface Rules {
  readonly limit: boolean;
  /** Cells that are switched off: `type.phase`. */
  readonly off: ReadonlySet<string>;
  /** The event's name where a cell has its own. */
  readonly names: ReadonlyMap<string, string>;
}

export type Verdict =
  | { readonly state: 'sent'; readonly eventName: string }
  | { readonly state: 'suppressed'; readonly reasons: readonly ('policy' | 'limited')[] };

/** `isFirst`: the payment is its user's first purchase. */
export function verdict(rules: Rules, type: Type, phase: Phase, isFirst: boolean): Verdict {
  const cell = `${type}.${phase}`;
  const isLimited = rules.limit && (phase === 'renewal' || (type !== 'free_trial' && !isFirst));
  const reasons = [...(rules.off.has(cell) ? (['policy'] as const) : []), ...(isLimited ? (['limited'] as const) : [])];
  if (reasons.length > 0) return { state: 'suppressed', reasons };
  return { state: 'sent', eventName: rules.names.get(cell) ?? 'CompletePayment' };
}

/** One saved version of the settings, as `/api/settings/history` lists it. */
export interface SavedVersion {
  readonly version: number;
  readonly changes: readonly { readonly path: string; readonly to: unknown }[];
}

/** The rules in force under each version. The first one is the default. */
export function rulesByVersion(saved: readonly SavedVersion[]): ReadonlyMap<number, Rules> {
  let rules: Rules = { limit: false, off: new Set(), names: new Map() };
  const byVersion = new Map([[1, rules]]);
  for (const { version, changes } of saved.toSorted((one, other) => one.version - other.version)) {
    const off = new Set(rules.off);
    const names = new Map(rules.names);
    let { limit } = rules;
    for (const { path, to } of changes) {
      const [root, type = '', phase = '', member] = path.split('.');
      const cell = `${type}.${phase}`;
      if (path === 'limitPurchaseEvents') limit = to === true;
      if (root !== 'policy') continue;
      if (member === 'send') void (to === false ? off.add(cell) : off.delete(cell));
      if (member === 'eventName') void (typeof to === 'string' ? names.set(cell, to) : names.delete(cell));
    }
    rules = { limit, off, names };
    byVersion.set(version, rules);
  }
  return byVersion;
}
