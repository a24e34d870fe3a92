/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { changesPage, undoAction } from './changes';
import { homePage } from './home';
import { checkConnectionAction, effectAction, reviewAction, saveAction, saveConnectionAction } from './tiktok/actions';
import { tiktokPage } from './tiktok/page';

export const pages: readonly Page[] = [homePage, tiktokPage, changesPage];

export const actions: readonly Action[] = [
  ...[checkConnectionAction, saveConnectionAction, effectAction, reviewAction, saveAction],
  undoAction,
];
