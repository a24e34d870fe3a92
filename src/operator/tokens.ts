/** Tokens by name: made here and shown once, revoked here. For the API and for the pages. */
import { randomBytes } from 'node:crypto';
import { type OperatorTokens, tokenHash } from '../application/operator-tokens';
import { conflict, notFound } from '../http/problem';
import type { OperatorToken, Store } from '../store';
import type { Role } from './route';

export interface TokensDeps {
  readonly operatorTokens: Pick<Store['operatorTokens'], 'add' | 'list' | 'revoke'>;
  readonly knownTokens: Pick<OperatorTokens, 'refresh'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  /** What concerns the service as a whole stands in the log of the first. */
  readonly integrations: readonly string[];
  readonly nowMs: () => number;
}

/** Enough for everybody and every program; too few to fill a database. */
const tokensAtMost = 100;

/** The newest first; revoked ones last. */
export async function listTokens({ operatorTokens }: TokensDeps): Promise<readonly OperatorToken[]> {
  const all = [...(await operatorTokens.list())].reverse();
  return [...all.filter(({ revokedAtMs }) => revokedAtMs === null), ...all.filter(({ revokedAtMs }) => revokedAtMs !== null)];
}

/**
 * Makes a token and returns it, which is the only time that anybody sees it.
 * @throws Problem 409 when another that is not revoked has the name.
 */
export async function makeToken(
  deps: TokensDeps,
  { name, role, by }: { readonly name: string; readonly role: Role; readonly by: string },
): Promise<{ readonly token: string; readonly made: OperatorToken }> {
  const active = (await deps.operatorTokens.list()).filter(({ revokedAtMs }) => revokedAtMs === null);
  if (active.length >= tokensAtMost)
    throw conflict(`there are ${tokensAtMost} tokens already: revoke those that are no longer used`);
  // The prefix is for those who search code and logs for secrets.
  const token = `relay_${role}_${randomBytes(32).toString('base64url')}`;
  const id = randomBytes(6).toString('hex');
  const createdAtMs = deps.nowMs();
  const isNew = await deps.operatorTokens.add({ id, name, role, hash: tokenHash(token), createdBy: by, createdAtMs });
  if (!isNew) throw conflict(`${name} has a token: revoke it first, or give this one another name`);
  await deps.knownTokens.refresh();
  await note(deps, by, 'token.add', `${name} (${role})`);
  return { token, made: { id, name, role, createdBy: by, createdAtMs, lastUsedAtMs: null, revokedAtMs: null } };
}

/** It opens nothing from now on; sessions of the console that it opened end. @throws Problem 404 */
export async function revokeToken(deps: TokensDeps, id: string, by: string): Promise<OperatorToken> {
  const known = (await deps.operatorTokens.list()).find((token) => token.id === id);
  if (!known || !(await deps.operatorTokens.revoke(id, deps.nowMs()))) throw notFound('there is no such token');
  await deps.knownTokens.refresh();
  await note(deps, by, 'token.revoke', known.name);
  return known;
}

async function note({ audit, integrations, nowMs }: TokensDeps, by: string, action: string, target: string): Promise<void> {
  const [integration = 'default'] = integrations;
  await audit.append({ integration, atMs: nowMs(), by, action, target, reason: null });
}
