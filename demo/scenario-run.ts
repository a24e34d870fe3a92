/** Everything that the demo needs, in this process and on free ports: TikTok's end, the providers' APIs, the service. And its end. */
import type { ReceivedEvent } from '../sandbox/tiktok/receiver';
import type { SeenCount } from './client';
import { purchaseName } from './expectation';
import type { Environment, EnvironmentOptions } from './environment';
import { inNewEnvironment } from './environment';
import type { Service } from './run-scenarios';
import type { Provider, StandIn } from './provider';

export interface RunningDemo extends Service {
  changeSettings(patch: object): Promise<void>;
  /** Another pixel's integration: its own settings and records. */
  pixel(integration: string): Pick<Service, 'records'> & { changeSettings(patch: object): Promise<void> };
  /** TikTok's end receives the next purchases of this number and does not count them. */
  loseNext(times: number): void;
  /** Has TikTok asked for its own count, and resolves to it. */
  tiktokCount(deadlineMs: number): Promise<SeenCount>;
  /** What reached TikTok's end, oldest first; still known after `clear`. */
  received(): readonly ReceivedEvent[];
  readonly addresses: { readonly relay: string; readonly temporalUi: string; readonly tiktok: string };
  /** Stops everything in order and removes the folder. Repeatable. When it resolves nothing can reach TikTok's end any more. */
  clear(): Promise<void>;
}

export interface DemoOptions extends EnvironmentOptions {
  readonly providers: readonly Provider[];
}

/** @throws when something can't be started, or the signal says stop; then nothing is left of it. */
export function startDemo(options: DemoOptions): Promise<RunningDemo> {
  return inNewEnvironment(options, (environment) => build(environment, options));
}

async function build(
  { tiktok, startService, onClear }: Environment,
  { providers, signal, step }: DemoOptions,
): Promise<Omit<RunningDemo, 'clear'>> {
  const startApis = async () => {
    const started = new Map<string, StandIn>();
    for (const { name, api } of providers) {
      if (!api) continue;
      const standIn = await api.start();
      onClear(() => standIn.close());
      started.set(name, standIn);
    }
    return started;
  };
  const apis = await step('Providers’ APIs', startApis, (started) => [...started.keys()].join(', '));
  signal.throwIfAborted();

  const switchedOn = providers.map((provider) => provider.environment(apis.get(provider.name)?.url ?? ''));
  const { client, url, temporalUiUrl } = await startService(
    Object.fromEntries(switchedOn.flatMap((variables) => Object.entries(variables))),
  );
  return {
    deliver: (psp, webhook, until) => client.deliver(psp, webhook, until),
    records: (psp, order, until) => client.records(psp, order, until),
    tell: (psp, webhooks) => apis.get(psp)?.tell(webhooks),
    check: (psp, until, deadlineMs) => client.check(psp, until, deadlineMs),
    changeSettings: (patch) => client.changeSettings(patch, signal),
    pixel(integration) {
      const own = client.of(integration);
      return {
        records: (psp, order, until) => own.records(psp, order, until),
        changeSettings: (patch) => own.changeSettings(patch, signal),
      };
    },
    loseNext: (times) => tiktok.loseNext(purchaseName, times),
    tiktokCount: (deadlineMs) => client.tiktokCount(signal, deadlineMs),
    received: () => tiktok.events(),
    addresses: { relay: url, temporalUi: temporalUiUrl, tiktok: tiktok.url },
  };
}
