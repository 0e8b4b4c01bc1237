import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

// Apart from the provider: every process reads the settings, and only response workers need a database.

/** Nothing to set: the tokens are ours. */
export const apiTokenSettings = z.strictObject({});

export const API_TOKEN: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'reversible',
  endsSessions: true,
  // A child is refused as its parent is, because the gateways look at that one.
  derivedTokens: 'end',
  lastUsed: 'none',
  secretOrigin: 'ours',
  // Gateways keep a checked token for TOKEN_CACHE_MS (enforcement/token-check.ts) and no longer.
  propagationMs: 1_000,
  sideEffects: ['Open streams and connections that the token let in are ended at the gateways that can.'],
  permissions: ['our own database'],
};
