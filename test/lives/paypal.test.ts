import { livesOf } from './life';
import { paypal } from './paypal';
import { describeLives } from './properties';

describeLives('PayPal', livesOf(paypal), 200);
