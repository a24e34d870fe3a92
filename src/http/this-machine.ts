/** Does a request come from a program on this machine, and not through a proxy that stands on it? */
import type { Request } from 'express';

/**
 * True for a connection over the loopback interface whose address names this machine, and that no proxy has marked. A page of another
 * site whose name was made to point here (DNS rebinding) names itself in `Host`.
 */
export function isFromThisMachine(req: Pick<Request, 'headers' | 'socket'>): boolean {
  const { headers, socket } = req;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const isNear = address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
  return isNear && namesThisMachine(headers.host ?? '') && !marksOfProxies.some((name) => headers[name] !== undefined);
}

const marksOfProxies = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

function namesThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
}
