/** This script: the settings it was served with, its own tag, and where the service is. */
import type { PixelConfig } from './config';

/** Put in by the server as it serves the script (src/browser/build.ts). */
declare const __TTR_CONFIG__: Omit<PixelConfig, 'eventName'>;

export const config = __TTR_CONFIG__;

/** Known only while the script first runs. */
export const tag = document.currentScript as HTMLScriptElement | null;

/** `collect`, `collect/purchase`: beside the script, wherever that came from. */
export const serviceUrl = (path: string): string =>
  `${tag!.src.split('pixel.js')[0]!}${path}?integration=${encodeURIComponent(config.integration)}`;
