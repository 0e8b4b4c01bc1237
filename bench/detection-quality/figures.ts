import { round } from '../statistics';
import { recalled } from './first-detection';
import type { DetectionQuality } from './measure';
import { PUBLISHED_NAB } from './published-nab';

/** The one line of JSON that programs read. */
export function figuresLine(quality: DetectionQuality) {
  const { stratus, invictus, stolenKey, nab, panther, crs, sigmaRules } = quality;
  const acting = invictus.runs.filter(({ acts }) => acts);
  return {
    bench: 'detection-quality',
    stratusRecall: share(recalled(stratus), stratus),
    invictusRunRecall: share(recalled(invictus.runs), invictus.runs),
    invictusActingRunRecall: share(recalled(acting), acting),
    alertsPer1000Unlabelled: round((1000 * invictus.unlabelledAlerts) / invictus.unlabelledEvents),
    nabScore: round(nab.score),
    pantherAgree: panther === null ? null : round(panther.agreed / panther.tests),
    crsRecall: crs === null ? null : round(crs.recognised / crs.requests),
    crsRecallUriAndAgent: crs === null ? null : round(crs.recognisedInLogs / crs.requests),
    crsRecallAsDocumented: crs === null ? null : round(crs.recognisedAsDocumented / crs.requests),
    crsRequests: crs === null ? null : crs.requests,
    sigmaRules,
    stolenKeyEvents: stolenKey.events,
    stolenKeySeconds: stolenKey.seconds,
    nabFloor: round(nab.floor),
  } as const;
}

type Row = readonly [measure: string, figure: string, base: string];

/** The table, for a terminal and for the documentation. */
export function qualityRows(quality: DetectionQuality): readonly Row[] {
  const { stratus, invictus, stolenKey, nab, crs } = quality;
  const line = figuresLine(quality);
  const acting = invictus.runs.filter(({ acts }) => acts);
  return [
    ['Stratus techniques recalled', String(line.stratusRecall), countOf(recalled(stratus), stratus)],
    ['Invictus attack runs recalled', String(line.invictusRunRecall), countOf(recalled(invictus.runs), invictus.runs)],
    [
      'of them, runs that do more than see whom they are',
      String(line.invictusActingRunRecall),
      countOf(recalled(acting), acting),
    ],
    [
      'alerts per 1,000 unlabelled events (Invictus)',
      String(line.alertsPer1000Unlabelled),
      `${invictus.unlabelledAlerts} on ${invictus.unlabelledEvents} events`,
    ],
    [
      'stolen key (OTRF): first detection',
      stolenKey.events === null ? 'none' : `event ${stolenKey.events}, after ${stolenKey.seconds} s`,
      `${stolenKey.others} detections of other keys`,
    ],
    ...nabRows(nab),
    ['Panther rule tests agreed on', shown(line.pantherAgree), pantherTests(quality.panther)],
    ['CRS requests recognised, shown whole', shown(line.crsRecall), crsRequests(crs, 'recognised')],
    [
      'CRS requests recognised by URI, query included, and agent',
      shown(line.crsRecallUriAndAgent),
      crsRequests(crs, 'recognisedInLogs'),
    ],
    [
      'CRS requests recognised by what the documented log formats hold',
      shown(line.crsRecallAsDocumented),
      crsRequests(crs, 'recognisedAsDocumented'),
    ],
    ['Sigma rules loaded or refused with a reason', shown(line.sigmaRules), ''],
  ];
}

function nabRows({ score, floor, series }: DetectionQuality['nab']): readonly Row[] {
  return [
    ['NAB, standard profile', score.toFixed(1), `${series} series`],
    ['NAB: windowed Gaussian in the same run', floor.toFixed(1), `the same ${series} series`],
    ...PUBLISHED_NAB.map(
      ([detector, published]) =>
        [`NAB, as published: ${detector}`, published.toFixed(1), 'all 58 series: not the same test'] as const,
    ),
  ];
}

function pantherTests(panther: DetectionQuality['panther']): string {
  if (panther === null) return '';
  const { agreed, tests, covered, rules } = panther;
  return `${agreed} of ${tests} tests of the ${covered} rules covered, of ${rules} for CloudTrail`;
}

type CrsCount = 'recognised' | 'recognisedInLogs' | 'recognisedAsDocumented';

function crsRequests(crs: DetectionQuality['crs'], which: CrsCount): string {
  return crs === null ? '' : `${crs[which]} of ${crs.requests}`;
}

function share(part: readonly unknown[], whole: readonly unknown[]): number {
  return round(part.length / whole.length);
}

function countOf(part: readonly unknown[], whole: readonly unknown[]): string {
  return `${part.length} of ${whole.length}`;
}

function shown(figure: number | null): string {
  return figure === null ? 'not measured' : String(round(figure));
}
