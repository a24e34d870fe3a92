/** For each error that purchases wait with: what caused it, and what to do about it. Labels are in `words.ts`. */

export interface Cause {
  readonly cause: string;
  readonly cure: string;
}

const resendAfter = 'then send them again';

/** By TikTok's code, where it says more than the error's type. */
const byCode: ReadonlyMap<number, Cause> = new Map([
  [
    40001,
    {
      cause: 'The access token is valid, and has no right on this pixel.',
      cure: `Make a token for this pixel in TikTok Events Manager, store it under TikTok, check the connection, ${resendAfter}.`,
    },
  ],
  [
    40007,
    {
      cause: 'TikTok does not know the pixel: it was deleted, or its code is misspelt.',
      cure: `Correct the pixel code under TikTok, check the connection, ${resendAfter}.`,
    },
  ],
  [
    40102,
    {
      cause: 'The access token has expired.',
      cure: `Make a new one in TikTok Events Manager, store it under TikTok, check the connection, ${resendAfter}.`,
    },
  ],
  [40104, { cause: 'No access token was sent.', cure: `Store the token under TikTok, check the connection, ${resendAfter}.` }],
  [
    40105,
    {
      cause: 'The access token is wrong, or was revoked.',
      cure: `Make a new one in TikTok Events Manager, store it under TikTok, check the connection, ${resendAfter}.`,
    },
  ],
  [
    41000,
    {
      cause: 'TikTok has blocked the account or the app.',
      cure: `Ask TikTok’s support why. Once it is lifted, ${resendAfter}.`,
    },
  ],
]);

const byType: Readonly<Record<string, Cause>> = {
  TikTokUnauthorized: {
    cause: 'TikTok accepts neither this access token nor this pixel, or the two do not belong together.',
    cure: `Correct them under TikTok, check the connection, ${resendAfter}.`,
  },
  TikTokRejected: {
    cause: 'TikTok understood the request and refuses the event as it is.',
    cure: 'TikTok’s words are in the story of each purchase. Report them to a developer; send again after an upgrade, or skip.',
  },
  DeliveryExpired: {
    cause: 'TikTok could not be reached, or gave no answer, for 48 hours.',
    cure: 'Look in Events Manager whether the events arrived after all. If they did, skip them; if not, send them again.',
  },
  DatabaseRefused: {
    cause: 'The database refuses to store something in these purchases, and would refuse it again.',
    cure: 'Report it with the SQLSTATE in the message; send again after an upgrade, or skip.',
  },
  OrderTooLarge: {
    cause: 'One order has hundreds of payments that are not settled. Its id is probably the same for many buyers.',
    cure: 'Correct what the provider sends as the subscription’s id; then send these again, a hundred a time, or skip them.',
  },
  WorkflowCancelled: {
    cause: 'Somebody cancelled the workflow of these orders before TikTok had accepted the purchase.',
    cure: 'Send them again: the order starts again from its records. Or skip what is not to be sent.',
  },
  WorkflowGone: {
    cause: 'The workflow of these orders was terminated while the purchase was under way.',
    cure: 'Look in Events Manager whether the events arrived after all, then send again or skip.',
  },
};

const unknown: Cause = {
  cause: 'The attempt ended in a way that this service has no name for.',
  cure: 'The message is in the story of each purchase. Send one again to see whether it passes, then the others.',
};

/** By the one code that all purchases of the group have, or else by their error type. */
export function causeOf(errorType: string, codes: readonly number[]): Cause {
  const [code, ...others] = codes;
  const told = code !== undefined && others.length === 0 ? byCode.get(code) : undefined;
  return told ?? (Object.hasOwn(byType, errorType) ? byType[errorType] : undefined) ?? unknown;
}
