// @ts-check
const { existsSync, mkdirSync, statfsSync } = require('node:fs');
const { delimiter, join } = require('node:path');

keepFilesInMemory();

/** Databases of tests are thousands of small files, which takes a slow disk seconds each: where Linux has room for files in memory, they are there. */
function keepFilesInMemory() {
  const memory = '/dev/shm';
  if (process.env.TMPDIR !== undefined || !existsSync(memory)) return;
  const { bavail, bsize } = statfsSync(memory);
  if (bavail * bsize < 6e9) return;
  process.env.TMPDIR = join(memory, `relay-tests-${process.getuid?.() ?? 0}`);
  mkdirSync(process.env.TMPDIR, { recursive: true, mode: 0o711 }); // PostgreSQL, as another user, passes through
}

/** For the tests of the pixel: CHROMIUM_PATH, Debian's place, PATH. The shell is Chromium without its windows, and takes half as long. */
function chromiumPath() {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  return process.env.CHROMIUM_PATH ?? names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

const chromium = chromiumPath();
process.env.TEST_CHROMIUM_PATH = chromium ?? '';
// A run of CI without them would prove less than it says; there they fail.
const skipsBrowser = chromium === undefined && process.env.CI !== 'true';
if (skipsBrowser)
  console.warn(
    'No Chromium: the tests of the pixel are left out (apt-get install chromium-headless-shell, or set CHROMIUM_PATH)',
  );

const common = {
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  runtime: '<rootDir>/test/support/jest/runtime.js',
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'tsx', 'json', 'node'],
  transform: /** @type {{ [pattern: string]: [string, Record<string, unknown>] }} */ ({
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2022',
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        sourceMaps: 'inline',
      },
    ],
    // It imports node's modules with import(), which Jest's loader does not have.
    '/@opentelemetry/otlp-exporter-base/.*\\.c?js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  }),
  transformIgnorePatterns: ['/node_modules/(?!@opentelemetry/otlp-exporter-base/)'],
};

/**
 * `*.test.ts` needs nothing but npm. `*.int.test.ts` needs a database, a server, a browser or a build; one Temporal dev server
 * is started for the whole run.
 * @type {import('jest').Config}
 */
module.exports = {
  maxWorkers: 2,
  // Milliseconds. Only a fault reaches it, also on a loaded machine. Jest ignores the option inside `projects`.
  testTimeout: 300_000,
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
      testPathIgnorePatterns: skipsBrowser ? ['/test/browser/', '/test/integration/browser', '/test/examples/'] : [],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
