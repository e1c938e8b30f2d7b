#!/bin/sh
# Prints how many words the first argument has, and by how many it is over the second.
words=$(printf '%s' "$1" | wc -w | tr -d ' ')
over=$((words > $2 ? words - $2 : 0))
ok=$([ "$over" -eq 0 ] && echo true || echo false)
printf '{"words": %s, "over": %s, "ok": %s}\n' "$words" "$over" "$ok"
