/** A worker with the SDK's own options and a prepared bundle. Answers /readyz once it runs. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Keyring } from '../../src/crypto/keyring';
import { EncryptionCodec } from '../../src/temporal/codec';
import * as activities from './activities';
import { bareTaskQueue, bareVariables } from './contract';

async function main(): Promise<void> {
  const keyring = new Keyring([{ id: 'k1', key: Buffer.from(process.env[bareVariables.key] ?? '', 'base64') }]);
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address: process.env[bareVariables.temporal] ?? '' }),
    taskQueue: bareTaskQueue,
    workflowBundle: { codePath: join(__dirname, 'workflow-bundle.js') },
    activities,
    dataConverter: { payloadCodecs: [new EncryptionCodec(keyring)] },
  });
  const running = worker.run();
  createServer((_, res) => res.end('ready')).listen(Number(process.env[bareVariables.port]), '127.0.0.1');
  await running;
  process.exit();
}

void main();
