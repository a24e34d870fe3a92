/** `/webhooks/:psp` by HTTP: signed, unsigned and badly signed, of every provider. */
import fc from 'fast-check';
import { ask, checkProblem, documented, headerText } from '../http';
import { damage, damaged, jsonOf, mutated, mutation, oddText } from '../mutations';
import { accountOf, psps, sales, type Sent } from '../providers';
import { target, type Target, Undocumented } from '../run';

const dayMs = 86_400_000;
const signings = ['right', 'none', 'of another body', 'old', 'odd', 'twice'] as const;

/** Orders of many names, so that each has a few payments, as orders have. */
const names = 150;

export function webhookTarget(url: string): Target {
  const startMs = Date.now() - 2 * dayMs;
  const sold = new Map<string, readonly Sent[]>();
  const sentBy = (psp: string, nth: number): readonly Sent[] => {
    const key = `${psp} ${nth}`;
    const known = sold.get(key) ?? sales(psp, `f${nth}`, startMs - (nth % 3) * 30 * dayMs);
    sold.set(key, known);
    return known;
  };
  return target({
    name: 'POST /webhooks/:psp',
    atOnce: 8,
    inputs: fc
      .record({
        psp: fc.noBias(fc.constantFrom(...psps)),
        nth: fc.noBias(fc.nat({ max: names })),
        event: fc.noBias(fc.nat()),
        mutations: fc.array(mutation, { maxLength: 4 }),
        how: damage,
        signing: fc.oneof({ weight: 14, arbitrary: fc.constant('right' as const) }, fc.constantFrom(...signings)),
        header: oddText,
        type: fc.oneof(
          { weight: 10, arbitrary: fc.constant('application/json') },
          fc.constantFrom('text/plain', '', 'a/b; charset=x'),
        ),
        encoding: fc.oneof({ weight: 40, arbitrary: fc.constant(null) }, fc.constantFrom('gzip', 'br', 'x')),
        path: fc.oneof({ weight: 40, arbitrary: fc.constant('psp' as const) }, fc.constantFrom('integration', 'unknown', 'odd')),
      })
      .map((drawn) => {
        const all = sentBy(drawn.psp, drawn.nth);
        const { body, headers } = all[drawn.event % all.length]!;
        return { ...drawn, headers, raw: damaged(jsonOf(mutated(structuredClone(body), drawn.mutations)), drawn.how) };
      }),
    size: ({ raw }) => raw.length,
    shown: ({ psp, path, signing, type, encoding, header, headers, raw }) =>
      `${psp} ${JSON.stringify({ path, signing, type, encoding, header, headers })} ${raw.toString('utf8')}`,
    async handle({ psp, path, signing, type, encoding, header, headers, raw }) {
      const place = {
        psp,
        integration: `default/${psp}`,
        unknown: `nobody/${psp}`,
        odd: encodeURIComponent(wellFormed(header)) || 'x',
      }[path];
      const signed = signatureOf(psp, signing, raw, header);
      const answer = await ask(`${url}/webhooks/${place}`, {
        method: 'POST',
        headers: {
          ...(type === '' ? {} : { 'content-type': type }),
          ...(encoding === null ? {} : { 'content-encoding': encoding }),
          ...headers,
          ...signed,
        },
        body: new Uint8Array(raw),
      });
      const where = `POST /webhooks (${psp}, ${signing})`;
      checkProblem(where, answer);
      if (path === 'unknown' || path === 'odd') return documented(`${where} of nobody`, answer, [400, 404, 413, 415]);
      if (encoding !== null) return documented(`${where} encoded`, answer, [400, 401, 413, 415]);
      if (raw.length > 1_048_576) return documented(`${where} of ${raw.length} bytes`, answer, [413]);
      if (answer.status === 200 || answer.status === 202) checkTaken(where, answer.status, answer.body);
      return `${signing === 'right' ? '' : `${signing}: `}${documented(where, answer, allowedFor(psp, signing))}`;
    },
  });
}

/** Statuses of product.md, section 11. */
function allowedFor(psp: string, signing: (typeof signings)[number]): readonly number[] {
  // A header alone proves some providers; an older one may be right, and so may be one with something beside what is right.
  const mayPass =
    !['none', 'of another body'].includes(signing) || (signing !== 'none' && ['revenuecat', 'funnelfox'].includes(psp));
  // What a provider signed may say that it was signed in the future, or be of another type than its header.
  return mayPass ? [200, 202, 400, 401] : [401];
}

function signatureOf(psp: string, signing: (typeof signings)[number], raw: Buffer, odd: string): Record<string, string> {
  const sign = (body: Buffer, atMs: number): Record<string, string> => ({ ...accountOf(psp).sign(body, atMs) });
  const right = sign(raw, Date.now());
  const [name = ''] = Object.keys(right).reverse();
  switch (signing) {
    case 'right':
      return right;
    case 'none':
      return {};
    case 'of another body':
      return sign(Buffer.concat([raw, Buffer.from(' ')]), Date.now());
    case 'old':
      return sign(raw, Date.now() - 5 * dayMs);
    case 'odd':
      return { ...right, [name]: headerText(odd) };
    case 'twice':
      return { ...right, [name]: `${right[name] ?? ''}, ${headerText(odd)}` };
  }
}

function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '').replace(/^\.+$/, 'dots');
}

function checkTaken(where: string, status: number, body: unknown): void {
  const { outcome, facts } = (body ?? {}) as { readonly outcome?: unknown; readonly facts?: unknown };
  const expected = status === 202 ? ['quarantined'] : ['accepted', 'ignored'];
  if (!expected.includes(String(outcome)) || !Array.isArray(facts))
    throw new Undocumented(`${where}: ${status} says ${String(outcome)}`);
}
