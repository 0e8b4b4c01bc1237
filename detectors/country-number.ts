/** A country's two letters are a number below this. */
export const COUNTRY_NUMBERS = 36 ** 2;

/** Of ISO 3166-1 alpha-2. */
export function countryNumber(country: string): number {
  return parseInt(country, 36);
}

export function countryOfNumber(number: number): string {
  return number.toString(36).toUpperCase();
}
