import { round } from '../statistics';
import type { DetectionQuality } from './measure';

/** The one line of JSON that programs read. */
export function figuresLine(quality: DetectionQuality) {
  const { stratus, invictus, stolenKey, nab, panther, crs, sigmaRules } = quality;
  return {
    bench: 'detection-quality',
    stratusRecall: round(stratus.recalled / stratus.techniques),
    invictusRunRecall: round(invictus.recalled / invictus.runs),
    invictusActingRunRecall: round(invictus.actingRecalled / invictus.actingRuns),
    alertsPer1000Unlabelled: round((1000 * invictus.unlabelledAlerts) / invictus.unlabelledEvents),
    nabScore: round(nab.score),
    pantherAgree: panther === null ? null : round(panther.agreed / panther.tests),
    crsRecall: crs === null ? null : round(crs.recognised / crs.requests),
    crsRecallUriAndAgent: crs === null ? null : round(crs.recognisedInLogs / crs.requests),
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
  return [
    ['Stratus techniques recalled', String(line.stratusRecall), `${stratus.recalled} of ${stratus.techniques}`],
    ['Invictus attack runs recalled', String(line.invictusRunRecall), `${invictus.recalled} of ${invictus.runs}`],
    [
      'of them, runs that do more than see whom they are',
      String(line.invictusActingRunRecall),
      `${invictus.actingRecalled} of ${invictus.actingRuns}`,
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
    [
      'NAB, standard profile',
      nab.score.toFixed(1),
      `${nab.series} series; windowed Gaussian in the same run ${nab.floor.toFixed(1)}`,
    ],
    ['Panther rule tests agreed on', shown(line.pantherAgree), pantherTests(quality.panther)],
    ['CRS requests recognised, shown whole', shown(line.crsRecall), crsRequests(crs, 'recognised')],
    [
      'CRS requests recognised by URI and agent, as access logs have them',
      shown(line.crsRecallUriAndAgent),
      crsRequests(crs, 'recognisedInLogs'),
    ],
    ['Sigma rules loaded or refused with a reason', shown(line.sigmaRules), ''],
  ];
}

function pantherTests(panther: DetectionQuality['panther']): string {
  if (panther === null) return '';
  const { agreed, tests, covered, rules } = panther;
  return `${agreed} of ${tests} tests of the ${covered} rules covered, of ${rules} for CloudTrail`;
}

function crsRequests(crs: DetectionQuality['crs'], which: 'recognised' | 'recognisedInLogs'): string {
  return crs === null ? '' : `${crs[which]} of ${crs.requests}`;
}

function shown(figure: number | null): string {
  return figure === null ? 'not measured' : String(round(figure));
}
