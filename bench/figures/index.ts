/** All figures, in the order in which they are measured. */
import type { Figure, FigureAlone } from '../figure';
import { ack } from './ack';
import { burst } from './burst';
import { buyers } from './buyers';
import { operatorsConsole } from './console';
import { endToEnd } from './end-to-end';
import { history } from './history';
import { latency } from './latency';
import { life } from './life';
import { memory } from './memory';
import { noise } from './noise';
import { overload } from './overload';
import { peer } from './peer';
import { sql } from './sql';
import { size } from './size';
import { start } from './start';
import { storage } from './storage';
import { user } from './user';
import { workers } from './workers';

export const figures: readonly Figure[] = [
  ...[ack, endToEnd, latency, noise, history, sql, life, user, storage, overload, burst],
  ...[workers, memory, size],
];

export const figuresAlone: readonly FigureAlone[] = [peer, start, operatorsConsole, buyers];
