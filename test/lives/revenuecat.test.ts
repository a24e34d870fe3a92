import { livesOf } from './life';
import { revenuecat } from './revenuecat';
import { describeLives } from './properties';

describeLives('RevenueCat', livesOf(revenuecat), 150);
