// @ts-check
import { readdirSync } from 'node:fs';
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import jsdoc from 'eslint-plugin-jsdoc';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * The walls of docs/architecture.md. One rule holds the imports of a file, so each folder names all its walls at once.
 * @typedef {{ group?: string[], regex?: string, allowTypeImports?: boolean, message: string }} Wall
 */

/** @type {Record<'temporalClient' | 'express' | 'sql' | 'environment', Wall>} */
const everywhere = {
  temporalClient: {
    group: ['@temporalio/client', '@temporalio/client/*'],
    message: 'Only src/temporal talks to the Temporal client; others get the few functions they need.',
  },
  express: {
    group: ['express', 'express/*'],
    message: 'HTTP stays in src/http, src/operator, src/console, src/app and sandbox, at its thinnest.',
  },
  sql: {
    group: ['drizzle-orm', 'drizzle-orm/*', 'pg', 'pg/*', '@electric-sql/pglite', '@electric-sql/pglite/*'],
    message: 'SQL stays in src/store, behind the Store interface.',
  },
  environment: {
    regex: '^(node:)?process$',
    message:
      'Only src/config/config.ts reads the environment, so that every variable is checked once, at start; use the global process for the rest.',
  },
};

/** @param {string} own The imports that stay in src/domain. @returns {Wall[]} */
const domainWalls = (own) => [
  { regex: `^(?!${own})`, message: 'The domain imports only itself: it stays pure, and runs in the workflow sandbox as it is.' },
];

/** @type {Wall[]} */
const browserWalls = [
  { regex: '^(?!\\./)', message: 'The browser script imports only itself: every byte goes to every visitor of every page.' },
];

/** @type {Wall[]} */
const workflowWalls = [
  {
    regex: '^(\\.\\./)+activities(/|$)',
    allowTypeImports: true,
    message: 'Workflows see activities as types; proxyActivities supplies the rest.',
  },
  { regex: '^(\\.\\./)+src/(?!domain/)', message: 'Workflows import pure domain code only, so that replay stays deterministic.' },
  {
    regex: '^(?!\\.|@temporalio/(workflow|common)(/|$))',
    message:
      'Not available, or not deterministic, in the workflow sandbox: only @temporalio/workflow and @temporalio/common are.',
  },
];

/** Every folder beside the shared files is a provider. */
const providers = readdirSync(new URL('src/psp/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** @type {Wall[]} */
const providerWalls = [
  // A sibling folder; the files beside them (adapter.ts, metadata.ts …) are for all.
  {
    regex: `^\\.\\./(${providers.join('|')})(/|$)|(^|/)psp/[^./]+/`,
    message: 'A provider never imports another: two that look alike today will differ tomorrow.',
  },
  {
    group: ['@temporalio/*', '../../temporal', '**/temporal/**', '../../store', '**/store/**', '../../http', '**/http/**'],
    message: 'A provider reads what it is given; it stores and starts nothing.',
  },
];

/** @type {Wall[]} */
const activityWalls = [
  {
    regex: '^(\\.\\./)+workflows/(?!contract$)',
    message: 'Activities never import workflows; what both need is in workflows/contract.ts or the domain.',
  },
];

/** @param {Wall[]} walls */
const imports = (...walls) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns: walls }] });
const { temporalClient, express, sql, environment } = everywhere;
const code = ['src/**/*.{ts,tsx}', 'workflows/**/*.ts', 'activities/**/*.ts', 'sandbox/**/*.ts', 'demo/**/*.ts'];

const readsEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Only src/config/config.ts reads the environment, so that every variable is checked once, at start.',
};
const draws = {
  object: 'Math',
  property: 'random',
  message: 'The domain has no randomness: what it needs comes in as an argument.',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.data/', 'node_modules/'] },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      // The compiler's noFallthroughCasesInSwitch does it, and knows when a case cannot fall through.
      'no-fallthrough': 'off',
      // A fake, or a handler, may answer at once where its interface promises.
      '@typescript-eslint/require-await': 'off',
    },
  },

  {
    files: code,
    rules: {
      ...imports(temporalClient, express, sql, environment),
      'no-restricted-properties': ['error', readsEnvironment],
      // Five arguments in a row are read wrong: name them in an object.
      'max-params': ['error', 4],
    },
  },
  { files: ['src/config/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['src/temporal/**/*.ts'], rules: imports(express, sql, environment) },
  {
    files: ['src/http/**/*.ts', 'src/operator/**/*.ts', 'src/console/**/*.{ts,tsx}', 'src/app/**/*.ts', 'sandbox/**/*.ts'],
    rules: imports(temporalClient, sql, environment),
  },
  { files: ['src/store/**/*.ts'], rules: imports(temporalClient, express, environment) },
  { files: ['src/psp/*/**/*.ts'], rules: imports(...providerWalls, express, sql, environment) },
  { files: ['activities/**/*.ts'], rules: imports(...activityWalls, temporalClient, express, sql, environment) },
  { files: ['workflows/**/*.ts'], rules: imports(...workflowWalls) },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      ...imports(...domainWalls('\\./')),
      'no-restricted-properties': ['error', readsEnvironment, draws],
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'Date',
          'performance',
          'fetch',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'crypto',
          'console',
          'require',
        ].map((name) => ({
          name,
          message: 'The domain has no clock, randomness or I/O: what it needs comes in as an argument.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'The domain imports only itself, and at the top.' },
      ],
    },
  },
  { files: ['src/domain/*/*.ts'], rules: imports(...domainWalls('\\.{1,2}/(?!\\.)')) },

  {
    // What other rooms call says what comes in and out; a comment that only repeats the name is none.
    files: [...['domain', 'application', 'store', 'tiktok'].map((room) => `src/${room}/**/*.ts`), 'src/psp/adapter.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': ['error', { publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: true } }],
      'jsdoc/informative-docs': 'error',
    },
  },

  {
    files: ['src/browser/**/*.ts'],
    ignores: ['src/browser/build.ts'],
    languageOptions: { globals: globals.browser },
    rules: imports(...browserWalls),
  },

  {
    files: ['src/console/islands/**/*.ts'],
    ignores: ['src/console/islands/build.ts'],
    languageOptions: { globals: globals.browser },
    rules: imports(...browserWalls),
  },

  {
    files: ['test/**/*.ts'],
    languageOptions: { globals: globals.jest },
    rules: {
      'no-restricted-globals': ['error', { name: 'test', message: 'Tests are written with `it`, everywhere alike.' }],
      // Jest's matchers (expect.any, mock.calls) and parsed answers are untyped, and a wrong one fails the test anyway.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['**/*.js'], languageOptions: { sourceType: 'commonjs' }, rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['examples/*/pages/*.js'],
    languageOptions: { sourceType: 'script', globals: { ...globals.browser, ttr: 'readonly' } },
  },
  { files: ['sandbox/tiktok/pages/*.js'], languageOptions: { sourceType: 'script', globals: globals.browser } },
  prettier,
);
