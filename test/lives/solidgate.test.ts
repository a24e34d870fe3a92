import { livesOf } from './life';
import { describeLives } from './properties';
import { solidgate } from './solidgate';

describeLives('Solidgate', livesOf(solidgate), 150);
