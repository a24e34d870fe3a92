import { livesOf } from './life';
import { lemonsqueezy } from './lemonsqueezy';
import { describeLives } from './properties';

describeLives('Lemon Squeezy', livesOf(lemonsqueezy), 120);
