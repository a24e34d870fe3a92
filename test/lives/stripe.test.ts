import { livesOf } from './life';
import { describeLives } from './properties';
import { stripe } from './stripe';

describeLives('Stripe', livesOf(stripe), 200);
