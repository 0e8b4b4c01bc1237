import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Notifier, RenderedNotice } from '../../domain/ports/notifier';
import { deliver, reachWeb } from './deliver';
import { signatureHeader, type SignalSigner } from './signal-signer';
import { readWebTarget, webTargetFault } from './web-target';

const KEY = { is: /^aud=[^&]+(&token=[^&]+)?$/, called: 'aud=<audience>, or aud=<audience>&token=<bearer token>' };

const EVENTS = {
  sessionRevoked: 'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  credentialChange: 'https://schemas.openid.net/secevent/caep/event-type/credential-change',
  verification: 'https://schemas.openid.net/secevent/ssf/event-type/verification',
  credentialCompromise: 'https://schemas.openid.net/secevent/risc/event-type/credential-compromise',
} as const;

/**
 * Tells other vendors' systems by OpenID Shared Signals: security event tokens (RFC 8417) with CAEP 1.0 and RISC 1.0 events, pushed as RFC 8935 says. Containing tells
 * that the credential is compromised and, where it is refused by who issued it, that sessions are revoked; replacing, that it was revoked; what only people can act on, and that nothing leaked, is not sent. Its target is
 * `https://receiver/events#aud=<audience>&token=<bearer token>`, the fragment percent-encoded.
 */
export function createSharedSignalsNotifier(signer: SignalSigner | undefined): Notifier {
  return {
    id: 'shared-signals',
    takesDigests: false,
    targetFault: (target) =>
      signer ? webTargetFault(target, KEY) : 'needs `sharedSignals` in the settings file: who signs',
    reach: (target, { signal }) => reachWeb('shared-signals', target, signal),
    async send(target, notice, dedupeKey, { signal }) {
      if (!signer) return;
      const { url, key } = readWebTarget(target);
      const access = new URLSearchParams(key);
      const token = access.get('token');
      for (const event of eventsOf(notice)) {
        const body = await sign(signer, { event, notice, audience: access.get('aud') ?? '', dedupeKey });
        const headers = {
          'content-type': 'application/secevent+jwt',
          accept: 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        };
        await deliver({ notifier: 'shared-signals', url, body, headers, signal });
      }
    },
  };
}

/** One event a token, as the CAEP interoperability profile wants it. In an exercise nothing leaked, but what is revoked is revoked. */
function eventsOf({ fields }: RenderedNotice): readonly string[] {
  if (fields['kind'] === 'try') return [EVENTS.verification];
  if (fields['kind'] === 'resolved') return [EVENTS.credentialChange];
  if (fields['kind'] !== 'contained') return [];
  return [
    ...(fields['simulated'] === 'true' ? [] : [EVENTS.credentialCompromise]),
    // Gateways alone end no session where it was issued.
    ...(fields['refusedAt'] === 'gateways' ? [] : [EVENTS.sessionRevoked]),
  ];
}

interface Signal {
  readonly event: string;
  readonly notice: RenderedNotice;
  readonly audience: string;
  readonly dedupeKey: string;
}

async function sign(signer: SignalSigner, { event, notice, audience, dedupeKey }: Signal): Promise<string> {
  const { fields } = notice;
  const about =
    fields['credential'] === undefined
      ? 'tourniquet'
      : `${fields['provider']}/${fields['credential']}/v${fields['version']}`;
  const now = Math.floor(Date.now() / 1_000);
  const id = createHash('sha256').update(`${dedupeKey}\n${audience}\n${event}`).digest('hex').slice(0, 32);
  const claims = {
    txn: fields['incident'],
    sub_id: { format: 'opaque', id: about },
    events: { [event]: event === EVENTS.verification ? {} : detailOf(event, notice, now) },
  };
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'secevent+jwt', ...(await signatureHeader(signer)) })
    .setIssuer(signer.issuer)
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt(now)
    .sign(signer.key);
}

function detailOf(event: string, { title, fields }: RenderedNotice, at: number) {
  return {
    event_timestamp: at,
    initiating_entity: 'policy',
    reason_admin: { en: title },
    // No type in the standard's list is a machine's credential: "x-" is for what both sides have agreed on.
    ...(event === EVENTS.sessionRevoked ? {} : { credential_type: `x-${fields['provider']}` }),
    ...(event === EVENTS.credentialChange ? { change_type: 'revoke', friendly_name: fields['credential'] } : {}),
  };
}
