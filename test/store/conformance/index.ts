/** What every database behind the store must do: each interface has its file. */
import { QueryFailed, type Store } from '../../../src/store';
import { noonMs, oldKeyring } from '../../support/store-samples';
import { alertsConformance } from './alerts';
import { attemptsConformance } from './attempts';
import { attentionConformance } from './attention';
import { auditConformance } from './audit';
import { buyerImportsConformance } from './buyer-imports';
import { checksConformance } from './checks';
import { firstPurchasesConformance } from './first-purchases';
import { milestonesConformance } from './milestones';
import { operatorTokensConformance } from './operator-tokens';
import { orderRecordsConformance } from './order-records';
import { ordersConformance } from './orders';
import { paymentsConformance } from './payments';
import { providerSecretsConformance } from './provider-secrets';
import { purchaseTotalsConformance } from './purchase-totals';
import { purchasesConformance } from './purchases';
import { quarantineConformance } from './quarantine';
import { recordedBuyersConformance } from './recorded-buyers';
import { routesConformance } from './routes';
import { sealedConformance } from './sealed';
import { settingsConformance } from './settings';
import { settledBuyersConformance } from './settled-buyers';
import { signalledFactsConformance } from './signalled-facts';
import { talliesConformance } from './tallies';
import { usersConformance } from './users';
import { webhookLogConformance } from './webhook-log';
import { joinsConformance } from './joins';
import { visitorsConformance } from './visitors';
import { browserPurchasesConformance } from './browser-purchases';
import { orderCheckoutsConformance } from './order-checkouts';
import { erasureConformance } from './erasure';
import type { OpenedStores } from './world';

export interface Conformance {
  /** Each call renames what is known of buyers, so that none is known as the fact before named them. */
  readonly renamesAlways?: boolean;
}

/** Runs all conformance tests on one database. `start` makes it. */
export function storeConformance(
  name: string,
  start: () => Promise<OpenedStores>,
  { renamesAlways = false }: Conformance = {},
): void {
  describe(`the store over ${name}`, () => {
    let stores: OpenedStores;
    let store: Store;
    let other: Store;
    let integration = '';
    let tests = 0;
    const world = () => ({ stores, store, other, integration });

    beforeAll(async () => {
      stores = await start();
      store = await stores.open(oldKeyring);
      other = await stores.open(oldKeyring);
    });
    afterAll(async () => stores.close());
    beforeEach(() => {
      tests += 1;
      integration = `integration-${tests}`;
    });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('fails a query without showing its parameters', async () => {
      const failing = store.audit.append({
        integration,
        atMs: noonMs,
        by: 'zero \0 byte',
        action: 'a',
        target: 't',
        reason: null,
      });
      const error: unknown = await failing.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueryFailed);
      expect(String(error)).not.toContain('zero');
    });

    settingsConformance(world);
    usersConformance(world);
    firstPurchasesConformance(world);
    buyerImportsConformance(world);
    visitorsConformance(world);
    joinsConformance(world);
    browserPurchasesConformance(world);
    orderCheckoutsConformance(world);
    erasureConformance(world);
    paymentsConformance(world);
    purchasesConformance(world);
    purchaseTotalsConformance(world);
    attemptsConformance(world);
    ordersConformance(world);
    operatorTokensConformance(world);
    orderRecordsConformance(world);
    attentionConformance(world);
    checksConformance(world);
    signalledFactsConformance(world);
    webhookLogConformance(world);
    settledBuyersConformance(world, renamesAlways);
    quarantineConformance(world);
    talliesConformance(world);
    alertsConformance(world);
    auditConformance(world);
    providerSecretsConformance(world);
    routesConformance(world);
    sealedConformance(world);
    milestonesConformance(world);
    recordedBuyersConformance(world);
  });
}
