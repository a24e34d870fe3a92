/** Where a sign-in without a page to go to leads, while the overview is not written. */
import { Empty } from '../parts/empty';
import { page } from '../route';

export const homePage = page({
  path: '/',
  title: 'Overview',
  section: 'overview',
  render: () => <Empty title="Nothing to see here yet">What providers reported, and what became of it, will stand here.</Empty>,
});
