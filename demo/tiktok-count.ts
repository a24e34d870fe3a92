/**
 * TikTok's own count: three events are planted that TikTok's end receives and does not count; the service asks for the count, as it does
 * every day, and has to find them missing.
 */
import type { Paint } from '../src/app/screen';
import { wrapped, maxColumns } from '../src/app/screen';
import type { SeenCount } from './client';
import type { Difference } from './observation';

/** What TikTok's end loses of the purchases. */
export const planted = 3;

/** Of all days of the count: what the service says that it has sent, and what TikTok's end says that it has from servers. */
export interface CountedPurchases {
  readonly sent: number;
  readonly atTikTok: number;
  /** Why there is no count; null when there is. */
  readonly problem: string | null;
}

export function purchasesOf({ days, problem }: SeenCount): CountedPurchases {
  const rows = days.flatMap(({ events }) => events).filter(({ event }) => event === 'Purchase');
  return {
    sent: rows.reduce((sum, { sentByArrival }) => sum + sentByArrival, 0),
    atTikTok: rows.reduce((sum, { tiktok }) => sum + (tiktok.server ?? 0), 0),
    problem,
  };
}

/** `arrived`: how many events TikTok's end took in. Pure. */
export function countDifferencesOf({ sent, atTikTok, problem }: CountedPurchases, arrived: number): readonly Difference[] {
  const said = (text: string): Difference => ({ kind: 'wrong count', expectation: null, text });
  if (problem !== null) return [said(problem)];
  return [
    ...(sent === arrived ? [] : [said(`the service counts ${sent} as sent, and ${arrived} arrived`)]),
    ...(atTikTok === sent - planted ? [] : [said(`TikTok’s end counts ${atTikTok} of ${sent}, and was to lose ${planted}`)]),
  ];
}

export function countLines({ bold, good, bad, dim }: Paint, counted: CountedPurchases, arrived: number): readonly string[] {
  const isRight = countDifferencesOf(counted, arrived).length === 0;
  const { sent, atTikTok } = counted;
  const text = `${sent} purchases sent, TikTok counts ${atTikTok}: ${sent - atTikTok} fewer; ${planted} were planted`;
  return [
    '',
    `${bold('TikTok’s own count')} beside ours, asked for as every day`,
    `  ${isRight ? good('✓') : bad('✗')} ${text}`,
    ...wrapped(
      'Today is not over, so that it is shown and not judged; of a whole day, a difference of more than 2 % is an alert.',
      maxColumns,
    ).map(dim),
  ];
}
