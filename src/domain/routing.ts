/** Which integrations a provider's account feeds: all that take it, of all its payments or of those whose metadata says so. */

/** The provider's metadata of a fact, as flat texts under the merchant's own keys. It decides where a fact goes, and is kept nowhere. */
export type Metadata = Readonly<Record<string, string>>;

/** The payments that an integration takes: every key is one of the metadata, and has one of these values. */
export type Only = Readonly<Record<string, readonly string[]>>;

/** An integration that takes an account's payments; `only` is null for all of them. */
export interface Taker {
  readonly integration: string;
  readonly only: Only | null;
}

/**
 * What a fact's own metadata says of whose it is: this taker's, somebody else's (a key has another value), or nothing (a key is not there,
 * as in a refund). Then its order decides.
 */
export type Belonging = 'here' | 'elsewhere' | 'not_said';

/** What the metadata says. Values are compared as they are, without the spaces around them; an empty one says nothing. */
export function belongingOf(only: Only | null, metadata: Metadata = {}): Belonging {
  if (only === null) return 'here';
  const said = Object.entries(only).map(([key, values]): Belonging => {
    const value = Object.hasOwn(metadata, key) ? (metadata[key] ?? '').trim() : '';
    if (value === '') return 'not_said';
    return values.includes(value) ? 'here' : 'elsewhere';
  });
  if (said.includes('elsewhere')) return 'elsewhere';
  return said.includes('not_said') ? 'not_said' : 'here';
}
