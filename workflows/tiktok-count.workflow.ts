/** Runs once a day (src/temporal/schedules.ts), and when an operator asks: what TikTok says it has received, beside what was sent. */
import { ActivityFailure } from '@temporalio/workflow';
import { countTikTok, giveUpTikTokCount } from './activity-options';
import type { TikTokCountInput, TikTokCountResult } from './contract';
import { reasonOf } from './reason-of';

export async function tiktokCount({ integration }: TikTokCountInput): Promise<TikTokCountResult> {
  try {
    return await countTikTok({ integration });
  } catch (error) {
    // The next reading asks for the same days again.
    if (!(error instanceof ActivityFailure)) throw error;
    return giveUpTikTokCount({ integration, error: reasonOf(error) });
  }
}
