/** The least code that takes a webhook: POST /webhook → JSON → signal-with-start. No signature, no database, no list of what came. */
import { createServer, type IncomingMessage } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { Keyring } from '../../src/crypto/keyring';
import { EncryptionCodec } from '../../src/temporal/codec';
import { type BarePurchase, bareTaskQueue, bareVariables, filler } from './contract';

interface InvoiceEvent {
  readonly data: {
    readonly object: {
      readonly id: string;
      readonly parent: { readonly subscription_details: { readonly subscription: string } };
    };
  };
}

async function main(): Promise<void> {
  const variable = (name: keyof typeof bareVariables): string => process.env[bareVariables[name]] ?? '';
  const keyring = new Keyring([{ id: 'k1', key: Buffer.from(variable('key'), 'base64') }]);
  const connection = await Connection.connect({ address: variable('temporal') });
  const client = new Client({ connection, dataConverter: { payloadCodecs: [new EncryptionCodec(keyring)] } });
  const [signalBytes, activityBytes] = [Number(variable('signalBytes')), Number(variable('activityBytes'))];

  const accept = async (req: IncomingMessage): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { data } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as InvoiceEvent;
    const { id, parent } = data.object;
    const empty: BarePurchase = { id, text: '', activityBytes };
    await client.workflow.signalWithStart('purchases', {
      workflowId: `bare/${parent.subscription_details.subscription}`,
      taskQueue: bareTaskQueue,
      signal: 'purchase',
      signalArgs: [{ ...empty, text: filler(signalBytes, JSON.stringify(empty)) }],
    });
  };
  createServer((req, res) => {
    if (req.url === '/readyz') return void res.end('ready');
    accept(req).then(
      () => res.writeHead(200, { 'content-type': 'application/json' }).end('{"outcome":"accepted"}'),
      (error: unknown) => res.writeHead(503).end(String(error)),
    );
  }).listen(Number(variable('port')), '127.0.0.1');
}

void main();
