import { countryCircle } from './country-circles';

const EARTH_RADIUS_KM = 6371;
const RADIANS = Math.PI / 180;

/**
 * The least distance between any two points of two countries, as a lower bound; 0 for neighbours, for the same country, and
 * where we have no geometry: what cannot be told is never far.
 */
export function leastDistanceKm(from: string, to: string): number {
  const [a, b] = [countryCircle(from), countryCircle(to)];
  if (!a || !b || from === to) return 0;
  const sinLatitude = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2);
  const sinLongitude = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2);
  const haversine =
    sinLatitude ** 2 + Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * sinLongitude ** 2;
  const apart = 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
  return Math.max(0, apart - a.radiusKm - b.radiusKm);
}
