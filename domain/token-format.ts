import { crc32 } from 'node:zlib';

/**
 * The tokens we issue: `tqt_` + 8 characters of public id + 30 of secret + 6 of CRC-32, base 62. Prefix and checksum let a
 * scanner recognise one without asking us, as GitHub's and npm's do (github.blog, "Behind GitHub's new authentication token formats").
 */
const TOKEN = /^tqt_(?<id>[0-9A-Za-z]{8})(?<secret>[0-9A-Za-z]{30})(?<checksum>[0-9A-Za-z]{6})$/;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 8;
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;

/** Makes a token out of random bytes: at least 38, each used modulo 62 after values that would bias it are left out. */
export function formatToken(randomBytes: (size: number) => Uint8Array): string {
  let body = '';
  while (body.length < ID_LENGTH + SECRET_LENGTH) {
    for (const byte of randomBytes(64)) {
      if (byte < 248 && body.length < ID_LENGTH + SECRET_LENGTH) body += ALPHABET[byte % 62];
    }
  }
  return `tqt_${body}${checksum(body)}`;
}

/** The public part by which records may name a token. */
export function tokenPublicId(token: string): string | undefined {
  const match = TOKEN.exec(token);
  const { id, secret, checksum: given } = match?.groups ?? {};
  return id && secret && given === checksum(id + secret) ? `tqt_${id}` : undefined;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = `${ALPHABET[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** An API key has 43 characters, whatever stands around it; and where another one begins, the first is over. */
const OUR_VALUES = /tqt_[0-9A-Za-z]{44}|tqk_(?:(?!tqk_)[\w-]){43}/g;

export interface OurValue {
  readonly value: string;
  /** Where in the text it begins. */
  readonly at: number;
  /** How it may be shown: a token's public id, or what kind of value it is. */
  readonly shown: string;
}

/** The tokens and API keys of ours that a text holds, each known by its prefix, tokens by their checksum too. */
export function ourValuesIn(text: string): readonly OurValue[] {
  return [...text.matchAll(OUR_VALUES)].flatMap(({ 0: value, index: at }) => {
    const shown = value.startsWith('tqk_') ? 'an API key' : tokenPublicId(value);
    return shown === undefined ? [] : [{ value, at, shown }];
  });
}

/** A text of a client with a word in place of each token and API key of ours in it: some send theirs where a name belongs. */
export function withoutOurValues(text: string): string {
  return ourValuesIn(text).reduceRight(
    (rest, { at, value }) => `${rest.slice(0, at)}[secret]${rest.slice(at + value.length)}`,
    text,
  );
}

/** Whether a text that people and logs will see holds a token or an API key of ours, pasted by mistake. */
export function holdsOurValue(text: string): boolean {
  return ourValuesIn(text).length > 0;
}
