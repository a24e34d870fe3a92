/** The store: everything that is looked up. One interface, one implementation over drizzle, two drivers (PGlite and PostgreSQL). */
import { sql } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import { noLayers, type PepperLayers } from '../crypto/pepper-layers';
import type { AlertNumberStore } from './alert-numbers';
import { alertNumberStore } from './alert-numbers';
import type { AlertStore } from './alerts';
import { alertStore } from './alerts';
import type { AttemptStore } from './attempts';
import { attemptStore } from './attempts';
import type { AttentionStore } from './attention';
import { attentionStore } from './attention';
import type { AuditStore } from './audit';
import { auditStore } from './audit';
import type { CheckStore } from './checks';
import { checkStore } from './checks';
import type { Database } from './driver/database';
import { withPlainErrors } from './driver/database';
import type { SchemaState } from './driver/migrate';
import { migrate } from './driver/migrate';
import { readMigrations } from './driver/migrations';
import { openPglite } from './driver/pglite';
import { openPostgres, patient } from './driver/postgres';
import type { MilestoneStore } from './milestones';
import { milestoneStore } from './milestones';
import type { OperatorTokenStore } from './operator-tokens';
import { operatorTokenStore } from './operator-tokens';
import type { OrderRecordStore } from './order-records';
import { orderRecordStore } from './order-records';
import type { OpenPaymentStore } from './open-payments';
import { openPaymentStore } from './open-payments';
import type { OrderStore } from './orders';
import { orderStore } from './orders';
import type { PaymentIndex } from './payments';
import { paymentIndex } from './payments';
import type { PersonalDataStore } from './personal-data';
import { personalDataStore } from './personal-data';
import { type PepperStore, pepperStore } from './pepper';
import { knownGeneration } from './pepper-generation';
import type { ProviderSecretStore } from './provider-secrets';
import { providerSecretStore } from './provider-secrets';
import type { PurchaseStore } from './purchases';
import { purchaseStore } from './purchases';
import type { PurchaseTotalStore } from './purchase-totals';
import { purchaseTotalStore } from './purchase-totals';
import type { QuarantineStore } from './quarantine';
import { recordedBuyerStore, type RecordedBuyerStore } from './recorded-buyers';
import type { RetentionStore } from './retention';
import { retentionStore } from './retention';
import type { SealedStore } from './sealed';
import { sealedStore } from './sealed';
import type { SettingsStore } from './settings';
import { settingsStore } from './settings';
import type { SignalledFactStore } from './signalled-facts';
import { signalledFactStore } from './signalled-facts';
import type { TallyStore } from './tallies';
import { tallyStore } from './tallies';
import type { TikTokCountStore } from './tiktok-counts';
import { tiktokCountStore } from './tiktok-counts';
import { type BuyerImportStore, buyerImportStore, inHalves } from './users/buyer-import';
import { currentKeys } from './users/current-keys';
import type { FirstPurchaseStore } from './users/first-purchases';
import { firstPurchaseStore } from './users/first-purchases';
import type { RouteStore } from './routes';
import { routeStore } from './routes';
import type { UserJoinStore } from './users/joins';
import type { PageRefusalStore } from './users/page-refusals';
import { pageRefusalStore } from './users/page-refusals';
import type { UserStore } from './users/users';
import { userStore } from './users/users';
import type { VisitorStore } from './users/visitors';
import { visitorStore } from './users/visitors';
import type { WebhookLog } from './webhook-log';
import { webhookLogStore } from './webhook-log';

export { InvalidCursor } from './cursor';
export { QueryFailed, codeOf } from './driver/database';
export { auditCursor } from './audit';
export { lostToken } from './settings';
export { hashOf } from './signalled-facts';
export { isConflict, isRefusedForGood, isUnstorableData } from './driver/refusal';
export { FolderInUse } from './driver/folder-lock';
export { DatabaseUnreachable } from './driver/postgres';
export { SchemaMismatch, type SchemaState } from './driver/migrate';
export type * from './alert-numbers';
export type * from './alerts';
export type * from './attempts';
export type * from './attention';
export type * from './audit';
export type * from './checks';
export type * from './milestones';
export { connectionCheckedAction } from './milestones';
export type * from './operator-tokens';
export type * from './order-records';
export type * from './open-payments';
export type * from './orders';
export type * from './payments';
export type * from './pepper';
export type * from './pepper-generation';
export type * from './personal-data';
export type * from './provider-secrets';
export type { Place } from './place';
export type { PurchaseFilter } from './purchase-filter';
export type * from './purchases';
export type { PurchaseCounts, PurchaseTotal, PurchaseTotalStore, TotalsPeriod } from './purchase-totals';
export { isHeldTotal } from './purchase-totals';
export type * from './quarantine';
export type * from './recorded-buyers';
export type * from './routes';
export type { RetentionRule, RetentionStore, TableName } from './retention';
export type * from './sealed';
export type * from './settings';
export type * from './signalled-facts';
export type * from './tallies';
export type * from './tiktok-counts';
export type { BuyerImportStore, ImportedBuyer, ImportedCounts } from './users/buyer-import';
export type * from './users/erasure';
export type * from './users/first-purchases';
export type * from './users/joins';
export type * from './users/page-refusals';
export type * from './users/registration';
export type { FactToKeep, SettledRegistration } from './users/settled-buyer';
export type * from './users/users';
export type * from './users/visitors';
export type { StatedKeys } from './users/visits';
export type * from './webhook-log';
export type { CheckSummary } from './schema';

/** Every write is keyed and repeatable, since activities run more than once and processes die between two writes. */
export interface Store {
  readonly settings: SettingsStore;
  readonly users: UserStore;
  readonly visitors: VisitorStore;
  readonly userJoins: UserJoinStore;
  readonly pageRefusals: PageRefusalStore;
  readonly firstPurchases: FirstPurchaseStore;
  readonly buyerImports: BuyerImportStore;
  readonly payments: PaymentIndex;
  readonly providerSecrets: ProviderSecretStore;
  readonly purchases: PurchaseStore;
  readonly purchaseTotals: PurchaseTotalStore;
  readonly tallies: TallyStore;
  readonly attempts: AttemptStore;
  readonly quarantine: QuarantineStore;
  readonly alerts: AlertStore;
  readonly alertNumbers: AlertNumberStore;
  readonly attention: AttentionStore;
  readonly audit: AuditStore;
  readonly operatorTokens: OperatorTokenStore;
  readonly orders: OrderStore;
  readonly milestones: MilestoneStore;
  readonly orderRecords: OrderRecordStore;
  readonly recordedBuyers: RecordedBuyerStore;
  readonly personalData: PersonalDataStore;
  readonly retention: RetentionStore;
  readonly routes: RouteStore;
  readonly sealed: SealedStore;
  readonly pepper: PepperStore;
  readonly checks: CheckStore;
  readonly tiktokCounts: TikTokCountStore;
  readonly openPayments: OpenPaymentStore;
  readonly signalledFacts: SignalledFactStore;
  readonly webhookLog: WebhookLog;
  /** Resolves when a query can be answered; rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** `postgres://…`; without it the database is embedded (PGlite). */
  readonly databaseUrl?: string | undefined;
  /** Where the embedded database has its folder. Null keeps it in memory: for tests. */
  readonly dataDir: string | null;
  readonly keyring: Keyring;
  /** Default: none. */
  readonly layers?: PepperLayers;
  /** Told once how the schema was found. */
  readonly onSchema?: (schema: SchemaState) => void;
}

/**
 * Opens the database and brings its schema up to date, where its role may; see `migrateDatabase`.
 * @throws DatabaseUnreachable, FolderInUse, SchemaMismatch; PepperLayerMissing when buyers are known by a layer that is not given
 */
export async function openStore({ databaseUrl, dataDir, keyring, layers = noLayers, onSchema }: StoreOptions): Promise<Store> {
  const { database, schema } = databaseUrl === undefined ? await openEmbedded(dataDir) : await openShared(databaseUrl);
  onSchema?.(schema);
  try {
    await knownGeneration(database.queries, layers);
  } catch (error) {
    await database.close();
    throw error;
  }
  return storeOver(database, keyring, layers);
}

/**
 * Brings the schema up to date and closes the database: what a process does at start, as a step of its own, by the role that owns the
 * tables. Safe beside running processes.
 * @throws DatabaseUnreachable, FolderInUse, SchemaMismatch
 */
export async function migrateDatabase({
  databaseUrl,
  dataDir,
}: Pick<StoreOptions, 'databaseUrl' | 'dataDir'>): Promise<SchemaState> {
  if (databaseUrl !== undefined) return migrateShared(databaseUrl);
  const { database, schema } = await openEmbedded(dataDir);
  await database.close();
  return schema;
}

interface Opened {
  readonly database: Database;
  readonly schema: SchemaState;
}

async function openEmbedded(dataDir: string | null): Promise<Opened> {
  const database = await openPglite(dataDir);
  try {
    return { database, schema: await migrate(database, readMigrations()) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openShared(databaseUrl: string): Promise<Opened> {
  const schema = await migrateShared(databaseUrl);
  return { database: await openPostgres(databaseUrl), schema };
}

async function migrateShared(databaseUrl: string): Promise<SchemaState> {
  const setup = await openPostgres(databaseUrl, patient);
  try {
    return await migrate(setup, readMigrations());
  } finally {
    await setup.close();
  }
}

/** The store over an open database whose schema is up to date. */
export function storeOver(database: Database, keyring: Keyring, layers: PepperLayers = noLayers): Store {
  const current = currentKeys(database, keyring, layers);
  return withPlainErrors<Store>({
    settings: withPlainErrors(settingsStore(database, keyring)),
    users: withPlainErrors(current.over((over) => userStore(over, keyring))),
    visitors: withPlainErrors(current.over((over) => visitorStore(over, keyring))),
    userJoins: withPlainErrors(current.userJoins()),
    pageRefusals: withPlainErrors(pageRefusalStore(database)),
    firstPurchases: withPlainErrors(current.over((over) => firstPurchaseStore(over, keyring))),
    buyerImports: withPlainErrors(inHalves(current.over((over) => buyerImportStore(over, keyring)))),
    payments: withPlainErrors(paymentIndex(database)),
    providerSecrets: withPlainErrors(providerSecretStore(database, keyring)),
    purchases: withPlainErrors(current.over((over) => purchaseStore(over))),
    purchaseTotals: withPlainErrors(purchaseTotalStore(database)),
    tallies: withPlainErrors(tallyStore(database)),
    attempts: withPlainErrors(attemptStore(database, keyring)),
    quarantine: withPlainErrors(current.quarantine()),
    alerts: withPlainErrors(alertStore(database)),
    alertNumbers: withPlainErrors(alertNumberStore(database)),
    attention: withPlainErrors(attentionStore(database)),
    audit: withPlainErrors(auditStore(database)),
    operatorTokens: withPlainErrors(operatorTokenStore(database)),
    orders: withPlainErrors(orderStore(database)),
    milestones: withPlainErrors(milestoneStore(database)),
    orderRecords: withPlainErrors(orderRecordStore(database)),
    recordedBuyers: withPlainErrors(recordedBuyerStore(database, keyring)),
    personalData: withPlainErrors(current.over((over) => personalDataStore(over, keyring))),
    retention: withPlainErrors(retentionStore(database)),
    routes: withPlainErrors(routeStore(database, keyring)),
    sealed: withPlainErrors(sealedStore(database, keyring)),
    pepper: withPlainErrors(pepperStore(database, keyring, layers)),
    checks: withPlainErrors(checkStore(database)),
    tiktokCounts: withPlainErrors(tiktokCountStore(database)),
    openPayments: withPlainErrors(openPaymentStore(database)),
    webhookLog: withPlainErrors(webhookLogStore(database)),
    signalledFacts: withPlainErrors(signalledFactStore(database)),
    ping: async () => void (await database.queries.execute(sql`select 1`)),
    close: () => database.close(),
  });
}
