import type { IncomingHttpHeaders } from 'node:http';
import { publicIdSubject } from '../../../domain/subject';
import { tellService } from '../../../enforcement/http-request';

const SUBJECT = publicIdSubject('api-token', 'reports');
const FOUND = {
  allowed: true,
  principal: 'reports',
  scopes: ['reports:read'],
  subject: SUBJECT,
  use: { subjects: [SUBJECT], address: '192.0.2.7' },
} as const;

it('writes what the gateway found over what a client claims, and leaves its other headers alone', () => {
  const headers: IncomingHttpHeaders = {
    connection: 'close, X_Tourniquet_Scopes, constructor',
    'x-tourniquet-principal': 'admin',
    x_tourniquet_scopes: 'everything',
    // Also a name of every object.
    constructor: 'acme',
  };

  tellService(headers, FOUND);

  expect(headers).toEqual({
    connection: 'close, constructor',
    constructor: 'acme',
    'x-tourniquet-principal': 'reports',
    'x-tourniquet-scopes': 'reports:read',
  });
});
