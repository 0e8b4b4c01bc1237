import type { ActivityDeps } from './deps';
import type { IncidentStep } from './incident-step';

export interface ObservedUse {
  readonly at: number;
  readonly visible: boolean;
  readonly contexts: readonly {
    readonly context: string;
    readonly dependent?: string;
    readonly registered: boolean;
    readonly lastAcceptedAt: number;
    readonly accepted: number;
    readonly failed: number;
  }[];
}

export function createUseActivities(_deps: ActivityDeps) {
  return {
    async observeUse(_input: IncidentStep & { readonly of: number; readonly since: number }): Promise<ObservedUse> {
      return Promise.resolve({ at: Date.now(), visible: false, contexts: [] });
    },
  };
}
