import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { API_TOKEN } from './api-token-account';
import { AWS_ACCESS_KEY } from './aws-account';
import { GIT_FORGE_TOKEN } from './git-forge-account';
import { GITHUB_TOKEN } from './github-account';
import { HTTP } from './http-account';
import { KEYCLOAK_CLIENT } from './keycloak-account';
import { NATS_USER } from './nats-account';
import { OAUTH_CLIENT } from './oauth-account';
import { POSTGRES_ROLE } from './postgres-account';
import { REDIS_ACL } from './redis-account';

/** What each provider can do, known without its server: a provider is added here by one line. */
export const CAPABILITIES: Readonly<Partial<Record<string, ProviderCapabilities>>> = {
  'postgres-role': POSTGRES_ROLE,
  'redis-acl': REDIS_ACL,
  'aws-access-key': AWS_ACCESS_KEY,
  'oauth-client': OAUTH_CLIENT,
  'keycloak-client': KEYCLOAK_CLIENT,
  'nats-user': NATS_USER,
  'git-forge-token': GIT_FORGE_TOKEN,
  'github-token': GITHUB_TOKEN,
  http: HTTP,
  'api-token': API_TOKEN,
};
