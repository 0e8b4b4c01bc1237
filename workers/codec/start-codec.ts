import type { Logger } from 'pino';
import { createPayloadCodec } from '../../client/payload-codec';
import { CodecAccess } from './codec-access';
import { createCodecServer } from './codec-server';
import { readSecretFile, type Config } from '../config';
import { readPayloadKeys } from '../keys';
import type { Running } from '../running';

/** The codec server's process: lets the Web UI and the `temporal` command line read what Temporal stores encrypted. */
export async function startCodec(config: Config<'codec'>, log: Logger): Promise<Running> {
  const app = createCodecServer({
    codec: createPayloadCodec(readPayloadKeys(config.TOURNIQUET_PAYLOAD_KEYS_FILE)),
    access: new CodecAccess(readSecretFile(config.TOURNIQUET_CODEC_TOKEN_FILE), undefined),
    uiUrl: config.TOURNIQUET_TEMPORAL_UI_URL,
  });
  const url = await app.listen({ host: config.TOURNIQUET_LISTEN_HOST, port: config.TOURNIQUET_CODEC_PORT });
  log.info({ url }, 'codec server listens');
  return { stop: () => app.close() };
}
