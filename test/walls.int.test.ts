/** The walls between the trees (docs/architecture.md): every one fires on code that breaks it, and is silent on code that doesn't. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Case {
  readonly path: string;
  readonly code: string;
}

const used = (names: string, from: string): string => `import { ${names} } from '${from}';\nexport const used = ${names};\n`;
const usedType = (name: string, from: string): string => `import type { ${name} } from '${from}';\nexport type Used = ${name};\n`;

/** Each with a word of the message that it must get. */
const broken: readonly (Case & { readonly wall: string })[] = [
  { wall: 'only itself', path: 'src/domain/bad.ts', code: used('z', 'zod') },
  { wall: 'only itself', path: 'src/domain/bad.ts', code: used('createHash', 'node:crypto') },
  { wall: 'only itself', path: 'src/domain/bad.ts', code: used('stripe', '../psp/stripe') },
  { wall: 'only itself', path: 'src/domain/bad.ts', code: usedType('Store', '../store') },
  { wall: 'only itself', path: 'src/domain/bad.ts', code: used('proxyActivities', '@temporalio/workflow') },
  { wall: 'only itself', path: 'src/domain/bad.ts', code: `export const used = import('node:fs');\n` },
  { wall: 'only itself', path: 'src/domain/transition/bad.ts', code: usedType('Store', '../../store') },
  { wall: 'no clock', path: 'src/domain/bad.ts', code: 'export const now = Date.now();\n' },
  { wall: 'no clock', path: 'src/domain/bad.ts', code: 'export const now = new Date();\n' },
  { wall: 'no clock', path: 'src/domain/bad.ts', code: 'export const where = process.cwd();\n' },
  { wall: 'no clock', path: 'src/domain/bad.ts', code: `export const answer = fetch('https://example.com');\n` },
  { wall: 'no clock', path: 'src/domain/bad.ts', code: 'export const timer = setTimeout(() => undefined, 1);\n' },
  { wall: 'no randomness', path: 'src/domain/bad.ts', code: 'export const drawn = Math.random();\n' },

  { wall: 'as types', path: 'workflows/bad.ts', code: used('createActivities', '../activities') },
  { wall: 'as types', path: 'workflows/bad.ts', code: used('reportPurchase', '../activities/report-purchase') },
  { wall: 'pure domain', path: 'workflows/bad.ts', code: used('stripe', '../src/psp/stripe') },
  { wall: 'pure domain', path: 'workflows/bad.ts', code: usedType('Store', '../src/store') },
  { wall: 'sandbox', path: 'workflows/bad.ts', code: used('z', 'zod') },
  { wall: 'sandbox', path: 'workflows/bad.ts', code: used('createHash', 'node:crypto') },
  { wall: 'sandbox', path: 'workflows/bad.ts', code: used('createHash', 'crypto') },
  { wall: 'sandbox', path: 'workflows/bad.ts', code: used('Client', '@temporalio/client') },
  { wall: 'sandbox', path: 'workflows/bad.ts', code: used('Worker', '@temporalio/worker') },
  { wall: 'reads the environment', path: 'workflows/bad.ts', code: 'export const home = process.env.HOME;\n' },

  { wall: 'never import workflows', path: 'activities/bad.ts', code: used('subscription', '../workflows/subscription.workflow') },
  { wall: 'never import workflows', path: 'activities/bad.ts', code: used('subscription', '../workflows/index') },

  { wall: 'never imports another', path: 'src/psp/stripe/bad.ts', code: used('schema', '../paddle/schema') },
  { wall: 'never imports another', path: 'src/psp/stripe/bad.ts', code: used('paddle', '../paddle') },
  { wall: 'never imports another', path: 'src/psp/stripe/bad.ts', code: usedType('Event', '../generic/schema') },
  { wall: 'never imports another', path: 'src/psp/stripe/bad.ts', code: used('schema', '../../psp/paddle/schema') },
  { wall: 'reads what it is given', path: 'src/psp/stripe/bad.ts', code: used('Client', '@temporalio/client') },
  { wall: 'reads what it is given', path: 'src/psp/stripe/bad.ts', code: used('store', '../../store') },

  { wall: 'imports only itself', path: 'src/browser/bad.ts', code: used('z', 'zod') },
  { wall: 'imports only itself', path: 'src/browser/bad.ts', code: used('hashedEmail', '../tiktok/user-data') },
  { wall: 'imports only itself', path: 'src/browser/bad.ts', code: usedType('Settings', '../domain/settings') },

  ...['src/http', 'src/operator', 'src/store', 'src/tiktok', 'src', 'activities'].map((folder) => ({
    wall: 'Only src/temporal talks',
    path: `${folder}/bad.ts`,
    code: used('Client', '@temporalio/client'),
  })),
  ...['src/http', 'src/temporal', 'src/psp/stripe', 'activities', 'src'].flatMap((folder) =>
    ['drizzle-orm', 'drizzle-orm/pg-core', 'pg', '@electric-sql/pglite'].map((module) => ({
      wall: 'SQL stays',
      path: `${folder}/bad.ts`,
      code: used('sql', module),
    })),
  ),
  ...['src/temporal', 'src/store', 'src/psp/stripe', 'activities', 'src'].map((folder) => ({
    wall: 'HTTP stays',
    path: `${folder}/bad.ts`,
    code: used('Router', 'express'),
  })),
  ...['src/http', 'src/store', 'src/temporal', 'src/psp/stripe', 'src', 'activities', 'src/config'].map((folder) => ({
    wall: 'reads the environment',
    path: `${folder}/bad.ts`,
    code: 'export const home = process.env.HOME;\n',
  })),
  { wall: 'reads the environment', path: 'src/http/bad.ts', code: 'export const { env } = process;\n' },
  { wall: 'reads the environment', path: 'src/http/bad.ts', code: `export const home = process['env'].HOME;\n` },
  { wall: 'reads the environment', path: 'src/http/bad.ts', code: used('env', 'node:process') },

  {
    wall: 'consistent-type-imports',
    path: 'src/http/bad.ts',
    code: `import { Store } from '../store';\nexport type Used = Store;\n`,
  },
];

const sound: readonly Case[] = [
  { path: 'src/domain/good.ts', code: usedType('Fact', './fact') + 'export const larger = Math.max(1, 2);\n' },
  { path: 'workflows/good.ts', code: usedType('Activities', '../activities') },
  { path: 'src/domain/transition/good.ts', code: usedType('Fact', '../fact') },
  { path: 'workflows/good.ts', code: used('settle', '../src/domain/subscription') },
  { path: 'workflows/good.ts', code: used('condition', '@temporalio/workflow') },
  { path: 'workflows/good.ts', code: used('ApplicationFailure', '@temporalio/common') },
  { path: 'workflows/good.ts', code: used('coreTaskQueue', './contract') },
  { path: 'activities/good.ts', code: used('coreTaskQueue', '../workflows/contract') },
  { path: 'activities/good.ts', code: used('Context', '@temporalio/activity') },
  { path: 'src/psp/stripe/good.ts', code: usedType('PspAdapter', '../adapter') },
  { path: 'src/psp/stripe/good.ts', code: used('compact', '../compact') },
  { path: 'src/psp/stripe/good.ts', code: used('schema', './schema') },
  { path: 'src/psp/stripe/good.ts', code: used('money', '../../domain/money') },
  { path: 'src/psp/index.ts', code: used('stripe', './stripe') },
  { path: 'src/browser/good.ts', code: usedType('PixelConfig', './config') + 'export const { href } = location;\n' },
  { path: 'src/temporal/good.ts', code: used('Client', '@temporalio/client') },
  { path: 'src/store/good.ts', code: used('sql', 'drizzle-orm') },
  { path: 'src/store/good.ts', code: used('Pool', 'pg') },
  { path: 'src/http/good.ts', code: used('Router', 'express') },
  { path: 'src/operator/good.ts', code: used('Router', 'express') },
  { path: 'sandbox/good.ts', code: used('Router', 'express') },
  { path: 'src/config/config.ts', code: 'export const home = process.env.HOME;\n' },
  { path: 'scripts/good.ts', code: 'export const home = process.env.HOME;\n' },
  { path: 'test/good.test.ts', code: used('Client', '@temporalio/client') + 'export const home = process.env.HOME;\n' },
  // What only looks like a way out.
  { path: 'src/http/good.ts', code: 'export const where = process.cwd();\n' },
  { path: 'src/http/good.ts', code: used('page', './express-page') },
  { path: 'src/store/good.ts', code: 'export const now = new Date();\n' },
];

function lint(cases: readonly Case[]): string[][] {
  const input = JSON.stringify(cases.map(({ path, code }) => ({ path, code })));
  return JSON.parse(
    execFileSync(process.execPath, [join(__dirname, 'support', 'lint-snippets.mjs')], { input, encoding: 'utf8' }),
  ) as string[][];
}

let found: ReadonlyMap<Case, readonly string[]>;
beforeAll(() => {
  const cases = [...broken, ...sound];
  const results = lint(cases);
  found = new Map(cases.map((one, index) => [one, results[index] ?? ['no result']]));
});

it.each(broken.map((one) => [one.path, one.code.split('\n')[0], one] as const))('fires in %s on: %s', (_path, _line, one) => {
  expect(found.get(one)).toEqual([expect.stringContaining(one.wall)]);
});

it.each(sound.map((one) => [one.path, one.code.split('\n')[0], one] as const))('is silent in %s on: %s', (_path, _line, one) => {
  expect(found.get(one)).toEqual([]);
});
