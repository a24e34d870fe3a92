/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { matchQualityPage } from './match-quality';
import { overviewPage } from './overview';
import { purchasesPage } from './purchases';
import { resendAction, skipAction, storyPage } from './story';

export const pages: readonly Page[] = [overviewPage, purchasesPage, storyPage, matchQualityPage];

export const actions: readonly Action[] = [resendAction, skipAction];
