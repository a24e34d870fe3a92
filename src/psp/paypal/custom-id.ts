import type { MetadataReading } from '../metadata';
import { readMetadata } from '../metadata';

/**
 * PayPal keeps one text of 127 characters for the merchant: a checkout id, or our keys as `key=value&…`.
 * https://developer.paypal.com/docs/api/subscriptions/v1/#subscriptions_create
 */
export function readCustomId(...texts: readonly (string | null | undefined)[]): MetadataReading {
  return readMetadata(...texts.map(placeOf));
}

function placeOf(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text.trim() === '') return undefined;
  return text.includes('=') ? Object.fromEntries(new URLSearchParams(text.trim())) : { checkout_id: text };
}
