import { livesOf } from './life';
import { primer } from './primer';
import { describeLives } from './properties';

describeLives('Primer', livesOf(primer), 150);
