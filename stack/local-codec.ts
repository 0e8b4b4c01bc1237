import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPayloadCodec } from '../client/payload-codec';
import { CodecAccess } from '../workers/codec/codec-access';
import { createCodecServer } from '../workers/codec/codec-server';
import { readSecretFile } from '../workers/config';
import { readPayloadKeys } from '../workers/keys';
import { freePort } from './free-port';
import { makeKeyFiles } from './key-files';
import type { LocalStack } from './local-stack';

/** The codec server of a local stack, and the files of its keys. */
export interface LocalCodec {
  /** For `temporal --codec-endpoint`, with the token. */
  readonly url: string;
  readonly port: number;
  /** For the Web UI: its path holds a capability, new at each start, so that the page needs no login. */
  readonly uiEndpoint: string;
  readonly tokenFile: string;
  readonly payloadKeysFile: string;
  stop(): Promise<void>;
}

/** Where the keys of a stack's deployment are. */
export function keyDirectory(stackDirectory: string): string {
  return join(stackDirectory, 'tourniquet', 'keys');
}

/** Starts the codec server in this process, with the keys of the stack's directory. */
export async function startLocalCodec(stackDirectory: string, uiUrl: string): Promise<LocalCodec> {
  const keys = await makeKeyFiles(keyDirectory(stackDirectory));
  const capability = randomBytes(32).toString('base64url');
  const app = createCodecServer({
    codec: createPayloadCodec(readPayloadKeys(keys.payload)),
    access: new CodecAccess(readSecretFile(keys.codecToken), capability),
    uiUrl,
  });
  const port = await freePort();
  const url = await app.listen({ host: '127.0.0.1', port });
  return {
    url,
    port,
    uiEndpoint: `${url}/with/${capability}`,
    tokenFile: keys.codecToken,
    payloadKeysFile: keys.payload,
    stop: () => app.close(),
  };
}

/** How a person reads in clear what Temporal stores, line by line. */
export function codecHints({ codec, server }: NonNullable<LocalStack['temporal']>): readonly string[] {
  const terminal = `temporal shows payloads in clear with: --codec-endpoint ${codec.url} --codec-auth "Bearer $(cat '${codec.tokenFile}')"`;
  // A server that is not ours was not told of it at its start.
  return server
    ? [terminal]
    : [terminal, `its Web UI does with this codec endpoint (glasses icon): ${codec.uiEndpoint}`];
}
