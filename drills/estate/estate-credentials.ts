import type { Credential } from '../../domain/credential';

export interface ServicePorts {
  readonly [service: string]: number;
}

export const ORDERS_SERVICES = ['orders-checkout', 'orders-shipping', 'orders-billing'] as const;

/** The token's users as the edge proxy sees them: two hosts of a European hosting provider. */
export const REPORTS_CLIENTS = [
  { name: 'reports-dashboard', address: '88.198.10.20', agent: 'reports-dashboard/4.1 undici' },
  { name: 'reports-exporter', address: '78.46.20.30', agent: 'reports-exporter/2.7 undici' },
] as const;

/** A password used directly at a database: nobody can be told apart, so the strategy is `inseparable`. */
export function ordersCredential(ports: ServicePorts, principal: string): Credential {
  return {
    id: 'orders-db',
    provider: 'postgres-role',
    account: 'orders',
    principal,
    principalKind: 'workload',
    ownerTeam: 'payments',
    criticality: 0,
    enforcement: 'provider',
    protection: 'normal',
    scopes: ['orders:read', 'orders:write'],
    knownContexts: [],
    dependents: ORDERS_SERVICES.map((name) => ({
      id: name,
      kind: 'reload-hook',
      target: `http://127.0.0.1:${ports[name]}`,
      owner: 'payments',
      criticality: name === 'orders-checkout' ? 0 : 1,
    })),
  };
}

/** A token every use of which passes the gateway, which knows its users' networks: the strategy is `separable`. */
export function reportsCredential(): Credential {
  return {
    id: 'reports-token',
    provider: 'api-token',
    account: 'default',
    principal: 'reports-readers',
    principalKind: 'workload',
    ownerTeam: 'analytics',
    criticality: 1,
    enforcement: 'gateway',
    protection: 'normal',
    scopes: ['reports:read'],
    knownContexts: REPORTS_CLIENTS.map(({ name, address }) => ({
      id: name,
      networks: [`${address}/32`],
      dependent: name,
    })),
    dependents: REPORTS_CLIENTS.map(({ name }) => ({
      id: name,
      kind: 'kv-pull',
      target: '',
      owner: 'analytics',
      criticality: 2,
    })),
  };
}
