/** This script's settings, its own tag, and the service's address. */
import type { PixelConfig } from './config';

/** The server inserts it when it serves the script (src/browser/build.ts). */
declare const __TTR_CONFIG__: Omit<PixelConfig, 'eventName'>;

export const config = __TTR_CONFIG__;

/** `document.currentScript` is set only while the script first runs. */
export const tag = document.currentScript as HTMLScriptElement | null;

/** The address of `collect` or `collect/purchase`, beside the script's own. */
export const serviceUrl = (path: string): string => `${tag!.src.split('pixel.js')[0]!}${path}?integration=${config.integration}`;
