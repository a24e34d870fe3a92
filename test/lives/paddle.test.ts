import { livesOf } from './life';
import { paddle } from './paddle';
import { describeLives } from './properties';

describeLives('Paddle', livesOf(paddle), 150);
