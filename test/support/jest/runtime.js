// @ts-check
/** Jest's loader of modules for tests in one realm (docs/decisions/0030): libraries come from the process, each other file is compiled once. */
const { compileFunction } = require('node:vm');
const Runtime = require('jest-runtime').default;

/** Large, and without state that a test changes. */
const shared = [
  ...[
    '@temporalio',
    '@electric-sql',
    '@grpc',
    '@swc',
    'protobufjs',
    'drizzle-orm',
    'pg',
    'zod',
    'zod-openapi',
    'express',
    'helmet',
  ],
  ...['libphonenumber-js', 'undici', 'pino', 'pino-pretty', 'fast-check', 'typescript', 'playwright-core', 'axe-core'],
];
const isShared = new RegExp(`^(${shared.join('|')})(/|$)`);

/** By path. @type {Map<string, { source: string, compiled: Function }>} */
const compiledFiles = new Map();

class SharingRuntime extends Runtime {
  /** @param {ConstructorParameters<typeof Runtime>} args */
  constructor(...args) {
    super(...args);
    // There is no public way to replace it; Jest's own compiles each file for each test, for a sandbox.
    const executor = /** @type {any} */ (this).executor;
    executor.compile = (/** @type {string} */ source, /** @type {string} */ filename) => {
      const known = compiledFiles.get(filename);
      if (known?.source === source) return known.compiled;
      const compiled = compileFunction(source, executor.injectedModuleParameters, { filename });
      compiledFiles.set(filename, { source, compiled });
      return compiled;
    };
  }

  /** @param {string} from @param {string} moduleName */
  requireModuleOrMock(from, moduleName) {
    if (!isShared.test(moduleName)) return super.requireModuleOrMock(from, moduleName);
    return require(/** @type {any} */ (this)._resolution.resolveCjs(from, moduleName));
  }
}

module.exports = SharingRuntime;
