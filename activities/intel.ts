import { log } from '@temporalio/activity';
import { IncidentError, nextStep } from '../domain/errors';
import type { IntelEvent, IntelList } from '../domain/intel';
import { fetchList } from '../intel/fetch-list';
import type { ListShelf } from '../intel/list-shelf';
import type { ListSource } from '../intel/list-source';
import { atActivityEdge, callContext, stepTime } from './activity-edge';
import type { ReadinessFault } from './readiness-fault';
import type { ServerReadiness } from './server-readiness';

/** A threat list as the settings file has it. */
export interface ConfiguredList extends ListSource, Pick<IntelList, 'name' | 'says' | 'trust'> {
  readonly goodForHours: number;
}

export interface IntelDeps {
  readonly lists: readonly ConfiguredList[];
  readonly shelf: ListShelf;
  /** Puts lists in force in every partition. */
  readonly announce: (event: IntelEvent) => Promise<void>;
  readonly now: () => number;
}

/** What came of one list. */
export interface RefreshedList {
  readonly name: string;
  readonly outcome: 'changed' | 'unchanged';
}

/** A list that could not be refreshed, and why. */
export interface ListFault {
  readonly name: string;
  readonly code: string;
  readonly fault: string;
}

/** One list of the settings, as it is in force. */
export interface ListReport {
  readonly name: string;
  readonly says: IntelList['says'];
  readonly trust: IntelList['trust'];
  /** Networks in force; 0 when it never came, or ran out. */
  readonly networks: number;
  readonly leftOut: Readonly<Record<string, number>>;
  /** When its source last confirmed it, and until when it counts; milliseconds since the epoch, 0 when it never came. */
  readonly confirmedAt: number;
  readonly until: number;
  readonly fault?: Omit<ListFault, 'name'>;
}

const HOUR_MS = 3_600_000;
const STALE_AFTER = 0.75;

/** What refreshing threat lists can have done. */
export function createIntelActivities(deps: IntelDeps) {
  const { lists, shelf, announce, now } = deps;
  return atActivityEdge({
    /** The names of the lists there are. */
    async listThreatLists(): Promise<readonly string[]> {
      return Promise.resolve(lists.map(({ name }) => name));
    },

    /**
     * Fetches one list and makes it the last good one; whatever fails, the last good one stays. @throws INTEL_LIST_UNREACHABLE,
     * INTEL_LIST_UNREADABLE
     */
    async refreshThreatList({ name }: { readonly name: string }): Promise<RefreshedList> {
      const list = lists.find((candidate) => candidate.name === name);
      if (!list) throw new IncidentError('CONFIG_INVALID', { faults: [`the settings name no threat list ${name}`] });
      const of = list.ofOurs === true ? ' of our places' : '';
      const origin = `${list.format} ${list.from.replace(/[?#].*$/s, '')}${of}`;
      const found = await shelf.find(name);
      const before = found?.origin === origin ? found : undefined;
      const confirmedAt = now();
      const { signal } = callContext(name);
      const fetched = await fetchList(list, { now: confirmedAt, signal, etag: before?.etag });
      if (fetched === 'unchanged' && before) {
        await shelf.keep(name, { ...before, confirmedAt });
        return { name, outcome: 'unchanged' };
      }
      if (fetched === 'unchanged') throw new IncidentError('INTEL_LIST_UNREACHABLE', { fault: 'no content' });
      const { networks, leftOut, etag } = fetched;
      const kept = await shelf.keepContent(name, networks);
      await shelf.keep(name, {
        ...{ ...kept, networks: networks.size, leftOut, origin, confirmedAt },
        ...(etag === undefined ? {} : { etag }),
      });
      return { name, outcome: before?.content === kept.content ? 'unchanged' : 'changed' };
    },

    /** Whether each list was confirmed lately: one that has not been for three quarters of the time that it is good for will soon say nothing. */
    async examineThreatLists(): Promise<readonly ServerReadiness[]> {
      const at = stepTime();
      return Promise.all(
        lists.map(async ({ name, goodForHours }) => {
          const { confirmedAt = 0 } = (await shelf.find(name)) ?? {};
          const faults =
            at - confirmedAt < goodForHours * HOUR_MS * STALE_AFTER ? [] : [stale(confirmedAt, goodForHours)];
          return { name: `threat list ${name}`, faults };
        }),
      );
    },

    /** Puts the last good content of every list in force, all at once, and says what is in force now. */
    async putThreatListsInForce({ faults }: { readonly faults: readonly ListFault[] }): Promise<readonly ListReport[]> {
      const at = stepTime();
      const inForce: IntelList[] = [];
      const reports: ListReport[] = [];
      for (const { name, says, trust, goodForHours } of lists) {
        const kept = await shelf.find(name);
        const until = kept ? kept.confirmedAt + goodForHours * HOUR_MS : 0;
        const counts = kept !== undefined && until > at;
        if (counts) inForce.push({ name, says, trust, until, content: kept.content });
        const fault = faults.find((item) => item.name === name);
        if (fault) log.warn('a threat list could not be refreshed', { list: name, errorCode: fault.code });
        reports.push({
          ...{ name, says, trust, until, networks: counts ? kept.networks : 0 },
          ...{ leftOut: kept?.leftOut ?? {}, confirmedAt: kept?.confirmedAt ?? 0 },
          ...(fault ? { fault: { code: fault.code, fault: fault.fault } } : {}),
        });
      }
      await announce({ kind: 'intel', id: `threat-lists/${at}`, at, lists: inForce });
      await shelf.keepOnly(
        lists.map(({ name }) => name),
        at,
      );
      return reports;
    },
  });
}

function stale(confirmedAt: number, goodForHours: number): ReadinessFault {
  const code = 'INTEL_LIST_UNREACHABLE';
  const since =
    confirmedAt === 0 ? 'it never came' : `nobody confirmed it since ${new Date(confirmedAt).toISOString()}`;
  return {
    step: 'be fresh',
    code,
    fault: `${code}: ${since}, and it is good for ${goodForHours} h. ${nextStep(code)}`,
  };
}

export type IntelActivities = ReturnType<typeof createIntelActivities>;
