/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { homePage } from './home';
import { fetchMissing, missingPage, paymentsCsvPage, reportPage, sumsCsvPage } from './report';

export const pages: readonly Page[] = [homePage, reportPage, missingPage, sumsCsvPage, paymentsCsvPage];

export const actions: readonly Action[] = [fetchMissing];
