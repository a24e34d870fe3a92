/** Rows of the table `purchases` that are samples. */
import { sql } from 'drizzle-orm';
import { samplePayment, samplePsp } from '../domain/sample';
import { purchases } from './schema';

/**
 * As `isSample` says it. Samples stand together in the primary key and sort by time, so that they are found without a scan: a backtick comes
 * after the underscore.
 */
export const isSampleRow = sql`(${purchases.psp} = ${samplePsp} and ${purchases.moneyId} >= 'sample_' and ${purchases.moneyId} < 'sample\`'
  and ${purchases.moneyId} ~ ${samplePayment})`;
