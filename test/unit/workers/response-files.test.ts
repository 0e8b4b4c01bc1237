import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { IncidentError } from '../../../domain/errors';
import { makeKeyFiles, type KeyFiles } from '../../../stack/key-files';
import { parseConfig } from '../../../workers/config';
import { readResponseFiles } from '../../../workers/response/response-files';
import { temporaryFolder } from '../../support/temporary-folder';

const CHANNELS = "[{ notifier: console, target: '' }]";
const SETTINGS = `audiences: { engineering: ${CHANNELS}, security: ${CHANNELS}, product: ${CHANNELS}, on-call: ${CHANNELS} }\n`;

const folder = temporaryFolder();
let keys: KeyFiles;

beforeAll(async () => {
  keys = await makeKeyFiles(folder.path);
});

function fileOf(name: string, content: string): string {
  const file = path.join(folder.path, name);
  writeFileSync(file, content);
  return file;
}

function read(policy: string | undefined, settings = SETTINGS) {
  return readResponseFiles(
    parseConfig('response', {
      TOURNIQUET_PAYLOAD_KEYS_FILE: keys.payload,
      TOURNIQUET_DATABASE_URL_FILE: fileOf('database.url', 'postgres://localhost/tourniquet'),
      TOURNIQUET_SEALING_KEY_FILE: keys.sealing,
      TOURNIQUET_FINGERPRINT_KEYS_FILE: keys.fingerprint,
      TOURNIQUET_AUDIT_KEY_FILE: keys.audit,
      TOURNIQUET_CHECKPOINT_KEY_FILE: keys.checkpoint,
      TOURNIQUET_CHECKPOINT_FILE: path.join(folder.path, 'checkpoints.jsonl'),
      TOURNIQUET_APPROVAL_PUBLIC_KEY_FILE: keys.approvalPublic,
      TOURNIQUET_HOOK_KEY_FILE: keys.hook,
      TOURNIQUET_SETTINGS_FILE: fileOf('settings.yaml', settings),
      ...(policy === undefined ? {} : { TOURNIQUET_POLICY_FILE: fileOf('policy.yaml', policy) }),
    }),
  );
}

/** Without the path of the file. */
function faultsOf(policy: string, settings?: string): readonly string[] {
  try {
    read(policy, settings);
  } catch (error) {
    if (!(error instanceof IncidentError) || error.code !== 'CONFIG_INVALID') throw error;
    return (error.fields['faults'] as string[]).map((fault) => fault.replace(/^.*\//, ''));
  }
  return [];
}

describe('a response worker', () => {
  it('starts with the policy of design.md, and with one whose audiences all have channels', () => {
    expect(read(undefined).policy.policy.version).toBe(1);
    expect(faultsOf('version: 2\nescalation: { steps: [{ tell: [on-call, security], afterSeconds: 0 }] }\n')).toEqual(
      [],
    );
  });

  it('does not start when the policy names an audience without channels, wherever it does', () => {
    const faults = faultsOf(`version: 2
escalation: { steps: [{ tell: [security], afterSeconds: 0 }, { tell: [on-call, head], afterSeconds: 60 }] }
audiences: { contained: [security, board], resolved: [on-call] }
overrides:
  - when: { ownerTeam: payments }
    escalation: { steps: [{ tell: [payments-lead], afterSeconds: 0 }] }
`);

    expect(faults).toEqual([
      'policy.yaml: escalation.steps.1.tell.1: the settings file has no channels for the audience head',
      'policy.yaml: audiences.contained.1: the settings file has no channels for the audience board',
      'policy.yaml: overrides.0.escalation.steps.0.tell.0: the settings file has no channels for the audience payments-lead',
    ]);
  });

  it('takes no name of every object for an audience', () => {
    expect(faultsOf('version: 2\naudiences: { contained: [constructor] }\n')).toHaveLength(1);
  });

  it('tells this together with what else the files it refers to lack', () => {
    const account = '{ adminUrlFile: /nowhere, host: h, port: 1, database: d, ownerRole: o }';
    const faults = faultsOf(
      'version: 2\naudiences: { contained: [board] }\n',
      `${SETTINGS}providers: { postgres-role: { orders: ${account} } }\n`,
    );

    expect(faults.join('\n')).toMatch(/adminUrlFile: names no readable file\n.*audience board/);
  });
});
