/** One POST to the receiver, of the size of TikTok's event. */
import { Agent, request } from 'undici';
import { bareVariables, filler } from './contract';

const url = process.env[bareVariables.receiver] ?? '';
const bodyBytes = Number(process.env[bareVariables.bodyBytes]);
const dispatcher = new Agent({ connections: 64, keepAliveTimeout: 30_000 });

export async function deliver({ id }: { readonly id: string; readonly text: string }): Promise<{ readonly requestId: string }> {
  const data = [{ event_id: id }];
  const body = JSON.stringify({ data, text: filler(bodyBytes, JSON.stringify({ data, text: '' })) });
  const answer = await request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, dispatcher });
  const { code, request_id: requestId } = (await answer.body.json()) as { readonly code: number; readonly request_id: string };
  if (code !== 0) throw new Error(`the receiver answered ${code}`);
  return { requestId };
}
