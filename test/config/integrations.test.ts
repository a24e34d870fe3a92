/** INTEGRATIONS_FILE as nobody should write it: names that every object has, and files that are no list of a few integrations. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../../src/config/config';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-integrations-'));
  path = join(folder, 'integrations.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  // Whatever a file says, no object has more than before.
  expect(Object.keys({})).toEqual([]);
  expect('polluted' in {}).toBe(false);
});

function load(content: string): Config {
  writeFileSync(path, content);
  return loadConfig({ DATA_DIR: join(folder, 'data'), INTEGRATIONS_FILE: path }, 'all');
}

/** The lines with which a start refuses the file. */
function problems(content: string): readonly string[] {
  try {
    load(content);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

const secret = 'whsec_of_the_shop';

describe('a name that every object has', () => {
  it.each([
    ['for a field', `[{"id": "a", "__proto__": {"polluted": true}}]`, '[0] Unrecognized key: "__proto__"'],
    [
      'for a field, by its constructor',
      `[{"id": "a", "constructor": {"prototype": {"polluted": true}}}]`,
      '[0] Unrecognized key: "constructor"',
    ],
    [
      'for a provider',
      `[{"id": "a", "psps": {"__proto__": {"webhookSecrets": ["${secret}"]}}}]`,
      '[0].psps Unrecognized key: "__proto__"',
    ],
    [
      'for a provider, in words',
      `[{"id": "a", "psps": {"constructor": {"webhookSecrets": ["${secret}"]}}}]`,
      '[0].psps Unrecognized key: "constructor"',
    ],
    ['for a provider, as a function', `[{"id": "a", "psps": {"toString": {}}}]`, '[0].psps Unrecognized key: "toString"'],
    [
      'for a field of a provider',
      `[{"id": "a", "psps": {"stripe": {"__proto__": {"webhookSecrets": ["${secret}"]}}}}]`,
      '[0].psps.stripe Unrecognized key: "__proto__"',
    ],
    [
      'for a field of the pixel',
      `[{"id": "a", "tiktok": {"__proto__": {"accessToken": "${secret}"}}}]`,
      '[0].tiktok Unrecognized key: "__proto__"',
    ],
    ['for an integration', `[{"id": "__proto__"}]`, '[0].id must be lower-case'],
    ['for an integration, as a function', `[{"id": "toString"}]`, '[0].id must be lower-case'],
    ['in the place of the list', `{"__proto__": [{"id": "a"}]}`, 'it must be a list of integrations'],
    ['as a list by its length', `{"length": 1, "0": {"id": "a"}}`, 'it must be a list of integrations'],
  ])('is refused %s', (_what, content, words) => {
    const lines = problems(content);
    expect(lines).toEqual([expect.stringContaining(`${path}: ${words}`)]);
    expect(lines[0]).toMatch(/^INTEGRATIONS_FILE/);
    expect(lines.join()).not.toContain(secret);
  });

  it('names an integration like any other where it is made of letters', () => {
    const config = load(`[{"id": "constructor", "psps": {"stripe": {"webhookSecrets": ["${secret}"]}}}, {"id": "valueof"}]`);
    expect(config.integrations.map(({ id, psps }) => [id, Object.keys(psps)])).toEqual([
      ['constructor', ['stripe']],
      ['valueof', []],
    ]);
  });
});

describe('a file that is no list of a few integrations', () => {
  const many = (content: string, count: number): string => `[${Array.from({ length: count }, () => content).join(',')}]`;

  it.each([
    ['deep lists', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['deep objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['a deep provider', `[{"id": "a", "psps": ${'{"stripe":'.repeat(50_000)}1${'}'.repeat(50_000)}}]`],
    ['a list of a list', '[[{"id": "a"}]]'],
    ['a list of nothing', '[null]'],
    ['ten megabytes of spaces', `[${' '.repeat(10_000_000)}{"id": "a"}]`],
    ['ten megabytes of one secret', `[{"id": "a", "psps": {"stripe": {"webhookSecrets": ["whsec_${'a'.repeat(10_000_000)}"]}}}]`],
  ])('is refused in one line: %s', (_what, content) => {
    const lines = problems(content);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^INTEGRATIONS_FILE/);
    expect(lines[0]).toContain(path);
    expect(lines[0]?.length).toBeLessThan(1_000);
  });

  it.each([
    ['numbers', many('1', 100_000)],
    ['objects without an id', many('{}', 100_000)],
    ['the same id', many('{"id": "a"}', 50_000)],
  ])('is refused in a few lines, however many are wrong: %s', (_what, content) => {
    const lines = problems(content);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.length).toBeLessThanOrEqual(21);
    expect(lines.at(-1)).toMatch(/: and \d+ more problems/);
  });

  it('and one of a thousand integrations is read', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => ({
      id: `shop-${index}`,
      psps: { stripe: { webhookSecrets: [secret] } },
    }));
    expect(load(JSON.stringify(ids)).integrations).toHaveLength(1_000);
  });
});

describe('an integration that takes the accounts of another', () => {
  const stripe = { stripe: { webhookSecrets: [secret] } };
  const main = { id: 'main', psps: stripe };
  const quiz = { id: 'quiz', from: 'main', only: { metadata: { funnel: 'quiz' } } };
  const of = (...integrations: unknown[]) => JSON.stringify(integrations);

  it('takes all of them, or those that match; `only` may stand beside accounts of its own', () => {
    const own = { id: 'shop', psps: { paddle: { webhookSecrets: ['pdl_ntfset_a'] } }, from: 'main' };
    const all = { ...main, only: { metadata: { funnel: [' shop ', 'blog'], country: 'de' } } };
    const { integrations, warnings } = load(of(all, quiz, own));
    expect(integrations.map(({ id, from, only }) => ({ id, from, only }))).toEqual([
      { id: 'main', from: undefined, only: { funnel: ['shop', 'blog'], country: ['de'] } },
      { id: 'quiz', from: 'main', only: { funnel: ['quiz'] } },
      { id: 'shop', from: 'main', only: undefined },
    ]);
    expect(warnings).toEqual([]);
  });

  it('may take from one that takes itself, in any order of the file', () => {
    expect(load(of({ id: 'c', from: 'b' }, { id: 'b', from: 'a' }, { ...main, id: 'a' })).integrations).toHaveLength(3);
  });

  it('is warned where there is nothing to take yet', () => {
    expect(load(of({ id: 'main' }, quiz)).warnings).toEqual([
      'INTEGRATIONS_FILE [1].from names main, which has no psps: until one is entered in the console, nothing is taken',
    ]);
  });

  it.each([
    ['of nobody', [main, { id: 'quiz', from: 'mian' }], ['[1].from must be the id of an integration of this file']],
    ['of every object', [main, { id: 'quiz', from: 'constructor' }], ['[1].from must be the id of an integration of this file']],
    ['of nobody, and empty', [main, { id: 'quiz', from: '' }], ['[1].from must be the id of an integration of this file']],
    ['of itself', [{ ...main, from: 'main' }], ['[0].from must be another integration than this']],
    ['of several', [main, { id: 'quiz', from: ['main'] }], ['[1].from must be the id of another integration']],
    [
      'in a circle, said once',
      [
        { id: 'a', from: 'b' },
        { id: 'b', from: 'c' },
        { id: 'c', from: 'a' },
        { id: 'd', from: 'a' },
      ],
      ['[0].from must not lead back to itself: a → b → c → a'],
    ],
    [
      'of a provider that it has itself, and of another',
      [main, { ...quiz, psps: { ...stripe, paddle: { webhookSecrets: ['pdl_ntfset_a'] } } }],
      ['[1].psps.stripe must not be beside from, which brings the account of main: remove one of them'],
    ],
    [
      'of a provider that it has itself, over one between',
      [
        { ...main, id: 'a' },
        { id: 'b', from: 'a' },
        { id: 'c', from: 'b', psps: { stripe: { apiKey: 'sk_live_1' } } },
      ],
      ['[2].psps.stripe must not be beside from, which brings the account of a: remove one of them'],
    ],
    [
      'with two problems, in two lines',
      [main, { id: 'quiz', from: 'mian' }, { id: 'blog', from: 'blog' }],
      ['[1].from must be the id of an integration of this file', '[2].from must be another integration than this'],
    ],
    ['only nothing', [main, { ...quiz, only: {} }], ['[1].only.metadata must be an object']],
    ['only of no key', [main, { ...quiz, only: { metadata: {} } }], ['[1].only.metadata must name at least one key']],
    ['only of a list', [main, { ...quiz, only: { metadata: ['quiz'] } }], ['[1].only.metadata must be an object']],
    ['only in words', [main, { ...quiz, only: 'funnel=quiz' }], ['[1].only Invalid input: expected object']],
    [
      'only by another thing',
      [main, { ...quiz, only: { metadata: { a: 'b' }, price: 'x' } }],
      ['[1].only Unrecognized key: "price"'],
    ],
    [
      'only of a number',
      [main, { ...quiz, only: { metadata: { step: 3 } } }],
      ['[1].only.metadata.step must be a string or a list'],
    ],
    [
      'only of null',
      [main, { ...quiz, only: { metadata: { step: null } } }],
      ['[1].only.metadata.step must be a string or a list'],
    ],
    [
      'only of no value',
      [main, { ...quiz, only: { metadata: { funnel: [] } } }],
      ['[1].only.metadata.funnel must name at least one value'],
    ],
    [
      'only of an empty value',
      [main, { ...quiz, only: { metadata: { funnel: ' ' } } }],
      ['[1].only.metadata.funnel must be a string'],
    ],
  ])('is refused: from %s', (_what, integrations, words) => {
    const lines = problems(of(...integrations));
    expect(lines).toEqual(words.map((one) => expect.stringContaining(`${path}: ${one}`)));
    expect(lines.join()).not.toContain(secret);
  });

  it('is refused with a key that every object has', () => {
    const lines = problems(`[{"id": "a", "only": {"metadata": {"__proto__": "quiz"}}}]`);
    expect(lines).toEqual([expect.stringContaining('[0].only.metadata must name at least one key')]);
  });
});
