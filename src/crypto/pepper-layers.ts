/**
 * Replaces the pepper without the identifiers: a layer more over every HMAC that is stored. An HMAC of generation 1 is of `USER_ID_PEPPER`
 * alone (user-keys.ts) and has no tag; one of generation n is the HMAC, with the secret of layer n, of the one before, written `n.<base64url>`.
 */
import { createHmac } from 'node:crypto';

/** The secrets of `USER_ID_PEPPER_LAYERS`. */
export interface PepperLayers {
  /** The number of the last layer; 1 without any. */
  readonly newest: number;
  /**
   * The HMAC in the form of a later generation; itself where it has that form.
   * @throws PepperLayerMissing; PepperBehind when the HMAC is of a later generation than the wanted one
   */
  lift(hmac: string, generation: number): string;
  /** The HMAC in its own form and all later ones that are known, its own first. */
  forms(hmac: string): readonly string[];
}

/** `secrets` are those of the layers 2, 3, …, in order. */
export function createPepperLayers(secrets: readonly string[]): PepperLayers {
  const newest = secrets.length + 1;
  const lift: PepperLayers['lift'] = (hmac, wanted) => {
    const own = generationOf(hmac);
    if (Math.max(own, wanted) > newest) throw new PepperLayerMissing(Math.max(own, wanted), newest);
    if (own > wanted) throw new PepperBehind(own, wanted);
    return secrets.slice(own - 1, wanted - 1).reduce((inner, secret, n) => {
      const digest = createHmac('sha256', secret).update(markOf(inner)).digest('base64url');
      return `${own + n + 1}.${digest}`;
    }, hmac);
  };
  return {
    newest,
    lift,
    forms: (hmac) => {
      const own = generationOf(hmac);
      return Array.from({ length: Math.max(1, newest - own + 1) }, (_, n) => lift(hmac, own + n));
    },
  };
}

export const noLayers: PepperLayers = createPepperLayers([]);

/** Characters of an HMAC that tell it from every other: 132 bits. */
const markLength = 22;

/**
 * The beginning of an HMAC, with its tag: short enough to keep many, long enough to be nobody else's. A layer covers no more than it, so that a
 * mark that was kept alone can be lifted, too.
 */
export function markOf(hmac: string): string {
  const untagged = hmac.indexOf('.') + 1;
  return hmac.slice(0, untagged + markLength);
}

export function generationOf(hmac: string): number {
  const tag = /^(\d+)\./.exec(hmac)?.[1];
  return tag === undefined ? 1 : Number(tag);
}

/** The database, or a workflow, knows buyers by a layer that this process was not given. */
export class PepperLayerMissing extends Error {
  override readonly name = 'PepperLayerMissing';
  constructor(generation: number, newest: number) {
    super(
      `buyers are known by generation ${generation} of the pepper, and USER_ID_PEPPER_LAYERS ${newest === 1 ? 'is not set' : `ends with ${newest}`}: ` +
        `put layer ${generation} back (USER_ID_PEPPER_LAYERS=${newest === 1 ? '' : '…,'}${generation}:<its secret>)`,
    );
  }
}

/** A workflow knows a buyer by a later generation than the database, which is of an earlier time. */
export class PepperBehind extends Error {
  override readonly name = 'PepperBehind';
  constructor(known: number, generation: number) {
    super(
      `a workflow knows its buyer by generation ${known} of the pepper, the database is at ${generation}: it is of an earlier time. ` +
        'Run `npm run reseal -- --pepper`',
    );
  }
}
