/**
 * Every server runs under this small shell, which holds it on a leash: its standard input is a pipe whose other end
 * only our process holds. When our process is gone, for whatever reason (SIGKILL included), the pipe reads end-of-file
 * and the server is ended. No signal handler of ours is needed, so none can be in the way of the caller's.
 *
 * Arguments: signal to ask with, seconds of grace, program and its arguments. Descriptor 3 tells the server's pid.
 * The reader is `read` in a subshell and not `cat`, so that killing it leaves no process behind.
 */
export const LEASH_SCRIPT = `
signal=$1 grace=$2
shift 2
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
server=$!
echo "$server" >&3
exec 3>&-
(
  read -r _ <&4
  kill -s "$signal" "$server"
  while [ "$grace" -gt 0 ] && kill -0 "$server"; do sleep 1; grace=$((grace - 1)); done
  kill -s KILL "$server"
) 2>/dev/null &
leash=$!
exec 4<&-
wait "$server"
code=$?
kill -s KILL "$leash" 2>/dev/null
exit "$code"
`;

/**
 * Removes a temporary state directory when its owner is gone, once the servers named in `run/*.pid` are. Argument: the
 * directory. An orderly stop uses it too, so there is one way in which the directory goes.
 */
export const JANITOR_SCRIPT = `
read -r _
for file in "$1"/run/*.pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file") patience=20
  while [ "$patience" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 1; patience=$((patience - 1)); done
done
rm -rf -- "$1"
`;
