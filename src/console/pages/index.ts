/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { accessActions, accessPage } from './access';
import { attentionActions } from './attention/actions';
import { attentionPage, resendProgressPage } from './attention/page';
import { changesPage, undoAction } from './changes';
import { checkActions } from './checks/actions';
import { checksPage } from './checks/page';
import { backfillProgressPage, checkProgressPage } from './checks/progress';
import { matchQualityPage } from './match-quality';
import { overviewPage } from './overview/page';
import { pixelPage } from './pixel';
import { providerActions } from './providers/actions';
import { providersPage } from './providers/list-page';
import { providerPage } from './providers/page';
import { purchasesPage } from './purchases';
import { quarantineActions, quarantinedPage, quarantinePage } from './quarantine';
import { sampleAction, sampleWatchPage, setupPage } from './setup';
import { fetchMissing, missingPage, paymentsCsvPage, reportPage, sumsCsvPage } from './report';
import { resendAction, skipAction } from './story/actions';
import { storyPage } from './story/page';
import { tiktokActions } from './tiktok/actions';
import { tiktokPage } from './tiktok/page';
import { tiktokCountActions } from './tiktok-count/actions';
import { tiktokCountPage } from './tiktok-count/page';
import { userActions } from './users/actions';
import { usersPage } from './users/page';

export const pages: readonly Page[] = [
  overviewPage,
  purchasesPage,
  storyPage,
  attentionPage,
  resendProgressPage,
  matchQualityPage,
  tiktokCountPage,
  setupPage,
  sampleWatchPage,
  tiktokPage,
  providersPage,
  providerPage,
  checksPage,
  checkProgressPage,
  backfillProgressPage,
  pixelPage,
  reportPage,
  missingPage,
  sumsCsvPage,
  paymentsCsvPage,
  usersPage,
  quarantinePage,
  quarantinedPage,
  changesPage,
  accessPage,
];

export const actions: readonly Action[] = [
  ...[resendAction, skipAction, sampleAction, undoAction],
  ...[
    ...tiktokActions,
    ...providerActions,
    ...checkActions,
    ...tiktokCountActions,
    ...attentionActions,
    ...quarantineActions,
    ...accessActions,
    fetchMissing,
    ...userActions,
  ],
];
