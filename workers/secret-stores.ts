import { accessSync, constants, statSync } from 'node:fs';
import type { Database } from '../activities/store/database';
import { createPostgresStore } from '../activities/store/secret-stores/postgres';
import { createAwsSecretsManagerStore } from '../activities/store/secret-stores/aws-secrets-manager';
import { createFilesStore } from '../activities/store/secret-stores/files';
import { createKubernetesSecretStore } from '../activities/store/secret-stores/kubernetes-secret';
import { createSecretStores } from '../activities/store/secret-stores/secret-stores';
import { OWN_STORE } from '../activities/store/secret-stores/store-settings';
import { createVaultStore } from '../activities/store/secret-stores/vault';
import { IncidentError } from '../domain/errors';
import type { KnownSecretStores, SecretStore } from '../domain/ports/stores';
import type { Settings } from './settings';

/** Every secret store there is: one is added here by one line. Our own database always is, since what it keeps must be found whatever the default is. */
export function openSecretStores(
  { secretStores }: Settings,
  database: Database,
  sealingKey: Buffer,
): { readonly secrets: SecretStore; readonly known: KnownSecretStores } {
  const { vault, files, 'aws-secrets-manager': aws, 'kubernetes-secret': kubernetes } = secretStores;
  const stores = new Map<string, SecretStore>([
    [OWN_STORE, createPostgresStore(database, { id: 'sealing', key: sealingKey })],
  ]);
  if (vault) stores.set('vault', createVaultStore(vault));
  if (aws) stores.set('aws-secrets-manager', createAwsSecretsManagerStore(aws));
  if (kubernetes) stores.set('kubernetes-secret', createKubernetesSecretStore(kubernetes));
  if (files) stores.set('files', createFilesStore(files));
  return {
    secrets: createSecretStores(stores),
    known: { byDefault: secretStores.default, all: [...stores.keys()] },
  };
}

/** Looks whether what the stores name is there, so that it shows at the start and not at night. @throws IncidentError CONFIG_INVALID */
export function mustOpenSecretStores({ secretStores }: Settings): void {
  const faults: string[] = [];
  for (const [kind, settings] of Object.entries(secretStores)) {
    if (typeof settings !== 'object') continue;
    for (const [name, value] of Object.entries(settings)) {
      if (name.endsWith('File') && !isReadable(String(value)))
        faults.push(`secretStores.${kind}.${name}: names no readable file`);
      if (name === 'directory' && !isClosed(String(value)))
        faults.push(`secretStores.${kind}.${name}: is no directory that only this user may enter (mode 0700)`);
    }
  }
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isClosed(directory: string): boolean {
  try {
    const found = statSync(directory);
    return found.isDirectory() && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}
