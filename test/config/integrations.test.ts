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
