import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import { isSafeAddress } from '../../domain/safe-to-fetch';
import { namesIn } from './http-template';

const ALWAYS = ['admin', 'principal', 'credential', 'scopes'] as const;

const status = z.number().int().min(200).max(599);
const pointer = z.string().regex(/^(?:\/[^/]+)+$|^$/, 'is no JSON Pointer, such as /data/id');
const address = z.string().refine(isAddress, 'is no https:// URL whose host is written out');

/** A call that may name in braces what `names` lists, and what every call may. */
const call = (...names: readonly string[]) =>
  z
    .strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      /** Each value in it is percent-encoded. Values that let one in have no place here: addresses are written to logs. */
      url: address,
      headers: z.record(z.string(), z.string()).default({}),
      /** JSON, whose texts may hold places; or one text, sent as a form (`application/x-www-form-urlencoded`). */
      body: z.json().optional(),
      form: z.record(z.string(), z.string()).optional(),
      /** The answers that say that it is done. */
      done: z.array(status).min(1).default([200, 201, 202, 204]),
    })
    .superRefine((declared, context) => {
      const known: ReadonlySet<string> = new Set([...ALWAYS, ...names]);
      for (const name of namesIn([declared.url, declared.headers, declared.body, declared.form]))
        if (!known.has(name))
          context.addIssue({ code: 'custom', message: `names {${name}}; it may name ${[...known].join(', ')}` });
      if (namesIn(declared.url).some((name) => name === 'admin' || name === 'secret'))
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'holds a secret, and addresses are written to logs',
        });
    });

export type HttpCall = z.infer<ReturnType<typeof call>>;

const signing = z.strictObject({
  header: z.string(),
  /** What is signed, of {method}, {path}, {timestamp} (seconds) and {body}. */
  over: z.string().default('{timestamp}.{body}'),
  /** The header of the time that was signed. */
  timestampHeader: z.string().optional(),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  prefix: z.string().default(''),
  keyFile: z.string(),
});

/**
 * A system that is managed by HTTP: what to call, and how its answers are read. `test/support/token-server.ts` is such a system, and declares itself.
 */
export const httpAccount = z
  .strictObject({
    /** Holds what our admin is known by: {admin}. */
    adminFile: z.string().optional(),
    /** HMAC-SHA256 over each call of our admin. */
    signing: signing.optional(),
    /** Changes nothing, and is refused where our admin may not do what the others do. */
    probe: call(),
    /** Makes a version. Without `secret` among what it gives, the value is ours, and is named {secret}. */
    create: call('label', 'version', 'secret'),
    gives: z.strictObject({
      /** Where in the answer the version's id stands, or the id itself, such as `{principal}-v{version}`. */
      id: z.string().min(1),
      secret: pointer.optional(),
    }),
    /** Looks one up by its {id}. Without it, one is looked for in `list`. */
    find: call('id').optional(),
    /** The answers that say that there is none. */
    absent: z.array(status).min(1).default([404]),
    /** What its answer says of one that is refused for now. */
    disabled: z.strictObject({ at: pointer, is: z.json() }).optional(),
    /** Where in its answer, or in an item of `list`, stands when it was last used. */
    lastUsed: pointer.optional(),
    /** All of the principal, or those that were made with {label}: after an answer that was lost, ours is found by its label. */
    list: call('label').optional(),
    /** Where in its answer the items are, and in each of them its label and its id. */
    listed: z.strictObject({ items: pointer, label: pointer, id: pointer }).optional(),
    disable: call('id').optional(),
    enable: call('id').optional(),
    delete: call('id'),
    /** Uses a value: as a dependent would. */
    present: call('id', 'secret'),
    /** The answers that say that the value is not accepted. Whatever is neither these nor `done` proves nothing. */
    refused: z.array(status).min(1).default([401]),
    /** After a delete, how long a value may still work, in milliseconds. */
    propagationMs: z.number().int().min(0).max(600_000).default(0),
  })
  .superRefine((declared, context) => {
    const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const isShownOnce = declared.gives.secret !== undefined;
    if ((declared.list === undefined) !== (declared.listed === undefined))
      fault('listed', 'and `list` are both needed, or none');
    if (!declared.find && (!declared.list || namesIn(declared.list.url).includes('label')))
      fault('find', 'is needed, or a `list` of all');
    if (isShownOnce && !declared.list)
      fault('list', 'is needed: what was made though its answer was lost has to be found');
    if (isShownOnce && !namesIn([declared.create.url, declared.create.body, declared.create.form]).includes('label'))
      fault('create', 'has to give {label} on: what was made though its answer was lost has to be found');
    if (!isShownOnce && declared.gives.id.startsWith('/'))
      fault('gives', 'has to write the id out where the value is ours: a call that is repeated may give none');
    if ((declared.disable === undefined) !== (declared.enable === undefined))
      fault('disable', 'and `enable` are both needed, or none');
    if (declared.disable && !declared.disabled) fault('disabled', 'is needed: it says what is refused for now');
  });

export type HttpSigning = Omit<z.infer<typeof signing>, 'keyFile'> & { readonly key: string };

/** The same with what stands in the files. */
export type HttpSettings = Omit<z.infer<typeof httpAccount>, 'adminFile' | 'signing'> & {
  readonly admin?: string;
  readonly signing?: HttpSigning;
};

/** Whatever an account declares beyond that shows in its settings; what can't be known of all is said in the worst way. */
export const HTTP: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'reversible',
  endsSessions: false,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'shown-once',
  propagationMs: 0,
  sideEffects: [
    'What else happens there is known to whoever declared its calls.',
    'An account without `disable` is refused by the gateways only until it is revoked.',
    'Sessions and tokens that a value has opened are not looked for.',
    'When a value was last used is told only where an account says where that stands (`lastUsed`).',
  ],
  permissions: ['whatever the declared calls need'],
};

function isAddress(template: string): boolean {
  const host = /^https?:\/\/[^/?#{}@]+(?=[/?#]|$)/.exec(template)?.[0];
  return host !== undefined && isSafeAddress(host);
}
