import Table from 'cli-table3';
import { Command } from 'commander';
import { CAPABILITIES } from '../../activities/providers/capabilities';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

export function providersCommand(): Command {
  return new Command('providers')
    .description('What each kind of provider can do, as its code declares. Asks no server')
    .option('--json', 'as one line of JSON', false)
    .action(({ json }: { readonly json: boolean }) => {
      const providers = Object.entries(CAPABILITIES).flatMap(([id, can]) => (can ? [{ id, ...can }] : []));
      process.stdout.write(`${json ? JSON.stringify(providers) : render(providers)}\n`);
    });
}

type Provider = ProviderCapabilities & { readonly id: string };

const OVERLAP = {
  principals: 'yes, as two principals',
  values: 'yes, as two values of one',
  none: 'no',
} as const satisfies Record<Provider['overlap'], string>;
const DERIVED = {
  none: 'there are none',
  end: 'end with it',
  'live-on': 'live on',
} as const satisfies Record<Provider['derivedTokens'], string>;
const LAST_USED = {
  exact: 'to the second',
  coarse: 'roughly',
  none: 'not told by the provider',
} as const satisfies Record<Provider['lastUsed'], string>;
const ORIGIN = {
  ours: 'Tourniquet, stored first',
  'shown-once': 'the provider, shown once',
  person: 'a person, at the provider',
} as const satisfies Record<Provider['secretOrigin'], string>;

const ROWS: readonly (readonly [question: string, answer: (can: Provider) => string])[] = [
  ['old and new at once', ({ overlap }) => OVERLAP[overlap]],
  ['quarantine there', ({ quarantine }) => (quarantine === 'reversible' ? 'yes, a person can lift it' : 'no')],
  ['ends live sessions', ({ endsSessions }) => (endsSessions ? 'yes' : 'no')],
  ['tokens made from it', ({ derivedTokens }) => DERIVED[derivedTokens]],
  ['last use', ({ lastUsed }) => LAST_USED[lastUsed]],
  ['who makes the value', ({ secretOrigin }) => ORIGIN[secretOrigin]],
  ['dead after a revoke', ({ propagationMs }) => (propagationMs === 0 ? 'at once' : `within ${propagationMs} ms`)],
];

function render(providers: readonly Provider[]): string {
  const table = new Table({ head: ['', ...providers.map(({ id }) => id)], style: { head: [], border: [] } });
  for (const [question, answer] of ROWS) table.push([question, ...providers.map(answer)]);
  const more = providers.flatMap(({ id, sideEffects, permissions }) => [
    id,
    ...sideEffects.map((effect) => `  besides: ${effect}`),
    `  needs:   ${permissions.join(', ')}`,
  ]);
  return [table.toString(), ...more].join('\n');
}
