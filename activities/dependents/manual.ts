import type { DependentRecord } from '../../domain/credential';
import type { DependentAdapter } from '../../domain/ports/dependent';
import type { RenderedNotice } from '../../domain/ports/notifier';
import type { MovedByHand } from '../../domain/ports/stores';
import { effect } from '../providers/effect';

/** Tells those who keep things running, once for each occasion. */
type Tell = (occasion: string, notice: RenderedNotice) => Promise<void>;

/**
 * A system that nobody but a person can move: engineering is told what to do, and whoever has done it says so (`tourniquet credential moved`). Their word
 * is the only sign there is; the rotation's deadline holds for it as for any other.
 */
export function createManualAdapter(moved: MovedByHand, tell: Tell): DependentAdapter {
  return {
    kind: 'manual',

    async activate(dependent, { credentialId, version }, { idempotencyKey }) {
      const about = { credentialId, dependentId: dependent.id, version };
      const last = await moved.last(credentialId, dependent.id);
      if (last?.version === version && last.said)
        return effect('already', `${last.said.actor} says that it uses version ${version}`);
      // Written down first: whoever is at it may be half-way, and an older word says nothing any more.
      if (last?.version !== version) await moved.ask(about);
      await tell(`by-hand/${idempotencyKey}`, noticeOf(dependent, credentialId, version));
      return effect('done', `engineering is asked to have it use version ${version}`);
    },

    async status(dependent, { credentialId }) {
      const last = await moved.last(credentialId, dependent.id);
      if (!last) return { using: 'unknown', healthy: false, detail: 'nobody has said which version it uses' };
      const { version, said } = last;
      if (said) return { using: version, healthy: true, detail: `${said.actor} says so: ${said.note}` };
      return { using: 'several', towards: version, healthy: false, detail: 'engineering is asked to move it' };
    },
  };
}

function noticeOf({ id, target, owner }: DependentRecord, credential: string, version: number): RenderedNotice {
  const where = target === '' ? '' : ` (${target})`;
  return {
    title: `[action] have ${id} use version ${version} of ${credential}, by hand`,
    body: [
      `${id}${where}, of ${owner}, can only be moved by a person: it must use version ${version}, and no other, whatever was asked before. Any other may be refused or ended at any time.`,
      `When it works with version ${version}, also if it did all along: tourniquet credential moved ${credential} ${id} --to ${version} --note "..."`,
    ].join('\n'),
    fields: { audience: 'engineering', kind: 'by-hand', credential, dependent: id, version: String(version) },
  };
}
