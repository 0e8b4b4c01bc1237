import { z } from 'zod';
import type { Described } from './credential';
import { isNetwork } from './known-context';
import { holdsOurValue } from './token-format';

/** Ids end in workflow ids and in paths of secret stores, where `/` divides. */
export const credentialId = z
  .string()
  .regex(/^[A-Za-z0-9][\w.:@-]{0,127}$/, 'is no id of letters, digits and _ . : @ -')
  .refine((text) => !holdsOurValue(text), 'holds a secret value');
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'is more than one line')
    .refine((text) => !holdsOurValue(text), 'holds a secret value');
const criticality = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)], { error: 'is not 0, 1, 2 or 3' });

const knownContext = z.strictObject({
  id: credentialId,
  networks: z.array(z.string().refine(isNetwork, 'is no CIDR range')).min(1).readonly(),
  dependent: credentialId.optional(),
  endpoints: z
    .array(z.string().regex(/^[A-Z]{1,16} \//, 'is no endpoint such as GET /reports/*'))
    .readonly()
    .optional(),
});

const dependent = z.strictObject({
  id: credentialId,
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'is no kind of dependent'),
  target: z.string().max(2048).default(''),
  owner: line(64),
  criticality: criticality.default(2),
});

const fields = {
  provider: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'is no id of a provider'),
  account: credentialId.default('default'),
  principal: line(256),
  principalKind: z.enum(['workload', 'person', 'unknown']).optional(),
  ownerTeam: line(64),
  environment: credentialId.optional(),
  criticality: criticality.optional(),
  enforcement: z.enum(['gateway', 'provider']),
  protection: z.enum(['normal', 'own', 'break-glass']).optional(),
  scopes: z.array(line(256)).readonly().optional(),
  knownContexts: z.array(knownContext).readonly().optional(),
  dependents: z.array(dependent).readonly().optional(),
};

type Said = Pick<Described, 'knownContexts' | 'dependents'>;

/** What is only wrong together. */
function checkTogether({ knownContexts = [], dependents }: Said, context: z.RefinementCtx): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const isRepeated = (list: readonly { readonly id: string }[], index: number): boolean =>
    list.findIndex((one) => one.id === list[index]?.id) < index;
  knownContexts.forEach(({ dependent: name }, index) => {
    if (isRepeated(knownContexts, index)) fault(['knownContexts', index, 'id'], 'is the id of another one, too');
    // Those that were said before are not known here.
    if (name !== undefined && dependents && !dependents.some((one) => one.id === name))
      fault(['knownContexts', index, 'dependent'], 'names no dependent of this credential');
  });
  dependents?.forEach((_one, index) => {
    if (isRepeated(dependents, index)) fault(['dependents', index, 'id'], 'is the id of another one, too');
  });
}

const publicId = z.string().regex(/^[\x21-\x7e]{1,256}$/, 'is more than one word of ASCII');

/** A credential as the HTTP API takes it: all but its id, and with its value where somebody else has issued it. */
export const registrationBody = z
  .strictObject({
    ...fields,
    /** The version in use today. Without it the provider mints a first one. */
    version: z.strictObject({ publicId: publicId.optional(), value: z.string().min(1).max(65_536) }).optional(),
  })
  .superRefine(checkTogether);

/** The same in an inventory file, which holds no value: it names where the command line finds one. */
const listed = z
  .strictObject({
    id: credentialId,
    ...fields,
    version: z
      .strictObject({
        publicId: publicId.optional(),
        valueFile: z.string().min(1).optional(),
        valueEnv: z
          .string()
          .regex(/^[A-Z_][A-Z0-9_]*$/, 'is no name of a variable')
          .optional(),
      })
      .refine(({ valueFile, valueEnv }) => (valueFile === undefined) !== (valueEnv === undefined), {
        path: ['valueFile'],
        message: 'is needed, or valueEnv, and not both',
      })
      .optional(),
  })
  .superRefine(checkTogether);

/** A file that lists credentials, for `tourniquet credential import`. */
export const inventoryFile = z
  .strictObject({ credentials: z.array(listed).min(1).max(10_000) })
  .superRefine(({ credentials }, context) => {
    const seen = new Set<string>();
    credentials.forEach((one, index) => {
      if (seen.has(one.id))
        context.addIssue({
          code: 'custom',
          path: ['credentials', index, 'id'],
          message: 'is the id of another one, too',
        });
      seen.add(one.id);
    });
  });

export type RegistrationBody = z.infer<typeof registrationBody>;
/** What may be left out is. */
export type RegistrationRequest = z.input<typeof registrationBody>;
export type ListedCredential = z.infer<typeof listed>;

/** What became of a registration. */
export const registeredCredential = z.object({
  /** The newest that lives; absent where all are refused. */
  version: z.number().int().optional(),
  /** Why a leak of it could not be answered now; none when it could. */
  faults: z.array(z.object({ step: z.string(), code: z.string(), fault: z.string() })),
});

export type RegisteredCredential = z.infer<typeof registeredCredential>;
