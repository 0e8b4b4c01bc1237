/** Turns a rule's text into the forms in which a record may hold it, each a Sigma string again. */
type Forms = (texts: readonly Buffer[]) => readonly Buffer[];

const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;
/** 5^4 forms of one text are enough. */
const MOST_DASHES = 4;

const wide: Forms = (texts) => texts.map((text) => Buffer.from(text.toString(), 'utf16le'));

/** By modifier (Sigma specification 2.1, appendix "Modifiers"). Those of UTF-16 come before an encoding. */
const FORMS: Readonly<Record<string, Forms>> = {
  base64: (texts) => texts.map((text) => Buffer.from(encoded(text))),
  base64offset: (texts) => texts.flatMap((text) => [0, 1, 2].map((offset) => Buffer.from(middleOf(text, offset)))),
  wide,
  utf16le: wide,
  utf16be: (texts) => wide(texts).map((text) => Buffer.from(text).swap16()),
  utf16: (texts) => wide(texts).map((text) => Buffer.concat([Buffer.from([0xff, 0xfe]), text])),
  windash: (texts) => texts.flatMap((text) => withDashes(text.toString()).map((form) => Buffer.from(form))),
};

const ENCODES = /^(?:base64|utf16|wide)/;

export function isForm(modifier: string): boolean {
  return Object.hasOwn(FORMS, modifier);
}

/**
 * The forms of `text` under these modifiers, one after the other.
 * @throws Error whose text is the reason
 */
export function formsOf(text: string, modifiers: readonly string[]): readonly string[] {
  if (modifiers.some((name) => ENCODES.test(name)) && /[*?]/.test(text))
    throw new Error('a wildcard in a text that is encoded');
  const forms = modifiers.reduce<readonly Buffer[]>(
    (texts, name) => FORMS[name]?.(texts) ?? texts,
    [Buffer.from(text)],
  );
  const read = forms.map((form) => form.toString());
  if (read.includes('')) throw new Error('a text too short to be found in an encoding');
  return read;
}

function encoded(text: Buffer): string {
  return text.toString('base64');
}

/** What of the encoding is the same whatever stands before and behind the text, which begins `offset` bytes after a group of three. */
function middleOf(text: Buffer, offset: number): string {
  const start = [0, 2, 3][offset] ?? 0;
  const cut = [0, 3, 2][(text.length + offset) % 3] ?? 0;
  const whole = encoded(Buffer.concat([Buffer.alloc(offset), text]));
  return whole.slice(start, whole.length - cut);
}

function withDashes(text: string): readonly string[] {
  const [first = '', ...others] = text.split('-');
  if (others.length > MOST_DASHES) throw new Error(`more than ${MOST_DASHES} dashes under windash`);
  return others.reduce<readonly string[]>(
    (forms, rest) => forms.flatMap((form) => DASHES.map((dash) => `${form}${dash}${rest}`)),
    [first],
  );
}
