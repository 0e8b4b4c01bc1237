import { randomBytes } from 'node:crypto';

/** Our own client, with its secret. */
export const ADMIN = { clientId: 'tourniquet', clientSecret: randomBytes(24).toString('base64url') };
/** The longest life of a token. */
export const TOKEN_S = 600;

const YEAR_S = 31_536_000;
export const CLIENTS = ['orders', 'reports'] as const;

/** A client with a service account. */
function service(clientId: string, secret: string) {
  return { clientId, secret, publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true };
}

/** A realm with our admin, which has the one role that docs/operations.md asks for, and clients whose rights hang on their service accounts. */
export const REALM = {
  realm: 'orders',
  enabled: true,
  accessTokenLifespan: TOKEN_S,
  clients: [
    service(ADMIN.clientId, ADMIN.clientSecret),
    ...CLIENTS.map((name) => service(name, `${name}-as-a-person-made-it`)),
  ],
  roles: { realm: [{ name: 'order-reader' }] },
  users: [
    {
      username: `service-account-${ADMIN.clientId}`,
      enabled: true,
      serviceAccountClientId: ADMIN.clientId,
      clientRoles: { 'realm-management': ['manage-clients'] },
    },
    ...CLIENTS.map((name) => ({
      username: `service-account-${name}`,
      enabled: true,
      serviceAccountClientId: name,
      realmRoles: ['order-reader'],
    })),
  ],
};

/** What the policies ask for; `steady` is what RFC 7592 leaves open, and `oauth-client` needs. */
export const PROFILES = [
  {
    name: 'two-secrets',
    executors: [
      {
        executor: 'secret-rotation',
        configuration: {
          'expiration-period': YEAR_S,
          'rotated-expiration-period': 172_800,
          'remaining-rotation-period': 0,
        },
      },
    ],
  },
  { name: 'steady', executors: [{ executor: 'registration-access-token-rotation-disabled', configuration: {} }] },
];

/** Of which clients. */
export const POLICIES = [
  {
    name: 'two-secrets',
    enabled: true,
    conditions: [{ condition: 'client-access-type', configuration: { type: ['confidential'] } }],
    profiles: ['two-secrets'],
  },
  {
    name: 'steady',
    enabled: true,
    // That of the other policy is not heeded before a client is updated.
    conditions: [{ condition: 'any-client', configuration: {} }],
    profiles: ['steady'],
  },
];
