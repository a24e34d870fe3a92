import { livesOf } from './life';
import { generic } from './generic';
import { describeLives } from './properties';

describeLives('the generic webhook', livesOf(generic), 60);
