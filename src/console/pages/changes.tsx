/** Change log: what was changed and done, by whom, from what to what; settings can be set back. */
import { z } from 'zod';
import { auditedInWords } from '../../operator/audit-words';
import { changeLog, type ChangeLogEntry, cursorAtVersion } from '../../operator/change-log';
import { isPlainText } from '../../operator/request';
import { changeInWords } from '../../operator/settings-words';
import { changesOf, undoChange } from '../../operator/settings-history';
import { Card } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Diff } from '../parts/diff';
import { Empty } from '../parts/empty';
import { Field, Select } from '../parts/form';
import { Pager } from '../parts/pager';
import { Time } from '../parts/time';
import { action, type Context, page, redirect } from '../route';

const kinds = [
  { value: '', label: 'Everything' },
  { value: 'settings', label: 'Settings' },
  { value: 'commands', label: 'Commands' },
] as const;

const text = z.string().refine((given) => isPlainText(given, 200), 'must have at most 200 characters');

const filters = z.strictObject({
  kind: z.enum(['settings', 'commands'], 'must be settings or commands').optional(),
  by: text.optional(),
  target: text.optional(),
  cursor: text.optional(),
});

export const changesPage = page({
  path: '/changes',
  title: 'Change log',
  section: 'changes',
  async render(ctx) {
    const { cursor, ...filter } = ctx.refused ? {} : ctx.query(filters);
    const { items, nextCursor } = await changeLog(ctx.deps, {
      integration: ctx.integration,
      ...filter,
      ...(cursor ? { cursor } : {}),
    });
    return (
      <>
        <form class="filters" method="get" action={ctx.href('/changes')}>
          {ctx.url.searchParams.has('integration') && <input type="hidden" name="integration" value={ctx.integration} />}
          <Field
            name="kind"
            label="Show"
            control={(attributes) => <Select attributes={attributes} value={filter.kind ?? ''} options={kinds} />}
          />
          <Field name="by" label="By" value={filter.by ?? ''} />
          <Field
            name="target"
            label="What it was done to"
            value={filter.target ?? ''}
            help="a payment, a subscription, a setting"
          />
          <button class="button">Filter</button>
        </form>
        {items.length === 0 ? (
          <Empty title="Nothing to show">
            Changes of settings and what operators did to purchases, users and webhooks will stand here.
          </Empty>
        ) : (
          items.map((entry) => <Entry ctx={ctx} entry={entry} />)
        )}
        <Pager
          next={nextCursor === null ? null : ctx.href('/changes', { ...filter, cursor: nextCursor })}
          first={cursor === undefined ? null : ctx.href('/changes', filter)}
        />
      </>
    );
  },
});

function Entry({ ctx, entry }: { readonly ctx: Context; readonly entry: ChangeLogEntry }) {
  const when = entry.atMs === null ? 'at the first start' : <Time atMs={entry.atMs} nowMs={ctx.nowMs} />;
  if (entry.kind === 'command') {
    const { action: done, target, by, reason } = entry.command;
    return (
      <Card title={auditedInWords(done)}>
        <p>
          <code>{target}</code>
          {reason !== null && <> · “{reason}”</>}
        </p>
        <p class="muted">
          {by}, {when} · <code class="term">{done}</code>
        </p>
      </Card>
    );
  }
  const { saved } = entry;
  const { version } = saved.settings;
  return (
    <Card
      id={versionAnchor(version)}
      title={`Settings, version ${version}`}
      actions={
        saved.former && (
          <Confirm
            ctx={ctx}
            label="Undo"
            action={ctx.href('/changes/undo')}
            fields={<input type="hidden" name="version" value={version} />}
          >
            Sets {changesOf(saved).length === 1 ? 'this setting' : `these ${changesOf(saved).length} settings`} back to what stood
            before version {version}, as a new version. Everything else stays as it is now. Where one was changed again since,
            nothing is done.
          </Confirm>
        )
      }
    >
      {saved.former ? (
        <Diff changes={changesOf(saved).map(changeInWords)} />
      ) : (
        <p>What the environment said when the service was first started.</p>
      )}
      <p class="muted">
        {saved.by === 'initial' ? 'the environment' : saved.by}, {when}
      </p>
    </Card>
  );
}

/** The address of a version of the settings in the list. */
export function versionHref(ctx: Context, version: number): string {
  return `${ctx.href('/changes', { kind: 'settings', cursor: cursorAtVersion(version) })}#${versionAnchor(version)}`;
}

function versionAnchor(version: number): string {
  return `version-${version}`;
}

export const undoAction = action({
  path: '/changes/undo',
  page: changesPage,
  form: z.strictObject({ version: z.string().regex(/^[1-9]\d{0,8}$/, 'must be a version') }),
  async run(ctx, { version }) {
    const { integration, operator } = ctx;
    const undo = { integration, version: Number(version), force: false, ifVersion: null, by: operator.name };
    const now = await undoChange(ctx.deps, undo);
    return redirect(ctx.href('/changes'), `Version ${version} is undone: the settings are at version ${now.version}.`);
  },
});
