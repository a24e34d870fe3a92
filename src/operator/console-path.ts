/** Addresses of the console, for answers of the API that lead there. */

/** `path` begins with a slash: `/purchases`. */
export function consolePath(path: string, integration: string): string {
  return `/console${path}${integration === 'default' ? '' : `?integration=${encodeURIComponent(integration)}`}`;
}
