/** The properties of every provider's lives. The purchases of a life are the oracle; they are computed without the service. */
import fc from 'fast-check';
import type { Settings } from '../../src/domain/settings';
import { runs } from '../support/effort';
import type { Life, Purchase } from './life';
import { isSent, limited } from './life';
import { accountOf, bursts, fatesOf, phasesOf, played, rightAccount, sentIds } from './play';

/** `usual` is the number of lives per property in CI. */
export function describeLives(provider: string, lives: fc.Arbitrary<Life>, usual: number): void {
  const numRuns = runs(usual);

  describe(`any life of a buyer at ${provider}`, () => {
    it('comes to exactly its purchases, each in its phase, when its webhooks come in time', async () => {
      const property = fc.asyncProperty(lives, async (life) => {
        const relay = await played(life, life.webhooks);
        expect(await accountOf(relay, life)).toEqual(rightAccount(life.purchases));
        expect(sentIds(relay)).toEqual(idsOf(life.purchases.filter(isSent)));
      });
      await fc.assert(property, { numRuns });
    });

    it('comes to the same payments, and as many of each phase, in any order and with repetitions', async () => {
      const property = fc.asyncProperty(bursts(lives), async ({ life, webhooks }) => {
        const relay = await played(life, webhooks, anyAge);
        const [account, right] = [await accountOf(relay, life), rightAccount(life.purchases)];
        expect(fatesOf(account)).toEqual(fatesOf(right));
        expect(sentIds(relay)).toEqual(idsOf(life.purchases.filter(isSent)));
        if (!life.isFirstPeriodFree) expect(phasesOf(account)).toEqual(phasesOf(right));
      });
      await fc.assert(property, { numRuns });
    });

    it('leaves what the limit leaves of it', async () => {
      const property = fc.asyncProperty(bursts(lives), async ({ life, webhooks }) => {
        const right = idsOf(limited(life.purchases));
        expect(sentIds(await played(life, life.webhooks, limitOn))).toEqual(right);
        // Of several orders the one that is heard of first has the first purchase.
        if (life.orders > 1 || life.isFirstPeriodFree) return;
        expect(sentIds(await played(life, webhooks, { ...limitOn, ...anyAge }))).toHaveLength(right.length);
      });
      await fc.assert(property, { numRuns });
    });
  });
}

const limitOn: Partial<Settings> = { limitPurchaseEvents: true };
/** A burst comes after the last event has happened; by then the first are old. */
const anyAge: Partial<Settings> = { maxEventAgeHours: 87_600 };

function idsOf(purchases: readonly Purchase[]): readonly string[] {
  return purchases.map(({ moneyId }) => moneyId).sort();
}
