/** Only loopback is listened on; its whole network may log in, so that drills can come from different addresses. */
export const HOST_RULES = `# written by Tourniquet's local stack
host all         all 127.0.0.0/8 scram-sha-256
host replication all 127.0.0.0/8 scram-sha-256
`;

/** The settings of the local PostgreSQL. Its own JSON log is what the PostgreSQL detectors read. */
export function postgresConfig(logDirectory: string): string {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    // No Unix socket: its path is limited to 107 bytes, and nothing here needs it.
    unix_socket_directories: '',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    logging_collector: 'on',
    log_destination: 'jsonlog',
    log_directory: logDirectory,
    log_filename: 'postgresql-%Y-%m-%d_%H%M%S.log',
    log_file_mode: '0644',
    log_rotation_size: '32MB',
    log_connections: 'on',
    log_disconnections: 'on',
    log_timezone: 'UTC',
    timezone: 'UTC',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return `# written by Tourniquet's local stack\n${lines.join('\n')}\n`;
}
