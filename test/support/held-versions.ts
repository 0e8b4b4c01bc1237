import type { SecretClient } from '../../client';
import type { SecretVersion } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';
import { secretMaterial } from '../../domain/secret-material';

/** What the API's secret route answers, without HTTP: the version published last, out of the real secret store. */
export interface HeldVersions {
  readonly client: SecretClient;
  publish(version: SecretVersion): void;
}

export function heldVersions(secrets: SecretStore, first: SecretVersion): HeldVersions {
  const published = new Map([[first.version, first]]);
  let current = first.version;
  return {
    client: {
      async read(_id, version = current) {
        const wanted = published.get(version);
        if (!wanted) throw new Error(`version ${version} was not published`);
        return { version, material: secretMaterial.parse(JSON.parse(await secrets.get(wanted.secret))) };
      },
    },
    publish(version) {
      published.set(version.version, version);
      current = version.version;
    },
  };
}
