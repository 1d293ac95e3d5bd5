"""Shell functions that work in Debian with Python as well as in busybox."""

from __future__ import annotations

#: ``connect HOST PORT``: ends with 0 when TCP does.
CONNECT = r"""
connect() {
  if command -v python3 >/dev/null; then
    python3 -c 'import socket, sys
try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()
except OSError as error: sys.exit(f"{sys.argv[1]}:{sys.argv[2]}: {error}")' "$1" "$2" 2>&1
  else
    nc -w 5 "$1" "$2" </dev/null >/dev/null || { echo "$1:$2: no connection"; return 1; }
  fi
}
"""

#: ``resolve NAME``: prints its addresses, one a line.
RESOLVE = r"""
resolve() {
  if command -v python3 >/dev/null; then
    python3 -c 'import socket, sys
try: print(*sorted({found[4][0] for found in socket.getaddrinfo(sys.argv[1], None)}), sep="\n")
except OSError as error: sys.exit(f"{sys.argv[1]}: {error}")' "$1" 2>&1
  else
    nslookup "$1" 2>&1 | sed -n '/^Name:/,$s/^Address[^:]*: *\([^ ]*\).*/\1/p' | grep . ||
      { echo "$1: no address"; return 1; }
  fi
}
"""

#: ``serve WORD``: answers every GET of / on port 8080, for ever. ``fetch URL``: prints what is there.
SERVE = r"""
serve() {
  cd /scratch
  echo "$1" >index.html
  if command -v python3 >/dev/null; then exec python3 -m http.server 8080; else exec httpd -f -p 8080 -h /scratch; fi
}
fetch() {
  if command -v python3 >/dev/null; then
    python3 -c 'import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try: print(opener.open(sys.argv[1], timeout=5).read().decode().strip())
except OSError as error: sys.exit(str(error))' "$1" 2>&1
  else
    wget -Y off -q -T 5 -O - "$1" 2>&1
  fi
}
"""
PORT = 8080
