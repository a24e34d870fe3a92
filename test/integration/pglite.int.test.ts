import { relaySuite } from './suite';

jest.setTimeout(90_000);
relaySuite('pglite', () => Promise.resolve({}));
