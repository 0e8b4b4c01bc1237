import type { Connection } from '@temporalio/client';
import { StackError } from './stack-error';

/** What incidents can be searched by in Temporal. Not encrypted there, so nothing sensitive may ever be among them. */
export const SEARCH_ATTRIBUTE_NAMES = [
  'TourniquetCredential',
  'TourniquetProvider',
  'TourniquetSeverity',
  'TourniquetStage',
  'TourniquetOwnerTeam',
  'TourniquetCampaign',
  'TourniquetOutcome',
] as const;

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
export const KEYWORD = 2;

/**
 * Registers the search attributes that are missing in a namespace of a server that is not ours.
 * @throws StackError when they are missing and may not be added: says by which command somebody else can.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  try {
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    throw new StackError(
      'ADDRESS_UNREACHABLE',
      `Temporal namespace ${namespace} lacks search attributes and they could not be added. Have an operator run: ` +
        `temporal operator search-attribute create --namespace ${namespace} ${names}`,
      { cause: error },
    );
  }
}
