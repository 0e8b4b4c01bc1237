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
      const said = await moved.last(credentialId, dependent.id);
      if (said?.version === version) return effect('already', `${said.actor} says that it uses version ${version}`);
      await tell(`by-hand/${idempotencyKey}`, noticeOf(dependent, credentialId, version));
      return effect('done', `engineering is asked to move it to version ${version}`);
    },

    async status(dependent, { credentialId }) {
      const said = await moved.last(credentialId, dependent.id);
      if (!said) return { using: 'unknown', healthy: false, detail: 'nobody has said which version it uses' };
      return { using: said.version, healthy: true, detail: `${said.actor} says so: ${said.note}` };
    },
  };
}

function noticeOf({ id, target, owner }: DependentRecord, credential: string, version: number): RenderedNotice {
  const where = target === '' ? '' : ` (${target})`;
  return {
    title: `[action] move ${id} to version ${version} of ${credential} by hand`,
    body: [
      `${id}${where}, of ${owner}, can only be moved by a person. The version it uses now will be revoked.`,
      `When it works with version ${version}: tourniquet credential moved ${credential} ${id} --to ${version} --note "..."`,
    ].join('\n'),
    fields: { audience: 'engineering', kind: 'by-hand', credential, dependent: id, version: String(version) },
  };
}
