import type { Expectation } from '../../demo/expectation';
import { limits } from '../../demo/expectation';
import type { Observation } from '../../demo/observation';
import { observe } from '../../demo/observation';
import type { SeenRecord } from '../../demo/run-scenarios';
import { paymentKey } from '../../demo/run-scenarios';
import { lostScenariosOf, scenariosOf } from '../../demo/scenarios';
import type { Provider } from '../../demo/provider';
import { providers } from '../../demo/providers';
import { checkLines } from '../../demo/report';
import { createScreen } from '../../src/app/screen';
import { contentLines, footnotes, tableLines } from '../../demo/tables';
import { receivedEventOf } from './received-event';

const now = Date.UTC(2026, 10, 22, 12);
const { paint } = createScreen({ write: () => undefined }, { controlCodes: false });
const provider = (name: string, more: Partial<Provider> = {}): Provider => ({
  ...providers.find((one) => one.name === name)!,
  ...more,
});

/** All as the policy says, but for what is left out. */
function observed(companies: readonly Provider[], isLeftOut: (one: Expectation) => boolean = () => false): Observation {
  const expectations = companies
    .flatMap((one) => [...limits.flatMap((limit) => scenariosOf(one, limit, now)), ...lostScenariosOf(one, now)])
    .flatMap((scenario) => scenario.expectations);
  const seen = expectations.filter((one) => !isLeftOut(one));
  const events = seen.filter(({ outcome }) => outcome === 'sent').map((expectation) => receivedEventOf(expectation, { at: now }));
  const recordOf = ({ moneyId, outcome }: Expectation): SeenRecord => ({
    moneyId,
    ...(outcome === 'sent' ? { state: 'sent', reason: null } : { state: 'suppressed', reason: 'limited' }),
    lastError: null,
  });
  return observe(expectations, {
    events,
    records: new Map(seen.map((one) => [paymentKey(one), recordOf(one)])),
    toldAtMs: new Map(),
  });
}

const shown = (companies: readonly Provider[], observation: Observation): string =>
  tableLines(paint, observation, companies).join('\n');

describe('who is new, and what was bought', () => {
  const two = [provider('stripe'), provider('lemonsqueezy')];
  const lines = (observation: Observation) => contentLines(paint, observation, two).join('\n');

  it('are what each event says', () => {
    expect(lines(observed(two))).toMatch(/│ stripe +│ +new +ret\. +│ +new +new +ret\. +│ +new +new +ret\. +│ +new +│/);
    expect(lines(observed(two))).toContain('price_premium 9.99 · price_premium · price_premium 19.99');
    expect(lines(observed(two))).toMatch(/lemonsqueezy {2}1\n?/);
  });

  it('mark what never came', () => {
    const left = observed(two, ({ psp, phase }) => psp === 'stripe' && phase === 'renewal');
    expect(lines(left)).toMatch(/│ stripe +│ +new +✗ /);
  });
});

describe('the tables', () => {
  const two = [provider('stripe'), provider('lemonsqueezy')];

  it('say the policy once and mark each payment of each provider', () => {
    expect(shown(two, observed(two))).toBe(`
Limit Purchase Events off, as observed at TikTok’s end
┌───────────────────┬───────────────────┬───────────────────────┬───────────────────────┬──────────┐
│                   │ Subscription only │ Free trial            │ Paid trial            │ Lifetime │
│                   │ start  renewal    │ trial  conv.  renewal │ trial  conv.  renewal │ one-off  │
│ Purchase of       │  9.99    9.99     │  0.00  19.99   19.99  │  1.00  29.99   29.99  │  89.00   │
├───────────────────┼───────────────────┼───────────────────────┼───────────────────────┼──────────┤
│ stripe        USD │   ✓       ✓       │   ✓      ✓       ✓    │   ✓      ✓       ✓    │    ✓     │
│ lemonsqueezy¹ BRL │   ✓       ✓       │   ✓      ✓       ✓    │   ✓      ✓       ✓    │    ✓     │
└───────────────────┴───────────────────┴───────────────────────┴───────────────────────┴──────────┘

Limit Purchase Events on, as observed at TikTok’s end
┌───────────────────┬───────────────────┬───────────────────────┬───────────────────────┬──────────┐
│                   │ Subscription only │ Free trial            │ Paid trial            │ Lifetime │
│                   │ start  renewal    │ trial  conv.  renewal │ trial  conv.  renewal │ one-off  │
│ Purchase of       │  9.99     –       │  0.00  19.99     –    │  1.00    –       –    │  89.00   │
├───────────────────┼───────────────────┼───────────────────────┼───────────────────────┼──────────┤
│ stripe        USD │   ✓       –       │   ✓      ✓       –    │   ✓      –       –    │    ✓     │
│ lemonsqueezy¹ BRL │   ✓       –       │   ✓      ✓       –    │   ✓      –       –    │    ✓     │
└───────────────────┴───────────────────┴───────────────────────┴───────────────────────┴──────────┘`);
  });

  it('mark the one cell that differs, in its own table', () => {
    const isLeftOut = ({ psp, scene, type, phase }: Expectation): boolean =>
      [psp, scene, type, phase].join() === 'stripe,on,free_trial,conversion';
    const lines = shown(two, observed(two, isLeftOut)).split('\n');
    expect(lines.filter((line) => line.includes('✗'))).toEqual([
      '│ stripe        USD │   ✓       –       │   ✓      ✗       –    │   ✓      –       –    │    ✓     │',
    ]);
  });

  it('mark what was to be kept back and is not proven to be', () => {
    const isLeftOut = ({ psp, outcome, type }: Expectation): boolean =>
      psp === 'lemonsqueezy' && outcome === 'kept_back' && type === 'paid_trial';
    expect(shown(two, observed(two, isLeftOut))).toContain(
      '│ lemonsqueezy¹ BRL │   ✓       –       │   ✓      ✓       –    │   ✓      ✗       ✗    │    ✓     │',
    );
  });

  it('take nothing of the lost webhooks for a cell of theirs', () => {
    const observation = observed(two, ({ scene }) => scene === 'lost');
    expect(observation.differences).not.toEqual([]);
    expect(shown(two, observation)).not.toContain('✗');
  });
});

describe('what is not sold somewhere', () => {
  const remark = { text: 'sells subscriptions only', unsold: ['lifetime', 'paid_trial'] } as const;
  const companies = [provider('stripe'), provider('generic', { remark })];

  it('has cells that say so, and is no difference', () => {
    const observation = observed(companies);
    expect(observation.differences).toEqual([]);
    expect(shown(companies, observation).match(/│ generic.*/g)).toEqual([
      '│ generic¹ EUR │   ✓       ✓       │   ✓      ✓       ✓    │  n/a    n/a     n/a   │   n/a    │',
      '│ generic¹ EUR │   ✓       –       │   ✓      ✓       –    │  n/a    n/a     n/a   │   n/a    │',
    ]);
  });

  it('is explained beneath', () => {
    const notes = footnotes(paint, companies, { webhooks: 7 }).join('\n');
    expect(notes).toContain('n/a: not sold there');
    expect(notes).toContain('¹ generic sells subscriptions only (so n/a: Lifetime, Paid trial)');
  });
});

it('numbers what merchants have to know, in the order of the tables', () => {
  const notes = footnotes(paint, providers, { webhooks: 7 });
  const signed = notes.filter((line) => /^[¹²³⁴⁵⁶⁷⁸⁹] /.test(line)).map((line) => line.split(' ').slice(0, 2).join(' '));
  const expected = providers.filter(({ remark }) => remark).map(({ name }, index) => `${'¹²³⁴⁵⁶⁷⁸⁹'[index] ?? ''} ${name}`);
  expect(signed).toEqual(expected);
  expect(notes.join()).not.toContain('n/a');
});

describe('what checks found', () => {
  const companies = [provider('paddle'), provider('primer'), provider('generic')];
  const lines = (observation: Observation, errors = new Map<string, string>()): readonly string[] =>
    checkLines(paint, observation, companies, errors).filter((line) => line.includes('found by the check'));

  it('is a line for each provider that can be asked', () => {
    expect(lines(observed(companies))).toEqual([
      '  ✓ paddle   found by the check: 5 of 5',
      '  ✓ primer   found by the check: 4 of 4',
    ]);
  });

  it('counts only what came to TikTok’s end as it should', () => {
    const observation = observed(companies, ({ psp, isLost, type }) => psp === 'paddle' && isLost && type === 'lifetime');
    expect(lines(observation)[0]).toBe('  ✗ paddle   found by the check: 4 of 5');
  });

  it('says why a check failed', () => {
    const nothing = observed(companies, ({ psp, isLost }) => psp === 'primer' && isLost);
    expect(lines(nothing, new Map([['primer', 'PspUnauthorized: refused']]))[1]).toBe(
      '  ✗ primer   found by the check: 0 of 4; it ended with PspUnauthorized: refused',
    );
  });

  it('names those that can’t be asked', () => {
    expect(checkLines(paint, observed(companies), companies, new Map()).at(-1)).toMatch(/No API to ask.*: generic$/);
  });
});
