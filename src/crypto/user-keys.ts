/** The identifiers of buyers as HMACs, so that no identifier appears in clear in an id, a search attribute or a log line. */
import { createHmac } from 'node:crypto';
import type { IdentifierKind, Identity, IdentityHints, UserKey } from '../domain/identity';
import { identifierKinds } from '../domain/identity';
import { visibleText } from '../domain/text';
import { noLayers, type PepperLayers } from './pepper-layers';

export interface OrderOfKeys {
  readonly integration: string;
  readonly psp: string;
  readonly subscription: string;
}

export interface UserKeys {
  /** All identifiers that the hints carry, strongest first; always ends with the order itself. */
  of(order: OrderOfKeys, hints: IdentityHints, identity: Identity): readonly UserKey[];
  /** The identifiers of a buyer of whom no order is known (yet). */
  ofBuyer(integration: string, hints: IdentityHints, identity: Identity): readonly UserKey[];
  /** The merchant's own user id. */
  userId(integration: string, userId: string): UserKey;
  /**
   * Stands for who asks: the address and browser of a request, and the user id or e-mail that it names; null when it names neither. Not a
   * buyer's identifier.
   */
  caller(integration: string, from: IdentityHints, stated: UserKey | null): string | null;
  /** The provider's id of a customer, which means something at that provider only. */
  customer(integration: string, psp: string, customerId: string): UserKey;
  /** An HMAC in each form that database and workflows may know it by: with none, and with each layer of the pepper. */
  forms(hmac: string): readonly string[];
}

/**
 * `pepper` is secret: without it an HMAC can't be matched to a user by trying identifiers. Keys are made without layers: the store lifts them to
 * the generation that the database is at.
 */
export function createUserKeys(pepper: string, layers: Pick<PepperLayers, 'forms'> = noLayers): UserKeys {
  const key = (kind: IdentifierKind, integration: string, value: string): UserKey => ({
    kind,
    hmac: createHmac('sha256', pepper)
      .update(JSON.stringify([integration, kind, value]))
      .digest('base64url'),
  });
  const known = (integration: string, values: Partial<Record<IdentifierKind, string | undefined>>): readonly UserKey[] =>
    identifierKinds.flatMap((kind) => {
      const value = visibleText(values[kind] ?? '');
      return value === '' ? [] : [key(kind, integration, value)];
    });
  return {
    of: ({ integration, psp, subscription }, { userId, customerId, checkoutId }, { emailSha256 }) => {
      const customer = visibleText(customerId ?? '');
      return known(integration, {
        user_id: userId,
        email: emailSha256,
        customer: customer === '' ? undefined : customerAt(psp, customer),
        checkout: checkoutId,
        order: `${psp}:${subscription}`,
      });
    },
    ofBuyer: (integration, { userId, checkoutId }, { emailSha256 }) =>
      known(integration, { user_id: userId, email: emailSha256, checkout: checkoutId }),
    caller: (integration, { ip = '', userAgent = '' }, stated) =>
      stated &&
      createHmac('sha256', pepper)
        .update(JSON.stringify([integration, 'caller', ip, userAgent, stated.hmac]))
        .digest('base64url'),
    userId: (integration, userId) => key('user_id', integration, visibleText(userId)),
    forms: (hmac) => layers.forms(hmac),
    customer: (integration, psp, customerId) => key('customer', integration, customerAt(psp, visibleText(customerId))),
  };
}

function customerAt(psp: string, customerId: string): string {
  return `${psp}:${customerId}`;
}
