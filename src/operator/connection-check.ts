/** *Check connection*: TikTok has no endpoint that only tests a token, so the check sends one marked event. */
import type { DeliveryOutcome } from '../domain/delivery';
import type { Destination } from '../domain/purchase';
import type { Settings } from '../domain/settings';
import { missingCredential } from '../domain/settings';
import type { EventsApi, TikTokTarget } from '../tiktok';
import { purchaseEvent } from '../tiktok';

/** A custom event, so that no campaign optimises for it and no report counts it as a purchase. */
export const checkEventName = 'RelayConnectionCheck';

export interface ConnectionCheckDeps {
  readonly events: Pick<EventsApi, 'track'>;
  /** The pixel and credentials of the settings; null when they are incomplete. */
  readonly target: (settings: Settings) => TikTokTarget | null;
  /** Where purchases go with the settings. */
  readonly destination: (settings: Settings) => Destination;
  readonly fallbackPageUrl: string;
  readonly nowMs: () => number;
}

export interface ConnectionCheck {
  readonly ok: boolean;
  /** A `DeliveryOutcome`'s kind. */
  readonly outcome: string;
  readonly code: number | null;
  /** TikTok's words, or ours where TikTok was not asked. */
  readonly message: string;
  /** Where the event went, or would have gone. */
  readonly destination: Destination;
  readonly requestId: string | null;
  /** The same, under TikTok's own name. */
  readonly request_id: string | null;
}

/** Sends the event once with the credentials of `settings`, and returns TikTok's answer. */
export async function checkConnection(deps: ConnectionCheckDeps, settings: Settings): Promise<ConnectionCheck> {
  const destination = deps.destination(settings);
  const target = deps.target(settings);
  if (target === null) {
    const message = missingCredential(settings);
    return { ok: false, outcome: 'unauthorized', code: null, message, destination, requestId: null, request_id: null };
  }
  const atMs = deps.nowMs();
  const { body } = purchaseEvent({
    pixelCode: target.pixelCode,
    testEventCode: settings.testEventCode,
    eventName: checkEventName,
    eventId: `connection-check:${atMs}`,
    occurredAtMs: atMs,
    value: null,
    // An address of the block that is reserved for documentation (RFC 5737), so of no person.
    identity: { ip: '203.0.113.9', userAgent: 'tiktok-purchase-relay connection check' },
    fallbackPageUrl: deps.fallbackPageUrl,
    limitedDataUse: false,
    withoutIdentity: false,
  });
  const { baseUrl, accessToken } = target;
  const outcome = await deps.events.track({ baseUrl, accessToken }, body);
  const requestId = 'requestId' in outcome ? outcome.requestId : null;
  return {
    ok: outcome.kind === 'accepted',
    outcome: outcome.kind,
    code: outcome.code,
    message: destination === 'sandbox' ? inSandbox(messageOf(outcome)) : messageOf(outcome),
    destination,
    requestId,
    request_id: requestId,
  };
}

function messageOf(outcome: DeliveryOutcome): string {
  return outcome.kind === 'accepted' ? (outcome.warning ?? 'OK') : outcome.message;
}

/** Else an operator takes the sandbox's yes for TikTok's. */
function inSandbox(message: string): string {
  return `${message} (from the built-in sandbox: no pixel is set, so TikTok was not asked and receives nothing)`;
}
