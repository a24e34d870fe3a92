/** How well TikTok can recognise buyers: the share of sent purchases that carried each identifier, and what to do about the weakest. */
import { compact } from '../domain/compact';
import { matchedBy, type MatchedBy } from '../domain/purchase';
import type { Store, Tally, TallyFilter } from '../store';
import type { CoverageQuery } from './coverage';
import { daysOf, eachDay, isoDay } from './utc-day';

export interface IdentifierShare {
  readonly identifier: MatchedBy;
  readonly count: number;
  /** Of the sent purchases, 0 to 1; null where none was sent. */
  readonly share: number | null;
}

export interface Matched {
  /** Purchases that TikTok accepted, each counted once. */
  readonly sent: number;
  readonly identifiers: readonly IdentifierShare[];
}

export interface Advice {
  readonly identifier: MatchedBy;
  readonly share: number;
  /** What a good share is, for comparison. */
  readonly goodShare: number;
  /** What to do. */
  readonly text: string;
}

export interface MatchQuality extends Matched {
  /** Each UTC day of the period, by when the payment happened. */
  readonly days: readonly ({ readonly day: string } & Matched)[];
  readonly psps: readonly ({ readonly psp: string } & Matched)[];
  /** The weakest first; empty where all is well, or too little was sent to say. */
  readonly advice: readonly Advice[];
}

/** The match quality of a period; days are counted whole. */
export async function matchQuality(
  { tallies }: { readonly tallies: Pick<Store['tallies'], 'read'> },
  query: CoverageQuery,
): Promise<MatchQuality> {
  const { integration, psp } = query;
  const counted = await tallies.read(compact<TallyFilter>({ integration, psp, names: ['matched'], ...daysOf(query) }));
  const total = matched(counted);
  return {
    ...total,
    days: eachDay(query).map((day) => ({ day: isoDay(day), ...matched(counted.filter((tally) => tally.day === day)) })),
    psps: [...new Set(counted.map((tally) => tally.psp))]
      .sort()
      .map((name) => ({ psp: name, ...matched(counted.filter((tally) => tally.psp === name)) })),
    advice: adviceOn(total),
  };
}

function matched(counted: readonly Tally[]): Matched {
  const countOf = (wanted: string): number =>
    counted.reduce((sum, { label, count }) => (label === wanted ? sum + count : sum), 0);
  const sent = countOf('sent');
  return {
    sent,
    identifiers: matchedBy.map((identifier) => {
      const count = countOf(identifier);
      return { identifier, count, share: sent === 0 ? null : Math.min(1, count / sent) };
    }),
  };
}

/** Fewer purchases than these say nothing about a share. */
const enoughSent = 20;

/** Those below what a merchant with script and metadata in place reaches, furthest below first. */
function adviceOn({ sent, identifiers }: Matched): readonly Advice[] {
  if (sent < enoughSent) return [];
  return identifiers
    .flatMap(({ identifier, share }): Advice[] => {
      const { goodShare, text } = advices[identifier];
      return share === null || share >= goodShare ? [] : [{ identifier, share, goodShare, text }];
    })
    .sort((a, b) => b.goodShare - b.share - (a.goodShare - a.share));
}

/**
 * TikTok publishes no target for single identifiers. These are what is reached where the script is on every page and the provider has
 * the buyer's e-mail; the click id is only there for buyers whom an ad brought.
 */
const advices: Readonly<Record<MatchedBy, { readonly goodShare: number; readonly text: string }>> = {
  email: {
    goodShare: 0.9,
    text: 'Let the provider know the buyer’s e-mail address, or hand it on in the payment’s metadata as tt_email. It is hashed on arrival.',
  },
  external_id: {
    goodShare: 0.9,
    text: 'Give buyers an id of your own: the same user_id in the script on your pages and in the provider’s metadata (tt_user_id).',
  },
  ip: {
    goodShare: 0.7,
    text: 'Put the script on every page up to the checkout: it brings the buyer’s own address, which the provider does not tell. Behind a proxy, set TRUST_PROXY.',
  },
  user_agent: {
    goodShare: 0.7,
    text: 'Put the script on every page up to the checkout, and hand its checkout id to the provider (tt_checkout_id), so that the visit finds the payment.',
  },
  ttp: {
    goodShare: 0.6,
    text: 'TikTok’s cookie comes with the pixel: check that the script runs on your pages, and that your consent banner lets it run once the visitor agrees.',
  },
  ttclid: {
    goodShare: 0.2,
    text: 'Only buyers whom an ad brought have a click id. If ads bring more than these, put the script on the page that ads lead to, and keep the address’s ?ttclid= through redirects.',
  },
  phone: {
    goodShare: 0.1,
    text: 'If your checkout asks for a phone number, hand it on in the payment’s metadata as tt_phone, with its country code (+49 …).',
  },
};
