import { createHmac } from 'node:crypto';
import {
  createPepperLayers,
  generationOf,
  markOf,
  noLayers,
  PepperBehind,
  PepperLayerMissing,
} from '../../src/crypto/pepper-layers';
import { createUserKeys } from '../../src/crypto/user-keys';

const two = createPepperLayers(['the second', 'the third']);
const { hmac } = createUserKeys('the first').userId('default', 'anna');

describe('a layer of the pepper', () => {
  it('is an HMAC over the one before, and says its generation', () => {
    const second = createHmac('sha256', 'the second').update(hmac.slice(0, 22)).digest('base64url');
    expect(two.lift(hmac, 2)).toBe(`2.${second}`);
    const third = createHmac('sha256', 'the third')
      .update(`2.${second.slice(0, 22)}`)
      .digest('base64url');
    expect(two.lift(hmac, 3)).toBe(`3.${third}`);
    expect([hmac, two.lift(hmac, 2), two.lift(hmac, 3)].map(generationOf)).toEqual([1, 2, 3]);
  });

  it('comes to the same in one step and in two', () => {
    expect(two.lift(two.lift(hmac, 2), 3)).toBe(two.lift(hmac, 3));
  });

  it('is drawn once: what has the generation stays as it is', () => {
    for (const generation of [1, 2, 3]) {
      const lifted = two.lift(hmac, generation);
      expect(two.lift(lifted, generation)).toBe(lifted);
    }
    expect(noLayers.lift(hmac, 1)).toBe(hmac);
  });

  it('tells two buyers and two secrets apart', () => {
    const { hmac: other } = createUserKeys('the first').userId('default', 'ben');
    expect(two.lift(other, 2)).not.toBe(two.lift(hmac, 2));
    expect(createPepperLayers(['another']).lift(hmac, 2)).not.toBe(two.lift(hmac, 2));
  });

  it('can be drawn over a mark that was kept alone', () => {
    for (const generation of [2, 3]) expect(markOf(two.lift(markOf(hmac), generation))).toBe(markOf(two.lift(hmac, generation)));
    expect(markOf(hmac)).toHaveLength(22);
    expect(markOf(two.lift(hmac, 2))).toHaveLength(24);
  });

  it.each([
    [two, 4, 'generation 4 of the pepper, and USER_ID_PEPPER_LAYERS ends with 3: put layer 4 back (USER_ID_PEPPER_LAYERS=…,4:'],
    [noLayers, 2, 'generation 2 of the pepper, and USER_ID_PEPPER_LAYERS is not set: put layer 2 back (USER_ID_PEPPER_LAYERS=2:'],
  ])('that is missing is named', (layers, generation, message) => {
    expect(() => layers.lift(hmac, generation)).toThrow(PepperLayerMissing);
    expect(() => layers.lift(`${generation}.abc`, 1)).toThrow(message);
  });

  it('is never taken off', () => {
    expect(() => two.lift(two.lift(hmac, 3), 2)).toThrow(PepperBehind);
    expect(() => two.lift(two.lift(hmac, 3), 2)).toThrow('generation 3 of the pepper, the database is at 2');
  });

  it('gives all forms in which somebody may be known, the given one first', () => {
    expect(two.forms(hmac)).toEqual([hmac, two.lift(hmac, 2), two.lift(hmac, 3)]);
    expect(two.forms(two.lift(hmac, 2))).toEqual([two.lift(hmac, 2), two.lift(hmac, 3)]);
    expect(noLayers.forms(hmac)).toEqual([hmac]);
  });
});
