/** All figures, in the order in which they are measured. */
import type { Figure, FigureAlone } from '../figure';
import { ack } from './ack';
import { operatorsConsole } from './console';
import { endToEnd } from './end-to-end';
import { history } from './history';
import { latency } from './latency';
import { noise } from './noise';
import { overload } from './overload';
import { sql } from './sql';

export const figures: readonly Figure[] = [ack, endToEnd, latency, noise, history, sql, overload];

export const figuresAlone: readonly FigureAlone[] = [operatorsConsole];
