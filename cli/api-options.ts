import { Option } from 'commander';

/** Where the HTTP API is. */
export function apiOption(): Option {
  return new Option('--api <url>', 'the HTTP API').env('TOURNIQUET_API_URL').default('http://127.0.0.1:8402');
}

/** Who calls it. */
export function keyFileOption(role: string): Option {
  return new Option('--key-file <file>', `a file with your API key, role ${role}`).env('TOURNIQUET_API_KEY_FILE');
}
