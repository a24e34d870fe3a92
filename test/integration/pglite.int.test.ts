import { relaySuite } from '../support/relay-suite';

jest.setTimeout(90_000);
relaySuite('pglite', () => Promise.resolve({}));
