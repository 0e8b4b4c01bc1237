import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LineSplitter, type Line } from './line-splitter';
import type { LogPosition } from './log-position';

/** A line, and where it begins and ends. */
export type LogLine = Line & { readonly file: string; readonly inode: number };

/** Read at once; the event loop gets its turn in between. */
const CHUNK_BYTES = 256 * 1024;

/** Looking for a newer file costs a directory listing, so it is done on a hint, or this often. */
const LOOK_EVERY_MS = 500;

/**
 * Reads the lines of the log files in a directory as they are written, from one file to the next. Files follow one another by the time
 * they were last written to, since names may be reused. A file that was truncated or replaced is read from its beginning.
 */
export class LogFollower {
  #file: { name: string; inode: number; handle: FileHandle; lines: LineSplitter } | undefined;
  #lookedAt = 0;

  constructor(
    private readonly directory: string,
    private readonly suffix: string,
  ) {}

  /** Goes to a saved position; to the end or the start of what is there when there is none, or its file is gone. */
  async begin(saved: LogPosition | undefined, otherwise: 'start' | 'end'): Promise<void> {
    const files = await this.#files();
    const found = files.find((file) => saved && file.name === saved.file && file.inode === saved.inode);
    if (found && saved && found.size >= saved.offset) return this.#open(found.name, saved.offset);
    // A saved position whose file is gone: what was written since is in the files that are left.
    const first = saved || otherwise === 'start' ? files[0] : files.at(-1);
    if (first) await this.#open(first.name, saved || otherwise === 'start' ? 0 : first.size);
  }

  /** The complete lines that were written since, at most a chunk of them; `hint` says that the directory changed. */
  async read(hint: boolean): Promise<LogLine[]> {
    if (!this.#file) {
      const [oldest] = await this.#files();
      if (!oldest) return [];
      await this.#open(oldest.name, 0);
    }
    const lines = await this.#readChunk();
    if (lines.length > 0) return lines;
    const due = hint || Date.now() - this.#lookedAt >= LOOK_EVERY_MS;
    return due && (await this.#follow()) ? this.#readChunk() : [];
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  async #readChunk(): Promise<LogLine[]> {
    const file = this.#file;
    if (!file) return [];
    const { size } = await file.handle.stat();
    if (size < file.lines.end) file.lines = new LineSplitter(0);
    const wanted = Math.min(size - file.lines.end, CHUNK_BYTES);
    if (wanted <= 0) return [];
    const { buffer, bytesRead } = await file.handle.read(Buffer.allocUnsafe(wanted), 0, wanted, file.lines.end);
    const { name, inode } = file;
    return file.lines.push(buffer.subarray(0, bytesRead)).map((line) => ({ ...line, file: name, inode }));
  }

  /** Moves to the next file when there is one. What came to the old one meanwhile is read first. */
  async #follow(): Promise<boolean> {
    this.#lookedAt = Date.now();
    const current = this.#file;
    const state = await current?.handle.stat();
    const files = await this.#files();
    const index = files.findIndex((file) => file.name === current?.name && file.inode === current.inode);
    // A removed file is still open, so it still tells when it was written to.
    const next = index === -1 ? files.find((file) => file.writtenAt >= (state?.mtimeMs ?? 0)) : files[index + 1];
    if (!next) return false;
    const now = await current?.handle.stat();
    if (now && current && now.size > current.lines.end) return true;
    await this.#open(next.name, 0);
    return true;
  }

  async #open(name: string, offset: number): Promise<void> {
    await this.close();
    const handle = await open(join(this.directory, name), 'r');
    const { ino } = await handle.stat();
    this.#file = { name, inode: ino, handle, lines: new LineSplitter(offset) };
  }

  /** Oldest first. */
  async #files(): Promise<{ name: string; inode: number; size: number; writtenAt: number }[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(this.suffix));
    const found = await Promise.all(
      names.map(async (name) => {
        // A file may be removed between listing and looking.
        const info = await stat(join(this.directory, name)).catch(() => undefined);
        return info?.isFile() ? [{ name, inode: info.ino, size: info.size, writtenAt: info.mtimeMs }] : [];
      }),
    );
    return found.flat().sort((a, b) => a.writtenAt - b.writtenAt || (a.name < b.name ? -1 : 1));
  }
}
