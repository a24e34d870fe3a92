/** All figures, in the order in which they are measured. */
import type { Figure } from '../figure';
import { ack } from './ack';
import { endToEnd } from './end-to-end';
import { latency } from './latency';

export const figures: readonly Figure[] = [ack, endToEnd, latency];
