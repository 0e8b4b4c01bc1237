import type { IncidentStep } from '../../activities/incident-step';
import type { ApprovalDetail, ApprovedAction } from '../../domain/approval';
import type { PersonInput } from '../messages';
import { untilDone } from './activity-proxies';
import type { IncidentBoard } from './incident-board';
import { keepKnown } from './keep-known';

/** Records what people decide before it takes effect, and checks the approvals of those who loosen. */
export class Decisions {
  #count = 0;

  constructor(
    private readonly board: IncidentBoard,
    private readonly step: (name: string) => IncidentStep,
  ) {}

  /** Audits a decision under the name that was given. */
  async record(decision: string, { actor, note }: PersonInput): Promise<void> {
    this.#count += 1;
    const step = this.step(`decision.${this.#count}`);
    const question = this.board.incident.waiting?.question ?? '';
    await untilDone.recordDecision.executeWithOptions({ summary: `${actor}: ${decision}`.slice(0, 200) }, [
      { ...step, actor, decision, note: question ? `${note} (asked: ${question.slice(0, 300)})` : note },
    ]);
  }

  /** `keepKnown`, as one more step of what people decide. */
  async keep(): Promise<void> {
    this.#count += 1;
    await keepKnown(this.board, this.step(`known.${this.#count}`));
  }

  /** Uses up the approval that came with an update. @throws APPROVAL_REFUSED unless it is for exactly this, by this actor, unused */
  async authorize(person: PersonInput, action: ApprovedAction, detail: ApprovalDetail = {}): Promise<void> {
    this.#count += 1;
    const step = this.step(`approval.${this.#count}`);
    const { actor, approval = '' } = person;
    await untilDone.useApproval.executeWithOptions(
      { summary: `Verify the approval of ${actor}: ${action}`.slice(0, 200) },
      // Of this run alone: question 1 of the next one is another.
      [{ ...step, actor, approval, action, detail: { ...detail, run: step.runId } }],
    );
  }
}
