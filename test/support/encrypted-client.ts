import { Client, type Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { encryptedDataConverter } from '../../client';
import { readPayloadKeys } from '../../workers/keys';

/** The payload codec of a running stack. */
export function converterOf(payloadKeysFile: string): DataConverter {
  return encryptedDataConverter(readPayloadKeys(payloadKeysFile));
}

/** A client that reads and writes what the product's own processes do. */
export function encryptedClient(connection: Connection, payloadKeysFile: string): Client {
  return new Client({ connection, dataConverter: converterOf(payloadKeysFile) });
}
