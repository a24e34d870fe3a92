/** What the rest of the service sees of the database. */
export type * from './store';
export { InvalidCursor } from './cursor';
export { QueryFailed } from './driver/database';
export { FolderInUse } from './driver/folder-lock';
export type { StoreOptions } from './open-store';
export { openStore } from './open-store';
export { DatabaseUnreachable } from './driver/postgres';
