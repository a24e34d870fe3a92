/** All pages and actions of the console. The order of pages within a section decides which one the rail opens. */
import type { Action, Page } from '../route';
import { homePage } from './home';

export const pages: readonly Page[] = [homePage];

export const actions: readonly Action[] = [];
