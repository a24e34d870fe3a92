import { findSecrets } from '../../scripts/find-secrets';

/** Put together here, so that this file holds no text that looks like a secret. */
const joined = (...parts: string[]): string => parts.join('');

describe('findSecrets', () => {
  it.each([
    ['webhook signing secret', joined('whsec_', 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE')],
    ['Stripe key', joined('sk_', 'live_', '51HxAbCdEfGhIjKlMn')],
    ['Stripe key', joined('rk_', 'live_', '51HxAbCdEfGhIjKlMn')],
    ['Stripe key', joined('sk_', 'test_', '51HxAbCdEfGhIjKlMn')],
    ['Paddle key', joined('pdl_', 'live_apikey_', '01gtgztp8f4kek3yd4g1wrksa3')],
    ['Paddle key', joined('pdl_', 'ntfset_', '01gtgztp8f4kek3yd4g1wrksa3')],
    ['AWS key id', joined('AKIA', 'ABCDEFGHIJKLMNOP')],
    ['GitHub token', joined('ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8')],
    ['npm token', joined('npm_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8')],
    ['Slack token', joined('xoxb-', '123456789012-abcdefghijkl')],
    ['private key', joined('-----BEGIN ', 'RSA PRIVATE KEY-----')],
    ['private key', joined('-----BEGIN ', 'PRIVATE KEY-----')],
    ['TikTok access token', joined('TIKTOK_ACCESS_TOKEN=', '0123456789abcdef0123456789abcdef01234567')],
    ['encryption key', joined('ENCRYPTION_KEYS=', 'k1:', 'A'.repeat(43), '=')],
    ['password in a database URL', joined('postgres://relay:', 'J8sk2lqPw0xNz', '@db.internal:5432/relay')],
  ])('finds a %s (%s)', (kind, secret) => {
    expect(findSecrets(`first\nconst value = '${secret}';\nlast`)).toEqual([{ line: 2, kind }]);
  });

  it.each([
    ['a placeholder', 'STRIPE_WEBHOOK_SECRETS=whsec_…'],
    ['a made-up signing secret', "const secret = 'whsec_of_the_example_funnel_in_this_repository';"],
    ['a short signing secret', 'whsec_dGVzdA=='],
    ['the published example of Standard Webhooks', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['a key of words', 'sk_live_verysecretverysecret1234'],
    ['a short key', 'rk_test_recorder'],
    ['a pattern for keys', '/^[sr]k_test_/.test(key)'],
    ['the published example of AWS', 'AKIAIOSFODNN7EXAMPLE'],
    ['a word that ends like a key id', 'NAKIAABCDEFGHIJKLMNOP'],
    ['a public key', '-----BEGIN PUBLIC KEY-----'],
    ['a certificate', '-----BEGIN CERTIFICATE-----'],
    ['a variable without its value', 'TIKTOK_ACCESS_TOKEN: ${TIKTOK_ACCESS_TOKEN:-}'],
    ['a description of keys', 'ENCRYPTION_KEYS=k1:<the output of openssl rand -base64 32>'],
    ['a URL whose password is a variable', 'postgres://relay:${POSTGRES_PASSWORD:?set}@postgres:5432/relay'],
    ['a URL with an example password', 'postgres://relay:secret@db.example.com:5432/relay'],
  ])('passes over %s', (_, text) => {
    expect(findSecrets(text)).toEqual([]);
  });

  it('names every line once for each kind', () => {
    const key = joined('AKIA', 'ABCDEFGHIJKLMNOP');
    expect(findSecrets(`${key}\n\n${key} ${key}`)).toEqual([
      { line: 1, kind: 'AWS key id' },
      { line: 3, kind: 'AWS key id' },
    ]);
  });
});
