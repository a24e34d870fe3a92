/** What the bundle contains, and nothing else. */
export { subscription } from './subscription.workflow';
export { housekeeping } from './housekeeping.workflow';
export { backfill, renewalCheck } from './renewal-check.workflow';
