import { createHash } from 'node:crypto';
import type { IdentityHints } from '../../src/domain/identity';
import { identifierKinds } from '../../src/domain/identity';
import { createUserKeys } from '../../src/crypto/user-keys';

const keys = createUserKeys('a pepper for tests');
const order = { integration: 'default', psp: 'stripe', subscription: 'sub_1' };
const email = createHash('sha256').update('buyer@example.com').digest('hex');
const all: IdentityHints = { userId: 'u1', customerId: 'cus_1', checkoutId: 'c1', email: 'buyer@example.com' };

function hmacs(of: readonly { readonly kind: string; readonly hmac: string }[]): Record<string, string> {
  return Object.fromEntries(of.map(({ kind, hmac }) => [kind, hmac]));
}

describe("a buyer's keys", () => {
  it('are named strongest first, and end with the order itself', () => {
    expect(keys.of(order, all, { emailSha256: email }).map(({ kind }) => kind)).toEqual([
      'user_id',
      'email',
      'customer',
      'checkout',
      'order',
    ]);
    expect(identifierKinds).toEqual(['user_id', 'email', 'customer', 'checkout', 'order']);
  });

  it('always have the order, also of a buyer of whom nothing is known', () => {
    expect(keys.of(order, {}, {}).map(({ kind }) => kind)).toEqual(['order']);
  });

  it.each<[string, IdentityHints]>([
    ['empty', { userId: '', customerId: '', checkoutId: '' }],
    ['blank', { userId: ' ', customerId: ' \t', checkoutId: '\n' }],
  ])('are none where an identifier is %s: it would make one user of all buyers', (_, hints) => {
    expect(keys.of(order, hints, { emailSha256: '' }).map(({ kind }) => kind)).toEqual(['order']);
    expect(keys.ofBuyer('default', hints, {})).toEqual([]);
  });

  it('take the e-mail by its hash only, never what was given', () => {
    expect(keys.of(order, { email: 'buyer@example.com' }, {}).map(({ kind }) => kind)).toEqual(['order']);
  });

  it('are the same with and without blanks around an identifier', () => {
    const spaced: IdentityHints = { userId: ' u1\n', customerId: ' cus_1 ', checkoutId: '\tc1 ' };
    const { email: _email, ...rest } = all;
    expect(keys.of(order, spaced, {})).toEqual(keys.of(order, rest, {}));
    expect(keys.userId('default', ' u1 ')).toEqual(keys.userId('default', 'u1'));
  });

  it('tell upper from lower case: merchants’ ids may differ in nothing else', () => {
    expect(keys.userId('default', 'Abc')).not.toEqual(keys.userId('default', 'abc'));
  });

  it('are the same every time, and in every process that has the pepper', () => {
    const again = createUserKeys('a pepper for tests');
    expect(again.of(order, all, { emailSha256: email })).toEqual(keys.of(order, all, { emailSha256: email }));
    // What is stored under them is found again after an upgrade only if they stay what they are.
    expect(keys.userId('default', 'u1').hmac).toBe('dMyicD6bIrOVfpbMmzm3x-5ntZmFxbt9YWUEMTP1Nzc');
  });

  it('differ by pepper, integration and kind', () => {
    const value = 'the-same-value';
    const sameEverywhere: IdentityHints = { userId: value, checkoutId: value };
    const [byUser, byCheckout] = keys.of(order, sameEverywhere, {});
    const [inOther] = keys.of({ ...order, integration: 'other' }, sameEverywhere, {});
    const [byOtherPepper] = createUserKeys('another pepper').of(order, sameEverywhere, {});
    const [byEmail] = keys.of(order, {}, { emailSha256: value });
    expect(new Set([byUser, byCheckout, inOther, byOtherPepper, byEmail].map((key) => key?.hmac)).size).toBe(5);
  });

  it('cannot be confused by where one part ends and the next begins', () => {
    const a = keys.userId('a","user_id","b', 'c');
    const b = keys.userId('a', 'b","user_id","c');
    expect(a.hmac).not.toBe(b.hmac);
    const customers = [
      keys.of({ ...order, psp: 'a' }, { customerId: 'b:c' }, {}),
      keys.of({ ...order, psp: 'a:b' }, { customerId: 'c' }, {}),
    ];
    // Names of providers have no colon (the registry is ours), so this one may be.
    expect(hmacs(customers[0]!)['customer']).toBe(hmacs(customers[1]!)['customer']);
  });

  it('keep customer ids and orders apart by provider, and a user id across providers together', () => {
    const stripe = hmacs(keys.of(order, all, {}));
    const paddle = hmacs(keys.of({ ...order, psp: 'paddle' }, all, {}));
    expect(paddle['customer']).not.toBe(stripe['customer']);
    expect(paddle['order']).not.toBe(stripe['order']);
    expect([paddle['user_id'], paddle['checkout']]).toEqual([stripe['user_id'], stripe['checkout']]);
  });

  it('show nothing of what they stand for', () => {
    const shown = JSON.stringify(keys.of(order, all, { emailSha256: email }));
    for (const clear of ['u1', 'cus_1', 'sub_1', email, 'buyer']) expect(shown).not.toContain(`"${clear}`);
    for (const { hmac } of keys.of(order, all, { emailSha256: email })) expect(hmac).toMatch(/^[\w-]{43}$/);
  });

  it('of the browser join the keys of the order that comes of it', () => {
    const { customerId: _, ...said } = all;
    const browser = keys.ofBuyer('default', said, { emailSha256: email });
    expect(browser.map(({ kind }) => kind)).toEqual(['user_id', 'email', 'checkout']);
    expect(keys.of(order, all, { emailSha256: email })).toEqual(expect.arrayContaining([...browser]));
    expect(keys.of(order, all, {})[0]).toEqual(keys.userId('default', 'u1'));
  });
});
