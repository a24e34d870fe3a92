/** What an operator does about buyers: find, export and forget one, take two apart, undo refusals that nothing proves. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { takeList } from '../../../operator/buyers-routes';
import { refusalPeriod, undoJoin, undoRefusals } from '../../../operator/identity';
import { exportUser } from '../../../operator/user-export';
import { eraseUser } from '../../../operator/users';
import { counted } from '../../parts/money';
import { action, download, redirect } from '../../route';
import { Imported } from './import';
import { answerOf, Search, userId, usersPage } from './page';

const eraseAction = action({
  path: '/users/erase',
  page: usersPage,
  form: z.strictObject({ user: userId }),
  async run({ deps, integration, operator, href }, { user }) {
    const { orders, quarantined, waiting } = await eraseUser(deps, { integration, person: { user }, by: operator.name });
    const many = orders.length === 1 ? '1 order was' : `${orders.length} orders were`;
    const bodies = quarantined === 0 ? '' : ` ${counted(quarantined, 'webhook')} in the quarantine named them, and went too.`;
    const facts =
      waiting === 0
        ? ''
        : ` ${counted(waiting, 'fact')} of a shared account, which ${waiting === 1 ? 'waits' : 'wait'} for a word, no longer ${waiting === 1 ? 'names' : 'name'} them.`;
    return redirect(
      href('/users'),
      `Forgotten. The workflows of ${many} told; the payments stay, without the buyer.${bodies}${facts}`,
    );
  },
});

/** The e-mail of a buyer belongs in no address: the form of the page asks by a POST. */
const findAction = action({
  path: '/users/find',
  page: usersPage,
  role: 'viewer',
  form: z.strictObject({ user: userId }),
  async run(ctx, { user }) {
    return (
      <>
        <Search ctx={ctx} user={user} />
        {await answerOf(ctx, user)}
      </>
    );
  },
});

const exportAction = action({
  path: '/users/export',
  page: usersPage,
  form: z.strictObject({ user: userId }),
  async run({ deps, integration, operator }, { user }) {
    const known = await exportUser(deps, { integration, person: { user }, by: operator.name });
    return download(`person-${known.exportedAt.slice(0, 10)}.json`, 'application/json', `${JSON.stringify(known, null, 2)}\n`);
  },
});

const takeApartAction = action({
  path: '/users/take-apart',
  page: usersPage,
  form: z.strictObject({ join: z.coerce.number().int().positive() }),
  async run({ deps, integration, operator, href }, { join }) {
    await undoJoin(deps, integration, join, operator.name);
    return redirect(href('/users'), 'Taken apart: each of the two buyers has its own orders and first purchase again.');
  },
});

const undoRefusalsAction = action({
  path: '/users/undo-refusals',
  page: usersPage,
  form: z.strictObject({}),
  async run({ deps, integration, operator, href, nowMs }) {
    const { undone, resent, remaining } = await undoRefusals(deps, integration, refusalPeriod({}, nowMs), operator.name);
    const more = remaining ? ' More wait: undo once more.' : '';
    return redirect(href('/users'), `${counted(undone, 'refusal')} forgotten, ${counted(resent, 'purchase')} on the way.${more}`);
  },
});

/** Pasted, or, where scripts run, a file that comes as the body. */
const importAction = action({
  path: '/users/import',
  page: usersPage,
  form: z.strictObject({ list: z.string().default('') }),
  async run(ctx, { list }) {
    const { deps, integration, operator } = ctx;
    const source = ctx.upload ?? Readable.from([Buffer.from(list)]);
    const report = await takeList(deps, { integration, by: operator.name, source });
    return <Imported report={report} />;
  },
});

export const userActions = [importAction, findAction, exportAction, eraseAction, takeApartAction, undoRefusalsAction];
