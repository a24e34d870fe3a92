/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { matchQualityPage } from './match-quality';
import { overviewPage } from './overview';

export const pages: readonly Page[] = [overviewPage, matchQualityPage];

export const actions: readonly Action[] = [];
