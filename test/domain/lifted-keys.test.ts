import type { UserKey } from '../../src/domain/identity';
import { withLifted } from '../../src/domain/observe';

const id: UserKey = { kind: 'user_id', hmac: 'a' };
const mail: UserKey = { kind: 'email', hmac: 'b' };
const order: UserKey = { kind: 'order', hmac: 'c' };

describe('the keys of an order under a newer pepper', () => {
  it('are the newer forms, in the order of before', () => {
    expect(withLifted([id, mail, order], { a: '2.a', c: '2.c' })).toEqual([
      { ...id, hmac: '2.a' },
      mail,
      { ...order, hmac: '2.c' },
    ]);
  });

  it('are each there once, where the order had both forms', () => {
    const lifted = { ...id, hmac: '2.a' };
    expect(withLifted([lifted, mail, id], { a: '2.a' })).toEqual([lifted, mail]);
    expect(withLifted([id, mail, lifted], { a: '2.a' })).toEqual([lifted, mail]);
  });

  it('stay what they are where nothing is said of them, whatever they are called', () => {
    const strange: UserKey[] = [{ kind: 'email', hmac: 'constructor' }];
    expect(withLifted(strange, {})).toEqual(strange);
    expect(withLifted([], { a: '2.a' })).toEqual([]);
  });
});
