// @ts-check

const common = {
  testEnvironment: 'node',
  transform: /** @type {{ [pattern: string]: [string, Record<string, unknown>] }} */ ({
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, sourceMaps: 'inline' }],
    // PGlite imports node's modules with import(), which Jest's sandbox does not have.
    '/@electric-sql/pglite.*\\.c?js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  }),
  transformIgnorePatterns: ['/node_modules/(?!@electric-sql/)'],
};

/**
 * `*.test.ts` needs nothing but npm; `*.int.test.ts` talks to a real Temporal dev server, started once for the run.
 * @type {import('jest').Config}
 */
module.exports = {
  maxWorkers: 2,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.int\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.int.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
