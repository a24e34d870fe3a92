import { funnelfox } from './funnelfox';
import { livesOf } from './life';
import { describeLives } from './properties';

describeLives('FunnelFox', livesOf(funnelfox), 150);
