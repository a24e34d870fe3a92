/** Pixel: the snippet for the shop's pages, the origins that may call, and what has come of late. */
import { dayMs } from '../../domain/duration';
import { refusals } from '../../application/refusals';
import { describeSnippet } from '../../operator/pixel-snippet-routes';
import { Banner } from '../parts/banner';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { grouped } from '../parts/money';
import { Table } from '../parts/table';
import { Time } from '../parts/time';
import { type Context, page } from '../route';

const days = 7;

export const pixelPage = page({
  path: '/pixel',
  title: 'Pixel',
  section: 'pixel',
  async render(ctx) {
    const { deps, integration, nowMs } = ctx;
    const toDay = Math.floor(nowMs / dayMs) + 1;
    const [{ snippet, pixelCode, contentSecurityPolicy }, { origins }, calls] = await Promise.all([
      describeSnippet(deps, integration),
      refusals(deps, { integration, fromMs: nowMs - days * dayMs, toMs: nowMs }),
      deps.tallies.read({ integration, names: ['page_calls'], fromDay: toDay - days, toDay }),
    ]);
    const policy = Object.entries(contentSecurityPolicy)
      .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
      .join('; ');
    return (
      <>
        {pixelCode === null && (
          <Banner tone="warn" title="No pixel is set." action={<a href={ctx.href('/tiktok')}>Set the pixel</a>}>
            The snippet works already, and loads no script of TikTok until there is one.
          </Banner>
        )}
        <Card title="On your pages" actions={<CopyButton text={snippet} label="Copy the snippet" />}>
          <p>
            Paste this into the <code>head</code> of each page from the landing page to the checkout. It keeps the TikTok click
            until the purchase comes, and reports the purchase in the browser, once, together with the server.
          </p>
          <pre class="json" tabIndex={0} role="region" aria-label="The snippet">
            {snippet}
          </pre>
        </Card>
        <Card title="Content-Security-Policy" actions={<CopyButton text={policy} label="Copy the policy" />}>
          <p>Only where your pages have such a policy, which lists the sources that may be loaded: add these.</p>
          <pre class="json" tabIndex={0} role="region" aria-label="The policy">
            {policy}
          </pre>
        </Card>
        <Card title="Pages that may call">
          <ul>
            {deps.allowedOrigins.map((origin) => (
              <li>
                <code>{origin}</code>
              </li>
            ))}
          </ul>
          <p class="muted">
            Set by the variable <code>ALLOWED_ORIGINS</code>; a restart makes a change of it count.
          </p>
          {origins.length > 0 && <RefusedOrigins ctx={ctx} origins={origins} />}
        </Card>
        <Card title={`Calls of the last ${days} days`}>
          <Calls ctx={ctx} calls={calls} />
        </Card>
      </>
    );
  },
});

function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <button type="button" class="button" data-copy={text}>
      {label}
    </button>
  );
}

interface RefusedOriginsProps {
  readonly ctx: Context;
  readonly origins: Awaited<ReturnType<typeof refusals>>['origins'];
}

function RefusedOrigins({ ctx, origins }: RefusedOriginsProps) {
  const allowed = [...ctx.deps.allowedOrigins, origins[0]?.origin ?? ''].join(',');
  return (
    <>
      <Banner tone="warn" title="Other pages were turned away.">
        If one of them is yours, allow it and restart: <code>ALLOWED_ORIGINS={allowed}</code>
      </Banner>
      <Table
        caption="Origins that were turned away"
        columns={[
          { title: 'Origin', cell: ({ origin }) => <code>{origin}</code> },
          { title: 'Calls', numeric: true, cell: ({ count }) => grouped(String(count)) },
          { title: 'Last', cell: ({ lastAtMs }) => <Time atMs={lastAtMs} nowMs={ctx.nowMs} /> },
        ]}
        rows={origins}
      />
    </>
  );
}

interface CallsProps {
  readonly ctx: Context;
  readonly calls: readonly { readonly label: string; readonly count: number; readonly lastAtMs: number }[];
}

function Calls({ ctx, calls }: CallsProps) {
  const byLabel = new Map<string, { label: string; count: number; lastAtMs: number }>();
  for (const { label, count, lastAtMs } of calls) {
    const before = byLabel.get(label);
    byLabel.set(label, { label, count: (before?.count ?? 0) + count, lastAtMs: Math.max(before?.lastAtMs ?? 0, lastAtMs) });
  }
  if (byLabel.size === 0)
    return (
      <Empty title="No page has called yet">
        Once the snippet is on a page, each visitor who is known by a user id, an e-mail or a checkout is counted here.
      </Empty>
    );
  return (
    <Table
      caption="Calls of pages, by what they asked"
      columns={[
        { title: 'What', cell: ({ label }) => wordsOf(label) },
        { title: 'Calls', numeric: true, cell: ({ count }) => grouped(String(count)) },
        { title: 'Last', cell: ({ lastAtMs }) => <Time atMs={lastAtMs} nowMs={ctx.nowMs} /> },
      ]}
      rows={[...byLabel.values()].sort((one, other) => other.count - one.count)}
    />
  );
}

/** Of `collect 204`: what was asked, and how it was answered. */
function wordsOf(label: string): string {
  const [route, status = ''] = label.split(' ');
  const asked = route === 'purchase' ? 'May this purchase be reported?' : 'A visitor and a click';
  return `${asked} – ${answers[status] ?? 'refused'} (${status})`;
}

const answers: Readonly<Record<string, string>> = {
  200: 'answered',
  204: 'taken',
  400: 'not understood',
  403: 'refused, of a foreign origin',
  429: 'refused, too many from one address',
  503: 'could not be stored, and was sent again',
};
