/** All targets, with the share of a long run's inputs that each gets. */
import type { Target } from '../run';
import { adapterTarget, growthTarget, signatureTarget } from './adapters';
import { apiTarget } from './api';
import { codecRoutesTarget, codecTarget } from './codec';
import { collectTarget, pixelTarget } from './collect';
import { configTarget } from './config';
import { consoleTarget } from './console';
import { domainTarget } from './domain';
import { settingsTarget } from './settings';
import { webhookTarget } from './webhooks';

export interface Shared {
  readonly target: Target;
  /** In proportion to those of the others. */
  readonly share: number;
}

/** Targets that need nothing but this process. */
export const pureTargets: readonly Shared[] = [
  { target: adapterTarget, share: 450 },
  { target: signatureTarget, share: 200 },
  { target: domainTarget, share: 60 },
  { target: settingsTarget, share: 40 },
  { target: codecTarget, share: 200 },
  { target: configTarget, share: 50 },
  { target: growthTarget, share: 1 },
];

/** Targets that ask a running service. */
export async function httpTargets(url: string): Promise<readonly Shared[]> {
  return [
    { target: webhookTarget(url), share: 30 },
    { target: collectTarget(url), share: 20 },
    { target: await apiTarget(url), share: 20 },
    { target: await consoleTarget(url), share: 10 },
    { target: codecRoutesTarget(url), share: 5 },
    { target: pixelTarget(url), share: 5 },
  ];
}

/** How many of `inputs` each target gets. */
export function shares(
  targets: readonly Shared[],
  inputs: number,
): readonly { readonly target: Target; readonly inputs: number }[] {
  const all = targets.reduce((sum, { share }) => sum + share, 0);
  return targets.map(({ target, share }) => ({ target, inputs: Math.ceil((inputs * share) / all) }));
}
