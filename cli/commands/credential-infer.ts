import { Command, InvalidArgumentError } from 'commander';
import { openDatabase } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { inferUsers, type Seen } from '../../domain/infer-users';
import type { Inventory } from '../../domain/ports/stores';
import { usageBatch, type UsageEvent } from '../../domain/usage-event';
import { UseByPlace } from '../../domain/use-by-place';
import { parseJson } from '../../domain/parse-json';
import { textOfBytes } from '../../domain/text-of-bytes';
import { parseConfig, readSecretFile } from '../../workers/config';
import { storedMessages } from '../../workers/detection/stored-messages';
import { USAGE_STREAM } from '../../workers/detection/streams';
import { connectNats } from '../../workers/nats';
import { renderInference, type Inference } from '../render-inference';

interface Flags {
  readonly atLeast: number;
  readonly json: boolean;
}

export function credentialInferCommand(): Command {
  return new Command('infer')
    .description(
      'Propose who uses credentials, from the usage of the last day. As the NATS user `admin`; changes nothing',
    )
    .argument('[credentials...]', 'all without it')
    .option('--at-least <uses>', 'below which a place is not named', readCount, 10)
    .option('--json', 'for programs', false)
    .action(async (ids: readonly string[], { atLeast, json }: Flags) => {
      const inference = await infer(ids, atLeast);
      process.stdout.write(json ? `${JSON.stringify(inference)}\n` : renderInference(inference));
    });
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1');
  return Number(text);
}

async function infer(ids: readonly string[], atLeast: number): Promise<Inference> {
  const config = parseConfig('inference', process.env);
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-cli',
    max: 2,
  });
  try {
    const inventory = createInventory(database);
    const all = await inventory.credentials();
    const missing = ids.find((id) => !all.some((credential) => credential.id === id));
    if (missing !== undefined) throw new IncidentError('CREDENTIAL_UNKNOWN', { credential: missing });
    const asked = ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
    const nats = await connectNats(config, 'cli');
    try {
      const { seen, strangers } = await fold(storedUses(nats), asked, await subjectsOf(inventory, all));
      const unregistered = [...strangers].map(([subject, uses]) => ({ subject, uses })).sort((a, b) => b.uses - a.uses);
      return { inferred: inferUsers(seen, all, atLeast), unregistered: ids.length === 0 ? unregistered : [] };
    } finally {
      await nats.close();
    }
  } finally {
    await database.end();
  }
}

/** Of subjects that nobody has registered, as many are told apart. */
const MOST_STRANGERS = 10_000;

async function fold(
  uses: AsyncIterable<UsageEvent>,
  credentials: readonly Credential[],
  subjects: ReadonlyMap<string, string>,
): Promise<{ readonly seen: readonly Seen[]; readonly strangers: ReadonlyMap<string, number> }> {
  const byCredential = new Map(credentials.map(({ id }) => [id, new UseByPlace()]));
  const strangers = new Map<string, number>();
  for await (const use of uses) {
    const id = subjects.get(use.subject);
    if (id !== undefined) byCredential.get(id)?.see(use);
    else if (use.outcome === 'accepted' && (strangers.has(use.subject) || strangers.size < MOST_STRANGERS))
      strangers.set(use.subject, (strangers.get(use.subject) ?? 0) + 1);
  }
  const seen = credentials.map((credential) => ({
    credential,
    places: byCredential.get(credential.id)?.places() ?? [],
  }));
  return { seen: seen.filter(({ places }) => places.length > 0), strangers };
}

/** Whose each subject is. What uses a version that leaked says nothing of who should: it is nobody's. */
async function subjectsOf(inventory: Inventory, all: readonly Credential[]): Promise<ReadonlyMap<string, string>> {
  const pairs = await Promise.all(
    all.map(async ({ id }) =>
      (await inventory.versions(id)).flatMap(({ subjects, state }) =>
        subjects.map((subject) => [subject, state === 'live' ? id : ''] as const),
      ),
    ),
  );
  return new Map(pairs.flat());
}

async function* storedUses(nats: Parameters<typeof storedMessages>[0]): AsyncGenerator<UsageEvent> {
  for await (const { data } of storedMessages(nats, USAGE_STREAM, 'usage.*')) {
    // What can't be read is the detection worker's to keep.
    const { data: batch } = usageBatch.safeParse(parseJson(textOfBytes(data)));
    for (const event of batch?.events ?? []) if (event.kind === 'usage') yield event;
  }
}
