/**
 * TikTok's base code, typed: a queue that its script takes over. https://business-api.tiktok.com/portal/docs?id=1739585702922241
 * Whatever the page, its own base code or an ad blocker has put into `window.ttq` is used as it is, and may throw.
 */
import { config, tag } from './script';

type Method =
  | ('page' | 'track' | 'identify' | 'instances' | 'debug' | 'on' | 'off' | 'once' | 'ready' | 'alias' | 'group')
  | ('enableCookie' | 'disableCookie' | 'holdConsent' | 'revokeConsent' | 'grantConsent');

/** All of them, as TikTok's script expects; in one text, which is shorter. */
const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  ) as Method[];

type Calls = { [M in Method]: (...args: unknown[]) => unknown };

/** Calls wait in it as `[method, ...arguments]` until TikTok's script comes. */
interface Queue extends Array<unknown>, Calls {
  methods: readonly Method[];
  setAndDefer: (queue: Partial<Calls> & unknown[], method: Method) => void;
  load: (pixelCode: string, options: unknown) => void;
  instance: (pixelCode: string) => Partial<Calls> & unknown[];
  /** By pixel code: its own queue with the script's address, when it was loaded, and with which options. */
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

/** Whether the call went through; of what becomes of it TikTok tells nobody. */
export function tiktok(method: Method | 'load', ...args: unknown[]): boolean {
  if (!config.pixelCode) return false;
  try {
    (window.ttq![method] as (...args: unknown[]) => unknown)(...args);
    return true;
  } catch {
    return false;
  }
}

/** Where nobody has done so. True when there is nothing left to load: the page has this pixel already, or there is none. */
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
      (ttq._i ??= {})[code] = Object.assign([], { _u: scriptUrl });
      (ttq._t ??= {})[code] = Date.now();
      (ttq._o ??= {})[code] = options;
      const script = document.createElement('script');
      script.async = true;
      // A page with a strict Content-Security-Policy trusts what carries its nonce.
      script.nonce = tag!.nonce!;
      script.src = `${scriptUrl}?sdkid=${code}&lib=ttq`;
      document.head.append(script);
    };
  }
  return !!ttq._i?.[pixelCode];
}
