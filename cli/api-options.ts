import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { createApiClient, type ApiClient } from '../client/api-client';

/** Where the HTTP API is. */
export function apiOption(): Option {
  return new Option('--api <url>', 'the HTTP API').env('TOURNIQUET_API_URL').default('http://127.0.0.1:8402');
}

/** Who calls it. */
export function keyFileOption(role: string): Option {
  return new Option('--key-file <file>', `a file with your API key, role ${role}`).env('TOURNIQUET_API_KEY_FILE');
}

/** The API as those two options name it. */
export function apiClientOf({ api, keyFile }: { readonly api: string; readonly keyFile: string }): ApiClient {
  return createApiClient({ url: api, key: readFileSync(keyFile, 'utf8').trim() });
}
