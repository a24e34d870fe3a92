/** What the bundle contains, and nothing else. */
export { subscription } from './subscription.workflow';
