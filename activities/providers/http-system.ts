import { isDeepStrictEqual } from 'node:util';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { HttpSettings } from './http-account';
import { callAsAdmin, callHttp } from './http-call';
import { presentedAnswer, type HttpAnswer, type Presented } from './http-send';
import { at, type Values } from './http-template';

/** An item of a list. */
interface Listed {
  readonly item: unknown;
  readonly id: string;
  readonly label: unknown;
}

type AdminCall = Parameters<typeof callAsAdmin>[0];

export type HttpFound = 'active' | 'disabled' | 'absent';

/** One system, as its settings declare it, for one credential. */
export interface HttpSystem {
  readonly account: string;
  readonly settings: HttpSettings;
  valuesOf(credential: Credential): Values;
  /** @throws as `callAsAdmin` */
  admin(what: AdminCall, values?: Values): Promise<HttpAnswer>;
  find(id: string): Promise<HttpFound>;
  /** The same, and when it was last used, as the system writes it, where it says so. */
  look(id: string): Promise<{ readonly found: HttpFound; readonly lastUsed?: string }>;
  /** The ids of those that carry the label. */
  labelled(label: string): Promise<readonly string[]>;
  /** Ends one, and looks that it is gone; one that is not there is no failure. */
  delete(id: string): Promise<void>;
  /** Uses a value as a dependent would. */
  present(value: { readonly id: string; readonly secret: string }, mark: string): Promise<Presented>;
}

export function httpSystem(
  settings: HttpSettings,
  credential: Pick<Credential, 'account' | 'principal' | 'id' | 'scopes'>,
  signal: AbortSignal,
): HttpSystem {
  const { account } = credential;
  const valuesOf = ({ principal, id, scopes }: Pick<Credential, 'principal' | 'id' | 'scopes'>): Values => ({
    admin: settings.admin ?? '',
    principal,
    credential: id,
    scopes,
  });
  const base = valuesOf(credential);
  const admin = (what: AdminCall, values: Values = {}) =>
    callAsAdmin(what, { ...base, ...values }, { signing: settings.signing, signal, account });

  async function list(values: Values): Promise<readonly Listed[]> {
    const { list: call, listed } = settings;
    if (!call || !listed) return [];
    const { body } = await admin({ name: 'list', call }, values);
    const items = at(listed.items, body);
    // Taken for none, what there is would live on.
    if (!Array.isArray(items))
      throw new IncidentError('PROVIDER_UNAVAILABLE', { account, call: 'list', reply: 'without a list' });
    return items.map((item: unknown) => ({ item, id: String(at(listed.id, item)), label: at(listed.label, item) }));
  }

  /** What the system says of it; undefined where there is none. */
  async function recordOf(id: string): Promise<{ readonly item: unknown } | undefined> {
    const { find: call, absent } = settings;
    if (!call) return (await list({})).find((one) => one.id === id);
    const { status, body } = await admin({ name: 'find', call, also: absent }, { id });
    return absent.includes(status) ? undefined : { item: body };
  }

  async function look(id: string): ReturnType<HttpSystem['look']> {
    const record = await recordOf(id);
    if (!record) return { found: 'absent' };
    const { disabled, lastUsed: place } = settings;
    const isDisabled = disabled !== undefined && isDeepStrictEqual(at(disabled.at, record.item), disabled.is);
    const lastUsed = place === undefined ? undefined : at(place, record.item);
    return {
      found: isDisabled ? 'disabled' : 'active',
      ...(typeof lastUsed === 'string' ? { lastUsed: lastUsed.slice(0, 40) } : {}),
    };
  }

  const find = async (id: string): Promise<HttpFound> => (await look(id)).found;

  return {
    account,
    settings,
    valuesOf,
    admin,
    find,
    look,
    labelled: async (label) => (await list({ label })).filter((one) => one.label === label).map(({ id }) => id),
    async delete(id) {
      await admin({ name: 'delete', call: settings.delete, also: settings.absent }, { id });
      if ((await find(id)) !== 'absent')
        throw new IncidentError('PROVIDER_UNAVAILABLE', { account, version: id, reply: 'still there' });
    },
    async present({ id, secret }, mark) {
      const headers = { 'user-agent': mark };
      const answer = await callHttp(settings.present, { ...base, id, secret }, { headers, signal });
      return presentedAnswer(answer, { refused: settings.refused, accepted: settings.present.done });
    },
  };
}
