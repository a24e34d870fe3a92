import { hourMs } from '../duration';

/** A trial's end and a period's start may be this far apart: Stripe rounds times and drafts invoices, others charge a little early. */
export const sameMomentMs = hourMs;
