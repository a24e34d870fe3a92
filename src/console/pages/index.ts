/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { homePage } from './home';
import { purchasesPage } from './purchases';
import { resendAction, skipAction, storyPage } from './story';

export const pages: readonly Page[] = [homePage, purchasesPage, storyPage];

export const actions: readonly Action[] = [resendAction, skipAction];
