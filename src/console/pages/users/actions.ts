/** What an operator does about buyers: forget one, take two apart, undo refusals that nothing proves. */
import { z } from 'zod';
import { refusalPeriod, undoJoin, undoRefusals } from '../../../operator/identity';
import { eraseUser } from '../../../operator/users';
import { counted } from '../../parts/money';
import { action, redirect } from '../../route';
import { userId, usersPage } from './page';

const eraseAction = action({
  path: '/users/erase',
  page: usersPage,
  form: z.strictObject({ user: userId }),
  async run({ deps, integration, operator, href }, { user }) {
    const orders = await eraseUser(deps, { integration, userId: user, by: operator.name });
    const many = orders.length === 1 ? '1 order was' : `${orders.length} orders were`;
    return redirect(href('/users'), `Forgotten. The workflows of ${many} told; the payments stay, without the buyer.`);
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

export const userActions = [eraseAction, takeApartAction, undoRefusalsAction];
