import type { UsageEvent } from '../domain/usage-event';
import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import {
  isAtMost,
  isNew,
  isOneMore,
  isWide,
  type KnownValues,
  learn,
  NONE_KNOWN,
  onlyOneOf,
  weighNews,
} from './known-values';
import {
  dayOf,
  DAYS_OF_GRAVE_NEWS,
  hasLearned,
  isSettled,
  LEARNING,
  OF_MANY_PLACES,
  OF_THE_UNUSUAL,
  teaches,
  testimonyOf,
} from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { noteRoaming, NOT_ROAMING, roamsIn } from './roaming';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { workstationAgent } from './workstation-agents';

/**
 * The weights order what Elastic's and Entra's rules say of new networks, countries and agents (reference/detection.md 1.1, 1.2.6:
 * a new network is medium, a new country medium, both high). An agent alone is worth least: anyone can send any agent, and where
 * the workload detector looks at the same word, the two must not add up to a certainty.
 */
const PARAMETERS = {
  countryAndAgent: 0.75,
  systemAndAgent: 0.65,
  /** From outside of the only cloud it is known in: strong alone, as in outside-cloud.ts, which takes longer to speak. Ours. */
  outsideAndAgent: 0.7,
  networkAndAgent: 0.6,
  country: 0.5,
  /** Of a program that was in no other for two weeks, and in so few networks: strong alone. Ours. */
  onlyCountry: 0.7,
  homeNetworks: 4,
  homeMs: LEARNING.fullMs,
  agent: 0.3,
  /** Another operator's network says more than another of the same. */
  system: 0.4,
  network: 0.25,
  /** While habits still settle: uses without news before news counts, so that a service that starts late is learnt. */
  quietUses: 10,
} as const;

/** What it is known to be used from and by, the operators by their numbers (autonomous systems); and how many uses there were since there was news. */
type OriginRows = Rows<'agents' | 'networks' | 'systems' | 'countries' | 'roaming' | 'usesSinceNews'>;

interface News {
  readonly agent: boolean;
  readonly network: boolean;
  readonly system: boolean;
  /** The system is no cloud's, and the only one that it is known in is. */
  readonly outside: boolean;
  readonly country: boolean;
  /** The country is, and it never left the one that it lives in. */
  readonly abroad: boolean;
}

/** A network, country or agent that the credential is not known to be used from. */
export const newOrigin = defineDetector<keyof OriginRows>({
  id: 'new-origin',
  family: 'origin',
  parameters: PARAMETERS,
  initial: {
    agents: NONE_KNOWN,
    networks: NONE_KNOWN,
    systems: NONE_KNOWN,
    countries: NONE_KNOWN,
    roaming: NOT_ROAMING,
    usesSinceNews: [0],
  },
  judge,
  remember,
  samples,
});

function judge(rows: OriginRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const news = newsIn(rows, located, facts);
  return speaksOf(news, rows, located, facts) ? [finding(located, news, weigh(news))] : NO_FINDINGS;
}

function remember(rows: OriginRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const news = newsIn(rows, located, facts);
  if (speaksOf(news, rows, located, facts)) weighTrust(rows, located, facts, news);
  else if (teaches(located, facts)) learnAll(rows, located, isNews(news));
}

function newsIn(rows: OriginRows, { event, marks, place }: LocatedUsageEvent, facts: SubjectFacts): News {
  const day = dayOf(event.at);
  const network = isNew(rows.networks, marks.network, day);
  // A network that is known is news of no kind.
  const system = (network || isWide(rows.networks)) && isNew(rows.systems, marks.operator, day);
  const agent = isNew(rows.agents, marks.agent, day);
  const country = isNew(rows.countries, marks.country, day);
  return {
    agent,
    // Where it roams, or of one more of many, it is no news by itself: whoever rents a machine in the same cloud is in such a network, too.
    network: network
      ? system || agent || !roamsIn(rows.roaming, place, day)
      : agent && isOneMore(rows.networks, marks.network),
    system,
    outside: system && event.principalKind !== 'person' && leavesCloud(rows.systems, marks.operator),
    country,
    abroad: country && system && event.at - facts.cleanSince >= PARAMETERS.homeMs && isHomely(rows, event),
  };
}

function leavesCloud(systems: KnownValues, operator: number): boolean {
  return cloudOf(onlyOneOf(systems)) !== '' && cloudOf(operator) === '';
}

/** Of what lives in a cloud outside-cloud.ts speaks. */
function isHomely({ countries, networks, systems }: OriginRows, { principalKind, client }: UsageEvent): boolean {
  if (principalKind === 'person' || workstationAgent(client.agent)?.scriptable === false) return false;
  return (
    onlyOneOf(countries) !== 0 && cloudOf(onlyOneOf(systems)) === '' && isAtMost(networks, PARAMETERS.homeNetworks)
  );
}

function isNews({ agent, network, system, country }: News): boolean {
  return agent || network || system || country;
}

/** While habits settle, news is no news. */
function speaksOf(
  news: News,
  { usesSinceNews }: OriginRows,
  { event: { at } }: LocatedUsageEvent,
  facts: SubjectFacts,
): boolean {
  if (!isNews(news) || !hasLearned(facts, at)) return false;
  return isSettled(facts, at) || usesSinceNews.get(0) >= PARAMETERS.quietUses;
}

function learnAll(rows: OriginRows, located: LocatedUsageEvent, isNews: boolean): void {
  weighAll(rows, located, learn);
  const { usesSinceNews } = rows;
  usesSinceNews.set(0, isNews ? 0 : Math.min(usesSinceNews.get(0) + 1, PARAMETERS.quietUses));
}

/** News that nothing graver speaks against becomes known in time, or a redeployment would be reported for ever. */
function weighTrust(rows: OriginRows, located: LocatedUsageEvent, facts: SubjectFacts, news: News): void {
  const isGrave = weigh(news) >= PARAMETERS.country;
  const testimony = testimonyOf(isGrave ? OF_MANY_PLACES : OF_THE_UNUSUAL, located, facts);
  const days = isGrave ? DAYS_OF_GRAVE_NEWS : undefined;
  weighAll(rows, located, (values, mark, day) => weighNews(values, mark, day, testimony, days));
  if (testimony === 'for' && !isGrave && news.network && !news.system)
    noteRoaming(rows.roaming, located.place, dayOf(located.event.at));
}

function weighAll(
  rows: OriginRows,
  { event, marks }: LocatedUsageEvent,
  weighed: (values: KnownValues, mark: number, day: number) => void,
): void {
  const day = dayOf(event.at);
  weighed(rows.agents, marks.agent, day);
  weighed(rows.networks, marks.network, day);
  weighed(rows.systems, marks.operator, day);
  weighed(rows.countries, marks.country, day);
}

function weigh(news: News): number {
  if (news.country && news.agent) return PARAMETERS.countryAndAgent;
  if (news.country) return news.abroad ? PARAMETERS.onlyCountry : PARAMETERS.country;
  if (news.outside && news.agent) return PARAMETERS.outsideAndAgent;
  if (news.system) return news.agent ? PARAMETERS.systemAndAgent : PARAMETERS.system;
  if (news.network) return news.agent ? PARAMETERS.networkAndAgent : PARAMETERS.network;
  return PARAMETERS.agent;
}

function finding({ agent, place }: LocatedUsageEvent, news: News, confidence: number): Finding {
  const where = [
    ...(news.country ? [`a new country, ${place.country} (${place.network})`] : []),
    ...((news.network || news.system) && !news.country
      ? [`a new network, ${place.network}${news.system ? ` of another operator, AS${place.asn}` : ''}`]
      : []),
  ];
  const by = news.agent ? [`by a new agent, "${forPerson(agent)}"`] : [];
  const reason = `used ${[...where.map((text) => `from ${text}`), ...by].join(' ')}`;
  return { severity: confidence >= 0.7 ? 'medium' : 'low', confidence, deterministic: false, accuses: 'use', reason };
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const later = 7_000;
  return {
    positives: [
      {
        title: 'other country and agent',
        events: [...life, sampleUse({ afterMs: later, address: '198.51.100.20', agent: 'go-http-client/2.0' })],
        places,
      },
      {
        title: 'other network of a neighbour country, same agent',
        events: [...life, sampleUse({ afterMs: later, address: '203.0.113.30' })],
        places,
      },
      {
        title: 'other agent from a known address',
        events: [...life, sampleUse({ afterMs: later, agent: 'sqlmap/1.7' })],
        places,
      },
      {
        title: 'addresses masked, other agent',
        events: [
          ...life.map((use) => ({ ...use, client: { ...use.client, address: '' } })),
          sampleUse({ afterMs: later, address: '', agent: 'sqlmap/1.7' }),
        ],
        places,
      },
    ],
    nearMisses: [
      {
        title: 'new release of the same agent, other address of the same network',
        events: [...life, sampleUse({ afterMs: later, address: '192.0.2.11', agent: 'orders-api/1.1' })],
        places,
      },
      {
        title: 'two services from the start',
        events: life.flatMap((use, index) => [
          use,
          sampleUse({ afterMs: index * 100 + 50, address: '203.0.113.30', agent: 'billing/2' }),
        ]),
        places,
      },
      {
        title: 'a service that starts while habits settle',
        events: [
          ...steadyLife({ count: 9, everyMs: 500 }),
          ...steadyLife({ count: 9, everyMs: 500, afterMs: 4_600, address: '203.0.113.30', agent: 'billing/2' }),
        ],
        places,
      },
      {
        title: 'services that start one shortly after the other',
        events: [
          ...steadyLife({ count: 6, everyMs: 400 }),
          ...steadyLife({ count: 6, everyMs: 200, afterMs: 2_500, address: '203.0.113.30', agent: 'billing/2' }),
          ...steadyLife({ count: 6, everyMs: 200, afterMs: 3_800, address: '192.0.2.11', agent: 'mailer/3' }),
        ],
        places,
      },
      { title: 'first use ever', events: [sampleUse({ afterMs: 0, address: '198.51.100.20' })], places },
    ],
  };
}
