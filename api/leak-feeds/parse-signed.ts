import { InvalidRequest } from '../read-request';

/** A body whose signature was good. @throws InvalidRequest when it is no JSON; says nothing of what is in it, which may be a value */
export function parseSigned(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new InvalidRequest([{ field: '', fault: 'is no JSON' }]);
  }
}
