import { patched, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Credential } from '../../domain/credential';
import { openIncident, transition, type Incident, type IncidentEvent, type KnownAgainst } from '../../domain/incident';
import { isLeakFeed } from '../../domain/leak-feed';
import type { ResponsePlan } from '../../domain/response-plan';
import { compareSeverity } from '../../domain/severity';
import { SEARCH_ATTRIBUTES, type IncidentInput, type IncidentView } from '../messages';
import { renderDetails } from './render-details';

/** The incident's state in its workflow, and everything that shows it: query, current details, search attributes. */
export class IncidentBoard {
  #incident: Incident;
  readonly #openedAt = Date.now();
  /** What has come before it is known what was known. */
  #early: IncidentEvent[] | undefined = [];
  credential: Credential | undefined;
  plan: ResponsePlan | undefined;
  replacement: number | undefined;
  /** Known contexts that still use the old version and are in no registry. */
  private discovered: readonly string[] = [];
  readonly #audiences = new Set<string>();

  constructor(private readonly input: IncidentInput) {
    this.#incident = openIncident(input.assessment, this.#openedAt, input.renewed);
    this.show();
  }

  get incident(): Incident {
    return this.#incident;
  }

  /**
   * What incidents before this one knew: as if it had begun with that, and what came meanwhile had come after it. One that went on with a new history
   * has recalled it, and a person may have judged it since. Says whether a person has judged it while it was not known.
   */
  recall(known: KnownAgainst | undefined): boolean {
    const early = this.#early ?? [];
    this.#early = undefined;
    const { assessment, renewed } = this.input;
    if (!known || renewed) return false;
    this.#incident = openIncident(assessment, this.#openedAt);
    this.apply({ type: 'recalled', at: Date.now(), known, isDetected: isDetected(this.input) });
    for (const event of early) this.apply(isOfLess(event, known) ? overtaken(event) : event);
    return early.some(({ type }) => type === 'severity-changed');
  }

  /** For whoever opens it again. */
  known(): KnownAgainst {
    const { evidence, judged, assessed, spared, wasHigh } = this.#incident;
    return {
      evidence,
      ...(judged ? { judged } : {}),
      ...(assessed ? { assessed } : {}),
      ...(spared ? { spared } : {}),
      ...(wasHigh ? { wasHigh } : {}),
    };
  }

  /** Applies an event. One that the state refuses changes nothing: it came late, or twice. */
  apply(event: IncidentEvent): boolean {
    const before = this.#incident;
    const result = transition(before, event);
    if (!result.ok) return false;
    this.#incident = result.incident;
    this.#early?.push(event);
    if (before.stage !== this.#incident.stage || before.evidence.severity !== this.#incident.evidence.severity)
      this.publishAttributes();
    this.show();
    return true;
  }

  describe(credential: Credential, plan: ResponsePlan): void {
    this.credential = credential;
    this.plan = plan;
    this.publishAttributes();
    this.show();
  }

  told(audience: string): void {
    this.#audiences.add(audience);
    this.show();
  }

  view(): IncidentView {
    return {
      credentialId: this.input.credentialId,
      version: this.input.version,
      startedBy: this.input.startedBy,
      incident: this.#incident,
      ...(this.credential
        ? {
            credential: {
              provider: this.credential.provider,
              ownerTeam: this.credential.ownerTeam,
              enforcement: this.credential.enforcement,
            },
          }
        : {}),
      ...(this.plan ? { plan: this.plan } : {}),
      ...(this.replacement === undefined ? {} : { replacement: this.replacement }),
      ...(this.discovered.length > 0 ? { discoveredDependents: this.discovered } : {}),
      audiencesNotified: [...this.#audiences].sort(),
      ...(this.input.simulated ? { simulated: true } : {}),
    };
  }

  /** Whoever still uses the old version and is in no registry. */
  discover(contexts: readonly string[]): void {
    if (contexts.length === 0 && this.discovered.length === 0) return;
    this.discovered = contexts;
    this.show();
  }

  private show(): void {
    setCurrentDetails(renderDetails(this.view()));
  }

  private publishAttributes(): void {
    const { stage, evidence, outcome } = this.#incident;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.stage, value: stage },
      { key: SEARCH_ATTRIBUTES.severity, value: evidence.severity },
      ...(outcome ? [{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }] : []),
      ...(this.credential
        ? [
            { key: SEARCH_ATTRIBUTES.provider, value: this.credential.provider },
            { key: SEARCH_ATTRIBUTES.ownerTeam, value: this.credential.ownerTeam },
          ]
        : []),
    ]);
  }
}

/**
 * Whether a machine says it, so that what a person has judged of the same evidence counts: a detector, a scanner, or a watch that hands over what its own incident knew. That it works
 * again nobody has judged.
 */
function isDetected({ startedBy, handedOver }: IncidentInput): boolean {
  if (!patched('judged-whoever-says-it')) return startedBy === 'detector' || startedBy === 'watch';
  return startedBy === 'detector' || isLeakFeed(startedBy) || handedOver === true;
}

type SeverityChanged = Extract<IncidentEvent, { type: 'severity-changed' }>;

/** Whether a person has called it less grave than it is by what they did not know. */
function isOfLess(event: IncidentEvent, { evidence }: KnownAgainst): event is SeverityChanged {
  return event.type === 'severity-changed' && compareSeverity(event.severity, evidence.severity) < 0;
}

function overtaken({ at, note }: SeverityChanged): IncidentEvent {
  return { type: 'noted', at, note: `${note} (overtaken by what was known before: look again)` };
}
