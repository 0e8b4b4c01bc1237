import { hasField, textsOf, valuesOf, type LogRecord } from './record';
import { valueTest } from './value-test';

export type RecordTest = (record: LogRecord) => boolean;

/**
 * One search of a rule (`selection`, `filter_…`, `keywords`): a map is all of its fields, a list is any of its items, a text alone is
 * looked for anywhere in the record.
 * @throws Error whose text is the reason
 */
export function searchTest(search: unknown): RecordTest {
  if (Array.isArray(search) && search.length === 0) throw new Error('a search that is empty');
  if (Array.isArray(search)) return anyOf(search.map((item) => (isMap(item) ? mapTest(item) : keywordTest(item))));
  return isMap(search) ? mapTest(search) : keywordTest(search);
}

function mapTest(map: Readonly<Record<string, unknown>>): RecordTest {
  // All of nothing would be true of every record.
  if (Object.keys(map).length === 0) throw new Error('a search that is empty');
  return allOf(Object.entries(map).map(([key, expected]) => fieldTest(key, expected)));
}

function fieldTest(key: string, expected: unknown): RecordTest {
  const [field = '', ...modifiers] = key.split('|');
  const expectedValues: readonly unknown[] = Array.isArray(expected) ? expected : [expected];
  if (expectedValues.length === 0) throw new Error(`${field}: a list of values that is empty`);
  const wantsAll = modifiers.includes('all');
  const rest = modifiers.filter((name) => name !== 'all');
  if (rest.includes('neq')) {
    const test = fieldTest([field, ...modifiers.filter((name) => name !== 'neq')].join('|'), expected);
    // Of a field that is not there nothing is different: `not` says that.
    return (record) => hasField(record, field) && !test(record);
  }
  if (rest.includes('exists')) return existsTest(field, expected);
  if (field === '') return keywordsTest(expectedValues, wantsAll, rest);
  const tests = expectedValues.map((one) => valueTest(one, rest));
  const one = (test: (typeof tests)[number]): RecordTest => {
    return (record) => {
      const values = valuesOf(record, field);
      return values.length === 0 ? test(undefined, record) : values.some((value) => test(value, record));
    };
  };
  return wantsAll ? allOf(tests.map(one)) : anyOf(tests.map(one));
}

function existsTest(field: string, expected: unknown): RecordTest {
  const wanted = String(expected) === 'true';
  return (record) => hasField(record, field) === wanted;
}

function keywordTest(keyword: unknown): RecordTest {
  return keywordsTest([keyword], false, []);
}

function keywordsTest(keywords: readonly unknown[], wantsAll: boolean, modifiers: readonly string[]): RecordTest {
  const tests = keywords.map((keyword) => {
    if (keyword === null) throw new Error('a keyword that is none');
    return valueTest(keyword, modifiers.length > 0 ? modifiers : ['contains']);
  });
  return (record) => {
    const texts = textsOf(record);
    const isFound = (test: (typeof tests)[number]): boolean => texts.some((text) => test(text, record));
    return wantsAll ? tests.every(isFound) : tests.some(isFound);
  };
}

function allOf(tests: readonly RecordTest[]): RecordTest {
  return (record) => tests.every((test) => test(record));
}

function anyOf(tests: readonly RecordTest[]): RecordTest {
  return (record) => tests.some((test) => test(record));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
