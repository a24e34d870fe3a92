/**
 * TikTok's base code, typed: a queue that TikTok's script takes over. https://business-api.tiktok.com/portal/docs?id=1739585702922241
 * An existing `window.ttq` (of the page, its own base code or an ad blocker) is used as it is, and may throw.
 */
import { config, tag } from './script';

type Method =
  | ('page' | 'track' | 'identify' | 'instances' | 'debug' | 'on' | 'off' | 'once' | 'ready' | 'alias' | 'group')
  | ('enableCookie' | 'disableCookie' | 'holdConsent' | 'revokeConsent' | 'grantConsent');

/** The methods that TikTok's script expects, in one text to save bytes. */
const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  ) as Method[];

type Calls = { [M in Method]: (...args: unknown[]) => unknown };

/** Holds calls as `[method, ...arguments]` until TikTok's script has loaded. */
interface Queue extends Array<unknown>, Calls {
  methods: readonly Method[];
  setAndDefer: (queue: Partial<Calls> & unknown[], method: Method) => void;
  load: (pixelCode: string, options: unknown) => void;
  instance: (pixelCode: string) => Partial<Calls> & unknown[];
  /** By pixel code: the pixel's own queue with the script's address; `_t`: when it was loaded; `_o`: its options. */
  _i: Record<string, (Partial<Calls> & unknown[]) & { _u?: string }>;
  _t: Record<string, number>;
  _o: Record<string, unknown>;
}

declare global {
  interface Window {
    TiktokAnalyticsObject?: string;
    ttq?: Queue;
  }
}

/** True if the call did not throw. TikTok's script gives no other result. */
export function tiktok(method: Method | 'load', ...args: unknown[]): boolean {
  if (!config.pixelCode) return false;
  try {
    (window.ttq![method] as (...args: unknown[]) => unknown)(...args);
    return true;
  } catch {
    return false;
  }
}

/** Installs the queue unless the page has one. True if nothing is left to load: the page has loaded this pixel, or no pixel is set. */
export function installQueue(): boolean {
  const { pixelCode, scriptUrl } = config;
  if (!pixelCode) return true;
  window.TiktokAnalyticsObject ??= 'ttq';
  const ttq = (window.ttq ??= [] as unknown as Queue);
  if (Array.isArray(ttq) && !(ttq as Partial<Queue>).load) {
    ttq.methods = methods;
    ttq.setAndDefer = (queue, method) => {
      queue[method] = (...args) => void queue.push([method, ...args]);
    };
    const defer = (queue: Partial<Calls> & unknown[]) => {
      for (const method of methods) ttq.setAndDefer(queue, method);
      return queue;
    };
    defer(ttq);
    ttq.instance = (code) => defer(ttq._i[code] ?? []);
    ttq.load = (code, options) => {
      ((ttq._i ??= {})[code] = [] as Partial<Calls> & unknown[] & { _u?: string })._u = scriptUrl;
      (ttq._t ??= {})[code] = Date.now();
      (ttq._o ??= {})[code] = options;
      // A strict Content-Security-Policy allows scripts with the page's nonce.
      document.head.append(
        Object.assign(document.createElement('script'), { nonce: tag!.nonce!, src: `${scriptUrl}?sdkid=${code}&lib=ttq` }),
      );
    };
  }
  return !!ttq._i?.[pixelCode];
}
