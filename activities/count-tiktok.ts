/** One reading of TikTok's own count, and the note that there was none. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import {
  countTikTok,
  CountUnreachable,
  finishCount,
  type CountResult,
  type TikTokCountDeps,
} from '../src/application/tiktok-count';
import { minuteMs } from '../src/domain/duration';

export interface CountTikTokDeps {
  readonly counting: TikTokCountDeps;
}

export interface CountTikTokInput {
  readonly integration: string;
}

const longestPauseMs = 5 * minuteMs;

export function createCountTikTok({ counting }: CountTikTokDeps) {
  return {
    /** @throws ApplicationFailure, retryable, while TikTok is out of reach. A refusal is a result: another try would be refused, too. */
    async countTikTok({ integration }: CountTikTokInput): Promise<CountResult> {
      try {
        return await countTikTok(counting, integration);
      } catch (error) {
        if (!(error instanceof CountUnreachable)) throw error;
        const { message, retryAfterMs } = error;
        throw ApplicationFailure.create({
          ...{ message, type: 'TikTokUnreachable', category: ApplicationFailureCategory.BENIGN },
          ...(retryAfterMs === undefined ? {} : { nextRetryDelay: Math.min(retryAfterMs, longestPauseMs) }),
        });
      }
    },

    /** Of a reading that was given up. */
    async giveUpTikTokCount({ integration, error }: CountTikTokInput & { readonly error: string }): Promise<CountResult> {
      return finishCount(counting, integration, { days: 0, error }, []);
    },
  };
}
