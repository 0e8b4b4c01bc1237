/** Where one server keeps its state. */
export interface ServerPlace {
  /** Exists, and is this server's alone. */
  directory: string;
  pidFile: string;
  report: (line: string) => void;
}
