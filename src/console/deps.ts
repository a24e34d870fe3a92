import type { ApiDeps } from '../operator/api';

/** What pages may use: the dependencies of the JSON API, since a page calls the functions that its routes call. */
export type ConsoleDeps = Omit<ApiDeps, 'store'> & ApiDeps['store'];
