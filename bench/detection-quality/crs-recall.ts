/** The share of the core rule set's hostile test requests that the signature detector recognises; null: not measured. */
export async function crsRecall(_dataFolder: string): Promise<number | null> {
  return null;
}
