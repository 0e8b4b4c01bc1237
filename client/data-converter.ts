import type { DataConverter } from '@temporalio/common';
import type { NamedKeys } from '../domain/named-keys';
import { createPayloadCodec } from './payload-codec';

/**
 * What every client and worker that speaks with Temporal about incidents is given as `dataConverter`: payloads, summaries, details,
 * memos and the texts of failures are encrypted; ids, search attributes and failure codes stay readable.
 */
export function encryptedDataConverter(keys: NamedKeys): DataConverter {
  return {
    failureConverterPath: require.resolve('../workflows/failure-converter'),
    payloadCodecs: [createPayloadCodec(keys)],
  };
}
