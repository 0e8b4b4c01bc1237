import type { ActivityDeps } from '../activities/deps';
import { IncidentError } from '../domain/errors';
import type { Notifier } from '../domain/ports/notifier';
import { readSecretFile } from './config';
import type { Settings } from './settings';
import { shownKey } from './yaml-file';

type Audiences = Settings['audiences'];

/**
 * Every audience's channels, with the targets that stand in files. One that nobody could be reached by is refused before anything leaks.
 * @throws IncidentError CONFIG_INVALID with each fault's place
 */
export function readChannels(
  audiences: Audiences,
  notifiers: ReadonlyMap<string, Pick<Notifier, 'targetFault'>>,
): ActivityDeps['audiences'] {
  const faults: string[] = [];
  const read = (channel: Audiences[string][number], place: string) => {
    const target = targetOf(channel);
    const fault = target === undefined ? 'names no readable file' : faultOf(notifiers.get(channel.notifier), target);
    if (fault) faults.push(`${place}: ${fault}`);
    return { notifier: channel.notifier, target: target ?? '' };
  };
  const { engineering, security, product, ...others } = audiences;
  const of = (name: string, channels: Audiences[string]) =>
    channels.map((channel, index) => read(channel, `audiences.${shownKey(name)}.${index}`));
  const complete = {
    engineering: of('engineering', engineering),
    security: of('security', security),
    product: of('product', product),
    ...Object.fromEntries(Object.entries(others).map(([name, channels]) => [name, of(name, channels)])),
  };
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
  return complete;
}

function faultOf(notifier: Pick<Notifier, 'targetFault'> | undefined, target: string): string | undefined {
  if (!notifier) return 'names no notifier that there is';
  const fault = notifier.targetFault(target);
  return fault === undefined ? undefined : `its target ${fault}`;
}

function targetOf({ target, targetFile }: Audiences[string][number]): string | undefined {
  if (targetFile === undefined) return target;
  try {
    return readSecretFile(targetFile);
  } catch {
    return undefined;
  }
}
