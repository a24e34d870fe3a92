/** A rolling restart under load: two webs behind a load balancer and two workers, each stopped by SIGTERM and started again. */
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/temporal/dev-server/ports';
import { Deployment, onPostgres } from '../support/deployment';
import { sendGeneric } from '../support/generic-webhook';
import { eventually } from '../support/relay';
import type { Service } from '../support/service';

let deployment: Deployment;
let balancer: Balancer;

beforeAll(async () => void (deployment = await Deployment.start('rolling', { DRAIN_SECONDS: '6' })));
afterAll(async () => {
  await balancer?.close();
  await deployment?.stop();
});

onPostgres('no webhook fails while each process is restarted in turn, and every purchase is sent once', async () => {
  const ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const start = (entry: 'web' | 'worker', port: number): Promise<Service> =>
    deployment.started(entry, { [entry === 'web' ? 'PORT' : 'METRICS_PORT']: String(port) });
  const webs = await Promise.all(ports.map((port) => start('web', port)));
  const workers = await Promise.all([start('worker', 0), start('worker', 0)]);
  balancer = await startBalancer(ports);
  await eventually(() => expect(balancer.ready()).toEqual(ports));

  const load = startLoad(balancer.url);
  for (const [index, web] of webs.entries()) {
    expect(await deployment.stopped(web, 'SIGTERM')).toBe(0);
    await start('web', ports[index]!);
    await eventually(() => expect(balancer.ready()).toEqual(ports));
  }
  for (const worker of workers) {
    expect(await deployment.stopped(worker, 'SIGTERM')).toBe(0);
    await start('worker', 0);
  }
  const answers = await load.stop();

  expect(answers.filter(({ said }) => said !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(50);
  await eventually(() => expect(deployment.counted()).toHaveLength(answers.length));
  expect(deployment.counted().sort()).toEqual(answers.map(({ moneyId }) => `generic:${moneyId}`).sort());
});

interface Answered {
  readonly moneyId: string;
  /** The status, or why there is none. */
  readonly said: number | string;
}

/**
 * Three senders, each of which sends the next webhook some time after the answer to the last, and rests longer than that took: a slow machine is
 * left time to start processes. What took too long is sent again, as providers do.
 */
function startLoad(url: string): { stop(): Promise<readonly Answered[]> } {
  const answers: Answered[] = [];
  let isOn = true;
  const sender = async (name: string): Promise<void> => {
    for (let count = 0; isOn; count += 1) {
      const sentAtMs = performance.now();
      let answered = await pay(url, `${name}_${count}`);
      for (; answered.said === tookTooLong; answered = await pay(url, `${name}_${count}`)) await sleep(150);
      answers.push(answered);
      await sleep(Math.max(150, 4 * (performance.now() - sentAtMs)));
    }
  };
  const senders = Promise.all(['a', 'b', 'c'].map(sender));
  return {
    async stop() {
      isOn = false;
      await senders;
      return answers;
    },
  };
}

/** Its own 503, and not that of a process that starts or of a balancer. */
const tookTooLong = 503;

async function pay(url: string, moneyId: string): Promise<Answered> {
  const occurred_at = new Date(Date.now() - 60_000).toISOString();
  try {
    const payment = { kind: 'one_off', money_id: moneyId, amount: '9.99', currency: 'EUR', occurred_at };
    const answer = await sendGeneric(url, payment, `msg_${moneyId}`);
    const text = await answer.text();
    if (answer.status === 503 && text.includes('needs cannot be reached')) return { moneyId, said: tookTooLong };
    return { moneyId, said: answer.status === 200 ? 200 : `${answer.status} ${text}` };
  } catch (error) {
    return { moneyId, said: String(error) };
  }
}

interface Balancer {
  readonly url: string;
  /** The ports that answered 200 to `/readyz` when they were last asked. */
  ready(): readonly number[];
  close(): Promise<void>;
}

/** Turn by turn over kept connections, to those that were ready a quarter of a second ago. It repeats nothing: a refusal is the caller's. */
async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let ready: readonly number[] = [];
  let turn = 0;
  let isOpen = true;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((req, res) => {
    const port = ready[(turn += 1) % ready.length];
    if (port === undefined) return void res.writeHead(502).end('no process is ready');
    forward(req, res, { port, agent });
  });
  await listening(server);
  const watching = (async () => {
    while (isOpen) {
      const states = await Promise.all(ports.map(isReady));
      ready = ports.filter((_, index) => states[index]);
      await sleep(250);
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: () => ready,
    async close() {
      isOpen = false;
      await watching;
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
  return answer?.status === 200;
}

function forward(
  req: IncomingMessage,
  res: ServerResponse,
  { port, agent }: { readonly port: number; readonly agent: Agent },
): void {
  const { method, url: path, headers } = req;
  const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
    res.writeHead(answer.statusCode ?? 502);
    answer.pipe(res);
  });
  upstream.on('error', (error) => res.writeHead(502).end(String(error)));
  req.pipe(upstream);
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve));
}
