import { relaySuite } from '../support/relay-suite';

relaySuite('pglite', () => Promise.resolve({ embedded: true }));
