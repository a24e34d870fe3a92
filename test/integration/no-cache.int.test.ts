/** Without a workflow cache every workflow task replays the whole history: what is not deterministic shows here. */
import { relaySuite } from '../support/relay-suite';

relaySuite('no-cache', () => Promise.resolve({ maxCachedWorkflows: 0 }));
