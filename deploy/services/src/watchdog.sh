# Runs one server as often as it is asked to, and clears up after it: watchdog.sh FOLDER SIGNAL COMMAND...
# Each line that comes in starts the server, and its process id goes out. The other end of the pipe is held by the
# process that uses the server: when it ends, however it ends, the pipe does too. Then the server is stopped with
# SIGNAL and the folder removed.
folder=$1 signal=$2
shift 2
pid=
# The kernel sends it to a group that loses its last tie while a member is stopped: that is now a paused server.
trap '' HUP

while read -r _; do
    # It has ended, but its number is taken until someone asks for its fate.
    [ -z "$pid" ] || wait "$pid"
    "$@" </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    echo "$pid"
done

if [ -n "$pid" ]; then
    # It may be stopped in the middle of something.
    kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children")
    kill -s "$signal" "$pid"
    wait "$pid"
fi
# A killed PostgreSQL leaves its System V segment, of which a machine has a few thousand.
if [ -e "$folder/data/postmaster.pid" ]; then
    ipcrm -m "$(awk 'NR == 7 { print $2 }' "$folder/data/postmaster.pid")"
fi
# Something that was killed may still write its last.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$folder" && break
    sleep 0.2
done
