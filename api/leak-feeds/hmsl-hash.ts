import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** HasMySecretLeaked's public pepper and costs (ggshield, verticals/hmsl/crypto.py, MIT): about 4 ms a value. */
const PEPPER = createHash('sha256').update('GitGuardian').digest();
const COST = { N: 2048, r: 8, p: 1 } as const;
const LENGTH = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** The hash by which GitGuardian speaks of a value. To be kept in memory only: under a public pepper that of a weak password is as good as the password. */
export async function hmslHash(value: string): Promise<string> {
  return (await derive(value, PEPPER, LENGTH, COST)).toString('hex');
}
