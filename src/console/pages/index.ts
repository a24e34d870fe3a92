/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { homePage } from './home';
import { pixelPage } from './pixel';
import { providerActions, providerPage, providersPage } from './providers';
import { quarantineActions, quarantinedPage, quarantinePage } from './quarantine';
import { sampleAction, sampleWatchPage, setupPage } from './setup';

export const pages: readonly Page[] = [
  homePage,
  setupPage,
  sampleWatchPage,
  pixelPage,
  providersPage,
  providerPage,
  quarantinePage,
  quarantinedPage,
];

export const actions: readonly Action[] = [sampleAction, ...providerActions, ...quarantineActions];
